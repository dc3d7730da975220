-- What rules found: those in the states asked for (none is all), of one rule or alert or of all, the newest
-- change first. What never held for long enough to be told, and is over, came to nothing: it is left out unless
-- asked for by its id.
SELECT
    alert_id, rule, rule_kind, kind, term, role, state, stage, class, quiet, title, text, query,
    first_seen, onset, fired_at, changed_at, resolved_at, acknowledged_at, note, silenced_until,
    recent_count, recent_total, base_count, base_total, ratio, ratio_low, ratio_high, q_value, employers,
    members, skills, companies, nearest_role, salary_low, salary_median, salary_high, salary_currency,
    value, level, unit, example_postings, tagger_version
FROM v_alerts
WHERE ({states:String} = '' OR state IN splitByChar('\n', {states:String}))
    AND ({rule:String} = '' OR rule = {rule:String}) AND ({alert:String} = '' OR startsWith(alert_id, {alert:String}))
    AND ({alert:String} != '' OR state != 'resolved' OR quiet != 'pending')
ORDER BY transform(state, ['firing', 'acknowledged', 'pending', 'resolved'], [1, 2, 3, 4], 5), fired_at DESC, rule, term, alert_id
LIMIT {limit:UInt64}
