-- How many vacancies of each role mention each skill in each period, on all boards and on the panel, added up from the
-- monthly rollup: for periods of one month, and for flows, which add up. Not for the stock of a longer period: a
-- vacancy may be in several of its months.
-- The empty skill is all vacancies of the role. Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01; whole months
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
--   skill      the one to count; empty is all
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
SELECT period, role, skill, sum(n) AS mentioning, sumIf(n, in_panel) AS panel_mentioning
FROM
(
    SELECT
        transform(month, span_months, span_months_in, toDate(0)) AS period, role, (source, board) IN (SELECT source, board FROM panel) AS in_panel,
        multiIf({basis:String} = 'active', active, {basis:String} = 'new', new, claimed) AS vacancies,
        multiIf({basis:String} = 'active', active_mentioning, {basis:String} = 'new', new_mentioning, claimed_mentioning) AS mentions,
        if({skill:String} = '', arrayPushBack(skills, ''), CAST(['', {skill:String}], 'Array(LowCardinality(String))')) AS names,
        if({skill:String} = '', arrayPushBack(mentions, vacancies), [vacancies, mentions[indexOf(skills, {skill:String})]]) AS numbers
    FROM employer_skill_months
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active) AND role != ''
      AND month >= spans[1].1 AND month < spans[length(spans)].2 AND month IN (SELECT arrayJoin(span_months))
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
)
ARRAY JOIN names AS skill, numbers AS n
GROUP BY period, role, skill
HAVING mentioning > 0
ORDER BY period, role, panel_mentioning DESC, mentioning DESC, skill
LIMIT {rows_max:UInt32}
