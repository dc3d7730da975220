-- How long vacancies stay open: per role, employer and whole days, how many ended then and how many were
-- last seen then (censored). A vacancy begins when it was first seen and ends when the last of its adverts was
-- missed. kept is false for what says nothing of a life: open before its board was first seen whole,
-- ended by anything but being missed (aged out, an event's 30 days), or on a board whose listings do not prove
-- absence. Parameters:
--   from, to   the vacancy was first seen from here on, and before there
--   roles      role ids, a line each; empty is all
--   companies  company names or keys, a line each; empty is all
--   rows_max   where the answer is cut
SELECT
    role, employer, days, closed, left_out, count() AS vacancies
FROM
(
    SELECT
        vacancy_id,
        argMin(role_title, (p.first_seen, posting_id)) AS role, argMin(company_key, (p.first_seen, posting_id)) AS employer,
        countIf(p.closed_at IS NULL) = 0 AS closed,
        intDiv(greatest(0, dateDiff('second', min(p.first_seen), if(closed, max(ifNull(p.closed_at, p.last_seen)), max(p.last_seen)))), 86400) AS days,
        multiIf(
            argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)), 'open before we looked',
            countIf((source, board) NOT IN (SELECT source, board FROM v_board_months WHERE full_runs > 0)) > 0, 'on a board that does not prove absence',
            countIf(closed_reason IN ('aged_out', 'expired')) > 0, 'ended by no look', '') AS left_out
    FROM v_postings AS p
    WHERE vacancy_id != '' AND empty(roles) AND role_title != ''
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role_title))
      AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company) OR has(splitByChar('\n', {companies:String}), company_key))
    GROUP BY vacancy_id
    HAVING min(p.first_seen) >= parseDateTimeBestEffort({from:String}) AND min(p.first_seen) < parseDateTimeBestEffort({to:String})
)
GROUP BY role, employer, days, closed, left_out
ORDER BY role, employer, days, closed, left_out
LIMIT {rows_max:UInt32}
