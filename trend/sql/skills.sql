-- Share of a role's vacancies that mention a skill, per period:
--   p[r,s,t] = uniqExact(vacancies of r in t that mention s) / uniqExact(vacancies of r in t)
-- A vacancy belongs to every period in which some posting of it was seen open. Posts that advertise
-- several roles are left out: nobody can tell which of the roles a skill is asked for.
WITH active AS
(
    SELECT
        p.role_title AS role,
        p.vacancy_id AS vacancy_id,
        p.skills AS skills,
        arrayJoin(arrayMap(
            i -> {unit_add}(toDate32({unit_start}(s.opened_at)), i),
            range(toUInt32(dateDiff('{unit}', {unit_start}(s.opened_at), {unit_start}(s.active_until)) + 1)))) AS period
    FROM v_spells AS s
    INNER JOIN
    (
        SELECT posting_id, vacancy_id, role_title, skills
        FROM v_postings
        WHERE ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role_title))
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company))
          AND role_title != ''
          AND length(roles) <= 1
    ) AS p ON p.posting_id = s.posting_id
    WHERE s.opened_at < parseDateTimeBestEffort({to:String})
      AND s.active_until >= parseDateTimeBestEffort({from:String})
)
SELECT m.period AS period, m.role AS role, m.skill AS skill, m.mentioning AS mentioning, n.total AS total
FROM
(
    SELECT period, role, arrayJoin(skills) AS skill, uniqExact(vacancy_id) AS mentioning
    FROM active
    GROUP BY period, role, skill
) AS m
INNER JOIN (SELECT period, role, uniqExact(vacancy_id) AS total FROM active GROUP BY period, role) AS n
    ON n.period = m.period AND n.role = m.role
WHERE m.period >= toDate32({unit_start}(parseDateTimeBestEffort({from:String})))
  AND m.period < toDate32(parseDateTimeBestEffort({to:String}))
ORDER BY period, role, mentioning DESC, skill
LIMIT {rows_max:UInt32}
