-- Which roles titles state, with their vacancies.
SELECT name AS role, vacancies, open_vacancies
FROM {counts}
WHERE of = 'role'
ORDER BY vacancies DESC, role
