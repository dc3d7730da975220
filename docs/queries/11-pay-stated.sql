-- Where do employers state pay at all?
--
-- Reading: of the vacancies advertised for a country, stated ones give at least one end of a pay range in
--   some advert for it. Laws on pay transparency show as jumps between countries and over time.
-- Caveats: a vacancy advertised in two countries counts in both. A source may hide pay that the employer's
--   own page shows. Adverts that name no country are under the empty one.
-- Change: nothing needs to be; GROUP BY company_key shows the employers behind a country.
SELECT
    country, count() AS vacancies, countIf(states) AS stated, round(stated / vacancies, 4) AS share, uniqExact(employer) AS employers
FROM
(
    SELECT vacancy_id, country, max(notEmpty(salaries)) AS states, any(company_key) AS employer
    FROM v_postings
    ARRAY JOIN if(empty(countries), [''], countries) AS country
    WHERE vacancy_id != ''
    GROUP BY vacancy_id, country
)
GROUP BY country
ORDER BY vacancies DESC, country
