-- The vacancies of roles with their employer and the quarter in which each first counts: what the falsifier
-- permutes the roles' names among. Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01; whole months
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
--   companies  company names or keys, a line each; empty is all
--   rows_max   where the answer is cut
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {spans:String})) AS spans,
    -- The months of the spans, and the first day of the span that each is in.
    arrayFlatten(arrayMap(s -> arrayMap(i -> addMonths(s.1, i), range(dateDiff('month', s.1, s.2))), spans)) AS span_months,
    arrayFlatten(arrayMap(s -> arrayMap(i -> s.1, range(dateDiff('month', s.1, s.2))), spans)) AS span_months_in,
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
    role, employer, toStartOfQuarter(min(month)) AS quarter, vacancy_id,
    arraySort(groupUniqArrayArray(CAST(skills, 'Array(String)'))) AS skills
FROM v_vacancy_months
WHERE role != '' AND month >= spans[1].1 AND month < spans[length(spans)].2 AND month IN (SELECT arrayJoin(span_months))
      AND multiIf({basis:String} = 'active', is_active, {basis:String} = 'new', is_new, is_claimed)
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
      AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company) OR has(splitByChar('\n', {companies:String}), employer))
      AND ({boards:String} = 'all' OR (source, board) IN (SELECT source, board FROM panel))
GROUP BY role, employer, vacancy_id
ORDER BY role, employer, quarter, vacancy_id
LIMIT {rows_max:UInt32}
