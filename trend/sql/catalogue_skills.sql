-- Which skills of the taxonomy postings mention, with the vacancies that do.
SELECT name AS skill, label, kind, vacancies, open_vacancies
FROM {counts}
WHERE of = 'skill'
ORDER BY vacancies DESC, skill
