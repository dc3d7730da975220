-- New and active vacancies per period and group.
--
-- active: some posting of the vacancy was seen open in the period: its spell, from opened_at to
--         active_until (the last run that saw it), meets the period. Later days prove nothing.
-- new:    it was first seen in the period. What was already open when its board was first seen
--         (opened_censored) is active but never new; a vacancy advertised again is not new again.
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
        NOT v.opened_censored AND period = toDate32({unit_start}(v.first_seen)) AS is_new
    FROM v_spells AS s
    INNER JOIN
    (
        SELECT posting_id, vacancy_id, {group} AS group_key
        FROM v_postings
        WHERE ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role_title))
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company))
    ) AS p ON p.posting_id = s.posting_id
    INNER JOIN v_vacancies AS v ON v.vacancy_id = p.vacancy_id
    WHERE s.opened_at < parseDateTimeBestEffort({to:String})
      AND s.active_until >= parseDateTimeBestEffort({from:String})
)
WHERE period >= toDate32({unit_start}(parseDateTimeBestEffort({from:String})))
  AND period < toDate32(parseDateTimeBestEffort({to:String}))
GROUP BY period, group_key
ORDER BY period, active_vacancies DESC, group_key
LIMIT {rows_max:UInt32}
