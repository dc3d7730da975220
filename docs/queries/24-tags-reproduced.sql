-- Do all skill tags still stand where they were found?
--
-- Reading: every mention has a field and two byte offsets; the bytes there are cut out of the stored text and
--   compared with what the tagger says it found. reproduced must equal mentions. tagged_pairs counts a skill
--   once per posting. Phrases that the taxonomy does not list (unlisted) are no skills, and left out.
-- Caveats: offsets count bytes from 0, substring counts from 1. Only current versions have mentions here.
-- Change: nothing needs to be; move the comparison into a WHERE to see what differs.
SELECT
    k.field AS field, count() AS mentions,
    countIf(substring(if(k.field = 'title', p.title, t.description), k.start + 1, k.end - k.start) = k.text) AS reproduced,
    uniqExact(k.posting_id, k.skill) AS tagged_pairs, uniqExact(k.posting_id) AS postings, any(k.tagger_version) AS tagger_version
FROM v_posting_skills AS k
INNER JOIN v_postings AS p ON p.posting_id = k.posting_id
INNER JOIN v_posting_texts AS t ON t.posting_id = k.posting_id AND t.content_hash = k.content_hash
WHERE NOT k.unlisted
GROUP BY field
ORDER BY field
