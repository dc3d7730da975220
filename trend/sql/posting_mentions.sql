-- The mentions of skills in one posting, in the order in which they stand.
SELECT skill, label, kind, field, `start`, `end`, text, section, strength, rule, unlisted
FROM v_posting_skills
WHERE posting_id = {posting_id:String} AND source = {source:String} AND board = {board:String}
  AND content_hash = {content_hash:String}
ORDER BY field DESC, `start`, `end`, skill
LIMIT {rows_max:UInt32}
