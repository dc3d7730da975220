package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"text/template"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/store/engine"
)

// Migrations are our own hundred lines and not goose: goose goes through database/sql, keeps no
// checksum, has no variable for a cluster, and its lock does not exist for ClickHouse. What is
// needed is less than that: ClickHouse has no transactions, so every statement is idempotent, and
// two processes that migrate at once do the same work twice to the same end.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

const schemaTable = `CREATE TABLE IF NOT EXISTS schema_migrations {{.OnCluster}} (
    version UInt32 COMMENT 'Number of the migration',
    name String COMMENT 'Its file',
    checksum String COMMENT 'SHA-256 of the file: a file that was applied is never edited',
    applied_at DateTime64(3, 'UTC') COMMENT 'When it was applied'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY (version, checksum)
COMMENT 'Which migrations this database has seen'`

// migrateAttempts is how often a statement is tried when another process migrates the same
// database at this moment and the two trip over each other's half-made view.
const migrateAttempts = 5

type migration struct {
	version  uint32
	name     string
	checksum string
	text     string
}

// migrations reads and checks the embedded files: NNN_name.sql, numbered from 1 without a gap.
func migrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	out := make([]migration, 0, len(names))
	for i, path := range names { // Glob sorts
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", path, err)
		}
		name := strings.TrimPrefix(path, "migrations/")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if err != nil || int(version) != i+1 {
			return nil, fmt.Errorf("read migration %s: its number is not %03d", name, i+1)
		}
		sum := sha256.Sum256(text)
		out = append(out, migration{uint32(version), name, hex.EncodeToString(sum[:]), string(text)})
	}
	return out, nil
}

func (s *Store) onCluster() string {
	if s.cfg.Cluster == "" {
		return ""
	}
	return "ON CLUSTER " + quoteName(s.cfg.Cluster)
}

// render fills in the one variable of a migration: whether there is a cluster.
func (s *Store) render(text string) (string, error) {
	t, err := template.New("migration").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	vars := map[string]string{"Engine": "", "OnCluster": s.onCluster()}
	if s.cfg.Cluster != "" {
		vars["Engine"] = "Replicated"
	}
	var out bytes.Buffer
	if err := t.Execute(&out, vars); err != nil {
		return "", err
	}
	return out.String(), nil
}

// statements cuts a migration at semicolons that end a line.
func statements(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (s *Store) migrate(ctx context.Context) error {
	all, err := migrations(migrationFiles)
	if err != nil {
		return err
	}
	return s.apply(ctx, all)
}

func (s *Store) apply(ctx context.Context, all []migration) error {
	if err := s.execute(ctx, schemaTable); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	applied, err := s.applied(ctx, all)
	if err != nil {
		return err
	}
	for _, m := range all {
		if applied[m.version] {
			continue
		}
		for _, statement := range statements(m.text) {
			if err := s.execute(ctx, statement); err != nil {
				return fmt.Errorf("migrate %s: %w", m.name, err)
			}
		}
		err := s.conn.Exec(ctx, "INSERT INTO schema_migrations (version, name, checksum, applied_at) SELECT {version:UInt32}, {name:String}, {checksum:String}, fromUnixTimestamp64Milli({at:Int64})",
			clickhouse.Named("version", m.version), clickhouse.Named("name", m.name),
			clickhouse.Named("checksum", m.checksum), clickhouse.Named("at", s.cfg.Now().UnixMilli()))
		if err != nil {
			return fmt.Errorf("record migration %s: %w", m.name, err)
		}
		s.log.InfoContext(ctx, "schema migrated", "migration", m.name)
	}
	// Another process with other files may have migrated meanwhile.
	_, err = s.applied(ctx, all)
	return err
}

// applied returns the versions this database has seen, or an error when it has seen others than
// this binary knows.
func (s *Store) applied(ctx context.Context, all []migration) (map[uint32]bool, error) {
	var rows []struct {
		Version  uint32 `ch:"version"`
		Name     string `ch:"name"`
		Checksum string `ch:"checksum"`
	}
	if err := s.conn.Select(ctx, &rows, "SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version"); err != nil {
		return nil, fmt.Errorf("read the schema's version: %w", err)
	}
	seen := map[uint32]bool{}
	for _, r := range rows {
		if int(r.Version) > len(all) {
			return nil, &engine.HintError{
				Err:  fmt.Errorf("the database's schema has version %d (%s), newer than this program's %d", r.Version, r.Name, len(all)),
				Hint: "Use the newer rolescope that migrated it; an older one would write rows it does not understand.",
			}
		}
		if want := all[r.Version-1]; want.checksum != r.Checksum {
			return nil, &engine.HintError{
				Err:  fmt.Errorf("migration %s was applied with checksum %.12s, but this program's file has %.12s", r.Name, r.Checksum, want.checksum),
				Hint: "The database belongs to another build of rolescope: use that build, or another data directory or database.",
			}
		}
		seen[r.Version] = true
	}
	return seen, nil
}

// execute runs one DDL statement, again if another process is just running the same.
func (s *Store) execute(ctx context.Context, text string) error {
	statement, err := s.render(text)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err = s.conn.Exec(ctx, statement)
		var exception *clickhouse.Exception
		if err == nil || attempt == migrateAttempts || !errors.As(err, &exception) || !racing(exception.Code) {
			return err
		}
	}
}

// racing reports whether an exception is what two processes creating one table or view see.
func racing(code int32) bool {
	switch code {
	case 57, 60, 218, 219, 473, 517, 741: // TABLE_ALREADY_EXISTS, UNKNOWN_TABLE, TABLE_IS_DROPPED, DATABASE_NOT_EMPTY, DEADLOCK_AVOIDED, CANNOT_ASSIGN_ALTER, TABLE_UUID_MISMATCH
		return true
	}
	return false
}
