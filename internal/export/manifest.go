package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Format names the manifest's layout. Fields are only added.
const Format = "rolescope-export.v1"

// manifestName is the manifest's file in the folder.
const manifestName = "manifest.json"

// Manifest says what an export holds. It holds no time of writing, so that equal contents are equal bytes.
type Manifest struct {
	Format      string   `json:"format"`
	Program     string   `json:"rolescope_version"`
	Engine      string   `json:"clickhouse_version"` // its Parquet writer decides the bytes
	Schema      int      `json:"schema_version"`     // number of the last migration
	Tagger      string   `json:"tagger_version"`     // the active one, by which all rows were read
	Normalisers []string `json:"normaliser_versions"`
	// Since is the first month and Until the first one left out; empty where nothing is cut off.
	Since string `json:"since"`
	Until string `json:"until"`
	// FirstObserved and LastObserved are those of the runs in the store.
	FirstObserved string `json:"first_observed_at"`
	LastObserved  string `json:"last_observed_at"`
	// Snapshot is false when rows came in while the files were written, so that they may differ by those.
	Snapshot bool   `json:"snapshot"`
	Views    []View `json:"views"`
}

// View is one folder.
type View struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment"`
	MonthOf string   `json:"month_of,omitempty"` // what the month of its files is of; empty for a single file
	Query   string   `json:"query"`              // of each file, with its month as {month:Date}
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`
	Columns []Column `json:"columns"`
	Files   []File   `json:"files"`
}

// Column is one of a view, with its type in ClickHouse.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// File is one Parquet file.
type File struct {
	Path   string `json:"path"` // relative to the folder, with slashes
	Month  string `json:"month,omitempty"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Totals are the numbers of files, rows and bytes.
func (m Manifest) Totals() (files int, rows, bytes int64) {
	for _, v := range m.Views {
		files, rows, bytes = files+len(v.Files), rows+v.Rows, bytes+v.Bytes
	}
	return files, rows, bytes
}

func (m *Manifest) add(view string, f File) {
	for i := range m.Views {
		if v := &m.Views[i]; v.Name == view {
			v.Files = append(v.Files, f)
			v.Rows, v.Bytes = v.Rows+f.Rows, v.Bytes+f.Bytes
		}
	}
}

func (m Manifest) encode(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// manifestBytesMax bounds a manifest that is read: a thousand years of months of every view fit.
const manifestBytesMax = 64 << 20

func readManifest(dir string) (Manifest, error) {
	var m Manifest
	f, err := os.Open(filepath.Join(dir, manifestName))
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // only read
	if err := json.NewDecoder(io.LimitReader(f, manifestBytesMax)).Decode(&m); err != nil {
		return m, fmt.Errorf("read %s: %w", manifestName, err)
	}
	if m.Format != Format {
		return m, fmt.Errorf("read %s: its format is %q, not %q", manifestName, m.Format, Format)
	}
	return m, nil
}

// state changes when rows come in, and not when the engine merges the ones it has.
type state struct {
	TaggerVersion string `json:"tagger_version"`
	Newest        string `json:"newest"`
}

func (a asker) state(ctx context.Context) (state, error) {
	const query = `SELECT
    (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AS tagger_version,
    toString(((SELECT max(recorded_at) FROM runs), (SELECT max(recorded_at) FROM posting_versions), (SELECT max(recorded_at) FROM spells),
        (SELECT max(recorded_at) FROM dead), (SELECT max(recorded_at) FROM dead_state), (SELECT max(activated_at) FROM tagger_versions))) AS newest`
	found, err := rows[state](ctx, a, query, nil)
	if err == nil && len(found) != 1 {
		err = errors.New("no answer")
	}
	if err != nil {
		return state{}, fmt.Errorf("read the store's state: %w", err)
	}
	return found[0], nil
}

// manifest is what can be said before the files are written.
func (a asker) manifest(ctx context.Context, o Options, views []view) (Manifest, error) {
	m := Manifest{Format: Format, Program: o.Program, Since: o.Since, Until: o.Until}
	type versions struct {
		Engine      string   `json:"engine"`
		Schema      int      `json:"schema"`
		Tagger      string   `json:"tagger"`
		Normalisers []string `json:"normalisers"`
		First       string   `json:"first"`
		Last        string   `json:"last"`
	}
	const query = `SELECT
    version() AS engine, (SELECT max(version) FROM schema_migrations) AS schema,
    (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AS tagger,
    (SELECT arraySort(groupUniqArray(toString(normaliser))) FROM raw) AS normalisers,
    (SELECT if(count() = 0, '', toString(min(observed_at))) FROM runs) AS first,
    (SELECT if(count() = 0, '', toString(max(observed_at))) FROM runs) AS last`
	found, err := rows[versions](ctx, a, query, nil)
	if err == nil && len(found) != 1 {
		err = errors.New("no answer")
	}
	if err != nil {
		return m, fmt.Errorf("read the store's versions: %w", err)
	}
	v := found[0]
	m.Engine, m.Schema, m.Tagger, m.Normalisers, m.FirstObserved, m.LastObserved = v.Engine, v.Schema, v.Tagger, v.Normalisers, v.First, v.Last
	type column struct {
		Table   string `json:"table"`
		About   string `json:"about"`
		Name    string `json:"name"`
		Type    string `json:"type"`
		Comment string `json:"comment"`
	}
	columns, err := rows[column](ctx, a, `SELECT c.table AS table, t.comment AS about, c.name AS name, c.type AS type, c.comment AS comment
FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() AND startsWith(c.table, 'v_') ORDER BY c.table, c.position`, nil)
	if err != nil {
		return m, fmt.Errorf("read the views' columns: %w", err)
	}
	for _, v := range views {
		out := View{Name: v.name, MonthOf: v.of, Query: v.query(), Files: []File{}}
		for _, c := range columns {
			if c.Table == v.name {
				out.Comment = c.About
				if v.month != ownMonth || c.Name != ownMonth {
					out.Columns = append(out.Columns, Column{c.Name, c.Type, c.Comment})
				}
			}
		}
		m.Views = append(m.Views, out)
	}
	return m, nil
}
