-- What the dashboard asks of all postings as they are now: lists, counts, the catalogue. v_postings joins
-- every version with every spell for each of these, which takes seconds for a million postings. Both tables
-- are made anew by store.Refresh and put in place as one partition per tagger version.

CREATE TABLE IF NOT EXISTS posting_list {{.OnCluster}} (
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read it',
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    vacancy UInt128 COMMENT 'The job behind the advert, as a hash of its id' CODEC(ZSTD(1)),
    company LowCardinality(String) COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title String COMMENT 'Title as advertised' CODEC(LZ4),
    title_lower String COMMENT 'Title in lower case, which searches read' CODEC(LZ4),
    role_title LowCardinality(String) COMMENT 'Role the title states',
    role_text LowCardinality(String) COMMENT 'Role the text describes',
    seniority LowCardinality(String) COMMENT 'Seniority; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote; empty when unknown',
    countries Array(LowCardinality(String)) COMMENT 'Distinct ISO 3166-1 alpha-2 codes of its places, sorted',
    cities Array(String) COMMENT 'Distinct cities of its places, sorted' CODEC(ZSTD(1)),
    skills Array(LowCardinality(String)) COMMENT 'Distinct ids of the skills it mentions, sorted' CODEC(LZ4),
    first_seen DateTime64(3, 'UTC') COMMENT 'When we first saw it' CODEC(LZ4),
    last_seen DateTime64(3, 'UTC') COMMENT 'When we last saw it' CODEC(ZSTD(1)),
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When its last spell closed; NULL while open' CODEC(ZSTD(1)),
    is_open Bool COMMENT 'Whether closed_at is NULL',
    opened_censored Bool COMMENT 'It was open before its board was first seen whole',
    data_state LowCardinality(String) COMMENT 'What was stored when it was listed',
    INDEX by_posting posting_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = {{.Engine}}MergeTree
PARTITION BY tagger_version
ORDER BY (-toUnixTimestamp64Milli(first_seen), posting_id)
COMMENT 'The rows of v_postings at the last refresh, narrow and by first_seen; see v_posting_list';

CREATE TABLE IF NOT EXISTS posting_counts {{.OnCluster}} (
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read them',
    of LowCardinality(String) COMMENT 'What is counted: total, role or skill',
    name LowCardinality(String) COMMENT 'Id of the role or skill; empty for the total',
    label LowCardinality(String) COMMENT 'The skill''s name for display',
    kind LowCardinality(String) COMMENT 'The skill''s kind, such as language',
    postings UInt64 COMMENT 'Postings',
    open_postings UInt64 COMMENT 'Of these, open',
    vacancies UInt64 COMMENT 'Vacancies',
    open_vacancies UInt64 COMMENT 'Of these, those with such a posting that is open',
    employers UInt64 COMMENT 'Employers; 0 but for the total',
    data_state String COMMENT 'What was stored when it was counted',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When the refresh began'
) ENGINE = {{.Engine}}MergeTree
PARTITION BY tagger_version
ORDER BY (of, name)
COMMENT 'Counts of posting_list, put in place after it; see v_posting_counts';

CREATE OR REPLACE VIEW v_posting_list {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    company LowCardinality(String) COMMENT 'Employer, for display; empty when unknown',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping; empty when unknown',
    title String COMMENT 'Title as advertised; empty when the advert has none',
    title_lower String COMMENT 'Title in lower case: position(title_lower, ''research'') finds faster than functions that fold case; empty when there is none',
    role_title LowCardinality(String) COMMENT 'Role the title states; other where it names work of none of the roles, empty where it names no job',
    role_text LowCardinality(String) COMMENT 'Role the text describes; empty when it does not decide',
    seniority LowCardinality(String) COMMENT 'intern entry mid senior staff principal lead manager director executive; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote; empty when unknown',
    countries Array(LowCardinality(String)) COMMENT 'Distinct ISO 3166-1 alpha-2 codes of its places, sorted',
    cities Array(String) COMMENT 'Distinct cities of its places, sorted',
    skills Array(LowCardinality(String)) COMMENT 'Distinct ids of the skills it mentions, sorted',
    first_seen DateTime64(3, 'UTC') COMMENT 'When we first saw it',
    last_seen DateTime64(3, 'UTC') COMMENT 'When we last saw it',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When its last spell closed; NULL while open',
    is_open Bool COMMENT 'Whether closed_at is NULL',
    opened_censored Bool COMMENT 'It was open before its board was first seen whole: active, but never new',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read it: the active one'
) AS
SELECT
    posting_id, source, board, company, company_key, title, title_lower, role_title, role_text, seniority, workplace,
    countries, cities, skills, first_seen, last_seen, closed_at, is_open, opened_censored, tagger_version
FROM posting_list
WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'The postings of v_postings as they were at the last refresh, for lists and searches: some of the columns, many times faster';

CREATE OR REPLACE VIEW v_posting_counts {{.OnCluster}} (
    of LowCardinality(String) COMMENT 'What is counted: total, role (that titles state) or skill',
    name LowCardinality(String) COMMENT 'Id of the role or skill; empty for the total',
    label LowCardinality(String) COMMENT 'The skill''s name for display; empty for others',
    kind LowCardinality(String) COMMENT 'The skill''s kind, such as language or framework; empty for others',
    postings UInt64 COMMENT 'How many postings there are with it',
    open_postings UInt64 COMMENT 'How many of these postings are open',
    vacancies UInt64 COMMENT 'How many vacancies these postings advertise',
    open_vacancies UInt64 COMMENT 'How many of these vacancies have such a posting that is open',
    employers UInt64 COMMENT 'How many employers; 0 but for the total',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When the refresh began that counted: what was stored since is not in it',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one'
) AS
SELECT of, name, label, kind, postings, open_postings, vacancies, open_vacancies, employers, refreshed_at, tagger_version
FROM posting_counts
WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'How many postings, vacancies and employers there were at the last refresh, in all, per role and per skill';

CREATE OR REPLACE VIEW v_boards {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    runs UInt64 COMMENT 'How many runs there were',
    first_run DateTime64(3, 'UTC') COMMENT 'When the first of them saw the board',
    newest_run DateTime64(3, 'UTC') COMMENT 'When the newest of them saw the board'
) AS
-- A run's id is a hash of source, board and observed_at: distinct times are distinct runs.
SELECT source, board, uniqExact(observed_at) AS runs, min(observed_at) AS first_run, max(observed_at) AS newest_run
FROM runs
GROUP BY source, board
COMMENT 'The boards that any run has seen, and when';

-- The spells of one posting are found by its id, which their key does not have.
ALTER TABLE spells {{.OnCluster}} ADD INDEX IF NOT EXISTS by_posting posting_id TYPE bloom_filter(0.001) GRANULARITY 1;

ALTER TABLE posting_versions {{.OnCluster}} ADD INDEX IF NOT EXISTS by_posting posting_id TYPE bloom_filter(0.001) GRANULARITY 1
