-- How many vacancies each employer has of each role in a month, on each basis, and how many of them mention
-- each skill: what the similarities of roles that the store keeps are computed from.
-- Parameters:
--   tagger_version  which readings; the one that is about to become active, too
--   month           its first day
--   rows_max        where the answer is cut
WITH sumMap(CAST(skills, 'Array(String)'), CAST(active_mentioning, 'Array(UInt64)'), CAST(new_mentioning, 'Array(UInt64)'), CAST(claimed_mentioning, 'Array(UInt64)')) AS mentions
SELECT
    role, employer, sum(toUInt64(active)) AS active_vacancies, sum(toUInt64(new)) AS new_vacancies, sum(toUInt64(claimed)) AS claimed_vacancies,
    mentions.1 AS ids, mentions.2 AS in_active, mentions.3 AS in_new, mentions.4 AS in_claimed
FROM employer_skill_months
WHERE tagger_version = {tagger_version:String} AND month = {month:Date} AND role != ''
GROUP BY role, employer
ORDER BY role, employer
LIMIT {rows_max:UInt32}
