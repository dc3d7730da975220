-- The new vacancies of the recent window on the panel's boards that mention any of some terms. Parameters:
--   unit         week (begins on Monday) or month
--   base_from    first day of the base window
--   recent_from  first day of the recent window
--   recent_to    day after its last
--   terms        the terms, a line each: family, tab, key
--   rows_max     where the answer is cut
WITH
    splitByChar('\n', {terms:String}) AS names,
    dateDiff({unit:String}, {base_from:Date}, {recent_to:Date}) AS units,
    panel AS
    (
        SELECT source, board
        FROM v_board_months
        GROUP BY source, board
        HAVING has(groupUniqArrayArray(arrayMap(day -> dateDiff({unit:String}, {base_from:Date}, day), arrayFilter(day -> day >= {base_from:Date} AND day < {recent_to:Date}, healthy_days))) AS seen, toInt64(units - 1))
            AND if(sum(full_runs) = 0, 4 * length(seen) >= 3 * units,
                min(first_run) < {base_from:Date} AND has(seen, 0) AND 10 * length(seen) >= 9 * units
                AND hasAll(seen, arrayMap(i -> toInt64(i), range(toUInt32(dateDiff({unit:String}, {base_from:Date}, {recent_from:Date}) - 1), toUInt32(units)))))
    ),
    found AS
    (
        SELECT
            vacancy_id, month, posting_id, source, board, employer, company, title, first_seen, CAST(skills, 'Array(String)') AS skills,
            arraySort(arrayDistinct(arrayFilter(i -> i > 0, arrayConcat(
                arrayMap(t -> indexOf(names, concat('title\t', replaceAll(t, ' ', ''))), title_terms),
                arrayMap(s -> indexOf(names, concat('skill\t', s)), v_vacancy_starts.skills),
                arrayMap(t -> indexOf(names, concat('phrase\t', replaceAll(t, ' ', ''))), phrases),
                arrayMap(s -> indexOf(names, concat('role_skill\t', role, ' ', s)), v_vacancy_starts.skills))))) AS terms
        FROM v_vacancy_starts
        WHERE month >= toStartOfMonth({recent_from:Date}) AND month < {recent_to:Date} AND first_seen >= {recent_from:Date} AND first_seen < {recent_to:Date}
          AND employer != '' AND (source, board) IN (SELECT source, board FROM panel) AND notEmpty(terms)
    )
SELECT
    f.vacancy_id AS vacancy_id, f.posting_id AS posting_id, f.source AS source, f.board AS board, f.employer AS employer, f.company AS company, f.title AS title,
    f.first_seen AS first_seen, f.skills AS skills, f.terms AS terms,
    toFloat64(ifNull(m.salary_min, 0)) AS pay_low, toFloat64(ifNull(m.salary_max, 0)) AS pay_high, m.salary_currency AS pay_currency
FROM found AS f
LEFT JOIN
(
    SELECT vacancy_id, salary_min, salary_max, salary_currency, month
    FROM v_vacancy_months
    WHERE is_new AND salary_period = 'year' AND month >= toStartOfMonth({recent_from:Date}) AND month < {recent_to:Date} AND vacancy_id IN (SELECT vacancy_id FROM found)
) AS m ON m.vacancy_id = f.vacancy_id AND m.month = f.month
ORDER BY first_seen DESC, vacancy_id
LIMIT {rows_max:UInt32}
