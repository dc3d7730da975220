-- Who is on the panel of emerging.sql, and who is not. Parameters:
--   unit       week (begins on Monday) or month
--   base_from  first day of the base window
--   recent_from  first day of the recent window
--   recent_to  day after the last one of the recent window
--   rows_max   where the answer is cut
SELECT
    source, board, min(first_run) AS watched_from, sum(full_runs) = 0 AS is_event, toUInt64(dateDiff({unit:String}, {base_from:Date}, {recent_to:Date})) AS periods,
    groupUniqArrayArray(arrayMap(day -> dateDiff({unit:String}, {base_from:Date}, day), arrayFilter(day -> day >= {base_from:Date} AND day < {recent_to:Date}, healthy_days))) AS seen,
    toUInt64(length(seen)) AS healthy_periods, is_event OR has(seen, 0) AS in_first,
    if(is_event, has(seen, toInt64(periods - 1)), hasAll(seen, arrayMap(i -> toInt64(i), range(toUInt32(dateDiff({unit:String}, {base_from:Date}, {recent_from:Date}) - 1), toUInt32(periods))))) AS in_last,
    CAST(in_first AND in_last AND if(is_event, 4 * length(seen) >= 3 * periods, watched_from < {base_from:Date} AND 10 * length(seen) >= 9 * periods), 'Bool') AS in_panel
FROM v_board_months
GROUP BY source, board
HAVING watched_from < {recent_to:Date}
ORDER BY source, board
LIMIT {rows_max:UInt32}
