-- Share of each role's vacancies that mention one skill, per period, as in skills.sql but with the
-- periods in which nobody mentions it: a share of nothing and a share of zero are not the same.
SELECT
    period,
    role,
    uniqExactIf(vacancy_id, mentions) AS mentioning,
    uniqExact(vacancy_id) AS total
FROM
(
    SELECT
        p.role_title AS role,
        p.vacancy_id AS vacancy_id,
        p.mentions AS mentions,
        arrayJoin(arrayMap(
            i -> {unit_add}(toDate32({unit_start}(s.opened_at)), i),
            range(toUInt32(dateDiff('{unit}', {unit_start}(s.opened_at), {unit_start}(s.active_until)) + 1)))) AS period
    FROM v_spells AS s
    INNER JOIN
    (
        SELECT posting_id, vacancy_id, role_title, has(skills, {skill:String}) AS mentions
        FROM v_postings
        WHERE ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role_title))
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company))
          AND role_title != ''
          AND length(roles) <= 1
    ) AS p ON p.posting_id = s.posting_id
    WHERE s.opened_at < parseDateTimeBestEffort({to:String})
      AND s.active_until >= parseDateTimeBestEffort({from:String})
)
WHERE period >= toDate32({unit_start}(parseDateTimeBestEffort({from:String})))
  AND period < toDate32(parseDateTimeBestEffort({to:String}))
GROUP BY period, role
ORDER BY period, role
LIMIT {rows_max:UInt32}
