-- Which adverts were gone for more than three weeks and came back under the same id?
--
-- Reading: one row for each return. gone_since is the first look that missed it, back_on the first that saw it
--   again. A job that comes back may have been filled and vacated, or never filled: a sign of churn.
-- Caveats: an advert gone for up to 21 days goes on as if it had never closed and is not here: boards lose
--   and restore postings by themselves (reopened in v_runs counts those). Not a new vacancy: see 18 for
--   adverts that come back under a new id.
-- Change: nothing needs to be.
SELECT
    p.company AS company, p.title AS title, s.posting_id AS posting_id, s.spell AS spell,
    toDate(s.gone) AS gone_since, toDate(s.opened_at) AS back_on, intDiv(dateDiff('second', s.gone, s.opened_at), 86400) AS days_away
FROM
(
    SELECT posting_id, spell, opened_at, lagInFrame(closed_at) OVER (PARTITION BY posting_id ORDER BY spell) AS gone
    FROM v_spells
) AS s
INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
WHERE s.spell > 1
ORDER BY company, posting_id, spell
