-- What the guards and the summary count of postings and runs, so that they ask neither v_postings nor all runs. The
-- tables are made anew by the next refresh; without the total of posting_counts, and without rows of board_months, it
-- finds them old.

ALTER TABLE posting_list {{.OnCluster}} ADD COLUMN IF NOT EXISTS several_roles Bool COMMENT 'It is an advert for several roles';

ALTER TABLE board_months {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS looks UInt64 COMMENT 'All runs in it, also those of which a part is missing' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS first_look DateTime64(3, 'UTC') COMMENT 'When the first of them saw the board' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS newest_look DateTime64(3, 'UTC') COMMENT 'When the newest of them saw the board' CODEC(ZSTD(1));

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
WHERE runs > 0
COMMENT 'On which days of each month each board was seen healthy, at the last refresh: what decides who is on the panel';

TRUNCATE TABLE board_months {{.OnCluster}};

TRUNCATE TABLE posting_counts {{.OnCluster}}
