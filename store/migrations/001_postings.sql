-- What was seen and what it was read as. Rows are only ever added; the same row written twice is one
-- row through FINAL. None of these tables is partitioned: their keys are identities without a date,
-- so a version seen again in another month must meet its first row in one partition to be merged
-- with it, and an import of ten years must not write 120 parts for one batch.
--
-- precedence decides between repeats of one key: the version seen first wins, then the row recorded
-- first, so that the order and number of deliveries never shows.

CREATE TABLE IF NOT EXISTS raw {{.OnCluster}} (
    id String COMMENT 'Id of this version of the posting as one normaliser saw it: 32 hex digits' CODEC(ZSTD(1)),
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source' CODEC(ZSTD(1)),
    company String COMMENT 'Employer as configured for the board; empty when the record''s own shall serve' CODEC(ZSTD(1)),
    content_hash String COMMENT 'Version of the posting: 64 hex digits of the SHA-256 of its record' CODEC(ZSTD(1)),
    normaliser LowCardinality(String) COMMENT 'Version of the code that made the record from the payload',
    run_id String COMMENT 'The run that saw this version first' CODEC(ZSTD(1)),
    observed_at DateTime64(3, 'UTC') COMMENT 'When that run saw it' CODEC(ZSTD(1)),
    record String COMMENT 'The record as JSON, with nothing interpreted and personal data masked' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED bitShiftLeft(toUInt64(4294967295 - toUInt32(observed_at)), 32) + (4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first observed, then first recorded' CODEC(ZSTD(1)),
    CONSTRAINT observed_between_2000_and_2100 CHECK observed_at >= toDateTime64('2000-01-01 00:00:00', 3, 'UTC') AND observed_at < toDateTime64('2100-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT posting_id_has_32_digits CHECK length(posting_id) = 32
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (source, board, posting_id, content_hash, normaliser)
COMMENT 'Archive: every version of every posting as its source stated it. The streams only carry; this keeps.';

CREATE TABLE IF NOT EXISTS posting_versions {{.OnCluster}} (
    id String COMMENT 'Id of this reading: 32 hex digits over the raw version and the tagger version' CODEC(ZSTD(1)),
    raw_id String COMMENT 'The raw version that was read' CODEC(ZSTD(1)),
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source' CODEC(ZSTD(1)),
    content_hash String COMMENT 'Version of the posting: 64 hex digits of the SHA-256 of its record' CODEC(ZSTD(1)),
    observed_at DateTime64(3, 'UTC') COMMENT 'When this version was first seen' CODEC(ZSTD(1)),
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read it',
    vacancy_id String COMMENT 'Id of the job behind the advert, the same for all copies of it; empty when unknown' CODEC(ZSTD(1)),
    company String COMMENT 'Employer, for display' CODEC(ZSTD(1)),
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title String COMMENT 'Canonical text of the title' CODEC(ZSTD(1)),
    title_normalised String COMMENT 'Title without place, level and decoration, for grouping' CODEC(ZSTD(1)),
    language LowCardinality(String) COMMENT 'ISO 639-1 code; empty when unknown',
    role_title LowCardinality(String) COMMENT 'Role the title states',
    role_text LowCardinality(String) COMMENT 'Role the text describes',
    role_reason String COMMENT 'What decided the roles' CODEC(ZSTD(1)),
    roles Array(LowCardinality(String)) COMMENT 'All roles of an advert for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'intern entry mid senior staff principal lead manager director executive; empty when unknown',
    track Nullable(Int32) COMMENT 'Per mille between all research (0) and all engineering (1000); NULL when unknown',
    team String COMMENT 'Team or department; empty when unknown' CODEC(ZSTD(1)),
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote; empty when unknown',
    employment_type LowCardinality(String) COMMENT 'full_time, part_time, contract, internship and so on; empty when unknown',
    location_countries Array(LowCardinality(String)) COMMENT 'ISO 3166-1 alpha-2 code of each place, in the order stated',
    location_regions Array(String) COMMENT 'ISO 3166-2 part after the dash of each place' CODEC(ZSTD(1)),
    location_cities Array(String) COMMENT 'City of each place' CODEC(ZSTD(1)),
    location_remotes Array(Bool) COMMENT 'Whether each place stands for remote work',
    location_scopes Array(LowCardinality(String)) COMMENT 'Where a remote worker may be, for each place',
    location_texts Array(String) COMMENT 'Each place as stated' CODEC(ZSTD(1)),
    salary_mins Array(Decimal(18, 2)) COMMENT 'Lower end of each pay range; 0 when not stated',
    salary_maxs Array(Decimal(18, 2)) COMMENT 'Upper end of each pay range; 0 when not stated',
    salary_currencies Array(LowCardinality(String)) COMMENT 'ISO 4217 code of each pay range',
    salary_periods Array(LowCardinality(String)) COMMENT 'hour, day, week, month or year, for each pay range',
    salary_texts Array(String) COMMENT 'Each pay range as stated' CODEC(ZSTD(1)),
    salary_sources Array(LowCardinality(String)) COMMENT 'structured or text, for each pay range',
    min_years Nullable(Int32) COMMENT 'Least years of experience asked for; NULL when not stated',
    degree LowCardinality(String) COMMENT 'Least degree asked for: none bachelor master phd; empty when not stated',
    skills Array(LowCardinality(String)) COMMENT 'Distinct ids of the taxonomy''s skills it mentions, sorted',
    url String COMMENT 'Where the advert stands' CODEC(ZSTD(1)),
    posted_claim DateTime64(3, 'UTC') COMMENT 'When the source says it was posted; 1970 when it does not say' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED bitShiftLeft(toUInt64(4294967295 - toUInt32(observed_at)), 32) + (4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first observed, then first recorded' CODEC(ZSTD(1)),
    CONSTRAINT observed_between_2000_and_2100 CHECK observed_at >= toDateTime64('2000-01-01 00:00:00', 3, 'UTC') AND observed_at < toDateTime64('2100-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT posting_id_has_32_digits CHECK length(posting_id) = 32,
    CONSTRAINT title_at_most_16_KiB CHECK length(title) <= 16384
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (tagger_version, source, board, posting_id, content_hash)
COMMENT 'Every version of every posting as every tagger version read it, without the long texts.';

CREATE TABLE IF NOT EXISTS posting_texts {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    content_hash String COMMENT 'Version of the posting' CODEC(ZSTD(1)),
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that made the canonical text',
    description String COMMENT 'Canonical text of the description; the skills'' offsets point into it' CODEC(ZSTD(1)),
    observed_at DateTime64(3, 'UTC') COMMENT 'When this version was first seen' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED bitShiftLeft(toUInt64(4294967295 - toUInt32(observed_at)), 32) + (4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first observed, then first recorded' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (tagger_version, source, board, posting_id, content_hash)
COMMENT 'The long text of each posting version, apart from what questions scan and merges rewrite.';

-- One row holds all mentions of a version, so that reading it again replaces them as a whole.
CREATE TABLE IF NOT EXISTS posting_skills {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    content_hash String COMMENT 'Version of the posting' CODEC(ZSTD(1)),
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that found the mentions',
    ids Array(LowCardinality(String)) COMMENT 'Skill of each mention',
    labels Array(LowCardinality(String)) COMMENT 'Its name for display',
    kinds Array(LowCardinality(String)) COMMENT 'Its kind, such as language or framework',
    fields Array(LowCardinality(String)) COMMENT 'Where it stands: title or description',
    starts Array(UInt32) COMMENT 'Byte offset into the field''s canonical text' CODEC(ZSTD(1)),
    ends Array(UInt32) COMMENT 'Byte offset after its last byte' CODEC(ZSTD(1)),
    texts Array(String) COMMENT 'The bytes that stand there' CODEC(ZSTD(1)),
    sections Array(LowCardinality(String)) COMMENT 'Section of the advert, such as requirements',
    strengths Array(LowCardinality(String)) COMMENT 'required, preferred or mentioned',
    paragraph_hashes Array(String) COMMENT 'Hash of the paragraph around it' CODEC(ZSTD(1)),
    rules Array(LowCardinality(String)) COMMENT 'The alias or context rule that matched',
    unlisted Array(Bool) COMMENT 'Whether it was found without being in the taxonomy',
    observed_at DateTime64(3, 'UTC') COMMENT 'When this version was first seen' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED bitShiftLeft(toUInt64(4294967295 - toUInt32(observed_at)), 32) + (4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first observed, then first recorded' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (tagger_version, source, board, posting_id, content_hash)
COMMENT 'The mentions of skills in each posting version with their evidence, as parallel arrays.';

CREATE TABLE IF NOT EXISTS tagger_versions {{.OnCluster}} (
    tagger_version String COMMENT 'A version of the tagger',
    activated_at DateTime64(3, 'UTC') COMMENT 'When it became the one that the views show'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY (activated_at, tagger_version)
COMMENT 'Which tagger version was active from when; the last one is. Versions never mix in one answer.';
