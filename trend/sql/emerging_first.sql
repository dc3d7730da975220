-- When each term was first mentioned by a new vacancy of any board, ever and since the base window began, how many
-- mentioned it in the year before that, and its commonest spelling. Parameters:
--   terms      the terms, a line each: family, tab, key
--   base_from  first day of the base window
--   until      mentions from then on count for nothing
--   rows_max   where the answer is cut
WITH splitByChar('\n', {terms:String}) AS names
SELECT
    splitByChar('\t', names[number])[1] AS family, splitByChar('\t', names[number])[2] AS term, min(first_seen) AS seen_first,
    toDateTime64(arrayMin(arrayFilter(d -> d >= {base_from:Date}, groupArray(toDate(first_seen)) AS days)), 3, 'UTC') AS since,
    toUInt64(arrayCount(d -> d < toDate(since) AND d >= addYears(toDate(since), -1), days)) AS mentioned_before, topK(1)(spelt)[1] AS spelling
FROM
(
    SELECT first_seen, mention.1 AS number, mention.2 AS spelt
    FROM
    (
        SELECT first_seen, arrayJoin(arrayFilter(m -> m.1 > 0, arrayConcat(
            arrayMap(t -> (indexOf(names, concat('title\t', replaceAll(t, ' ', ''))), t), title_terms),
            arrayMap(s -> (indexOf(names, concat('skill\t', s)), toString(s)), skills),
            arrayMap(t -> (indexOf(names, concat('phrase\t', replaceAll(t, ' ', ''))), t), phrases),
            arrayMap(s -> (indexOf(names, concat('role_skill\t', role, ' ', s)), toString(s)), skills)))) AS mention
        FROM v_vacancy_starts
        WHERE first_seen < {until:Date} AND employer != ''
    )
)
GROUP BY number
ORDER BY family, term
LIMIT {rows_max:UInt32}
