package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/store/engine"
)

// trailingFormat finds a FORMAT clause at the end of a statement.
var trailingFormat = regexp.MustCompile(`(?is)\sFORMAT\s+([A-Za-z][A-Za-z0-9]*)\s*;?\s*$`)

// trailingEnd is what may follow a statement without belonging to it.
var trailingEnd = regexp.MustCompile(`[\s;]+$`)

// Raw runs a query as the read-only user and streams its answer in any of ClickHouse's formats. A
// FORMAT clause at the query's end wins over format, as it does in ClickHouse's own client. params
// are the values of {name:Type} as they stand, unescaped. When the query fails in the middle, what
// came before has been written and the error says why it ends.
func (s *Store) Raw(ctx context.Context, w io.Writer, query, format string, params map[string]string) error {
	if m := trailingFormat.FindStringSubmatchIndex(query); m != nil && !direction(query[m[2]:m[3]]) {
		query, format = query[:m[0]], query[m[2]:m[3]]
	}
	query = trailingEnd.ReplaceAllString(query, "")
	ctx = withParameters(ctx, params)
	stream, err := s.reader.QueryFormat(ctx, format, query)
	if err != nil {
		if errors.Is(err, clickhouse.ErrFormatNativeUnsupported) {
			return &engine.HintError{
				Err:  errors.New("run query: ClickHouse's native protocol cannot hand out a format"),
				Hint: "Give CLICKHOUSE_URL as http://user:password@host:8123/database.",
			}
		}
		return fmt.Errorf("run query: %w", serverError(err))
	}
	defer stream.Close() //nolint:errcheck // the answer has been read
	if _, err := io.Copy(w, stream); err != nil {
		return fmt.Errorf("run query: %w", serverError(err))
	}
	return nil
}

// withParameters hands a statement its values. ClickHouse reads each as the field of a line of
// tab-separated text, in which what ends or escapes a field has to be escaped.
func withParameters(ctx context.Context, params map[string]string) context.Context {
	if len(params) == 0 {
		return ctx
	}
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	escaped := clickhouse.Parameters{}
	for name, value := range params {
		escaped[name] = escape.Replace(value)
	}
	return clickhouse.Context(ctx, clickhouse.WithParameters(escaped))
}

// direction reports whether the word after a column named format only looks like a format.
func direction(word string) bool {
	switch word {
	case "asc", "ASC", "desc", "DESC":
		return true
	}
	return false
}

// serverError cuts an error down to ClickHouse's own message, which says it best, and says in words what
// the client calls a timeout of acquiring a connection.
func serverError(err error) error {
	if errors.Is(err, clickhouse.ErrAcquireConnTimeout) {
		return &engine.HintError{
			Err:  fmt.Errorf("the store had no place for the question within %v: as many as may run at once do, or it is too busy to answer", connectTimeout),
			Hint: "Again in a moment: each question takes a place until it ends, other people's and those of tools, too.",
		}
	}
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return exception
	}
	return err
}

// Ask runs a query as the read-only user, within its limits, and appends its rows to dest, a pointer
// to a slice of structs whose fields carry `ch:"column"` tags. params are the values of
// {name:Type} as they stand, unescaped.
func (s *Store) Ask(ctx context.Context, dest any, query string, params map[string]string) error {
	ctx = withParameters(ctx, params)
	if err := s.reader.Select(ctx, dest, query); err != nil {
		return fmt.Errorf("query: %w", serverError(err))
	}
	return nil
}
