-- Where exactly does an advert ask for a skill?
--
-- Reading: one row per mention in adverts of the role, newest first: the words around it, what it was taken for,
--   and the rule that decided. Read twenty before trusting a number.
-- Caveats: the cut is by bytes, so a letter at its edge may be broken; it is made whole with a question mark. The quote is
--   of the canonical text: without markup, and with names of people masked.
-- Change: the_role, the_skill, around (bytes on each side).
WITH 'ml_engineer' AS the_role, 'pytorch' AS the_skill, 60 AS around
SELECT
    toDate(p.first_seen) AS first_day, p.company AS company, p.title AS title, k.posting_id AS posting_id, k.field AS field, k.start AS start,
    k.strength AS strength, k.section AS section, k.rule AS rule,
    toValidUTF8(replaceAll(substring(if(k.field = 'title', p.title, t.description), greatest(k.start - around, 0) + 1,
        k.end + around - greatest(k.start - around, 0)), '\n', ' ')) AS quote
FROM v_posting_skills AS k
INNER JOIN v_postings AS p ON p.posting_id = k.posting_id
INNER JOIN v_posting_texts AS t ON t.posting_id = k.posting_id AND t.content_hash = k.content_hash
WHERE p.role_title = the_role AND empty(p.roles) AND k.skill = the_skill
ORDER BY first_day DESC, posting_id, field, start
LIMIT 1000
