-- Which job titles did not exist at first, and who uses them now?
--
-- Reading: titles without place, level and decoration, whose first vacancy came after the first half of the
--   history. employers is how many have used the title; a word that one company made up has one.
-- Caveats: a title can be new and its work old: look at what it asks for (25), and at 08. Titles that a
--   vacancy had which was open before we looked are left out. With many rare titles some are first seen
--   late by chance; `rolescope trend emerging` tests that, this list does not.
-- Change: least_employers, half.
WITH
    3 AS least_employers,
    (SELECT (min(observed_at), max(observed_at)) FROM v_runs) AS span,
    span.1 + toIntervalSecond(intDiv(dateDiff('second', span.1, span.2), 2)) AS half
SELECT
    title_normalised AS title, toDate(min(first_seen)) AS first_day, count() AS vacancies,
    uniqExact(company_key) AS employers, topK(1)(role_title)[1] AS role
FROM v_vacancies
WHERE title_normalised != ''
GROUP BY title
HAVING min(first_seen) >= half AND countIf(opened_censored) = 0 AND employers >= least_employers
ORDER BY employers DESC, first_day, title
