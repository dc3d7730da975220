-- Is a skill a requirement or a wish?
--
-- Reading: of the vacancies of a role that mention the skill, required ones state it as a requirement
--   anywhere, preferred ones only as nice to have, mentioned ones only in passing (what the team does,
--   the company's products). required_share is required / asking.
-- Caveats: the strength is read from the section and the sentence the skill stands in; an advert without
--   sections tends to "mentioned". Skills with fewer than 20 vacancies of the role are left out.
-- Change: the_roles, least.
WITH
    ['research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer'] AS the_roles,
    20 AS least
SELECT
    role, skill, count() AS asking,
    countIf(strongest = 3) AS required, countIf(strongest = 2) AS preferred, countIf(strongest = 1) AS mentioned,
    round(required / asking, 4) AS required_share
FROM
(
    SELECT p.role_title AS role, p.vacancy_id AS vacancy_id, k.skill AS skill,
        max(transform(k.strength, ['required', 'preferred', 'mentioned'], [3, 2, 1], 0)) AS strongest
    FROM v_posting_skills AS k
    INNER JOIN v_postings AS p ON p.posting_id = k.posting_id
    WHERE NOT k.unlisted AND empty(p.roles) AND has(the_roles, p.role_title) AND p.vacancy_id != ''
    GROUP BY role, vacancy_id, skill
)
GROUP BY role, skill
HAVING asking >= least
ORDER BY role, required_share DESC, asking DESC, skill
