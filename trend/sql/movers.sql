-- Which skills a role's vacancies mention more, and which less, in one time than in another:
-- per skill, the vacancies seen open in each of the two times and those of them that mention it.
-- A vacancy open in both counts in both. Posts that advertise several roles are left out.
WITH active AS
(
    SELECT
        p.vacancy_id AS vacancy_id,
        p.skills AS skills,
        s.opened_at < parseDateTimeBestEffort({before_to:String}) AND s.active_until >= parseDateTimeBestEffort({before_from:String}) AS in_before,
        s.opened_at < parseDateTimeBestEffort({after_to:String}) AND s.active_until >= parseDateTimeBestEffort({after_from:String}) AS in_after
    FROM v_spells AS s
    INNER JOIN
    (
        SELECT posting_id, vacancy_id, skills
        FROM v_postings
        WHERE role_title = {role:String}
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company))
          AND length(roles) <= 1
    ) AS p ON p.posting_id = s.posting_id
    WHERE in_before OR in_after
)
SELECT
    m.skill AS skill,
    m.before_mentioning AS before_mentioning, n.before_total AS before_total,
    m.after_mentioning AS after_mentioning, n.after_total AS after_total
FROM
(
    -- The empty skill keeps the totals when nobody mentions anything.
    SELECT arrayJoin(arrayPushBack(CAST(skills, 'Array(String)'), '')) AS skill,
        uniqExactIf(vacancy_id, in_before) AS before_mentioning, uniqExactIf(vacancy_id, in_after) AS after_mentioning
    FROM active
    GROUP BY skill
) AS m
CROSS JOIN (SELECT uniqExactIf(vacancy_id, in_before) AS before_total, uniqExactIf(vacancy_id, in_after) AS after_total FROM active) AS n
ORDER BY skill
LIMIT {rows_max:UInt32}
