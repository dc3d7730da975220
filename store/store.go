// Package store is the only ClickHouse room: it opens the embedded engine or an external server,
// migrates it, writes what the pipeline yields, keeps the run ledger's spells, accounts for every
// listed posting, and runs the questions' SQL.
//
// It is not the questions (trend) and decides nothing about adverts (enrich). cmd opens it and wires
// Write as the sink's stage; it must not know NATS, the environment or any sibling but store/engine.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/rolescope/rolescope/store/engine"
)

// Config says where ClickHouse is and what the store needs beside it.
type Config struct {
	// URL of an external server or of the process that owns the embedded engine:
	// http[s]://user:password@host:8123/database or clickhouse://user:password@host:9000/database.
	// Without a database it is "default". Empty: this process starts the embedded engine.
	URL string
	// ReaderURL is what Raw and Ask connect with. Empty: the embedded engine's reader, or URL itself with
	// readonly = 1.
	ReaderURL string
	// Cluster is the name of an external server's cluster: every statement of a migration then runs
	// ON CLUSTER with Replicated engines. Empty: one server.
	Cluster string
	// Engine is how the embedded engine is started; ignored with a URL.
	Engine engine.Options
	// Logger is told of migrations and refolds. Nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock behind recorded_at; it decides nothing else. Required.
	Now func() time.Time
	// Folded, if set, is told how long each recomputing of spells took.
	Folded func(took time.Duration)
	// Measure, if set, computes the similarities of roles that Refresh keeps.
	Measure *Measure
}

// Store is an open, migrated ClickHouse. Its methods may be called at the same time.
type Store struct {
	cfg     Config
	log     *slog.Logger
	engine  *engine.Engine // nil with an external server
	conn    driver.Conn    // as the writer
	reader  driver.Conn    // read-only, for Raw and Ask
	analyst string         // the embedded engine's URL for others' tools

	known known // what statements read, for Reads

	scratch    string                    // the database that Close drops; empty for one that stays
	asOf       time.Time                 // the moment whose rows it has; zero for one that goes on
	refreshing sync.Mutex                // one refresh of the rollups at a time
	failing    func(before string) error // nil but in tests: has a refresh fail there
	partRows   uint64                    // 0 but in tests: instead of partRows
}

// Open connects, starting the embedded engine first when cfg.URL is empty, and migrates. It is the
// only place that knows which of the two it is. A server that cannot be reached or refuses the
// password is an *engine.HintError within connectTimeout.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		return nil, errors.New("open store: Config.Now is needed")
	}
	s := &Store{cfg: cfg, log: cfg.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.URL == "" {
		e, err := engine.Start(ctx, cfg.Engine)
		if err != nil {
			return nil, fmt.Errorf("start engine: %w", err)
		}
		s.engine = e
		s.cfg.URL = engineURL(e.Addr(), engine.UserWriter, cfg.Engine.WriterPassword)
		if cfg.Engine.ReaderPassword != "" {
			s.cfg.ReaderURL = engineURL(e.Addr(), engine.UserReader, cfg.Engine.ReaderPassword)
		}
		if cfg.Engine.AnalystPassword != "" {
			s.analyst = engineURL(e.Addr(), engine.UserAnalyst, cfg.Engine.AnalystPassword)
		}
	}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.engine != nil {
		if err := s.sweep(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close ends the connections and stops the embedded engine, if this store started it. It may be
// called more than once.
func (s *Store) Close() error {
	var errs []error
	if s.scratch != "" && s.conn != nil {
		errs = append(errs, s.conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+quoteName(s.scratch)+" SYNC"))
		s.scratch = ""
	}
	for _, c := range []driver.Conn{s.conn, s.reader} {
		if c == nil {
			continue
		}
		if err := c.Close(); err != nil && !errors.Is(err, clickhouse.ErrConnectionClosed) {
			errs = append(errs, err)
		}
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// URL is the writer's URL, secrets included: another process may open the same store with it.
func (s *Store) URL() string { return s.cfg.URL }

// ReaderURL is the read-only URL of this program's questions, secrets included; empty when there is none of its own.
func (s *Store) ReaderURL() string { return s.cfg.ReaderURL }

// AnalystURL is the read-only URL for others' tools, secrets included; empty where this store started no engine.
func (s *Store) AnalystURL() string { return s.analyst }

// Engine is the embedded engine that this store started, or nil.
func (s *Store) Engine() *engine.Engine { return s.engine }
