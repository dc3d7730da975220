// Package trend holds the questions: each is a typed question, its SQL in sql/, and a typed answer
// that carries everything needed to check it. It knows the documented views and nothing else: not
// the engine, not NATS, not where the data came from. cmd and web ask it.
package trend

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Querier runs a question. dest points to a slice of structs whose `ch` tags name the columns;
// params are the values of the query's server-side parameters as they stand, unescaped.
type Querier interface {
	Select(ctx context.Context, dest any, query string, params map[string]string) error
}

//go:embed sql/*.sql
var files embed.FS

// rowsMax bounds an answer. A table of 25 roles over 20 years of months is 6,000 rows; an answer
// cut at the limit is an error, never a silent part.
const rowsMax = 500_000

// ErrTooLarge is returned when an answer would have more rows than any reader can use.
var ErrTooLarge = fmt.Errorf("the answer has more than %d rows: narrow it by role, company or dates", rowsMax)

// ErrQuestion marks a question that cannot be asked as it stands.
var ErrQuestion = errors.New("bad question")

// Period is the unit of time of a series.
type Period string

// The periods.
const (
	Week    Period = "week" // begins on Monday (ISO 8601)
	Month   Period = "month"
	Quarter Period = "quarter"
)

// Before the first and after the last day that ClickHouse's DateTime64 knows nothing was posted.
var (
	beginning = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	end       = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// run fills the SQL file's identifiers (which cannot be parameters), runs it into dest and returns
// the audit. holes are fixed strings of this package, never input.
func run(ctx context.Context, q Querier, dest any, file string, params map[string]string, holes ...string) (Audit, error) {
	text, err := files.ReadFile("sql/" + file)
	if err != nil {
		return Audit{}, fmt.Errorf("read question %s: %w", file, err)
	}
	a := Audit{SQL: strings.NewReplacer(holes...).Replace(string(text)), Params: params}
	if a.TaggerVersion, err = activeVersion(ctx, q); err != nil {
		return a, err
	}
	if err := q.Select(ctx, dest, a.SQL, a.Params); err != nil {
		return a, fmt.Errorf("ask %s: %w", strings.TrimSuffix(file, ".sql"), err)
	}
	// Each statement reads one version; which one it was is certain only if it is still the same.
	after, err := activeVersion(ctx, q)
	if err == nil && after != a.TaggerVersion {
		err = fmt.Errorf("ask %s: the tagger version changed from %q to %q meanwhile: ask again", strings.TrimSuffix(file, ".sql"), a.TaggerVersion, after)
	}
	return a, err
}

// activeVersion is the tagger version that the views show, empty before there is one.
func activeVersion(ctx context.Context, q Querier) (string, error) {
	var versions []struct {
		Version string `ch:"tagger_version"`
	}
	if err := q.Select(ctx, &versions, "SELECT tagger_version FROM v_tagger_versions WHERE active", nil); err != nil {
		return "", fmt.Errorf("read tagger version: %w", err)
	}
	if len(versions) == 0 {
		return "", nil
	}
	return versions[0].Version, nil
}

// listParam writes names as the lines of one string: clients escape the inside of a String parameter
// rightly, that of an Array(String) they do not agree on. No role or company has a line break in it.
func listParam(names []string) string {
	return strings.Join(slices.Sorted(slices.Values(names)), "\n")
}
