-- Which jobs were advertised again under a new id after their advert had closed?
--
-- Reading: an earlier advert of the same vacancy (company, title and text) for the same cities had closed before
--   the later one was first seen. days_between runs from the look that missed the earlier one.
-- Caveats: a repost whose text was changed is another vacancy and not found. Copies for several cities are
--   told apart by their cities (19). Of several earlier adverts the last closed one is named.
-- Change: nothing needs to be.
SELECT
    b.company AS company, b.title AS title, argMax(a.posting_id, (a.closed_at, a.posting_id)) AS earlier, b.posting_id AS later,
    toDate(max(a.closed_at)) AS closed, toDate(any(b.first_seen)) AS seen_again,
    intDiv(dateDiff('second', max(a.closed_at), any(b.first_seen)), 86400) AS days_between
FROM v_postings AS b
INNER JOIN v_postings AS a ON a.vacancy_id = b.vacancy_id
WHERE a.posting_id != b.posting_id AND a.vacancy_id != '' AND a.cities = b.cities AND a.closed_at <= b.first_seen
GROUP BY company, title, later
ORDER BY company, later
