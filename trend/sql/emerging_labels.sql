-- The names of skills. Parameters:
--   skills    their ids, a line each
--   rows_max  where the answer is cut
SELECT name AS skill, label FROM v_posting_counts WHERE of = 'skill' AND label != '' AND has(splitByChar('\n', {skills:String}), name) ORDER BY skill LIMIT {rows_max:UInt32}
