package store

import (
	"context"
	"fmt"
)

// Identity tells this database from every other. It is the id that ClickHouse gave the first table,
// the same on all replicas; the embedded engine gives none, and there it is the millisecond of the
// first migration, which its one owner made.
func (s *Store) Identity(ctx context.Context) (string, error) {
	var id string
	row := s.conn.QueryRow(ctx, `SELECT if(toString(any(uuid)) != '00000000-0000-0000-0000-000000000000', toString(any(uuid)),
			'made ' || (SELECT toString(min(applied_at)) FROM schema_migrations))
		FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'`)
	if err := row.Scan(&id); err != nil {
		return "", fmt.Errorf("read the identity of the store: %w", err)
	}
	return id, nil
}
