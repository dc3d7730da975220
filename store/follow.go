package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// How who keeps an answer knows that it still holds: the names that its statements read, and what States said of
// these before they were asked.

// statesSQL has a number for each table and view. Of a table it depends, for each partition, on the number of the last
// block and of the last mutation: an insert, a replaced or dropped partition and a DELETE change it, merges do not.
// Of a view it depends on the definition.
const statesSQL = `SELECT of, toString(sum(h)) AS state
FROM
(
    SELECT table AS of, cityHash64(partition_id, max(max_block_number), max(toUInt64OrZero(extract(name, '_\\d+_\\d+_\\d+_(\\d+)$')))) AS h
    FROM system.parts
    WHERE database = currentDatabase() AND active
    GROUP BY table, partition_id
    UNION ALL
    SELECT name AS of, cityHash64(uuid, as_select) AS h
    FROM system.tables
    WHERE database = currentDatabase()
)
GROUP BY of`

// knownStatementsMax bounds the memory of what statements name; the questions and the views are a tenth.
const knownStatementsMax = 1000

// known is what statements and definitions of views name, by their text.
type known struct {
	mu    sync.Mutex
	named map[string]named
	views map[string]string // definitions, by name and state; empty of a table
}

// named is what one statement names itself.
type named struct {
	tables []string // also names that WITH has made
	sets   []string // what stands before and after IN: tables and columns
	told   bool     // nothing but these decides the answer
}

// States says of every table and view of the store what has to be another when what it answers is another: after a
// row was written, or after it was made anew. It costs one small statement of the pipeline's, however much is stored.
// It is nil where one server's word is not enough, on a cluster.
func (s *Store) States(ctx context.Context) (map[string]string, error) {
	if s.cfg.Cluster != "" {
		return nil, nil
	}
	var rows []struct {
		Of    string `ch:"of"`
		State string `ch:"state"`
	}
	if err := s.conn.Select(ctx, &rows, statesSQL); err != nil {
		return nil, fmt.Errorf("look for what has changed: %w", serverError(err))
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Of] = r.State
	}
	return out, nil
}

// Reads are the names among those of states, sorted, that a question reads itself or through views. It is false where
// something else decides its answer, too: the clock, chance, a table elsewhere. The server takes the statement
// apart, and each but once.
func (s *Store) Reads(ctx context.Context, states map[string]string, query string, params map[string]string) ([]string, bool, error) {
	database, err := s.database()
	if err != nil {
		return nil, false, err
	}
	read := map[string]bool{}
	first, err := s.named(ctx, query, params)
	if err != nil {
		return nil, false, err
	}
	for todo := []named{first}; len(todo) > 0; todo = todo[1:] {
		if !todo[0].told {
			return nil, false, nil
		}
		for i, name := range slices.Concat(todo[0].tables, todo[0].sets) {
			name = strings.TrimPrefix(name, database+".")
			state, ours := states[name]
			if !ours && strings.Contains(name, ".") && (i < len(todo[0].tables) || strings.HasPrefix(name, "system.")) {
				return nil, false, nil
			}
			if !ours || read[name] {
				continue
			}
			read[name] = true
			definition, err := s.definition(ctx, name, state)
			if err != nil {
				return nil, false, err
			}
			if definition == "" {
				continue
			}
			n, err := s.named(ctx, definition, nil)
			if err != nil {
				return nil, false, err
			}
			todo = append(todo, n)
		}
	}
	return slices.Sorted(maps.Keys(read)), true, nil
}

// definition is the SELECT of a view, empty of a table.
func (s *Store) definition(ctx context.Context, name, state string) (string, error) {
	key := name + " " + state
	s.known.mu.Lock()
	text, ok := s.known.views[key]
	s.known.mu.Unlock()
	if ok {
		return text, nil
	}
	err := s.conn.QueryRow(ctx, "SELECT max(as_select) FROM system.tables WHERE database = currentDatabase() AND name = {name:String}", clickhouse.Named("name", name)).Scan(&text)
	if err != nil {
		return "", fmt.Errorf("read the definition of %s: %w", name, serverError(err))
	}
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	s.known.views = remember(s.known.views, key, text)
	return text, nil
}

// named takes a statement apart. Its parameters have to have values, which do not matter.
func (s *Store) named(ctx context.Context, text string, params map[string]string) (named, error) {
	s.known.mu.Lock()
	n, ok := s.known.named[text]
	s.known.mu.Unlock()
	if ok {
		return n, nil
	}
	var rows []struct {
		Line string `ch:"explain"`
	}
	if err := s.conn.Select(withParameters(ctx, params), &rows, "EXPLAIN AST "+text); err != nil {
		return named{}, fmt.Errorf("take a statement apart: %w", serverError(err))
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = r.Line
	}
	n = namedIn(lines)
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	s.known.named = remember(s.known.named, text, n)
	return n, nil
}

func remember[V any](all map[string]V, key string, v V) map[string]V {
	if all == nil || len(all) >= knownStatementsMax {
		all = map[string]V{}
	}
	all[key] = v
	return all
}

// namedIn reads what EXPLAIN AST prints: a line for each node, indented by a space more than its parent's.
func namedIn(tree []string) named {
	n := named{told: true}
	ins := []string{"Function in", "Function notIn", "Function globalIn", "Function globalNotIn", "Function nullIn", "Function notNullIn"}
	var above []string
	parent := func(up int) string { return above[max(0, len(above)-1-up)] }
	for _, line := range tree {
		node := strings.TrimLeft(line, " ")
		kind, rest, _ := strings.Cut(node, " ")
		name, _, _ := strings.Cut(rest, " ")
		depth := len(line) - len(node)
		above = append(above[:min(depth, len(above))], kind+" "+name)
		switch {
		case kind == "TableIdentifier":
			n.tables = append(n.tables, name)
		case kind == "Identifier" && strings.HasPrefix(parent(1), "ExpressionList") && slices.Contains(ins, parent(2)):
			n.sets = append(n.sets, name)
		case kind == "Function" && strings.HasPrefix(parent(1), "TableExpression"):
			n.told = n.told && name == "numbers"
		case kind == "Function":
			n.told = n.told && !changing(name)
		}
	}
	return n
}

// changing reports whether a function's value depends on when or where it is asked.
func changing(function string) bool {
	f := strings.ToLower(function)
	switch f {
	case "now", "now64", "nowinblock", "nowinblock64", "today", "yesterday", "current_timestamp", "current_date", "curdate", "utctimestamp", "utc_timestamp",
		"uptime", "hostname", "fqdn", "dictget", "joinget", "file":
		return true
	}
	return strings.HasPrefix(f, "rand") || strings.HasPrefix(f, "generate") || strings.HasPrefix(f, "dictget")
}
