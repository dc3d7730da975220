-- Do openings and closings explain how the number of open adverts changed?
--
-- Reading: adverts open at the month's beginning + found (open when their board was first seen whole) + opened +
--   returned (again after more than 21 days) - closed = open at its end, exactly. Job-openings statistics
--   are read like that: a stock grows by more openings or by fewer closings.
-- Caveats: adverts, not vacancies: copies count. A board that joins brings found ones. A board that fails
--   closes nothing meanwhile, and its closings come later in one lump.
-- Change: add a WHERE on source and board for one board.
WITH
    ends AS
    (
        SELECT arrayJoin(arrayMap(i -> addMonths(first, i), range(toUInt32(1 + dateDiff('month', first, last))))) AS month
        FROM (SELECT toStartOfMonth(min(observed_at)) AS first, max(observed_at) AS last FROM v_runs)
    )
SELECT
    m.month AS month,
    countIf(s.opened_at < m.month AND (s.closed_at IS NULL OR s.closed_at >= m.month)) AS open_at_start,
    countIf(opened_now AND s.opened_censored) AS found,
    countIf(opened_now AND NOT s.opened_censored AND s.spell = 1) AS opened,
    countIf(opened_now AND NOT s.opened_censored AND s.spell > 1) AS returned,
    countIf(s.closed_at >= m.month AND s.closed_at < addMonths(m.month, 1)) AS closed,
    countIf(s.opened_at < addMonths(m.month, 1) AND (s.closed_at IS NULL OR s.closed_at >= addMonths(m.month, 1))) AS open_at_end
FROM ends AS m
CROSS JOIN (SELECT spell, opened_at, closed_at, opened_censored FROM v_spells) AS s
WHERE s.opened_at < addMonths(m.month, 1) AND (s.closed_at IS NULL OR s.closed_at >= m.month)
    AND (s.opened_at >= m.month AS opened_now OR 1)
GROUP BY month
ORDER BY month
