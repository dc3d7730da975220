-- Of repeats of a reading the one that was observed first wins, which an import of older data may bring last. When
-- the reading was recorded first is kept here, for answers as of a moment.

CREATE TABLE IF NOT EXISTS version_records {{.OnCluster}} (
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read it',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    posting_id String COMMENT 'Id of the posting' CODEC(ZSTD(1)),
    content_hash String COMMENT 'Version of the posting' CODEC(ZSTD(1)),
    recorded_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'When it was first written' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}AggregatingMergeTree
ORDER BY (tagger_version, source, board, posting_id, content_hash)
COMMENT 'When each reading of each posting version was first recorded.';

INSERT INTO version_records SELECT tagger_version, source, board, posting_id, content_hash, recorded_at FROM posting_versions
