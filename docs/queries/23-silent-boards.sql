-- Which boards were silent, when and for how long?
--
-- Reading: longest_gap_days is the longest time between two looks that saw the board whole, from
--   gap_from on; silent_days the time from the last one to the newest look at any
--   board. Nothing closes while a board is silent, so a gap longer than a month is a hole in the series of
--   its employer.
-- Caveats: a board that was never seen whole has no row: look for it in 22.
-- Change: nothing needs to be.
WITH (SELECT max(observed_at) FROM v_runs) AS cut
SELECT
    source, board, toDate(min(observed_at)) AS first_whole, toDate(max(observed_at)) AS last_whole,
    max(gap) AS longest_gap_days, toDate(argMax(before, (gap, -toUnixTimestamp(observed_at)))) AS gap_from,
    intDiv(dateDiff('second', max(observed_at), cut), 86400) AS silent_days
FROM
(
    SELECT
        source, board, observed_at,
        lagInFrame(observed_at, 1, observed_at) OVER (PARTITION BY source, board ORDER BY observed_at) AS before,
        intDiv(dateDiff('second', before, observed_at), 86400) AS gap
    FROM v_runs
    WHERE whole
)
GROUP BY source, board
ORDER BY longest_gap_days DESC, source, board
