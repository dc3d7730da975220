-- What share of a role's vacancies ask for each skill, and how sure is that?
--
-- Reading: share is asking / vacancies over the vacancies open at any time in the last year. low and
--   high are a 95 % interval of a ratio of sums over employers: adverts of one employer resemble each
--   other, so the employer is the unit that was drawn, not the advert. Ten skills for each role.
-- Caveats: without ten employers there is no interval, and the share is theirs, not the role's. 2.262 is
--   Student's quantile for ten employers; with more the interval is a little too wide. An interval for
--   a share near 0 or 1 is rough. The employers that are crawled are no random sample of all.
-- Change: days, the_roles, and the 10 after LIMIT.
WITH
    365 AS days,
    ['research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer'] AS the_roles,
    (SELECT max(observed_at) FROM v_runs) AS cut,
    open AS
    (
        SELECT DISTINCT p.role_title AS role, p.company_key AS employer, p.vacancy_id AS vacancy_id, v.skills AS skills
        FROM v_spells AS s
        INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
        INNER JOIN v_vacancies AS v ON v.vacancy_id = p.vacancy_id
        WHERE empty(p.roles) AND has(the_roles, p.role_title) AND s.active_until >= cut - toIntervalDay(days)
    ),
    sizes AS (SELECT role, employer, count() AS n, sum(n) OVER (PARTITION BY role) AS total, count() OVER (PARTITION BY role) AS employers FROM open GROUP BY role, employer),
    asked AS (SELECT role, skill, employer, count() AS x, sum(x) OVER (PARTITION BY role, skill) AS asking FROM open ARRAY JOIN skills AS skill GROUP BY role, skill, employer)
SELECT
    role, skill, asking, vacancies, employers,
    round(asking / vacancies, 4) AS share,
    if(employers < 10, NULL, round(greatest(0, asking / vacancies - 2.262 * error), 4)) AS low,
    if(employers < 10, NULL, round(least(1, asking / vacancies + 2.262 * error), 4)) AS high
FROM
(
    -- Employers that do not ask for the skill are not among the rows: their part of the sum of
    -- (x - share n)^2 is share^2 times the rest of the sum of n^2.
    SELECT
        a.role AS role, a.skill AS skill, any(a.asking) AS asking, any(s.total) AS vacancies, any(s.employers) AS employers,
        sum(pow(a.x - a.asking / s.total * s.n, 2)) + pow(any(a.asking) / any(s.total), 2) * (any(q.squares) - sum(s.n * s.n)) AS squared,
        sqrt(squared * employers / (employers - 1)) / vacancies AS error
    FROM asked AS a
    INNER JOIN sizes AS s ON s.role = a.role AND s.employer = a.employer
    INNER JOIN (SELECT role, sum(n * n) AS squares FROM sizes GROUP BY role) AS q ON q.role = a.role
    GROUP BY role, skill
)
ORDER BY role, asking DESC, skill
LIMIT 10 BY role
