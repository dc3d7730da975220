-- How many new vacancies of each role mention each skill, on all boards, and the skills' names. Parameters:
--   base_from  first day
--   recent_to  day after the last
--   rows_max   where the answer is cut
SELECT r.role AS role, r.vacancies AS vacancies, tupleElement(r.mentions, 1) AS skills, tupleElement(r.mentions, 2) AS mentioning
FROM
(
    SELECT role, count() AS vacancies, sumMap(CAST(skills, 'Array(String)') AS mentioned, arrayMap(s -> toUInt64(1), mentioned)) AS mentions
    FROM v_vacancy_starts
    WHERE month >= toStartOfMonth({base_from:Date}) AND month < {recent_to:Date} AND first_seen >= {base_from:Date} AND first_seen < {recent_to:Date} AND employer != ''
    GROUP BY role
) AS r
ORDER BY role
LIMIT {rows_max:UInt32}
