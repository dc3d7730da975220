-- How far can the sources' own dates be trusted?
--
-- Reading: days from the date a source claims an advert was posted to our first sighting, for adverts that were
--   not there before. Between 0 and the time between two crawls is what an honest date gives. More means
--   an old advert put up again or made visible late; before_claim counts dates in the future.
-- Caveats: adverts found when a board was first seen are left out: their claims may be right, but nothing
--   checks them. Trends date by first_seen for that reason.
-- Change: nothing needs to be.
SELECT
    source, count() AS adverts, countIf(posted_claim IS NOT NULL) AS with_claim,
    round(quantileExactInclusiveIf(0.5)(dateDiff('second', coalesce(posted_claim, first_seen), first_seen), posted_claim IS NOT NULL) / 86400, 2) AS median_days,
    round(quantileExactInclusiveIf(0.9)(dateDiff('second', coalesce(posted_claim, first_seen), first_seen), posted_claim IS NOT NULL) / 86400, 2) AS ninth_decile_days,
    countIf(posted_claim > first_seen) AS before_claim
FROM v_postings
WHERE NOT opened_censored
GROUP BY source
ORDER BY source
