-- How much do copies of one job inflate an employer's number of adverts?
--
-- Reading: adverts / vacancies is the inflation; most_copies the adverts of its most advertised job. Employers who
--   post one job in forty cities come first.
-- Caveats: a vacancy is the same company, title and text without place names and boilerplate: city copies
--   and word-for-word reposts fall together, near copies do not.
-- Change: nothing needs to be.
SELECT
    company_key AS employer, sum(postings) AS adverts, count() AS vacancies, round(adverts / vacancies, 3) AS inflation,
    max(postings) AS most_copies, argMax(title_normalised, (postings, vacancy_id)) AS most_copied_title
FROM v_vacancies
GROUP BY employer
ORDER BY inflation DESC, employer
