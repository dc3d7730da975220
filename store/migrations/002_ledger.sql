-- The run ledger (DESIGN.md section 4): what each crawl of a board saw, and what follows from it.

CREATE TABLE IF NOT EXISTS runs {{.OnCluster}} (
    run_id String COMMENT 'Id of the run: 32 hex digits over source, board and observation time' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    company String COMMENT 'Employer as configured for the board' CODEC(ZSTD(1)),
    proof LowCardinality(String) COMMENT 'What the listing proves: full, window or event',
    planned_at DateTime64(3, 'UTC') COMMENT 'When it was due; 1970 when it was not planned' CODEC(ZSTD(1)),
    observed_at DateTime64(3, 'UTC') COMMENT 'When it saw the board' CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'ok not_modified empty partial blocked gone error',
    expected Int32 COMMENT 'Postings the source says the board has; -1 when it does not say' CODEC(ZSTD(1)),
    fetched Int32 COMMENT 'Postings received, rejected ones included' CODEC(ZSTD(1)),
    complete Bool COMMENT 'Proven to name the whole board (or window)',
    rejected Int32 COMMENT 'Postings received that could not be used' CODEC(ZSTD(1)),
    note String COMMENT 'What went wrong or is worth knowing' CODEC(ZSTD(1)),
    digest String COMMENT 'Identity of the whole listing, the same in every part' CODEC(ZSTD(1)),
    part UInt32 COMMENT 'Number of this part of the listing, from 0',
    parts UInt32 COMMENT 'Number of parts of the listing',
    part_listed UInt32 COMMENT 'Postings this part lists' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED toUInt64(4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first recorded' CODEC(ZSTD(1)),
    CONSTRAINT observed_between_2000_and_2100 CHECK observed_at >= toDateTime64('2000-01-01 00:00:00', 3, 'UTC') AND observed_at < toDateTime64('2100-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT digest_is_set CHECK digest != ''
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (source, board, run_id, digest, part)
COMMENT 'One row per part of each run. A part is stored once its listing is: this row comes last.';

-- Keyed by the digest, not by the run: a board that lists the same postings day after day has one
-- listing, whatever the number of its runs.
CREATE TABLE IF NOT EXISTS listings {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    digest String COMMENT 'Identity of the listing' CODEC(ZSTD(1)),
    part UInt32 COMMENT 'Part of the listing, from 0',
    external_id String COMMENT 'The posting''s id at its source' CODEC(ZSTD(1)),
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    content_hash String COMMENT 'Version of the posting that was listed' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'The event''s own time; 1970 for anything but an event' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1)),
    precedence UInt64 MATERIALIZED toUInt64(4294967295 - toUInt32(recorded_at)) COMMENT 'Of rows with one key the largest wins: first recorded' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}ReplacingMergeTree(precedence)
ORDER BY (source, board, external_id, content_hash, digest, part, at)
COMMENT 'What the listings name: one row per posting version and listing.';

-- version grows with the number of run parts that the writer had seen of the board (store/fold.go).
CREATE TABLE IF NOT EXISTS spells {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source' CODEC(ZSTD(1)),
    number UInt32 COMMENT 'Which of the posting''s spells, from 1',
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    opened_at DateTime64(3, 'UTC') COMMENT 'When it was first seen' CODEC(ZSTD(1)),
    last_seen DateTime64(3, 'UTC') COMMENT 'When it was last seen' CODEC(ZSTD(1)),
    closed_at DateTime64(3, 'UTC') COMMENT 'When it was first missed; 1970 while open' CODEC(ZSTD(1)),
    closed_reason LowCardinality(String) COMMENT 'delisted board_empty board_gone aged_out expired; empty while open',
    opened_censored Bool COMMENT 'Whether it was open before the board was first seen whole: active, but never new',
    content_hash String COMMENT 'Version last listed' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Of rows with one key the largest wins: the writer that knew more runs' CODEC(ZSTD(1)),
    is_deleted UInt8 COMMENT '1 for a spell that a late run has made vanish',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}ReplacingMergeTree(version, is_deleted)
ORDER BY (source, board, external_id, number)
COMMENT 'The uninterrupted times during which each posting was open: a pure fold of its board''s runs.';

CREATE TABLE IF NOT EXISTS run_effects {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    run_id String COMMENT 'Id of the run' CODEC(ZSTD(1)),
    listed Int32 COMMENT 'Postings it listed' CODEC(ZSTD(1)),
    opened Int32 COMMENT 'Spells it opened' CODEC(ZSTD(1)),
    changed Int32 COMMENT 'Open postings whose content it found changed' CODEC(ZSTD(1)),
    closed Int32 COMMENT 'Spells it closed' CODEC(ZSTD(1)),
    reopened Int32 COMMENT 'Closed spells that went on' CODEC(ZSTD(1)),
    suspect Bool COMMENT 'Whether it would have closed more than half of the board, so that the next run must confirm',
    version UInt64 COMMENT 'Of rows with one key the largest wins: the writer that knew more runs' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}ReplacingMergeTree(version)
ORDER BY (source, board, run_id)
COMMENT 'What each run did to its board''s spells, from the same fold.';
