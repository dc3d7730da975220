-- What is stored, in one row. A posting is one advert at one source; a vacancy is the job behind it,
-- which may be advertised several times; open is what the last run that proves anything left open.
SELECT
    p.postings AS postings, p.open_postings AS open_postings, p.vacancies AS vacancies,
    p.open_vacancies AS open_vacancies, p.employers AS employers,
    r.boards AS boards, r.runs AS runs, r.first_run AS first_run, r.newest_run AS newest_run
FROM
(
    SELECT sum(c.postings) AS postings, sum(c.open_postings) AS open_postings, sum(c.vacancies) AS vacancies, sum(c.open_vacancies) AS open_vacancies, sum(c.employers) AS employers
    FROM {counts} AS c
    WHERE c.of = 'total'
) AS p
CROSS JOIN
(
    SELECT count() AS boards, sum(b.runs) AS runs, min(b.first_run) AS first_run, max(b.newest_run) AS newest_run
    FROM {boards} AS b
) AS r
