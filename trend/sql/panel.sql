-- In how many of the periods each board was healthy: seen whole, or, of a thread of posts, seen at all.
--   looks      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01
--   rows_max   where the answer is cut
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {looks:String})) AS look_spans,
    arrayMap(s -> toUInt32(s.1), look_spans) AS look_starts, arraySort(arrayDistinct(arrayConcat([toUInt32(0)], look_starts, arrayMap(s -> toUInt32(s.2), look_spans)))) AS look_bounds,
    -- Of looks that are whole months, any healthy day of a month tells.
    arrayAll(s -> s.1 = toStartOfMonth(s.1) AND s.2 = toStartOfMonth(s.2), look_spans) AS by_month
SELECT
    source, board, toUInt64(length(look_spans)) AS periods,
    toUInt64(length(arrayFilter(i -> i > 0, groupUniqArrayArray(arrayMap(day -> indexOf(look_starts, roundDown(toUInt32(day), look_bounds)), if(by_month, if(empty(healthy_days), [], [month]), healthy_days))) AS seen))) AS healthy_periods,
    has(seen, 1) AS in_first, has(seen, length(look_spans)) AS in_last,
    CAST(in_first AND in_last AND 4 * healthy_periods >= 3 * periods, 'Bool') AS in_panel
FROM v_board_months
WHERE toDate(first_run) < look_spans[length(look_spans)].2
GROUP BY source, board
ORDER BY source, board
LIMIT {rows_max:UInt32}
