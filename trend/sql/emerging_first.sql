-- When each term was first mentioned by a new vacancy of any board, how many mentioned it in the year before a day,
-- and its commonest spelling. Parameters:
--   terms     the terms, a line each: family, tab, key, tab, that day
--   until     mentions from then on count for nothing
--   rows_max  where the answer is cut
WITH
    arrayMap(line -> (splitByChar('\t', line)[1], splitByChar('\t', line)[2], toDate(splitByChar('\t', line)[3])), splitByChar('\n', {terms:String})) AS asked,
    arrayMap(a -> concat(a.1, '\t', a.2), asked) AS names
SELECT
    asked[mention.1].1 AS family, asked[mention.1].2 AS term, min(first_seen) AS seen_first,
    countIf(first_seen < asked[mention.1].3 AND first_seen >= addYears(asked[mention.1].3, -1)) AS mentioned_before, topK(1)(mention.2)[1] AS spelling
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
GROUP BY mention.1
ORDER BY family, term
LIMIT {rows_max:UInt32}
