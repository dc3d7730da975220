-- Is a skill's share of a role that of many employers, or of a few large ones?
--
-- Reading: pooled counts every vacancy once; per_employer is the mean of the employers' own shares, each
--   employer once. A pooled share far above says that those who advertise much ask for it, not that
--   most do. Compare changes over time by both before speaking of a role.
-- Caveats: employers with one vacancy weigh as much as any. No interval: see 02. Skills that fewer than
--   20 vacancies of the role ask for are left out.
-- Change: the_roles, least.
WITH
    ['research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer'] AS the_roles,
    20 AS least,
    jobs AS (SELECT role_title AS role, company_key AS employer, skills FROM v_vacancies WHERE has(the_roles, role_title)),
    sizes AS (SELECT role, employer, count() AS n, sum(n) OVER (PARTITION BY role) AS total, count() OVER (PARTITION BY role) AS employers FROM jobs GROUP BY role, employer),
    asked AS (SELECT role, skill, employer, count() AS x FROM jobs ARRAY JOIN skills AS skill GROUP BY role, skill, employer)
SELECT
    a.role AS role, a.skill AS skill, sum(a.x) AS asking, any(s.total) AS vacancies, count() AS employers_asking, any(s.employers) AS employers,
    round(asking / vacancies, 4) AS pooled, round(sum(a.x / s.n) / employers, 4) AS per_employer
FROM asked AS a
INNER JOIN sizes AS s ON s.role = a.role AND s.employer = a.employer
GROUP BY role, skill
HAVING asking >= least
ORDER BY role, asking DESC, skill
