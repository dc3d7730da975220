-- The mentions of skills in one version of a posting, in the order in which they stand. v_posting_skills would look up the
-- current version of every posting first, which is known here.
SELECT
    skill, label, kind, field, start AS `start`, stop AS `end`, text, section, strength, rule, is_unlisted AS unlisted
FROM
(
    SELECT * FROM posting_skills FINAL
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
      AND source = {source:String} AND board = {board:String} AND posting_id = {posting_id:String} AND content_hash = {content_hash:String}
) AS k
ARRAY JOIN
    k.ids AS skill, k.labels AS label, k.kinds AS kind, k.fields AS field, k.starts AS start, k.ends AS stop, k.texts AS text,
    k.sections AS section, k.strengths AS strength, k.rules AS rule, k.unlisted AS is_unlisted
ORDER BY field DESC, `start`, `end`, skill
LIMIT {rows_max:UInt32}
