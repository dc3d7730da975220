package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Materialise keeps the rows of a query in a table of its own until Discard, replacing one that was left
// behind. A view that is read a hundred times in parts, a column of the query each, is computed once. The
// name begins with scratch_, so that nobody takes it for data. On a cluster, where the next statement may meet
// another server, the error is errors.ErrUnsupported.
func (s *Store) Materialise(ctx context.Context, name, column, query string) error {
	if s.cfg.Cluster != "" {
		return errors.ErrUnsupported
	}
	if err := s.Discard(ctx, name); err != nil {
		return err
	}
	statement := fmt.Sprintf("CREATE TABLE %s ENGINE = MergeTree ORDER BY %s COMMENT 'Rows of a running export: may be dropped' AS %s",
		quoteName("scratch_"+name), quoteName(column), query)
	if err := s.conn.Exec(ctx, statement); err != nil {
		return errors.Join(fmt.Errorf("materialise %s: %w", name, serverError(err)), s.Discard(context.WithoutCancel(ctx), name))
	}
	return nil
}

// Discard drops what Materialise made, if it is there.
func (s *Store) Discard(ctx context.Context, name string) error {
	if err := s.conn.Exec(ctx, "DROP TABLE IF EXISTS "+quoteName("scratch_"+name)+" SYNC"); err != nil {
		return fmt.Errorf("discard %s: %w", name, serverError(err))
	}
	return nil
}

// sweep drops what exports that were killed left behind. Nobody else is at work when it is called: the
// engine has just started.
func (s *Store) sweep(ctx context.Context) error {
	var left []struct {
		Name string `ch:"name"`
	}
	const query = "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'scratch_')"
	if err := s.conn.Select(ctx, &left, query); err != nil {
		return fmt.Errorf("look for tables that were left behind: %w", serverError(err))
	}
	for _, t := range left {
		if err := s.Discard(ctx, strings.TrimPrefix(t.Name, "scratch_")); err != nil {
			return err
		}
	}
	return s.dropDatabases(ctx, "SELECT name FROM system.databases WHERE startsWith(name, '"+asOfPrefix+"')")
}
