-- Of the times that adverts were open, how many are known from beginning to end?
--
-- Reading: per board, spells (uninterrupted times open) by what is known: whole (both ends seen), unfinished
--   (still open), unstarted (open before we looked; closed or not), by_rule (aged out of a window of latest
--   postings, or a thread's post after 30 days: its end is not known). precision_days is the median time between the last look that saw a
--   closed advert and the first that missed it: ends are not known better than that.
-- Caveats: durations of 14 use whole and unfinished. A board that was silent for weeks has ends as vague as
--   that: see 23.
-- Change: nothing needs to be.
SELECT
    source, board, count() AS spells,
    countIf(NOT opened_censored AND closed_at IS NOT NULL AND closed_reason NOT IN ('aged_out', 'expired')) AS whole,
    countIf(NOT opened_censored AND closed_at IS NULL) AS unfinished,
    countIf(opened_censored) AS unstarted,
    countIf(NOT opened_censored AND closed_reason IN ('aged_out', 'expired')) AS by_rule,
    quantileExactInclusiveOrNullIf(0.5)(intDiv(dateDiff('second', last_seen, coalesce(closed_at, last_seen)), 86400), closed_at IS NOT NULL AND closed_reason NOT IN ('aged_out', 'expired')) AS precision_days
FROM v_spells
GROUP BY source, board
ORDER BY source, board
