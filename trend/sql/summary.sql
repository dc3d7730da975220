-- What is stored, in one row. A posting is one advert at one source; a vacancy is the job behind it,
-- which may be advertised several times; open is what the last run that proves anything left open.
SELECT
    p.postings AS postings, p.open_postings AS open_postings, p.vacancies AS vacancies,
    p.open_vacancies AS open_vacancies, p.employers AS employers,
    r.boards AS boards, r.runs AS runs, r.first_run AS first_run, r.newest_run AS newest_run
FROM
(
    SELECT
        count() AS postings, countIf(closed_at IS NULL) AS open_postings,
        uniqExactIf(vacancy_id, vacancy_id != '') AS vacancies,
        uniqExactIf(vacancy_id, vacancy_id != '' AND closed_at IS NULL) AS open_vacancies,
        uniqExact(company_key) AS employers
    FROM v_postings
) AS p
CROSS JOIN
(
    SELECT uniqExact(source, board) AS boards, count() AS runs, min(observed_at) AS first_run, max(observed_at) AS newest_run
    FROM v_runs
) AS r
