-- What analysts rely on beside the other views: which runs saw all of a board, how many employers stand
-- behind a share, how alike roles are, and what rules have found.

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
    complete Bool COMMENT 'Its listing is proven to name the whole board (or window): only such a run closes. False for not_modified, which has no listing, true for an empty answer; see whole',
    whole Bool COMMENT 'It saw all that the board had: complete and ok, or not_modified, which repeats the last such answer. Coverage is counted by this',
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
    CAST((r.claim.complete AND r.claim.outcome = 'ok') OR r.claim.outcome = 'not_modified', 'Bool') AS whole,
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

-- A vacancy is active in a month when one of its postings was known to be open in it, and new in
-- the month of its first posting's first_seen, unless that one was open before we looked.
CREATE OR REPLACE VIEW v_role_skill_month {{.OnCluster}} (
    role LowCardinality(String) COMMENT 'Role that the title states; adverts for several roles are left out',
    month Date COMMENT 'First day of the month (UTC)',
    skill LowCardinality(String) COMMENT 'Id of the skill',
    mentioning UInt64 COMMENT 'Stock: vacancies of the role active in the month that mention the skill in any of their postings',
    vacancies UInt64 COMMENT 'Stock: vacancies of the role active in the month',
    share Float64 COMMENT 'Stock: mentioning / vacancies, 0 to 1',
    new_mentioning UInt64 COMMENT 'Flow: vacancies of the role new in the month that mention the skill',
    new_vacancies UInt64 COMMENT 'Flow: vacancies of the role new in the month, without those open before we looked',
    new_share Nullable(Float64) COMMENT 'Flow: new_mentioning / new_vacancies, 0 to 1; NULL without new vacancies',
    mentioning_employers UInt64 COMMENT 'Stock: employers with such a vacancy that mentions the skill',
    employers UInt64 COMMENT 'Stock: employers with a vacancy of the role active in the month; under ten, a share is theirs more than the role''s',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one'
) AS
SELECT
    role, month, skill, mentioning, vacancies, mentioning / vacancies AS share,
    new_mentioning, new_vacancies, if(new_vacancies = 0, NULL, new_mentioning / new_vacancies) AS new_share,
    mentioning_employers, employers, tagger_version
FROM
(
    -- The empty skill, which every vacancy mentions, carries the totals: one pass counts numerators
    -- and denominators.
    SELECT
        role, month, skill, mentioning, new_mentioning, mentioning_employers, tagger_version,
        max(if(skill = '', mentioning_employers, 0)) OVER (PARTITION BY role, month) AS employers,
        max(if(skill = '', mentioning, 0)) OVER (PARTITION BY role, month) AS vacancies,
        max(if(skill = '', new_mentioning, 0)) OVER (PARTITION BY role, month) AS new_vacancies
    FROM
    (
        SELECT role, month, skill, count() AS mentioning, countIf(month = new_in) AS new_mentioning, uniqExact(employer) AS mentioning_employers, any(version) AS tagger_version
        FROM
        (
            SELECT role, month, new_in, employer, version, mentions
            FROM
            (
                -- One row per role and vacancy. Its copies have one text, so their skills are one set.
                SELECT
                    v.role AS role, v.vacancy_id AS vacancy_id, any(v.version) AS version, any(v.new_in) AS new_in, any(v.employer) AS employer,
                    arrayDistinct(arrayFlatten(groupArray(v.skills))) AS mentions,
                    arrayDistinct(arrayFlatten(groupArray(m.months))) AS months
                FROM
                (
                    SELECT
                        posting_id, vacancy_id, company_key AS employer, role_title AS role, roles, skills, tagger_version AS version,
                        min(p.first_seen) OVER (PARTITION BY vacancy_id) AS vacancy_seen,
                        argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)) OVER (PARTITION BY vacancy_id) AS censored,
                        if(censored, NULL, toStartOfMonth(vacancy_seen)) AS new_in
                    FROM v_postings AS p
                    WHERE vacancy_id != ''
                ) AS v
                INNER JOIN
                (
                    SELECT posting_id, arrayFlatten(groupArray(arrayMap(
                        i -> addMonths(toStartOfMonth(opened_at), i),
                        range(toUInt32(1 + dateDiff('month', opened_at, greatest(opened_at, active_until))))))) AS months
                    FROM v_spells
                    GROUP BY posting_id
                ) AS m ON v.posting_id = m.posting_id
                WHERE empty(v.roles) AND v.role != ''
                GROUP BY role, vacancy_id
            )
            ARRAY JOIN months AS month
        )
        ARRAY JOIN arrayPushBack(mentions, '') AS skill
        GROUP BY role, month, skill
    )
)
WHERE skill != ''
COMMENT 'Vacancies of each role that mention each skill, per month, as a stock (active) and as a flow (new)';

-- Everything up to the last division is whole numbers, so that the same rows give the same bytes. With
-- x = vacancies of a role that mention a skill, n = vacancies of the role, sums over skills:
--   cosine           = sum x_a x_b / (n_a n_b) / sqrt(N_a N_b), N = sum x (x - 1) / (n (n - 1))
--   weighted_jaccard = sum min(x_a n_b, x_b n_a) / sum max(x_a n_b, x_b n_a)
-- N is the norm without what sampling adds to it (DESIGN.md section 6). A skill that only one role
-- mentions needs no row: max(p, q) = p + q - min(p, q).
CREATE OR REPLACE VIEW v_role_similarity {{.OnCluster}} (
    month Date COMMENT 'First day of the month (UTC)',
    role_a LowCardinality(String) COMMENT 'The first role of the pair, in the order of the alphabet',
    role_b LowCardinality(String) COMMENT 'The second role of the pair',
    vacancies_a UInt64 COMMENT 'Stock: vacancies of the first role active in the month',
    vacancies_b UInt64 COMMENT 'Stock: vacancies of the second role active in the month',
    employers_a UInt64 COMMENT 'Employers with such a vacancy of the first role; under ten, the pair proves nothing',
    employers_b UInt64 COMMENT 'Employers with such a vacancy of the second role; under ten, the pair proves nothing',
    shared_skills UInt64 COMMENT 'Skills that vacancies of both roles mention; a pair without any has no row',
    cosine Nullable(Float64) COMMENT 'Debiased cosine of the roles'' shares of skills: 0 nothing in common, 1 alike, beyond 1 by chance; does not depend on n. NULL when a role has no skill in two vacancies',
    weighted_jaccard Float64 COMMENT 'sum min(p, q) / sum max(p, q) over the shares of skills, 0 to 1. Few vacancies pull it down: compare only where n is alike',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one'
) AS
SELECT
    month, role_a, role_b, n_a AS vacancies_a, n_b AS vacancies_b, employers_a, employers_b, shared_skills,
    if(norm_a = 0 OR norm_b = 0, NULL,
        dot * sqrt(toFloat64((n_a - 1) * (n_b - 1)) / toFloat64(n_a * n_b) / (toFloat64(norm_a) * toFloat64(norm_b)))) AS cosine,
    common / (sum_a * n_b + sum_b * n_a - common) AS weighted_jaccard,
    version AS tagger_version
FROM
(
    SELECT
        month, a.role AS role_a, b.role AS role_b, any(a.n) AS n_a, any(b.n) AS n_b,
        any(a.employers) AS employers_a, any(b.employers) AS employers_b, count() AS shared_skills,
        any(a.total) AS sum_a, any(b.total) AS sum_b, any(a.norm) AS norm_a, any(b.norm) AS norm_b,
        sum(a.x * b.x) AS dot, sum(least(a.x * b.n, b.x * a.n)) AS common, any(tagger_version) AS version
    FROM
    (
        SELECT month, tagger_version, a, arrayJoin(asking) AS b
        FROM
        (
            SELECT month, tagger_version, asking, arrayJoin(asking) AS a
            FROM
            (
                SELECT
                    month, skill, tagger_version,
                    CAST(groupArray((role, mentioning, vacancies, employers, total, norm)),
                        'Array(Tuple(role String, x UInt64, n UInt64, employers UInt64, total UInt64, norm UInt64))') AS asking
                FROM
                (
                    SELECT
                        month, skill, role, mentioning, vacancies, employers, tagger_version,
                        sum(mentioning) OVER (PARTITION BY month, role) AS total,
                        sum(mentioning * (mentioning - 1)) OVER (PARTITION BY month, role) AS norm
                    FROM v_role_skill_month
                )
                GROUP BY month, skill, tagger_version
            )
        )
        WHERE a.role < b.role
    )
    GROUP BY month, role_a, role_b
)
COMMENT 'How alike two roles'' adverts are in the skills they ask for, per month: points without intervals';

-- The columns are a contract from the start, so that a dashboard or a dbt model may be written before
-- the first rule: the view is empty until rules are evaluated, and then reads their table.
CREATE OR REPLACE VIEW v_alerts {{.OnCluster}} (
    alert_id String COMMENT 'Id of the alert: 32 hex digits over rule and term',
    rule String COMMENT 'The rule that found it',
    kind LowCardinality(String) COMMENT 'What the term is: title, skill, phrase, role_skill, or the pipeline''s own, such as board',
    term String COMMENT 'What rises, falls or is silent',
    role LowCardinality(String) COMMENT 'The role it is about; empty when it is about none',
    state LowCardinality(String) COMMENT 'pending, firing, resolved or acknowledged',
    first_seen Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first vacancy with the term was first seen; NULL when it is not about vacancies',
    fired_at DateTime64(3, 'UTC') COMMENT 'When it began to fire',
    changed_at DateTime64(3, 'UTC') COMMENT 'When it came into its state',
    resolved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it stopped; NULL while it has not',
    recent_count UInt64 COMMENT 'x1: employer-weeks (or months) with a new vacancy with the term, in the recent window',
    recent_total UInt64 COMMENT 'n1: employer-weeks (or months) with any new vacancy, in the recent window',
    base_count UInt64 COMMENT 'x0: the same of recent_count in the window before',
    base_total UInt64 COMMENT 'n0: the same of recent_total in the window before',
    ratio Nullable(Float64) COMMENT '(x1 / n1) / (x0 / n0); NULL when the window before has none',
    ratio_low Nullable(Float64) COMMENT 'Lower end of the ratio''s 95 % interval; NULL without one',
    ratio_high Nullable(Float64) COMMENT 'Upper end of the ratio''s 95 % interval; NULL when it has none',
    q_value Nullable(Float64) COMMENT 'False discovery rate at which it is found, 0 to 1; NULL for a rule without a test',
    employers UInt64 COMMENT 'Distinct employers in the recent window',
    example_postings Array(String) COMMENT 'posting_id of some postings behind it',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read the postings',
    query String COMMENT 'The statement that derives its counts again'
) AS
SELECT
    '' AS alert_id, '' AS rule, '' AS kind, '' AS term, '' AS role, '' AS state,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS first_seen, toDateTime64(0, 3, 'UTC') AS fired_at, toDateTime64(0, 3, 'UTC') AS changed_at,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS resolved_at,
    toUInt64(0) AS recent_count, toUInt64(0) AS recent_total, toUInt64(0) AS base_count, toUInt64(0) AS base_total,
    CAST(NULL, 'Nullable(Float64)') AS ratio, CAST(NULL, 'Nullable(Float64)') AS ratio_low, CAST(NULL, 'Nullable(Float64)') AS ratio_high,
    CAST(NULL, 'Nullable(Float64)') AS q_value, toUInt64(0) AS employers, CAST([], 'Array(String)') AS example_postings,
    '' AS tagger_version, '' AS query
WHERE 0
COMMENT 'What rules found, with the counts behind it; empty as long as no rule is evaluated';
