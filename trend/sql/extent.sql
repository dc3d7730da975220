-- The first and the last month that has vacancies of the roles, and the first and the last look at any board.
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
SELECT m.first_month AS first_month, m.last_month AS last_month, r.seen_from AS seen_from, r.seen_until AS seen_until, m.vacancy_months AS vacancy_months
FROM
(
    SELECT min(month) AS first_month, max(month) AS last_month, count() AS vacancy_months
    FROM v_vacancy_months
    WHERE multiIf({basis:String} = 'active', is_active, {basis:String} = 'new', is_new, is_claimed)
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role))
) AS m
CROSS JOIN (SELECT min(first_run) AS seen_from, max(newest_run) AS seen_until FROM v_board_months) AS r
