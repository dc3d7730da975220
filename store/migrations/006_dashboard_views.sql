-- What the dashboard reads beside the other views.

CREATE OR REPLACE VIEW v_posting_texts {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    content_hash String COMMENT 'Version of the posting; v_postings has the current one',
    observed_at DateTime64(3, 'UTC') COMMENT 'When this version was first seen',
    description String COMMENT 'Canonical text of the description; the offsets of v_posting_skills point into the current version''s',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that made the text: the active one'
) AS
SELECT posting_id, source, board, content_hash, observed_at, description, tagger_version
FROM posting_texts FINAL
WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'The long text of every version of each posting';

CREATE OR REPLACE VIEW v_skills {{.OnCluster}} (
    skill LowCardinality(String) COMMENT 'Id of the skill',
    label LowCardinality(String) COMMENT 'Its name for display',
    kind LowCardinality(String) COMMENT 'Its kind, such as language or framework',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that knows it: the active one'
) AS
SELECT skill, min(skill_label) AS label, min(skill_kind) AS kind, any(t.tagger_version) AS tagger_version
FROM posting_skills AS t
ARRAY JOIN ids AS skill, labels AS skill_label, kinds AS skill_kind, unlisted AS skill_unlisted
WHERE t.tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AND NOT skill_unlisted
GROUP BY skill
COMMENT 'The taxonomy''s skills that any posting mentions';

CREATE OR REPLACE VIEW v_tagger_versions {{.OnCluster}} (
    tagger_version String COMMENT 'A version of the tagger',
    activated_at DateTime64(3, 'UTC') COMMENT 'When it became the one that the views show',
    active Bool COMMENT 'Whether the views show it now'
) AS
SELECT
    tagger_version, max(t.activated_at) AS activated_at,
    CAST(tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions), 'Bool') AS active
FROM tagger_versions AS t
GROUP BY tagger_version
COMMENT 'Which tagger versions have been active; answers never mix two';
