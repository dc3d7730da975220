package store

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
)

const activeVersion = "(SELECT argMax(tagger_version, activated_at) FROM tagger_versions)"

// Activate makes taggerVersion the one that the views show. It does nothing when it is already.
func (s *Store) Activate(ctx context.Context, taggerVersion string) error {
	active, err := s.ActiveVersion(ctx)
	if err != nil || active == taggerVersion {
		return err
	}
	// Later than every activation before it, whatever the clock says: the last one is the active one.
	err = s.conn.Exec(ctx, `INSERT INTO tagger_versions (tagger_version, activated_at)
		SELECT {version:String}, greatest(fromUnixTimestamp64Milli({at:Int64}), (SELECT max(activated_at) FROM tagger_versions) + toIntervalMillisecond(1))`,
		clickhouse.Named("version", taggerVersion), clickhouse.Named("at", s.cfg.Now().UnixMilli()))
	if err != nil {
		return fmt.Errorf("activate tagger version %s: %w", taggerVersion, err)
	}
	return nil
}

// ActiveVersion is the tagger version that the views show, empty before the first Activate.
func (s *Store) ActiveVersion(ctx context.Context) (string, error) {
	var version string
	if err := s.conn.QueryRow(ctx, "SELECT "+activeVersion).Scan(&version); err != nil {
		return "", fmt.Errorf("read the active tagger version: %w", err)
	}
	return version, nil
}

// Prune deletes what a tagger version has read. The archive is not touched, so a replay by that version
// makes it again. The active version is refused.
func (s *Store) Prune(ctx context.Context, taggerVersion string) error {
	active, err := s.ActiveVersion(ctx)
	if err != nil {
		return err
	}
	if active == taggerVersion {
		return fmt.Errorf("delete the readings of tagger version %s: answers are of it", taggerVersion)
	}
	// The views' table goes first, so that no reading is seen without its text.
	for _, table := range []string{"posting_versions", "posting_skills", "posting_texts", "version_records"} {
		err := s.conn.Exec(ctx, "ALTER TABLE "+table+" "+s.onCluster()+" DELETE WHERE tagger_version = {version:String} SETTINGS mutations_sync = 2",
			clickhouse.Named("version", taggerVersion))
		if err != nil {
			return fmt.Errorf("delete the readings of tagger version %s: %w", taggerVersion, err)
		}
	}
	return s.pruneRollups(ctx, taggerVersion)
}
