-- volumes.sql for groups that the monthly rollup has (role, source, board, total), added up from it: for periods of
-- one month, of which no vacancy is in two. Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01; months
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   roles      role ids, a line each; empty is all
--   rows_max   where the answer is cut
--   by         what to group by
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {spans:String})) AS spans,
    arrayFlatten(arrayMap(s -> arrayMap(i -> addMonths(s.1, i), range(dateDiff('month', s.1, s.2))), spans)) AS span_months,
    -- The panel: boards seen whole (threads: at all) in the first of the looks, in the last, and in three quarters of all.
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {looks:String})) AS look_spans,
    arrayMap(s -> toUInt32(s.1), look_spans) AS look_starts, arraySort(arrayDistinct(arrayConcat([toUInt32(0)], look_starts, arrayMap(s -> toUInt32(s.2), look_spans)))) AS look_bounds,
    -- Of looks that are whole months, any healthy day of a month tells.
    arrayAll(s -> s.1 = toStartOfMonth(s.1) AND s.2 = toStartOfMonth(s.2), look_spans) AS by_month,
    panel AS
    (
        SELECT source, board
        FROM v_board_months
        WHERE month < look_spans[length(look_spans)].2 AND addMonths(month, 1) > look_spans[1].1
        GROUP BY source, board
        HAVING has(groupUniqArrayArray(arrayMap(day -> indexOf(look_starts, roundDown(toUInt32(day), look_bounds)), if(by_month, if(empty(healthy_days), [], [month]), healthy_days))) AS seen_in, 1)
            AND has(seen_in, length(look_spans)) AND 4 * length(arrayFilter(i -> i > 0, seen_in)) >= 3 * length(look_spans)
    )
SELECT
    month AS period, if(key = '', 'unknown', key) AS group_key,
    sum(toUInt64(active)) AS active_vacancies, sum(toUInt64(new)) AS new_vacancies, sum(toUInt64(claimed)) AS claimed_vacancies,
    sumIf(toUInt64(active), in_panel) AS panel_active, sumIf(toUInt64(new), in_panel) AS panel_new, sumIf(toUInt64(claimed), in_panel) AS panel_claimed
FROM
(
    SELECT
        month, active, new, claimed, (source, board) IN (SELECT source, board FROM panel) AS in_panel,
        multiIf({by:String} = 'role', toString(role), {by:String} = 'source', toString(source), {by:String} = 'board', concat(source, '/', board), 'all') AS key
    FROM employer_skill_months
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
      AND month >= spans[1].1 AND month < spans[length(spans)].2 AND month IN (SELECT arrayJoin(span_months))
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
)
GROUP BY period, group_key
ORDER BY period, active_vacancies DESC, group_key
LIMIT {rows_max:UInt32}
