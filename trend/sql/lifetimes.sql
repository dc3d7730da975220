-- How long vacancies stay open: per role, employer and whole days, how many ended then and how many were
-- last seen then (censored). A vacancy begins when it was first seen and ends when the last of its adverts was
-- missed; those that a board took along are censored when last seen: it became empty or was gone, with three
-- vacancies or more at once, and has listed nothing since. left_out says what tells nothing of a life: open
-- before its board was first seen whole,
-- ended by anything but being missed (aged out, an event's 30 days), or on a board whose listings do not prove
-- absence. Postings are those of the list that a refresh makes, which knows vacancies by a hash of their ids.
-- Parameters:
--   from, to   the vacancy was first seen from here on, and before there
--   roles      role ids, a line each; empty is all
--   companies  company names or keys, a line each; empty is all
--   rows_max   where the answer is cut
WITH
    reinterpretAsUInt128(sipHash128('')) AS none,
    listed AS (SELECT * FROM posting_list WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)),
    taken AS
    (
        SELECT source, board, closed_at
        FROM listed
        WHERE closed_reason IN ('board_empty', 'board_gone')
          AND (source, board) NOT IN (SELECT source, board FROM listed WHERE closed_at IS NULL)
        GROUP BY source, board, closed_at
        HAVING uniqExact(vacancy) >= 3
    ),
    ends AS (SELECT source, board, max(closed_at) AS closed_at FROM listed GROUP BY source, board)
SELECT
    role, employer, days, closed, left_out, count() AS vacancies
FROM
(
    SELECT
        vacancy,
        argMin(role_title, (p.first_seen, posting_id)) AS role, argMin(company_key, (p.first_seen, posting_id)) AS employer,
        countIf(p.closed_at IS NULL OR (source, board, p.closed_at) IN (SELECT source, board, closed_at FROM taken)
            AND (source, board, p.closed_at) IN (SELECT source, board, closed_at FROM ends)) = 0 AS closed,
        intDiv(greatest(0, dateDiff('second', min(p.first_seen), if(closed, max(ifNull(p.closed_at, p.last_seen)), max(p.last_seen)))), 86400) AS days,
        multiIf(
            argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)), 'open before we looked',
            countIf((source, board) NOT IN (SELECT source, board FROM v_board_months WHERE full_runs > 0)) > 0, 'on a board that does not prove absence',
            countIf(closed_reason IN ('aged_out', 'expired')) > 0, 'ended by no look', '') AS left_out
    FROM listed AS p
    WHERE vacancy != none AND NOT several_roles AND role_title != ''
      AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role_title))
      AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company) OR has(splitByChar('\n', {companies:String}), company_key))
    GROUP BY vacancy
    HAVING min(p.first_seen) >= parseDateTimeBestEffort({from:String}) AND min(p.first_seen) < parseDateTimeBestEffort({to:String})
)
GROUP BY role, employer, days, closed, left_out
ORDER BY role, employer, days, closed, left_out
LIMIT {rows_max:UInt32}
