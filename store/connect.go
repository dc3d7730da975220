package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/store/engine"
)

// connectTimeout bounds the first answer of a server: a person waits for it.
const connectTimeout = 5 * time.Second

// connectionsMax is how many statements this process runs at once. The sink's stages and a
// dashboard fit; more would only contend for the same cores. A statement waits connectTimeout for
// its turn and then fails with an error that may pass.
const connectionsMax = 8

// questionsMax is how many questions this process asks at once. A server lets fewer run and has the others
// wait, longer than connectTimeout, and says so to those that wait in vain: so it is more than the
// pages of a dashboard ask.
const questionsMax = 32

// settings of every statement of ours, whatever the server's defaults.
func (s *Store) settings() clickhouse.Settings {
	set := clickhouse.Settings{
		// A write is acknowledged when it is stored, in the batches we make.
		"async_insert": 0,
		// The views rely on the empty value, not NULL, for what a LEFT JOIN does not find.
		"join_use_nulls": 0,
	}
	if s.cfg.Cluster != "" {
		// The fold reads what it has just written, on whichever replica answers.
		set["insert_quorum"] = "auto"
		set["insert_quorum_parallel"] = 0
		set["select_sequential_consistency"] = 1
	}
	return set
}

func engineURL(addr, user, password string) string {
	return (&url.URL{Scheme: "http", Host: addr, Path: "/default", User: url.UserPassword(user, password)}).String()
}

func (s *Store) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	opt, err := options(s.cfg.URL)
	if err != nil {
		return err
	}
	if err := createDatabase(ctx, *opt, s.onCluster()); err != nil {
		return connectError(opt, err)
	}
	for k, v := range s.settings() {
		opt.Settings[k] = v
	}
	if s.conn, err = clickhouse.Open(opt); err != nil {
		return connectError(opt, err)
	}
	if err := s.conn.Ping(ctx); err != nil {
		return connectError(opt, err)
	}
	return s.connectReader()
}

// connectReader opens the read-only connections; they are first used by Raw and Ask.
func (s *Store) connectReader() error {
	address, readonly := s.cfg.ReaderURL, false
	if address == "" {
		address, readonly = s.cfg.URL, true
	}
	opt, err := options(address)
	if err != nil {
		return err
	}
	if readonly {
		opt.Settings["readonly"] = 1
	}
	opt.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) { return summaries{t}, nil }
	opt.MaxOpenConns, opt.MaxIdleConns = questionsMax, connectionsMax
	if s.reader, err = clickhouse.Open(opt); err != nil {
		return connectError(opt, err)
	}
	return nil
}

// options reads a URL. Its error never holds the password.
func options(address string) (*clickhouse.Options, error) {
	if strings.HasPrefix(address, "https://") && !strings.Contains(address, "secure=") {
		// The client wants to be told twice.
		sep := "?"
		if strings.Contains(address, "?") {
			sep = "&"
		}
		address += sep + "secure=true"
	}
	opt, err := clickhouse.ParseDSN(address)
	if err != nil {
		return nil, &engine.HintError{
			Err:  fmt.Errorf("read CLICKHOUSE_URL: %w", err),
			Hint: "It looks like http://user:password@host:8123/database or clickhouse://user:password@host:9000/database.",
		}
	}
	switch scheme, _, _ := strings.Cut(address, "://"); scheme {
	case "http", "https", "clickhouse", "tcp", "native":
	default:
		return nil, &engine.HintError{
			Err:  fmt.Errorf("read CLICKHOUSE_URL: scheme %q is not one of http, https, clickhouse", scheme),
			Hint: "It looks like http://user:password@host:8123/database or clickhouse://user:password@host:9000/database.",
		}
	}
	if opt.Auth.Database == "" {
		opt.Auth.Database = "default"
	}
	opt.DialTimeout = connectTimeout
	opt.MaxOpenConns, opt.MaxIdleConns = connectionsMax, connectionsMax
	return opt, nil
}

// createDatabase makes the URL's database where it does not exist. A user without that right needs
// none when it does.
func createDatabase(ctx context.Context, opt clickhouse.Options, onCluster string) error {
	name := opt.Auth.Database
	if name == "default" {
		return nil
	}
	opt.Auth.Database = "default"
	conn, err := clickhouse.Open(&opt)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was left to write
	var found uint64
	row := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", name))
	if err := row.Scan(&found); err != nil {
		return err
	}
	if found > 0 {
		return nil
	}
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteName(name)+" "+onCluster); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func quoteName(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// connectError says in one line what is wrong with the server and, apart, what to do.
func connectError(opt *clickhouse.Options, err error) error {
	where := strings.Join(opt.Addr, ",")
	var exception *clickhouse.Exception
	switch {
	case errors.As(err, &exception) && (exception.Code == codeAuthenticationFailed || exception.Code == codeUnknownUser || exception.Code == codeWrongPassword):
		return &engine.HintError{
			Err:  fmt.Errorf("connect to ClickHouse at %s: user %q or its password is wrong", where, opt.Auth.Username),
			Hint: "Check the user and the password in CLICKHOUSE_URL; special characters must be URL-encoded.",
		}
	case exception != nil:
		return &engine.HintError{
			Err:  fmt.Errorf("connect to ClickHouse at %s: %w", where, err),
			Hint: "The server answers but refuses: check the database and the user's rights in CLICKHOUSE_URL.",
		}
	}
	return &engine.HintError{
		Err:  fmt.Errorf("reach ClickHouse at %s: %w", where, err),
		Hint: "Check that a ClickHouse server listens there (curl http://host:8123/ping answers Ok.), or unset CLICKHOUSE_URL to use the embedded engine.",
	}
}

// Named gives a statement's {name:Type} its value.
func Named(name string, value any) any { return clickhouse.Named(name, value) }

// Select runs a query and appends its rows to dest, a pointer to a slice of structs whose fields
// carry `ch:"column"` tags. Arguments come from Named, or stand for ? in order.
func (s *Store) Select(ctx context.Context, dest any, query string, args ...any) error {
	if err := s.conn.Select(ctx, dest, query, args...); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}
