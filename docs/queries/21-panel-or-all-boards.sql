-- How much of a trend is boards that joined or fell silent?
--
-- Reading: open vacancies per month on all boards beside those on the panel: boards that were seen whole in
--   every month of the history. index is 100 in the first month. Where the two part, coverage changed, not
--   the market.
-- Caveats: threads of posts (proof is event) are never whole and never in the panel. The panel is smaller and older; new companies are never in it. A board seen whole once in
--   a month is in the panel, though it may have missed short adverts.
-- Change: nothing needs to be; put a role into the inner WHERE for one role.
WITH
    panel AS
    (
        SELECT source, board
        FROM v_runs
        WHERE whole AND applied
        GROUP BY source, board
        HAVING uniqExact(toStartOfMonth(observed_at)) = (SELECT uniqExact(toStartOfMonth(observed_at)) FROM v_runs)
    ),
    months AS
    (
        SELECT
            month, uniqExact(board_key) AS all_boards, uniqExactIf(board_key, in_panel) AS panel_boards,
            uniqExact(vacancy_id) AS all_open, uniqExactIf(vacancy_id, in_panel) AS panel_open
        FROM
        (
            SELECT
                p.vacancy_id AS vacancy_id, (s.source, s.board) AS board_key, (s.source, s.board) IN (SELECT source, board FROM panel) AS in_panel,
                arrayJoin(arrayMap(i -> addMonths(toStartOfMonth(s.opened_at), i),
                    range(toUInt32(1 + dateDiff('month', s.opened_at, s.active_until))))) AS month
            FROM v_spells AS s
            INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
            WHERE p.vacancy_id != ''
        )
        GROUP BY month
    )
SELECT
    month, all_boards, all_open, panel_boards, panel_open,
    round(100 * all_open / first_value(all_open) OVER (ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 1) AS all_index,
    round(100 * panel_open / first_value(panel_open) OVER (ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 1) AS panel_index
FROM months
ORDER BY month
