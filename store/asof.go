package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// DataCut is when the newest row was recorded that an answer may depend on: what is asked as of then is what is
// asked now, as long as nothing is being written. A run comes after its listing, and a reading after its mentions,
// so these two tell. Of a store that AsOf opened it is that moment; the zero time is that of an empty store.
func (s *Store) DataCut(ctx context.Context) (time.Time, error) {
	if !s.asOf.IsZero() {
		return s.asOf, nil
	}
	var at time.Time
	err := s.conn.QueryRow(ctx, `SELECT greatest((SELECT max(recorded_at) FROM posting_versions), (SELECT max(recorded_at) FROM runs),
		(SELECT max(activated_at) FROM tagger_versions))`).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when the newest row was recorded: %w", serverError(err))
	}
	return loaded(at), nil
}

// asOfPrefix begins the names of databases that AsOf makes.
const asOfPrefix = "scratch_asof_"

// AsOf opens the store as it was at a moment: a database of its own with the rows that were recorded by then, the
// spells folded and the rollups built from them, under the tagger version that was active. Texts and raw records
// are not in it. Close drops it. On a cluster, whose statements may meet another server each, the error is
// errors.ErrUnsupported.
func (s *Store) AsOf(ctx context.Context, at time.Time) (*Store, error) {
	if s.cfg.Cluster != "" {
		return nil, errors.ErrUnsupported
	}
	from, err := s.database()
	if err != nil {
		return nil, err
	}
	cfg := s.cfg
	cfg.Folded = nil
	name := asOfPrefix + strings.ToLower(rand.Text()[:12])
	if cfg.URL, err = inDatabase(cfg.URL, name); err != nil {
		return nil, err
	}
	if cfg.ReaderURL != "" {
		if cfg.ReaderURL, err = inDatabase(cfg.ReaderURL, name); err != nil {
			return nil, err
		}
	}
	if err := s.dropOldAsOf(ctx); err != nil {
		return nil, err
	}
	then, err := Open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("make a database as of %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	then.scratch, then.asOf = name, at.UTC().Truncate(time.Millisecond)
	if err := then.fillAsOf(ctx, from, at); err != nil {
		return nil, errors.Join(fmt.Errorf("fill a database as of %s: %w", at.UTC().Format(time.RFC3339), err), then.Close())
	}
	return then, nil
}

// fillAsOf copies what was recorded by a moment from another database of the same server.
func (s *Store) fillAsOf(ctx context.Context, from string, at time.Time) error {
	moment := clickhouse.Named("at", at.UnixMilli())
	copies := []struct{ table, where string }{
		{"runs", "recorded_at <= " + atMoment},
		{"listings", "recorded_at <= " + atMoment},
		{"tagger_versions", "activated_at <= " + atMoment},
		{"posting_versions", recordedBy(from) + ofActive},
		{"posting_skills", recordedBy(from) + ofActive},
	}
	for _, c := range copies {
		err := s.conn.Exec(ctx, "INSERT INTO "+c.table+" SELECT * FROM "+quoteName(from)+"."+c.table+" WHERE "+c.where, moment)
		if err != nil {
			return fmt.Errorf("copy %s: %w", c.table, serverError(err))
		}
	}
	var boards []struct {
		Source string `ch:"source"`
		Board  string `ch:"board"`
	}
	if err := s.conn.Select(ctx, &boards, "SELECT DISTINCT source, board FROM runs"); err != nil {
		return fmt.Errorf("read boards: %w", serverError(err))
	}
	all := make([]board, len(boards))
	for i, b := range boards {
		all[i] = board{b.Source, b.Board}
	}
	for _, err := range s.fold(ctx, all) {
		if err != nil {
			return err
		}
	}
	_, err := s.Refresh(ctx)
	return err
}

const (
	atMoment = "fromUnixTimestamp64Milli({at:Int64})"
	// ofActive leaves out what another version read; the versions are copied before.
	ofActive = " AND tagger_version = " + activeVersion
)

// recordedBy is true of readings that were there at the moment. A row that comes again with an earlier
// observation takes the place of the first, whose moment version_records keeps.
func recordedBy(from string) string {
	return "(recorded_at <= " + atMoment + " OR (tagger_version, source, board, posting_id, content_hash) IN (SELECT tagger_version, source, board, posting_id, content_hash FROM " +
		quoteName(from) + ".version_records WHERE recorded_at <= " + atMoment + "))"
}

// dropOldAsOf drops databases that processes which were killed have left behind.
func (s *Store) dropOldAsOf(ctx context.Context) error {
	return s.dropDatabases(ctx, "SELECT database AS name FROM system.tables WHERE startsWith(database, '"+asOfPrefix+"') GROUP BY database HAVING min(metadata_modification_time) > toDateTime(0) AND max(metadata_modification_time) < now() - 86400")
}

// dropDatabases drops those whose names a query gives.
func (s *Store) dropDatabases(ctx context.Context, query string) error {
	var left []struct {
		Name string `ch:"name"`
	}
	if err := s.conn.Select(ctx, &left, query); err != nil {
		return fmt.Errorf("look for databases that were left behind: %w", serverError(err))
	}
	for _, d := range left {
		if err := s.conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quoteName(d.Name)+" SYNC"); err != nil {
			return fmt.Errorf("drop database %s: %w", d.Name, serverError(err))
		}
	}
	return nil
}

// database is the name of the one that s is connected to.
func (s *Store) database() (string, error) {
	opt, err := options(s.cfg.URL)
	if err != nil {
		return "", err
	}
	return opt.Auth.Database, nil
}

// inDatabase is a store's URL with another database.
func inDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("read the store's URL") // its own error would show the password
	}
	u.Path = "/" + name
	q := u.Query()
	q.Del("database")
	u.RawQuery = q.Encode()
	return u.String(), nil
}
