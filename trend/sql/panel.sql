-- In how many of the periods each board was healthy: seen whole, or, of a thread of posts, seen at all.
--   looks      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01
--   rows_max   where the answer is cut
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {looks:String})) AS look_spans
SELECT
    source, board, toUInt64(length(look_spans)) AS periods,
    toUInt64(length(groupUniqArrayIf(arrayFirstIndex(s -> toDate(observed_at) >= s.1 AND toDate(observed_at) < s.2, look_spans) AS seen_in,
        applied AND (whole OR (proof = 'event' AND listed > 0)) AND seen_in > 0) AS seen)) AS healthy_periods,
    has(seen, 1) AS in_first, has(seen, length(look_spans)) AS in_last,
    CAST(in_first AND in_last AND 4 * healthy_periods >= 3 * periods, 'Bool') AS in_panel
FROM v_runs
WHERE toDate(observed_at) < look_spans[length(look_spans)].2
GROUP BY source, board
ORDER BY source, board
LIMIT {rows_max:UInt32}
