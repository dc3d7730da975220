-- When one posting was open.
SELECT spell, opened_at, last_seen, closed_at, closed_reason, opened_censored
FROM v_spells
WHERE posting_id = {posting_id:String} AND source = {source:String} AND board = {board:String}
ORDER BY spell
LIMIT {rows_max:UInt32}
