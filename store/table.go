package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/posting"
)

// column is one column of an insert: its name and type as migrated, and how its values are taken
// from rows. Values are handed over a column at a time, because that costs the client half of what
// rows do.
type column[T any] struct {
	name, typ string
	values    func(rows []T) any
}

// col makes a column whose value is a function of the row.
func col[T, V any](name, typ string, get func(*T) V) column[T] {
	return column[T]{name, typ, func(rows []T) any {
		out := make([]V, len(rows))
		for i := range rows {
			out[i] = get(&rows[i])
		}
		return out
	}}
}

// table is how rows of one kind are written.
type table[T any] struct {
	name    string
	columns []column[T]
}

const dateTime = "DateTime64(3, 'UTC')"

// insert writes rows as one block and returns after ClickHouse has answered. Every call builds its
// batch anew, because a batch that failed cannot be sent again.
func (t table[T]) insert(ctx context.Context, s *Store, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	names := make([]string, len(t.columns), len(t.columns)+1)
	types := make([]clickhouse.ColumnNameAndType, len(t.columns), len(t.columns)+1)
	for i, c := range t.columns {
		names[i], types[i] = c.name, clickhouse.ColumnNameAndType{Name: c.name, Type: c.typ}
	}
	names, types = append(names, "recorded_at"), append(types, clickhouse.ColumnNameAndType{Name: "recorded_at", Type: dateTime})
	// Naming the types saves a DESCRIBE per insert.
	ctx = clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(types))
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+t.name+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return fmt.Errorf("insert into %s: %w", t.name, err)
	}
	defer batch.Close() //nolint:errcheck // Send has reported what matters
	for i, c := range t.columns {
		if err := batch.Column(i).Append(c.values(rows)); err != nil {
			return fmt.Errorf("insert into %s: column %s: %w", t.name, c.name, err)
		}
	}
	recorded := make([]time.Time, len(rows))
	now := posting.Time(s.cfg.Now())
	for i := range recorded {
		recorded[i] = now
	}
	if err := batch.Column(len(t.columns)).Append(recorded); err != nil {
		return fmt.Errorf("insert into %s: column recorded_at: %w", t.name, err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", t.name, err)
	}
	return nil
}

// epoch stands for the zero time in columns that are not Nullable: NULLs would cost a column each.
var epoch = time.UnixMilli(0).UTC()

// stored is t as a column holds it. Times outside of what ClickHouse can hold (1900 to 2299) can
// only be claims of a source, and count as not stated.
func stored(t time.Time) time.Time {
	if t.IsZero() || t.Year() < 1900 || t.Year() > 2298 {
		return epoch
	}
	return posting.Time(t)
}

// loaded is the inverse of stored.
func loaded(t time.Time) time.Time {
	if t.UnixMilli() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

// each maps one field of every element of a list.
func each[E, V any](list []E, get func(*E) V) []V {
	out := make([]V, len(list))
	for i := range list {
		out[i] = get(&list[i])
	}
	return out
}
