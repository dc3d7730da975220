-- What do adverts offer, by role and seniority?
--
-- Reading: quartiles of the middle of the stated yearly range, in whole units of the currency; each vacancy
--   once (copies in several cities by their mean). vacancies and employers are those that state pay.
-- Caveats: stated pay is not paid pay, and who states it is not like who does not (11). Cells of fewer
--   than 5 vacancies are left out; look at employers, too. One currency, never converted; years are
--   mixed. Seniority is empty where the advert does not say.
-- Change: the_currency, least.
WITH 'USD' AS the_currency, 5 AS least
SELECT
    role, seniority, count() AS vacancies, uniqExact(employer) AS employers,
    round(quantileExactInclusive(0.25)(middle)) AS lower_quartile,
    round(quantileExactInclusive(0.5)(middle)) AS median,
    round(quantileExactInclusive(0.75)(middle)) AS upper_quartile
FROM
(
    SELECT vacancy_id, any(role_title) AS role, any(p.seniority) AS seniority, any(company_key) AS employer,
        toFloat64(sum(coalesce(salary_min, salary_max) + coalesce(salary_max, salary_min))) / (2 * count()) AS middle
    FROM v_postings AS p
    WHERE salary_currency = the_currency AND salary_period = 'year' AND coalesce(salary_min, salary_max) IS NOT NULL
      AND vacancy_id != '' AND empty(roles) AND role_title != ''
    GROUP BY vacancy_id
)
GROUP BY role, seniority
HAVING vacancies >= least
ORDER BY role, seniority
