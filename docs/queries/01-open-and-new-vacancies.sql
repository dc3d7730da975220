-- How many vacancies of each role were open in each month, and how many were new?
--
-- Reading: open_vacancies is a stock: a vacancy counts in every month in which some advert of it was
--   seen. new_vacancies is a flow: it counts once, in the month of its first sighting. employers is
--   how many stand behind the stock.
-- Caveats: what a board listed when it was first seen whole is open but never new, so the first months
--   of a board have a stock without a flow. A board that joins lifts the stock: see 21. The first and
--   the last month are cut off by the observation.
-- Change: nothing needs to be; add AND p.role_title = '...' for one role.
SELECT
    month, role,
    uniqExact(vacancy_id) AS open_vacancies,
    uniqExactIf(vacancy_id, month = new_in) AS new_vacancies,
    uniqExact(employer) AS employers
FROM
(
    SELECT
        p.role_title AS role, p.vacancy_id AS vacancy_id, p.company_key AS employer,
        if(v.opened_censored, NULL, toStartOfMonth(v.first_seen)) AS new_in,
        arrayJoin(arrayMap(i -> addMonths(toStartOfMonth(s.opened_at), i),
            range(toUInt32(1 + dateDiff('month', s.opened_at, s.active_until))))) AS month
    FROM v_spells AS s
    INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
    INNER JOIN v_vacancies AS v ON v.vacancy_id = p.vacancy_id
    WHERE empty(p.roles) AND p.role_title != ''
)
GROUP BY month, role
ORDER BY month, role
