-- A 304 names the run whose answer it repeats (posting.Run.Confirms).

ALTER TABLE runs {{.OnCluster}} ADD COLUMN IF NOT EXISTS confirms String COMMENT 'Of a run that is not_modified: the run whose listing it repeats; empty for that of the last complete run' CODEC(ZSTD(1)) AFTER part_listed;
