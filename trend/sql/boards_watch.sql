-- How each board that a schedule crawls was last seen as of a moment. A run is healthy when it saw all that
-- the board had, which an empty answer and a thread of posts may do, too.
SELECT
    source, board, count() AS runs, max(observed_at) AS newest_run,
    maxIf(observed_at, whole OR outcome = 'empty' AND complete OR proof = 'event' AND outcome = 'ok') AS healthy,
    argMax(r.outcome, observed_at) AS outcome, argMax(r.note, observed_at) AS note,
    argMax(r.listed, observed_at) AS listed, argMax(r.fetched, observed_at) AS fetched,
    argMax(r.rejected, observed_at) AS rejected, argMax(r.suspect, observed_at) AS suspect
FROM v_runs AS r
WHERE planned_at IS NOT NULL AND observed_at <= toDateTime({at:String}, 'UTC')
GROUP BY source, board
ORDER BY source, board
LIMIT {rows_max:UInt64}
