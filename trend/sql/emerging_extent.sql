-- Since when and up to when boards are watched, how often, and how many vacancies were new: whether there is enough
-- history to tell what emerges. every_days is the median board's mean time between days on which it was seen healthy,
-- 0 when no board was on two.
SELECT
    min(seen_from) AS watched_from, max(seen_until) AS watched_until, count() AS boards,
    ifNotFinite(quantileExactIf(0.5)(every, every > 0), 0) AS every_days, (SELECT count() FROM v_vacancy_starts) AS new_vacancies
FROM
(
    SELECT
        source, board, min(first_run) AS seen_from, max(newest_run) AS seen_until, groupUniqArrayArray(healthy_days) AS days,
        if(length(days) < 2, 0, dateDiff('day', arrayMin(days), arrayMax(days)) / (length(days) - 1)) AS every
    FROM v_board_months
    GROUP BY source, board
)
