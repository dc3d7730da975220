-- How each board that a schedule crawls was last seen as of a moment. A run is healthy when it saw all that
-- the board had, which an empty answer and a thread of posts may do, too.
SELECT
    r.source AS source, r.board AS board, count() AS runs, min(r.observed_at) AS first_run, max(r.observed_at) AS newest_run,
    maxIf(r.observed_at, r.whole OR r.outcome = 'empty' AND r.complete OR r.proof = 'event' AND r.outcome = 'ok') AS healthy,
    argMax(r.outcome, r.observed_at) AS outcome, argMax(r.note, r.observed_at) AS note,
    argMax(r.listed, r.observed_at) AS listed, argMax(r.fetched, r.observed_at) AS fetched,
    argMax(r.rejected, r.observed_at) AS rejected, argMax(r.suspect, r.observed_at) AS suspect
FROM v_runs AS r
WHERE r.planned_at IS NOT NULL AND r.observed_at <= toDateTime({at:String}, 'UTC')
GROUP BY r.source, r.board
ORDER BY source, board
LIMIT {rows_max:UInt64}
