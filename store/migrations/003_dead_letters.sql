-- Messages that could not be used, and what people decided about them.

CREATE TABLE IF NOT EXISTS dead {{.OnCluster}} (
    id String COMMENT 'Id of the dead letter: 32 hex digits over stage and origin',
    stage LowCardinality(String) COMMENT 'Stage that could not use the message',
    origin String COMMENT 'Id of the message, or what stands for it' CODEC(ZSTD(1)),
    subject String COMMENT 'Where the message came from and may be sent again' CODEC(ZSTD(1)),
    type LowCardinality(String) COMMENT 'Type of the message, such as raw.v1',
    reason String COMMENT 'Why it could not be used' CODEC(ZSTD(1)),
    size Int64 COMMENT 'Bytes of the whole message',
    sha256 String COMMENT 'SHA-256 of the whole message' CODEC(ZSTD(1)),
    head String COMMENT 'Its beginning, for people' CODEC(ZSTD(1)),
    body String COMMENT 'The message itself; empty when it was too long to keep' CODEC(ZSTD(3)),
    failed_at DateTime64(3, 'UTC') COMMENT 'When it failed last',
    source LowCardinality(String) COMMENT 'Kind of job board; empty when the message does not tell',
    board String COMMENT 'The board''s name at its source; empty when the message does not tell',
    run_id String COMMENT 'The run it belongs to; empty when the message does not tell' CODEC(ZSTD(1)),
    posting_id String COMMENT 'The posting it is about; empty when the message does not tell' CODEC(ZSTD(1)),
    content_hash String COMMENT 'The posting''s version; empty when the message does not tell' CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) ENGINE = {{.Engine}}ReplacingMergeTree(failed_at)
ORDER BY id
COMMENT 'Dead letters. The same message failing at the same stage again is one, with its last failure.';

CREATE TABLE IF NOT EXISTS dead_state {{.OnCluster}} (
    id String COMMENT 'Id of the dead letter',
    at DateTime64(3, 'UTC') COMMENT 'When it was decided',
    state LowCardinality(String) COMMENT 'open, retried or dropped',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this row was written'
) ENGINE = {{.Engine}}ReplacingMergeTree
ORDER BY (id, at, state)
COMMENT 'What was decided about dead letters, in order; a failure after the last decision opens it again.';
