-- Why a posting closed, so that lifetimes ask the list that a refresh makes and not v_postings, which took more than a
-- minute over 300,000. Without the total of posting_counts the next refresh finds the list old, and makes it anew.

ALTER TABLE posting_list {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS closed_reason LowCardinality(String) COMMENT 'delisted board_empty board_gone aged_out expired; empty while open';

TRUNCATE TABLE posting_counts {{.OnCluster}}
