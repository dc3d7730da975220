-- The versions of one posting, oldest first, with the text of the current one only.
SELECT content_hash, observed_at, if(content_hash = {content_hash:String}, description, '') AS description
FROM v_posting_texts
WHERE posting_id = {posting_id:String} AND source = {source:String} AND board = {board:String}
ORDER BY observed_at, content_hash
LIMIT {rows_max:UInt32}
