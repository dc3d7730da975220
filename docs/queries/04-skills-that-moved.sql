-- Which skills do new vacancies of a role ask for more, or less, than they did at first?
--
-- Reading: new vacancies of the first and of the last months_each months are compared. change is in points
--   of the share (0.1 is ten of a hundred vacancies), z the change over its standard error if vacancies
--   were drawn independently. Flows add up over months; stocks do not, for a vacancy may be open in many.
-- Caveats: vacancies of one employer are alike, so z is too large: take 3, not 2, for a sign, and see
--   02 and 07. Roles with fewer than 30 new vacancies in either time are left out.
-- Change: months_each, least.
WITH
    4 AS months_each,
    30 AS least,
    (SELECT (min(month), max(month)) FROM v_role_skill_month) AS span,
    sizes AS
    (
        SELECT role, sumIf(n, month < addMonths(span.1, months_each)) AS n0, sumIf(n, month > addMonths(span.2, -months_each)) AS n1
        FROM (SELECT role, month, any(new_vacancies) AS n FROM v_role_skill_month GROUP BY role, month)
        GROUP BY role
        HAVING n0 >= least AND n1 >= least
    )
SELECT
    m.role AS role, m.skill AS skill,
    sumIf(m.new_mentioning, m.month < addMonths(span.1, months_each)) AS asking_before, any(s.n0) AS vacancies_before,
    sumIf(m.new_mentioning, m.month > addMonths(span.2, -months_each)) AS asking_after, any(s.n1) AS vacancies_after,
    round(asking_after / vacancies_after - asking_before / vacancies_before, 4) AS change,
    (asking_before + asking_after) / (vacancies_before + vacancies_after) AS both,
    round((asking_after / vacancies_after - asking_before / vacancies_before)
        / sqrt(both * (1 - both) * (1 / vacancies_before + 1 / vacancies_after)), 2) AS z
FROM v_role_skill_month AS m
INNER JOIN sizes AS s ON s.role = m.role
GROUP BY role, skill
HAVING asking_before + asking_after > 0 AND both < 1
ORDER BY role, change DESC, skill
