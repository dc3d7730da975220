-- Are the four roles asking for the same skills, and more so than before?
--
-- Reading: cosine is 1 for two roles that ask for each skill equally often and does not depend on how many
--   vacancies there are; weighted_jaccard falls when there are few. The question of the thesis is whether
--   cosine rises for all pairs of the four.
-- Caveats: points without intervals: one employer can move a month. Months with fewer than ten employers
--   of either role prove nothing (enough is false). Boards that joined meanwhile change the mix: compare
--   on a panel (21). Employers' boilerplate is left out (docs/measures.md); v_role_similarity has intervals, too.
-- Change: the_roles.
WITH ['research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer'] AS the_roles
SELECT
    month, role_a, role_b, vacancies_a, vacancies_b, least(employers_a, employers_b) AS employers,
    shared_skills, round(cosine, 4) AS cosine, round(weighted_jaccard, 4) AS weighted_jaccard, employers >= 10 AS enough
FROM v_role_similarity
WHERE has(the_roles, role_a) AND has(the_roles, role_b)
ORDER BY role_a, role_b, month
