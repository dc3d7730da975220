package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/internal/instance"
	"github.com/rolescope/rolescope/store"
)

// storeQuery says what a store holds. It reads no view: a person waits for it before every answer.
const storeQuery = `SELECT version() AS version, (SELECT uniqExact(posting_id) FROM spells) AS postings,
	if(count() = 0, '', concat(toString(toDate(min(observed_at))), ' to ', toString(toDate(max(observed_at))))) AS range
FROM runs`

// heldStore is what the store that is asked holds.
type heldStore struct {
	Version  string `ch:"version"`
	Postings uint64 `ch:"postings"`
	Range    string `ch:"range"` // the days of the first and the last run; empty without any
}

func askHeld(ctx context.Context, s *store.Store) (heldStore, error) {
	var rows []heldStore
	if err := s.Ask(ctx, &rows, storeQuery, nil); err != nil {
		return heldStore{}, err
	}
	return rows[0], nil
}

func (h heldStore) empty() bool { return h.Range == "" }

// storeLine says which store is asked: an answer from another one than was meant looks like any other.
func (a *app) storeLine(ctx context.Context, h heldStore) string {
	where := a.storePlace(ctx)
	if h.empty() {
		return where + ": there are no data yet"
	}
	return fmt.Sprintf("%s: %s postings, %s", where, count(h.Postings), h.Range)
}

// emptyHint is what to do about a store without data.
func (a *app) emptyHint() string {
	const fill = "rolescope crawl, import or demo fills a store"
	if environMap(a.environ)["CLICKHOUSE_URL"] != "" {
		return "CLICKHOUSE_URL of the store that you mean; " + fill
	}
	return "ROLESCOPE_DATA_DIR of the store that you mean (of the demo, demo in the data directory); " + fill
}

// storePlace is the data directory as one would write it here, or the server's address.
func (a *app) storePlace(ctx context.Context) string {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return "store"
	}
	if c.ClickHouseURL != "" {
		u, err := url.Parse(c.ClickHouseURL)
		if err != nil {
			return "the server of CLICKHOUSE_URL"
		}
		return u.Host + u.Path
	}
	here, err := os.Getwd()
	if err != nil {
		return c.DataDir
	}
	if rel, err := filepath.Rel(here, c.DataDir); err == nil && len(rel) < len(c.DataDir) {
		return rel
	}
	return c.DataDir
}

// storeLineMax is how long an answer may wait for the line that says of which store it is: on a busy
// store it comes without.
const storeLineMax = 2 * time.Second

// requireStore is asked by commands that only read. In a directory without a store they would make an
// empty one, and its answers, zeros, look like those about the store that was meant.
func requireStore(c config) error {
	missing := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "clickhouse"))
		return errors.Is(err, os.ErrNotExist)
	}
	// An owner that is coming up makes the store in a moment.
	if c.ClickHouseURL != "" || !missing(c.DataDir) || instance.Owned(c.DataDir) {
		return nil
	}
	demo := filepath.Join(c.DataDir, "demo")
	if !missing(demo) {
		return hintf("ROLESCOPE_DATA_DIR="+shellWord(demo)+" for the demo's store; rolescope import, crawl or up makes one of your own",
			"there is no store in %s", c.DataDir)
	}
	return hintf("rolescope import, crawl or up makes one, rolescope demo one in "+shellWord(demo)+"; or set ROLESCOPE_DATA_DIR to that of the store that you mean",
		"there is no store in %s", c.DataDir)
}

// sayStore tells which store is asked, unless only an empty one is worth a word: a forgotten
// ROLESCOPE_DATA_DIR is no error, but a store of its own.
func (a *app) sayStore(ctx context.Context, s *store.Store, always bool) {
	ctx, cancel := context.WithTimeout(ctx, storeLineMax)
	defer cancel()
	h, err := askHeld(ctx, s)
	if err != nil { // the question itself will say what is wrong
		a.logger().Debug("ask what the store holds", "error", err)
		return
	}
	if always || h.empty() {
		fmt.Fprintf(a.stderr, "rolescope: %s\n", a.storeLine(ctx, h))
	}
	if h.empty() {
		fmt.Fprintln(a.stderr, "Try:", a.emptyHint())
	}
}

// ofHistory reports whether a statement asks for what the store holds.
func ofHistory(statement string) bool {
	return slices.ContainsFunc(tablesIn(statement), func(name string) bool { return strings.HasPrefix(name, "v_") })
}
