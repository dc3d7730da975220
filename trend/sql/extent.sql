-- The first and the last month that has vacancies of the roles, and the first and the last look at any board.
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
SELECT m.first_month AS first_month, m.last_month AS last_month, r.seen_from AS seen_from, r.seen_until AS seen_until, m.vacancy_months AS vacancy_months
FROM
(
    SELECT min(month) AS first_month, max(month) AS last_month, sum(vacancies) AS vacancy_months
    FROM
    (
        SELECT month, toUInt64(multiIf({basis:String} = 'active', active, {basis:String} = 'new', new, claimed)) AS vacancies
        FROM role_skill_months
        WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active) AND skill = '' -- all vacancies of the role
          AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
    )
    WHERE vacancies > 0
) AS m
CROSS JOIN (SELECT min(first_run) AS seen_from, max(newest_run) AS seen_until FROM v_board_months) AS r
