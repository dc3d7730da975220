-- Which skills of the taxonomy postings mention, with the vacancies that do.
SELECT
    m.skill AS skill,
    if(s.label = '', m.skill, s.label) AS label,
    s.kind AS kind,
    m.vacancies AS vacancies,
    m.open_vacancies AS open_vacancies
FROM
(
    SELECT
        arrayJoin(CAST(skills, 'Array(String)')) AS skill,
        uniqExact(vacancy_id) AS vacancies,
        uniqExactIf(vacancy_id, closed_at IS NULL) AS open_vacancies
    FROM v_postings
    GROUP BY skill
) AS m
LEFT JOIN (SELECT toString(skill) AS skill, toString(label) AS label, toString(kind) AS kind FROM v_skills) AS s ON s.skill = m.skill
ORDER BY vacancies DESC, skill
