-- What rules found. Events are appended and never changed: an id is a hash of what an event says, so the same
-- evaluation twice writes the same rows. What people decided are rows, too.

CREATE TABLE IF NOT EXISTS alert_events {{.OnCluster}} (
    event_id String COMMENT 'Id of the event: 32 hex digits over rule, subject, onset, state and stage',
    alert_id String COMMENT 'Id of the alert that it is of',
    rule LowCardinality(String) COMMENT 'The rule that found it',
    kind LowCardinality(String) COMMENT 'Kind of rule, such as emerging',
    subject String COMMENT 'What it is about: what:term',
    state LowCardinality(String) COMMENT 'pending, firing or resolved',
    stage LowCardinality(String) COMMENT 'Of a category: candidate, emerging, established, faded',
    class LowCardinality(String) COMMENT 'Of a category: novel or surging',
    quiet LowCardinality(String) COMMENT 'Why it was delivered to nobody; empty when it was to be delivered',
    at DateTime64(3, 'UTC') COMMENT 'The evaluation''s time',
    onset DateTime64(3, 'UTC') COMMENT 'When the condition was first seen to hold',
    slot DateTime64(3, 'UTC') COMMENT 'The evaluation that wrote it; later than at where history was read',
    title String COMMENT 'One line',
    body String COMMENT 'The whole event as JSON, as it is delivered' CODEC(ZSTD(3)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY event_id
COMMENT 'Changes of state that rules found, each once; see v_alert_events and v_alerts';

CREATE TABLE IF NOT EXISTS alert_memory {{.OnCluster}} (
    rule LowCardinality(String) COMMENT 'The rule',
    at DateTime64(3, 'UTC') COMMENT 'The evaluation after which it knew this',
    memory String COMMENT 'What it knew, as JSON' CODEC(ZSTD(3)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY (rule, at)
COMMENT 'What each rule knew after each evaluation: the next one begins with it';

CREATE TABLE IF NOT EXISTS alert_decisions {{.OnCluster}} (
    decision_id String COMMENT 'Id of the decision: 32 hex digits over the rest',
    decision LowCardinality(String) COMMENT 'acknowledge or silence',
    at DateTime64(3, 'UTC') COMMENT 'When it was made',
    alert_id String COMMENT 'Of an acknowledgement: the alert',
    rule LowCardinality(String) COMMENT 'Of a silence: the rule; empty for all',
    subject String COMMENT 'Of a silence: the subject or its term; empty for all',
    until DateTime64(3, 'UTC') COMMENT 'Of a silence: when it ends',
    note String COMMENT 'What who decided said',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY decision_id
COMMENT 'What people decided about alerts. The newest silence of a rule and a subject counts.';

CREATE OR REPLACE VIEW v_alert_events {{.OnCluster}} (
    event_id String COMMENT 'Id of the event: 32 hex digits over rule, subject, onset, state and stage',
    alert_id String COMMENT 'The alert it is of',
    rule LowCardinality(String) COMMENT 'The rule that found it',
    rule_kind LowCardinality(String) COMMENT 'Kind of the rule, such as emerging, level or board_silent',
    kind LowCardinality(String) COMMENT 'What the term is: title, skill, phrase, role_skill, or the pipeline''s own, such as board',
    term String COMMENT 'What rises, falls or is silent',
    state LowCardinality(String) COMMENT 'pending, firing or resolved',
    stage LowCardinality(String) COMMENT 'Of a category: candidate, emerging, established or faded; empty of what is none',
    class LowCardinality(String) COMMENT 'Of a category: novel, surging or unwatched; empty of what is none',
    quiet LowCardinality(String) COMMENT 'Why it was delivered to nobody: first_look, silenced, pending or burst; empty when it was to be delivered',
    at DateTime64(3, 'UTC') COMMENT 'As of when it is so',
    onset DateTime64(3, 'UTC') COMMENT 'When the condition was first seen to hold',
    title String COMMENT 'One line',
    text String COMMENT 'A paragraph that explains it',
    query String COMMENT 'The statement that derives its counts again; empty when none does',
    evidence String COMMENT 'Its counts, as JSON',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When it was written'
) AS
SELECT
    e.event_id AS event_id, e.alert_id AS alert_id, e.rule AS rule, e.kind AS rule_kind,
    substring(e.subject, 1, position(e.subject, ':') - 1) AS kind, substring(e.subject, position(e.subject, ':') + 1) AS term,
    e.state AS state, e.stage AS stage, e.class AS class, e.quiet AS quiet, e.at AS at, e.onset AS onset, e.title AS title,
    JSONExtractString(e.body, 'text') AS text, JSONExtractString(e.body, 'query') AS query, JSONExtractRaw(e.body, 'evidence') AS evidence,
    e.recorded_at AS recorded_at
FROM (SELECT * FROM alert_events ORDER BY recorded_at LIMIT 1 BY event_id) AS e
COMMENT 'Changes of state that rules found, each once: what was told, and why what was not';

CREATE OR REPLACE VIEW v_alerts {{.OnCluster}} (
    alert_id String COMMENT 'Id of the alert: 32 hex digits over rule, term and onset',
    rule String COMMENT 'The rule that found it',
    kind LowCardinality(String) COMMENT 'What the term is: title, skill, phrase, role_skill, or the pipeline''s own, such as board',
    term String COMMENT 'What rises, falls or is silent',
    role LowCardinality(String) COMMENT 'The role it is about; empty when it is about none',
    state LowCardinality(String) COMMENT 'pending, firing, resolved or acknowledged',
    first_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first vacancy with the term was first seen; NULL when it is not about vacancies',
    fired_at DateTime64(3, 'UTC') COMMENT 'When it began to fire; of one that never did, when its condition was first seen to hold',
    changed_at DateTime64(3, 'UTC') COMMENT 'When it came into its state',
    resolved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it stopped; NULL while it has not',
    recent_count UInt64 COMMENT 'x1: employer-weeks (or months) with a new vacancy with the term, in the recent window; of a volume_drop, vacancies',
    recent_total UInt64 COMMENT 'n1: employer-weeks (or months) with any new vacancy, in the recent window; of a volume_drop, vacancies',
    base_count UInt64 COMMENT 'x0: the same of recent_count in the window before',
    base_total UInt64 COMMENT 'n0: the same of recent_total in the window before',
    ratio Nullable(Float64) COMMENT '(x1 / n1) / (x0 / n0), with half a count added to both x; NULL for a rule without a test',
    ratio_low Nullable(Float64) COMMENT 'Lower end of the ratio''s 95 % interval; NULL without one',
    ratio_high Nullable(Float64) COMMENT 'Upper end of the ratio''s 95 % interval; NULL when it has none',
    q_value Nullable(Float64) COMMENT 'False discovery rate at which it is found, 0 to 1; NULL for a rule without a test',
    employers UInt64 COMMENT 'Distinct employers in the recent window',
    example_postings Array(String) COMMENT 'posting_id of some postings behind it',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read the postings',
    query String COMMENT 'The statement that derives its counts again',
    rule_kind LowCardinality(String) COMMENT 'Kind of the rule, such as emerging, level or board_silent',
    title String COMMENT 'The alert in one line',
    text String COMMENT 'The alert in a paragraph',
    stage LowCardinality(String) COMMENT 'Of a category: candidate, emerging, established or faded; empty of what is none',
    class LowCardinality(String) COMMENT 'Of a category: novel, surging or unwatched; empty of what is none',
    quiet LowCardinality(String) COMMENT 'Why its newest event was delivered to nobody; empty when it was to be delivered',
    members Array(String) COMMENT 'Of a category: its terms, which rise together; empty of what is none',
    skills Array(String) COMMENT 'Of a category: its typical skills, by falling lift; empty of what is none',
    companies Array(String) COMMENT 'Of a category: employers that hire for it, most vacancies first; empty of what is none',
    nearest_role LowCardinality(String) COMMENT 'Of a category: the role that asks for the likest skills; empty when there is none',
    salary_low Nullable(Float64) COMMENT 'Of a category: first quartile of its yearly pay; NULL when too few state it',
    salary_median Nullable(Float64) COMMENT 'Of a category: median of its yearly pay; NULL when too few state it',
    salary_high Nullable(Float64) COMMENT 'Of a category: third quartile of its yearly pay; NULL when too few state it',
    salary_currency LowCardinality(String) COMMENT 'Currency of the pay; empty when too few state it',
    value Nullable(Float64) COMMENT 'What a rule with a level compared; NULL for a rule without one',
    level Nullable(Float64) COMMENT 'What it was compared with; NULL for a rule without one',
    unit LowCardinality(String) COMMENT 'What value and level count; empty for a rule without a level',
    onset DateTime64(3, 'UTC') COMMENT 'When the condition was first seen to hold',
    acknowledged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When somebody acknowledged it; NULL while nobody has',
    note String COMMENT 'What who acknowledged it said',
    silenced_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when a silence keeps its events from being delivered; NULL when none was ever asked for it'
) AS
SELECT
    a.alert_id AS alert_id, a.rule AS rule, a.kind AS kind, a.term AS term, JSONExtractString(a.evidence, 'role') AS role,
    if(a.last_state = 'firing' AND acks.alert_id != '', 'acknowledged', a.last_state) AS state,
    parseDateTime64BestEffortOrNull(JSONExtractString(a.evidence, 'first_seen'), 3, 'UTC') AS first_seen,
    if(a.fired = 0, a.onset, a.first_fired) AS fired_at, a.last_at AS changed_at, if(a.last_state = 'resolved', a.first_resolved, NULL) AS resolved_at,
    JSONExtractUInt(a.evidence, 'recent_count') AS recent_count, JSONExtractUInt(a.evidence, 'recent_total') AS recent_total,
    JSONExtractUInt(a.evidence, 'base_count') AS base_count, JSONExtractUInt(a.evidence, 'base_total') AS base_total,
    JSONExtract(a.evidence, 'ratio', 'Nullable(Float64)') AS ratio, JSONExtract(a.evidence, 'ratio_low', 'Nullable(Float64)') AS ratio_low,
    JSONExtract(a.evidence, 'ratio_high', 'Nullable(Float64)') AS ratio_high, JSONExtract(a.evidence, 'q_value', 'Nullable(Float64)') AS q_value,
    JSONExtractUInt(a.evidence, 'employers') AS employers, JSONExtract(a.evidence, 'example_postings', 'Array(String)') AS example_postings,
    JSONExtractString(a.evidence, 'tagger_version') AS tagger_version, a.query AS query,
    a.rule_kind AS rule_kind, a.title AS title, a.text AS text, a.last_stage AS stage, a.class AS class, a.last_quiet AS quiet,
    JSONExtract(a.evidence, 'members', 'Array(String)') AS members, JSONExtract(a.evidence, 'skills', 'Array(String)') AS skills,
    JSONExtract(a.evidence, 'companies', 'Array(String)') AS companies, JSONExtractString(a.evidence, 'nearest_role') AS nearest_role,
    JSONExtract(a.evidence, 'salary_low', 'Nullable(Float64)') AS salary_low, JSONExtract(a.evidence, 'salary_median', 'Nullable(Float64)') AS salary_median,
    JSONExtract(a.evidence, 'salary_high', 'Nullable(Float64)') AS salary_high, JSONExtractString(a.evidence, 'salary_currency') AS salary_currency,
    JSONExtract(a.evidence, 'value', 'Nullable(Float64)') AS value, JSONExtract(a.evidence, 'level', 'Nullable(Float64)') AS level,
    JSONExtractString(a.evidence, 'unit') AS unit, a.onset AS onset,
    if(acks.alert_id = '', NULL, acks.acked_at) AS acknowledged_at, acks.note AS note,
    silences.until AS silenced_until
FROM
(
    -- The evidence is that of the last time it fired; what ended it has none of its own.
    SELECT
        alert_id, any(rule) AS rule, any(rule_kind) AS rule_kind, any(kind) AS kind, any(term) AS term, min(onset) AS onset,
        argMax(state, (at, rank)) AS last_state, argMax(stage, (at, rank)) AS last_stage, argMax(quiet, (at, rank)) AS last_quiet, max(at) AS last_at,
        countIf(state = 'firing') AS fired, minIf(at, state = 'firing') AS first_fired, minIf(at, state = 'resolved') AS first_resolved,
        argMax(class, (class != '', at)) AS class,
        argMax(title, (state = 'firing', at, rank)) AS title, argMax(text, (state = 'firing', at, rank)) AS text,
        argMax(query, (state = 'firing', at, rank)) AS query, argMax(evidence, (state = 'firing', at, rank)) AS evidence
    FROM (SELECT *, transform(state, ['pending', 'firing', 'resolved'], [1, 2, 3], 0) AS rank FROM v_alert_events WHERE kind != 'rule')
    GROUP BY alert_id
) AS a
LEFT JOIN
(
    SELECT alert_id, max(at) AS acked_at, argMax(note, at) AS note FROM alert_decisions WHERE decision = 'acknowledge' GROUP BY alert_id
) AS acks ON acks.alert_id = a.alert_id
LEFT JOIN
(
    SELECT e.alert_id AS alert_id, toNullable(max(s.until)) AS until
    FROM (SELECT DISTINCT alert_id, rule, kind, term FROM v_alert_events) AS e
    CROSS JOIN (SELECT rule, subject, argMax(until, (at, decision_id)) AS until FROM alert_decisions WHERE decision = 'silence' GROUP BY rule, subject) AS s
    WHERE (s.rule = '' OR s.rule = e.rule) AND (s.subject = '' OR s.subject = e.term OR s.subject = concat(e.kind, ':', e.term))
    GROUP BY e.alert_id
) AS silences ON silences.alert_id = a.alert_id
COMMENT 'What rules found, with the counts behind it: one row per alert, however often its state changed'
