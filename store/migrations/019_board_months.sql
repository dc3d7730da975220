-- On which days each board was seen, and seen healthy: who is on a question's panel. v_runs joins every run with
-- its effects for that, which takes seconds for millions of runs. Made anew by store.Refresh and put in place in
-- one step, whatever the tagger version.

CREATE TABLE IF NOT EXISTS board_months {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    month Date COMMENT 'First day of the month (UTC)' CODEC(ZSTD(1)),
    runs UInt64 COMMENT 'Applied runs in it' CODEC(ZSTD(1)),
    full_runs UInt64 COMMENT 'Of these, those whose listing names the whole board' CODEC(ZSTD(1)),
    healthy_days Array(Date) COMMENT 'Days on which it was seen whole, or of a thread of posts seen at all; sorted' CODEC(ZSTD(1)),
    first_run DateTime64(3, 'UTC') COMMENT 'When the first of the runs saw it' CODEC(ZSTD(1)),
    newest_run DateTime64(3, 'UTC') COMMENT 'When the newest of the runs saw it' CODEC(ZSTD(1)),
    data_state LowCardinality(String) COMMENT 'What was stored when it was made'
) ENGINE = {{.Engine}}MergeTree
ORDER BY (source, board, month)
COMMENT 'Runs per board and month at the last refresh; see v_board_months';

CREATE OR REPLACE VIEW v_board_months {{.OnCluster}} (
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    month Date COMMENT 'First day of the month (UTC)',
    runs UInt64 COMMENT 'How many runs there were in it whose listing is stored (applied in v_runs)',
    full_runs UInt64 COMMENT 'How many of these runs had a listing that proves what is not in it to be gone (proof full in v_runs)',
    healthy_days Array(Date) COMMENT 'Days (UTC) on which a run saw the board whole, or of a thread of posts any of them; sorted',
    first_run DateTime64(3, 'UTC') COMMENT 'When the first of the runs saw the board',
    newest_run DateTime64(3, 'UTC') COMMENT 'When the newest of the runs saw the board'
) AS
SELECT source, board, month, runs, full_runs, healthy_days, first_run, newest_run
FROM board_months
COMMENT 'On which days of each month each board was seen healthy, at the last refresh: what decides who is on the panel'
