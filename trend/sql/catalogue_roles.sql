-- Which roles titles state, with their vacancies.
SELECT
    role_title AS role,
    uniqExact(vacancy_id) AS vacancies,
    uniqExactIf(vacancy_id, closed_at IS NULL) AS open_vacancies
FROM v_postings
WHERE role_title != ''
GROUP BY role_title
ORDER BY vacancies DESC, role
