-- How many vacancies each employer has of each role in each period, and how many of them mention each
-- skill, added up from the monthly rollup. Gives the rows of cells.sql, from fewer: for periods of one
-- month, and for flows, which add up. Not for the stock of a longer period: a vacancy may be in several of its months.
-- Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01; whole months
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
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
    -- The skills' names, sorted, and their numbers in that order. A sumMap of names holds twenty times the memory.
    (
        SELECT (arrayPushBack(groupArray(name), '') AS names, arrayMap(i -> toUInt64(i), arrayEnumerate(names)))
        FROM
        (
            SELECT DISTINCT toString(arrayJoin(skills)) AS name
            FROM employer_skill_months
            WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
              AND role != '' AND arrayFirstIndex(s -> month >= s.1 AND month < s.2, spans) > 0
              AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
            ORDER BY name
        )
    ) AS known
SELECT
    period, role, employer, in_panel, vacancies,
    -- Each mention is its skill's number before 32 bits of how many: sorted, a skill's sum is at its last one.
    arrayMap(s -> known.1[s], arrayFilter((s, e) -> e, arrayMap(m -> bitShiftRight(m, 32), mentions) AS numbers,
        arrayMap((s, after) -> s != after, numbers, arrayShiftLeft(numbers, 1)) AS ends)) AS skills,
    arrayMap((sum, before) -> toUInt64(sum - before), arrayFilter((s, e) -> e, arrayCumSum(arrayMap(m -> bitAnd(m, 4294967295), mentions)), ends) AS sums, arrayShiftRight(sums, 1)) AS mentioning
FROM
(
    SELECT
        spans[arrayFirstIndex(s -> month >= s.1 AND month < s.2, spans)].1 AS period, role, employer,
        (source, board) IN (SELECT source, board FROM panel) AS in_panel,
        sum(toUInt64(multiIf({basis:String} = 'active', active, {basis:String} = 'new', new, claimed))) AS vacancies,
        arraySort(groupArrayArray(arrayMap((s, n) -> bitShiftLeft(transform(s, known.1, known.2, toUInt64(0)), 32) + n,
            arrayFilter((s, n) -> n > 0, CAST(skills, 'Array(String)'),
                multiIf({basis:String} = 'active', active_mentioning, {basis:String} = 'new', new_mentioning, claimed_mentioning) AS counts),
            arrayFilter(n -> n > 0, counts)))) AS mentions
    FROM employer_skill_months
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
      AND role != '' AND arrayFirstIndex(s -> month >= s.1 AND month < s.2, spans) > 0
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
    GROUP BY period, role, employer, in_panel
)
WHERE vacancies > 0
ORDER BY role, period, employer, in_panel
LIMIT {rows_max:UInt32}
