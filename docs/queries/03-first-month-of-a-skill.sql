-- Which skills entered a role's adverts while we watched, and when?
--
-- Reading: first_month is that of the first new vacancy of the role that asks for the skill, and
--   without_it how many new vacancies of the role came before it. With 100 before and a true share of 3 %
--   all along, a first sighting that late would happen once in twenty times (0.97 ^ 100). vacancies and
--   employers are those that have asked since, the first one included.
-- Caveats: skills that any vacancy asked for which was open before we looked are left out: they did not
--   enter, we did. A skill that enters the taxonomy is not new either: all postings are read by one
--   version. Many skills are looked at, so some are late by chance: look at employers.
-- Change: least_before.
WITH
    20 AS least_before,
    jobs AS (SELECT role_title AS role, company_key AS employer, first_seen, opened_censored AS censored, skills FROM v_vacancies WHERE role_title != ''),
    asked AS
    (
        SELECT role, skill, minIf(first_seen, NOT censored) AS first_asked, countIf(NOT censored) AS vacancies, uniqExactIf(employer, NOT censored) AS employers
        FROM jobs
        ARRAY JOIN skills AS skill
        GROUP BY role, skill
        HAVING countIf(censored) = 0
    )
SELECT
    a.role AS role, a.skill AS skill, toStartOfMonth(any(a.first_asked)) AS first_month,
    countIf(NOT j.censored AND j.first_seen < a.first_asked) AS without_it, any(a.vacancies) AS vacancies, any(a.employers) AS employers
FROM asked AS a
INNER JOIN jobs AS j ON j.role = a.role
GROUP BY role, skill
HAVING without_it >= least_before
ORDER BY role, first_month, vacancies DESC, skill
