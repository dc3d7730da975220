-- How long do adverts of a role stay open?
--
-- Reading: median_days and lower_quartile_days are the Kaplan-Meier estimates: the days after which half
--   (a quarter) of the adverts have gone, with those still open counted as long as they were seen.
--   NULL means that so many have not gone yet. closed_only_days is the naive median of closed adverts,
--   which is too short: long ones are still open.
-- Caveats: only boards whose listings prove absence (proof is full): posts of a thread end by a rule of ours,
--   those of a window by being displaced. Adverts open before we looked are left out, too: their
--   beginning is unknown. Days run to the first look that missed the advert: with
--   weekly crawls up to a week too long. An advert's end is not a hire.
-- Change: nothing needs to be.
WITH
    lives AS
    (
        SELECT
            p.role_title AS role, s.closed_at IS NOT NULL AS closed,
            intDiv(dateDiff('second', s.opened_at, coalesce(s.closed_at, s.active_until)), 86400) AS days
        FROM v_spells AS s
        INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
        WHERE NOT s.opened_censored AND (s.source, s.board) IN (SELECT source, board FROM v_runs WHERE proof = 'full') AND empty(p.roles) AND p.role_title != ''
    ),
    curve AS
    (
        -- surviving = product over d up to days of 1 - (closed at d) / (seen for at least d)
        SELECT
            role, days, events,
            exp(sum(log(1 - events / at_risk)) OVER (PARTITION BY role ORDER BY days)) AS surviving
        FROM
        (
            SELECT role, days, countIf(closed) AS events,
                sum(count()) OVER (PARTITION BY role ORDER BY days DESC) AS at_risk
            FROM lives
            GROUP BY role, days
        )
    )
SELECT
    l.role AS role, l.spells AS spells, l.ended AS closed, l.spells - l.ended AS still_open,
    c.median_days AS median_days, c.lower_quartile_days AS lower_quartile_days, l.closed_only_days AS closed_only_days
FROM (SELECT role, count() AS spells, countIf(closed) AS ended, quantileExactInclusiveOrNullIf(0.5)(days, closed) AS closed_only_days FROM lives GROUP BY role) AS l
INNER JOIN
(
    SELECT role, minOrNullIf(days, surviving <= 0.5 + 1e-9) AS median_days, minOrNullIf(days, surviving <= 0.75 + 1e-9) AS lower_quartile_days
    FROM curve
    GROUP BY role
) AS c ON c.role = l.role
ORDER BY role
