-- A refresh reads what was written since the last one: of rows the number of the block that wrote them is kept when
-- parts are merged, and of the rows in place what they were built from.

ALTER TABLE posting_versions {{.OnCluster}} MODIFY SETTING enable_block_number_column = 1;

ALTER TABLE posting_skills {{.OnCluster}} MODIFY SETTING enable_block_number_column = 1;

ALTER TABLE spells {{.OnCluster}} MODIFY SETTING enable_block_number_column = 1;

ALTER TABLE vacancy_months {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS row_hash UInt64 COMMENT 'Of what the row was built from; the month''s fingerprint is of these' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS postings Array(UInt32) COMMENT 'Hashes of the ids of its adverts of the month' CODEC(ZSTD(1));

ALTER TABLE rollup_refreshes {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS months_state Int64 DEFAULT -1 COMMENT 'The last block that rollup_months had after it; -1 when other refreshes wrote at the same time'
