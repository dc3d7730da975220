-- How complete were the crawls that everything rests on?
--
-- Reading: looks per board by outcome. whole ones saw everything on the board (a 304 repeats the last
--   whole answer) and prove what is not there; partial ones only what is; failed ones (error, blocked, gone, empty) nothing. doubted looks would have
--   closed more than half of a board and waited for the next one. rejected postings could not be read:
--   v_dead says why.
-- Caveats: a thread's posts stand alone (proof is event in v_runs): its looks are never whole and close nothing.
--   An empty answer of a board that had postings counts as failed until a second one a day later. Looks
--   before a board existed are failed ones, too.
-- Change: add WHERE observed_at >= '...' for a time.
SELECT
    source, board, count() AS looks, countIf(whole) AS whole_looks, countIf(outcome = 'partial') AS partial,
    countIf(outcome IN ('error', 'blocked', 'gone', 'empty')) AS failed, countIf(suspect AND outcome = 'ok') AS doubted,
    sum(rejected) AS rejected_postings, round(whole_looks / looks, 4) AS whole_share
FROM v_runs
GROUP BY source, board
ORDER BY whole_share, source, board
