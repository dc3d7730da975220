-- How few employers is a role's demand made of?
--
-- Reading: hhi is the Herfindahl-Hirschman index of vacancies, the sum of squared shares: 1 for one employer,
--   1/n for n equal ones; effective = 1 / hhi is the number of equal employers with the same
--   concentration. top_share is the largest one's.
-- Caveats: it is the concentration of adverts on the boards that are crawled, not of the labour market.
--   Vacancies of the whole history count alike; cut by first_seen to compare years.
-- Change: nothing needs to be.
SELECT
    role, sum(n) AS vacancies, count() AS employers, argMax(company, (n, employer)) AS top_employer,
    round(max(n) / vacancies, 4) AS top_share, round(sum(n * n) / (vacancies * vacancies), 4) AS hhi, round(vacancies * vacancies / sum(n * n), 2) AS effective
FROM
(
    SELECT role_title AS role, company_key AS employer, min(v.company) AS company, count() AS n
    FROM v_vacancies AS v
    WHERE role_title != ''
    GROUP BY role, employer
)
GROUP BY role
ORDER BY hhi DESC, role
