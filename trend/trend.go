// Package trend holds the questions: each is a typed question, its SQL in sql/, and a typed answer
// that carries everything needed to check it. It knows the documented views and nothing else: not
// the engine, not NATS, not where the data came from. cmd and web ask it.
package trend

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
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

// units are a period's SQL names: the unit, the function that finds its start, the one that adds to it.
var units = map[Period][3]string{
	Week:    {"week", "toMonday", "addWeeks"},
	Month:   {"month", "toStartOfMonth", "addMonths"},
	Quarter: {"quarter", "toStartOfQuarter", "addQuarters"},
}

// Filter says which postings a question is about. Its zero value means all of them.
type Filter struct {
	Roles     []string  // role ids, such as "ml_engineer"
	Companies []string  // display names, exactly
	From      time.Time // inclusive; zero is the beginning
	To        time.Time // exclusive; zero is the end
	Period    Period    // zero is Month
}

// Before the first and after the last day that ClickHouse's DateTime64 knows nothing was posted.
var (
	beginning = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	end       = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// prepare checks the filter and returns its parameters and the identifiers that its period fills in.
func (f Filter) prepare() (params map[string]string, holes []string, err error) {
	if f.Period == "" {
		f.Period = Month
	}
	unit, ok := units[f.Period]
	if !ok {
		return nil, nil, fmt.Errorf("%w: period %q is none of week, month, quarter", ErrQuestion, f.Period)
	}
	if f.From.IsZero() {
		f.From = beginning
	}
	if f.To.IsZero() {
		f.To = end
	}
	if !f.From.Before(f.To) {
		return nil, nil, fmt.Errorf("%w: from %s is not before to %s", ErrQuestion, f.From.Format(time.DateOnly), f.To.Format(time.DateOnly))
	}
	return map[string]string{
		"roles": listParam(f.Roles), "companies": listParam(f.Companies),
		"from": f.From.UTC().Format(time.DateTime), "to": f.To.UTC().Format(time.DateTime),
		"rows_max": fmt.Sprint(rowsMax),
	}, []string{"{unit}", unit[0], "{unit_start}", unit[1], "{unit_add}", unit[2]}, nil
}

// ask runs the SQL file's question about what the filter lets through; more are the question's own
// parameters. It returns ErrTooLarge when the limit cut the answer.
func ask[Row any](ctx context.Context, q Querier, rows *[]Row, file string, f Filter, more map[string]string, holes ...string) (Audit, error) {
	params, units, err := f.prepare()
	if err != nil {
		return Audit{}, err
	}
	maps.Copy(params, more)
	a, err := run(ctx, q, rows, file, params, append(holes, units...)...)
	if err == nil && len(*rows) == rowsMax {
		err = ErrTooLarge
	}
	return a, err
}

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
