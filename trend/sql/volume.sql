-- New and active vacancies per period and group.
--
-- active: some posting of the vacancy was seen open in the period: its spell, from opened_at to
--         active_until (the last run that saw it), meets the period. Later days prove nothing.
-- new:    a spell of it opened in the period. What was already open when its board was first seen
--         (opened_censored) is active but never new.
-- Vacancies are counted, not adverts: forty city copies of one job are one.
SELECT
    period,
    group_key,
    uniqExactIf(vacancy_id, is_new) AS new_vacancies,
    uniqExact(vacancy_id) AS active_vacancies
FROM
(
    SELECT
        p.vacancy_id AS vacancy_id,
        p.group_key AS group_key,
        arrayJoin(arrayMap(
            i -> {unit_add}(toDate32({unit_start}(s.opened_at)), i),
            range(toUInt32(dateDiff('{unit}', {unit_start}(s.opened_at), {unit_start}(s.active_until)) + 1)))) AS period,
        NOT s.opened_censored AND period = toDate32({unit_start}(s.opened_at)) AS is_new
    FROM v_spells AS s
    INNER JOIN
    (
        SELECT posting_id, vacancy_id, {group} AS group_key
        FROM v_postings
        WHERE (empty({roles:Array(String)}) OR has({roles:Array(String)}, role_title))
          AND (empty({companies:Array(String)}) OR has({companies:Array(String)}, company))
    ) AS p ON p.posting_id = s.posting_id
    WHERE s.opened_at < parseDateTimeBestEffort({to:String})
      AND s.active_until >= parseDateTimeBestEffort({from:String})
)
WHERE period >= toDate32({unit_start}(parseDateTimeBestEffort({from:String})))
  AND period < toDate32(parseDateTimeBestEffort({to:String}))
GROUP BY period, group_key
ORDER BY period, active_vacancies DESC, group_key
LIMIT {rows_max:UInt32}
