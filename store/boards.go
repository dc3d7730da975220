package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// boardParts is how many parts the boards are read in: of three million runs those of one part fit in memory.
const boardParts = 8

// boardMonthsSQL has the rows that v_runs has, but for a part of the boards, and without joining those of the
// others. Of a run that was listed twice with different contents the stronger claim tells. The columns of
// looks are of all runs, the others of those that were applied.
const boardMonthsSQL = `(source, board, month, runs, full_runs, healthy_days, first_run, newest_run, looks, first_look, newest_look, data_state)
SELECT source, board, toStartOfMonth(observed_at) AS month, countIf(applied), countIf(applied AND proof = 'full'),
	arraySort(groupUniqArrayIf(toDate(observed_at), applied AND ((complete AND outcome = 'ok') OR outcome = 'not_modified' OR (proof = 'event' AND listed > 0)))),
	minIf(observed_at, applied), maxIf(observed_at, applied), count(), min(observed_at), max(observed_at), {state:String}
FROM
(
	SELECT source, board, run_id, observed_at, proof, outcome, complete
	FROM runs
	WHERE cityHash64(source, board) % {parts:UInt64} = {part:UInt64}
	ORDER BY source, board, run_id, complete DESC, fetched DESC, digest DESC, part DESC, precedence DESC
	LIMIT 1 BY source, board, run_id
) AS r
LEFT JOIN
(
	SELECT run_id, listed, true AS applied FROM run_effects FINAL WHERE cityHash64(source, board) % {parts:UInt64} = {part:UInt64}
) AS e ON e.run_id = r.run_id
GROUP BY source, board, month`

// refreshBoards makes board_months anew when runs were stored since it was made. It may be killed, and run at the
// same time in several processes, like refreshList.
func (s *Store) refreshBoards(ctx context.Context) error {
	state, err := s.tablesState(ctx, "runs", "run_effects")
	if err != nil {
		return err
	}
	named := clickhouse.Named("state", state)
	var fresh uint64
	err = s.conn.QueryRow(ctx, "SELECT count() FROM (SELECT data_state FROM board_months LIMIT 1) WHERE data_state = {state:String}", named).Scan(&fresh)
	if err != nil {
		return fmt.Errorf("look how old the months of boards are: %w", serverError(err))
	}
	if fresh > 0 {
		return nil
	}
	scratch := "scratch_boards_" + strings.ToLower(rand.Text()[:12])
	err = s.makeBoards(ctx, scratch, named)
	if dropped := s.execute(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+scratch+" {{.OnCluster}} SYNC"); dropped != nil {
		err = errors.Join(err, fmt.Errorf("drop %s: %w", scratch, serverError(dropped)))
	}
	if err != nil {
		return fmt.Errorf("refresh the months of boards: %w", err)
	}
	return nil
}

func (s *Store) makeBoards(ctx context.Context, scratch string, state any) error {
	if err := s.execute(ctx, "CREATE TABLE "+scratch+" {{.OnCluster}} AS board_months ENGINE = {{.Engine}}MergeTree ORDER BY (source, board, month)"); err != nil {
		return fmt.Errorf("make room: %w", serverError(err))
	}
	for part := range boardParts {
		err := s.conn.Exec(ctx, "INSERT INTO "+scratch+" "+boardMonthsSQL, state,
			clickhouse.Named("parts", uint64(boardParts)), clickhouse.Named("part", uint64(part)))
		if err != nil {
			return serverError(err)
		}
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"allow_replace_partition_from_empty_source": 1}))
	if err := s.conn.Exec(ctx, "ALTER TABLE board_months "+s.onCluster()+" REPLACE PARTITION tuple() FROM "+scratch); err != nil {
		return fmt.Errorf("put in place: %w", serverError(err))
	}
	return nil
}
