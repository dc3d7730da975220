-- How much of the new work is remote, by role and quarter?
--
-- Reading: new vacancies of the quarter by workplace; remote_share is remote / (remote + hybrid + onsite), so
--   adverts that do not say do not count as onsite.
-- Caveats: of copies the first advert tells. "Remote" often has limits (a country, some days): see
--   locations of v_postings. The first quarter misses what was open before we looked.
-- Change: nothing needs to be.
SELECT
    toStartOfQuarter(v.first_seen) AS quarter, p.role AS role, count() AS vacancies,
    countIf(p.work = 'remote') AS remote, countIf(p.work = 'hybrid') AS hybrid, countIf(p.work = 'onsite') AS onsite, countIf(p.work = '') AS unknown,
    if(remote + hybrid + onsite = 0, NULL, round(remote / (remote + hybrid + onsite), 4)) AS remote_share
FROM v_vacancies AS v
INNER JOIN
(
    SELECT vacancy_id, argMin(role_title, (p.first_seen, posting_id)) AS role, argMin(workplace, (p.first_seen, posting_id)) AS work
    FROM v_postings AS p
    WHERE empty(roles) AND role_title != '' AND vacancy_id != ''
    GROUP BY vacancy_id
) AS p ON p.vacancy_id = v.vacancy_id
WHERE NOT v.opened_censored
GROUP BY quarter, role
ORDER BY quarter, role
