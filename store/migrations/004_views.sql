-- What people query. Column names are a contract (DESIGN.md section 7): they are added, never
-- renamed. Every view reads through FINAL, so repeats never show, and reads one tagger version.

CREATE OR REPLACE VIEW v_spells {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source',
    spell UInt32 COMMENT 'Which of the posting''s spells, from 1; a return within 21 days goes on with the last one',
    opened_at DateTime64(3, 'UTC') COMMENT 'When it was first seen',
    last_seen DateTime64(3, 'UTC') COMMENT 'When it was last seen',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was first missed by a run that proves absence; NULL while open',
    closed_reason LowCardinality(String) COMMENT 'delisted board_empty board_gone aged_out expired; empty while open. aged_out says nothing of its life',
    opened_censored Bool COMMENT 'It was open before the board was first seen whole: active, but never new',
    active_until DateTime64(3, 'UTC') COMMENT 'The last moment it is known to have been open: last_seen, or the end of an event''s 30 days',
    content_hash String COMMENT 'Version last listed',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) AS
SELECT
    posting_id, source, board, external_id, number AS spell, opened_at, last_seen,
    if(closed_reason = '', NULL, closed_at) AS closed_at, closed_reason, opened_censored,
    if(closed_reason = 'expired', closed_at - toIntervalMillisecond(1), last_seen) AS active_until,
    content_hash, recorded_at
FROM spells FINAL
COMMENT 'Uninterrupted times during which a posting was open, folded from the runs of its board';

CREATE OR REPLACE VIEW v_postings {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source',
    vacancy_id String COMMENT 'Id of the job behind the advert, the same for all copies of it; empty when unknown',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title String COMMENT 'Title as advertised',
    title_normalised String COMMENT 'Title without place, level and decoration, for grouping',
    role_title LowCardinality(String) COMMENT 'Role the title states',
    role_text LowCardinality(String) COMMENT 'Role the text describes',
    role_reason String COMMENT 'What decided the roles',
    roles Array(LowCardinality(String)) COMMENT 'All roles of an advert for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'intern entry mid senior staff principal lead manager director executive; empty when unknown',
    track Nullable(Int32) COMMENT 'Per mille between all research (0) and all engineering (1000); NULL when unknown',
    team String COMMENT 'Team or department; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote; empty when unknown',
    employment_type LowCardinality(String) COMMENT 'full_time, part_time, contract, internship and so on; empty when unknown',
    countries Array(String) COMMENT 'Distinct ISO 3166-1 alpha-2 codes of its places, sorted',
    cities Array(String) COMMENT 'Distinct cities of its places, sorted',
    locations Array(Tuple(country String, region String, city String, remote Bool, scope String, text String)) COMMENT 'Its places in the order stated',
    skills Array(LowCardinality(String)) COMMENT 'Distinct ids of the skills it mentions, sorted',
    salary_min Nullable(Decimal(18, 2)) COMMENT 'Lower end of the first pay range stated; NULL when not stated',
    salary_max Nullable(Decimal(18, 2)) COMMENT 'Upper end of the first pay range stated; NULL when not stated',
    salary_currency LowCardinality(String) COMMENT 'ISO 4217 code of the first pay range; empty without one',
    salary_period LowCardinality(String) COMMENT 'hour, day, week, month or year, of the first pay range; empty without one',
    salaries Array(Tuple(min Decimal(18, 2), max Decimal(18, 2), currency String, period String, text String, source String)) COMMENT 'All pay ranges stated; an end not stated is 0',
    min_years Nullable(Int32) COMMENT 'Least years of experience asked for; NULL when not stated',
    degree LowCardinality(String) COMMENT 'Least degree asked for: none bachelor master phd; empty when not stated',
    language LowCardinality(String) COMMENT 'ISO 639-1 code; empty when unknown',
    url String COMMENT 'Where the advert stands',
    first_seen DateTime64(3, 'UTC') COMMENT 'When we first saw it',
    last_seen DateTime64(3, 'UTC') COMMENT 'When we last saw it',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When its last spell closed; NULL while open',
    closed_reason LowCardinality(String) COMMENT 'delisted board_empty board_gone aged_out expired; empty while open',
    opened_censored Bool COMMENT 'It was open before its board was first seen whole: active, but never new',
    spells UInt64 COMMENT 'How many times it was open',
    posted_claim Nullable(DateTime64(3, 'UTC')) COMMENT 'When the source says it was posted; NULL when it does not say',
    content_hash String COMMENT 'The current version: the one last listed',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read it: the active one',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this reading was written'
) AS
SELECT
    p.posting_id AS posting_id, p.source AS source, p.board AS board, p.external_id AS external_id,
    p.vacancy_id AS vacancy_id, p.company AS company, p.company_key AS company_key,
    p.title AS title, p.title_normalised AS title_normalised,
    p.role_title AS role_title, p.role_text AS role_text, p.role_reason AS role_reason, p.roles AS roles,
    p.seniority AS seniority, p.track AS track, p.team AS team,
    p.workplace AS workplace, p.employment_type AS employment_type,
    arraySort(arrayDistinct(arrayFilter(x -> x != '', CAST(p.location_countries, 'Array(String)')))) AS countries,
    arraySort(arrayDistinct(arrayFilter(x -> x != '', p.location_cities))) AS cities,
    CAST(arrayMap((a, b, c, d, e, f) -> (a, b, c, d, e, f), p.location_countries, p.location_regions, p.location_cities, p.location_remotes, p.location_scopes, p.location_texts),
        'Array(Tuple(country String, region String, city String, remote Bool, scope String, text String))') AS locations,
    p.skills AS skills,
    nullIf(p.salary_mins[1], 0) AS salary_min, nullIf(p.salary_maxs[1], 0) AS salary_max,
    p.salary_currencies[1] AS salary_currency, p.salary_periods[1] AS salary_period,
    CAST(arrayMap((a, b, c, d, e, f) -> (a, b, c, d, e, f), p.salary_mins, p.salary_maxs, p.salary_currencies, p.salary_periods, p.salary_texts, p.salary_sources),
        'Array(Tuple(min Decimal(18, 2), max Decimal(18, 2), currency String, period String, text String, source String))') AS salaries,
    p.min_years AS min_years, p.degree AS degree, p.language AS language, p.url AS url,
    l.first_seen AS first_seen, l.last_seen AS last_seen,
    if(l.closed_reason = '', NULL, l.closed_at) AS closed_at, l.closed_reason AS closed_reason,
    l.opened_censored AS opened_censored, l.spells AS spells,
    if(toUnixTimestamp64Milli(p.posted_claim) = 0, NULL, p.posted_claim) AS posted_claim,
    p.content_hash AS content_hash, p.tagger_version AS tagger_version, p.recorded_at AS recorded_at
FROM
(
    SELECT * FROM posting_versions FINAL
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
) AS p
INNER JOIN
(
    SELECT
        posting_id, argMax(content_hash, number) AS content_hash,
        min(opened_at) AS first_seen, max(s.last_seen) AS last_seen,
        argMax(closed_at, number) AS closed_at, argMax(closed_reason, number) AS closed_reason,
        argMin(opened_censored, number) AS opened_censored, count() AS spells
    FROM spells AS s FINAL
    GROUP BY posting_id
) AS l ON p.posting_id = l.posting_id AND p.content_hash = l.content_hash
COMMENT 'Postings as last listed, one row each, under the active tagger version';

CREATE OR REPLACE VIEW v_posting_skills {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    content_hash String COMMENT 'The posting''s current version, which mentions the skill',
    skill LowCardinality(String) COMMENT 'Id of the skill',
    label LowCardinality(String) COMMENT 'Its name for display',
    kind LowCardinality(String) COMMENT 'Its kind, such as language or framework',
    field LowCardinality(String) COMMENT 'Where it stands: title or description',
    `start` UInt32 COMMENT 'Byte offset into the field''s canonical text',
    `end` UInt32 COMMENT 'Byte offset after its last byte',
    text String COMMENT 'The bytes that stand there',
    section LowCardinality(String) COMMENT 'Section of the advert, such as requirements',
    strength LowCardinality(String) COMMENT 'required, preferred or mentioned',
    paragraph_hash String COMMENT 'Hash of the paragraph around it: equal paragraphs of an employer are its boilerplate',
    rule LowCardinality(String) COMMENT 'The alias or context rule that matched',
    unlisted Bool COMMENT 'Found by the tagger without being in the taxonomy',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that found it: the active one'
) AS
SELECT
    k.posting_id AS posting_id, k.source AS source, k.board AS board, k.content_hash AS content_hash,
    id AS skill, label, kind, field, start AS `start`, stop AS `end`, text, section, strength, paragraph_hash, rule, is_unlisted AS unlisted,
    k.tagger_version AS tagger_version
FROM
(
    SELECT * FROM posting_skills FINAL
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
      AND (posting_id, content_hash) IN (SELECT posting_id, argMax(content_hash, number) FROM spells FINAL GROUP BY posting_id)
) AS k
ARRAY JOIN
    k.ids AS id, k.labels AS label, k.kinds AS kind, k.fields AS field, k.starts AS start, k.ends AS stop, k.texts AS text,
    k.sections AS section, k.strengths AS strength, k.paragraph_hashes AS paragraph_hash, k.rules AS rule, k.unlisted AS is_unlisted
COMMENT 'Mentions of skills in the current version of each posting, with the bytes that prove them';

CREATE OR REPLACE VIEW v_runs {{.OnCluster}} (
    run_id String COMMENT 'Id of the run: 32 hex digits over source, board and observation time',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    company String COMMENT 'Employer as configured for the board',
    proof LowCardinality(String) COMMENT 'What its listing proves: full, window or event',
    planned_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was due; NULL when it was not planned',
    observed_at DateTime64(3, 'UTC') COMMENT 'When it saw the board',
    outcome LowCardinality(String) COMMENT 'ok not_modified empty partial blocked gone error',
    expected Nullable(Int32) COMMENT 'Postings the source says the board has; NULL when it does not say',
    fetched Int32 COMMENT 'Postings received, rejected ones included',
    complete Bool COMMENT 'Proven to name the whole board (or window): only such a run closes',
    listed Int32 COMMENT 'Postings it listed',
    opened Int32 COMMENT 'Postings it saw for the first time, or again after more than 21 days',
    changed Int32 COMMENT 'Open postings whose content it found changed',
    closed Int32 COMMENT 'Postings it found closed',
    reopened Int32 COMMENT 'Postings it found open again within 21 days',
    rejected Int32 COMMENT 'Postings received that could not be used',
    suspect Bool COMMENT 'It would have closed more than half of the board, so the next run had to confirm',
    applied Bool COMMENT 'All parts of its listing are stored, so that it counts',
    note String COMMENT 'What went wrong or is worth knowing',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When its first part was written'
) AS
SELECT
    r.run_id AS run_id, r.source AS source, r.board AS board, r.claim.company AS company, r.claim.proof AS proof,
    if(toUnixTimestamp64Milli(r.claim.planned_at) = 0, NULL, r.claim.planned_at) AS planned_at, r.claim.observed_at AS observed_at,
    r.claim.outcome AS outcome, if(r.claim.expected < 0, NULL, r.claim.expected) AS expected, r.claim.fetched AS fetched, r.claim.complete AS complete,
    e.listed AS listed, e.opened AS opened, e.changed AS changed, e.closed AS closed, e.reopened AS reopened,
    r.claim.rejected AS rejected, e.suspect AS suspect, CAST(e.run_id != '', 'Bool') AS applied, r.claim.note AS note, r.first_recorded_at AS recorded_at
FROM
(
    -- A run listed twice with different contents, which only an import can make, is one run: the
    -- stronger claim tells.
    SELECT
        run_id, source, board,
        CAST(argMax((company, proof, planned_at, observed_at, outcome, expected, fetched, complete, rejected, note), (complete, fetched, digest, part)),
            'Tuple(company String, proof LowCardinality(String), planned_at DateTime64(3, ''UTC''), observed_at DateTime64(3, ''UTC''), outcome LowCardinality(String), expected Int32, fetched Int32, complete Bool, rejected Int32, note String)') AS claim,
        min(recorded_at) AS first_recorded_at
    FROM runs FINAL
    GROUP BY run_id, source, board
) AS r
LEFT JOIN (SELECT * FROM run_effects FINAL) AS e ON r.run_id = e.run_id
COMMENT 'Crawls and imports of boards: what each found, and what it did to the spells';

CREATE OR REPLACE VIEW v_dead {{.OnCluster}} (
    id String COMMENT 'Id of the dead letter: 32 hex digits over stage and origin',
    stage LowCardinality(String) COMMENT 'Stage that could not use the message',
    origin String COMMENT 'Id of the message, or what stands for it',
    subject String COMMENT 'Where the message came from and may be sent again',
    type LowCardinality(String) COMMENT 'Type of the message, such as raw.v1',
    reason String COMMENT 'Why it could not be used',
    size Int64 COMMENT 'Bytes of the whole message',
    sha256 String COMMENT 'SHA-256 of the whole message',
    head String COMMENT 'Its beginning, for people',
    failed_at DateTime64(3, 'UTC') COMMENT 'When it failed last',
    state LowCardinality(String) COMMENT 'open, retried or dropped; a failure after the last decision opens it again',
    state_at DateTime64(3, 'UTC') COMMENT 'When it came into that state',
    source LowCardinality(String) COMMENT 'Kind of job board; empty when the message does not tell',
    board String COMMENT 'The board''s name at its source; empty when the message does not tell',
    run_id String COMMENT 'The run it belongs to; empty when the message does not tell',
    posting_id String COMMENT 'The posting it is about; empty when the message does not tell',
    content_hash String COMMENT 'The posting''s version; empty when the message does not tell',
    retryable Bool COMMENT 'Whether the whole message is kept, so that it can be sent again',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) AS
SELECT
    d.id AS id, d.stage AS stage, d.origin AS origin, d.subject AS subject, d.type AS type, d.reason AS reason,
    d.size AS size, d.sha256 AS sha256, d.head AS head, d.failed_at AS failed_at,
    if(s.id = '' OR d.failed_at > s.decided_at, 'open', s.decided) AS state,
    if(s.id = '' OR d.failed_at > s.decided_at, d.failed_at, s.decided_at) AS state_at,
    d.source AS source, d.board AS board, d.run_id AS run_id, d.posting_id AS posting_id, d.content_hash AS content_hash,
    d.has_body AS retryable, d.recorded_at AS recorded_at
FROM (SELECT * EXCEPT body, CAST(body != '', 'Bool') AS has_body FROM dead FINAL) AS d
LEFT JOIN (SELECT id, argMax(state, (at, state)) AS decided, max(at) AS decided_at FROM dead_state GROUP BY id) AS s ON d.id = s.id
COMMENT 'Messages that could not be used, with what was decided about them';
