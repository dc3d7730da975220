-- Which skills are asked for together more often than their own frequencies explain?
--
-- Reading: lift = P(a and b) / (P(a) P(b)) over all vacancies of the roles. 1 is what independence gives;
--   2 is twice as often together. together, with_a and with_b are vacancies.
-- Caveats: lift favours rare skills: that is why least is 20. Two roles in one list make skills of the
--   same role look tied: ask for one role to see ties within it. One employer's template can tie skills.
-- Change: the_roles, least.
WITH
    ['research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer'] AS the_roles,
    20 AS least,
    jobs AS (SELECT vacancy_id, skills FROM v_vacancies WHERE has(the_roles, role_title)),
    single AS (SELECT skill, count() AS n FROM jobs ARRAY JOIN skills AS skill GROUP BY skill)
SELECT
    p.a AS skill_a, p.b AS skill_b, p.n AS together, a.n AS with_a, b.n AS with_b, (SELECT count() FROM jobs) AS vacancies,
    round(together * vacancies / (with_a * with_b), 3) AS lift
FROM
(
    SELECT a, b, count() AS n
    FROM (SELECT arrayJoin(skills) AS a, arrayJoin(arrayFilter(x -> x > a, skills)) AS b FROM jobs)
    GROUP BY a, b
    HAVING n >= least
) AS p
INNER JOIN single AS a ON a.skill = p.a
INNER JOIN single AS b ON b.skill = p.b
ORDER BY lift DESC, together DESC, skill_a, skill_b
