-- How many vacancies of each role mention each skill in each period, on all boards and on the panel in weeks, which no rollup
-- has: counted from spells. What of a vacancy is boilerplate is what is so in the months that the week meets.
-- The empty skill is all vacancies of the role. Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-01-08; weeks begin on Monday
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
--   companies  company names or keys, a line each; empty is all
--   skill      the one to count; empty is all
--   rows_max   where the answer is cut
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {spans:String})) AS spans,
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
    ),
    weeks AS
    (
        SELECT DISTINCT p.vacancy_id AS vacancy_id, 'active' AS kind, arrayJoin(arrayMap(
            i -> addWeeks(toMonday(s.opened_at), i), range(toUInt32(dateDiff('week', toMonday(s.opened_at), toMonday(greatest(s.opened_at, s.active_until))) + 1)))) AS week
        FROM v_spells AS s
        INNER JOIN (SELECT posting_id, vacancy_id FROM v_postings WHERE vacancy_id != '') AS p ON p.posting_id = s.posting_id
        WHERE toDate(s.active_until) >= spans[1].1 AND toDate(s.opened_at) < spans[length(spans)].2
        UNION ALL
        SELECT vacancy_id, 'new' AS kind, toMonday(first_seen) AS week FROM v_vacancies WHERE NOT opened_censored
        UNION ALL
        SELECT vacancy_id, 'claimed' AS kind, toMonday(min(posted_claim)) AS week FROM v_postings WHERE vacancy_id != '' AND posted_claim IS NOT NULL GROUP BY vacancy_id
    )
SELECT period, role, skill, count() AS mentioning, countIf(in_panel) AS panel_mentioning
FROM
(
    SELECT period, role, in_panel, vacancy_id, arrayPushBack(arrayFilter(s -> {skill:String} = '' OR s = {skill:String}, groupUniqArrayArray(CAST(skills, 'Array(String)'))), '') AS names
    FROM
    (
        SELECT w.week AS period, m.role AS role, (m.source, m.board) IN (SELECT source, board FROM panel) AS in_panel, m.vacancy_id AS vacancy_id, m.skills AS skills
        FROM v_vacancy_months AS m
        INNER JOIN weeks AS w ON w.vacancy_id = m.vacancy_id
        WHERE role != '' AND w.kind = {basis:String} AND w.week >= spans[1].1 AND w.week < spans[length(spans)].2
          AND m.month >= toStartOfMonth(w.week) AND m.month <= w.week + 6
          AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company) OR has(splitByChar('\n', {companies:String}), employer))
    )
    GROUP BY period, role, in_panel, vacancy_id
)
ARRAY JOIN names AS skill
GROUP BY period, role, skill
HAVING mentioning > 0
ORDER BY period, role, panel_mentioning DESC, mentioning DESC, skill
LIMIT {rows_max:UInt32}
