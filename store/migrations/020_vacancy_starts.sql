-- What is counted to find terms that emerge: the vacancies that are new, each once, with what it is called and what
-- it asks for. A rollup like those of 013: one partition per tagger version and month, built by store.Refresh.

CREATE TABLE IF NOT EXISTS vacancy_starts {{.OnCluster}} (
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read its adverts',
    month Date COMMENT 'First day of the month of first_seen (UTC)' CODEC(ZSTD(1)),
    first_seen DateTime64(3, 'UTC') COMMENT 'When its first advert was first seen' CODEC(ZSTD(1)),
    vacancy_id String COMMENT 'Id of the job behind its adverts' CODEC(ZSTD(1)),
    posting_id String COMMENT 'Its first advert' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Kind of its home board, where it was first seen',
    board LowCardinality(String) COMMENT 'Name of its home board',
    employer LowCardinality(String) COMMENT 'Employer, normalised; empty when unknown',
    company String COMMENT 'Employer, for display; empty when unknown' CODEC(ZSTD(1)),
    role LowCardinality(String) COMMENT 'Role that the title of its first advert states; empty when that is none, or several',
    title String COMMENT 'Title of its first advert' CODEC(ZSTD(1)),
    title_terms Array(String) COMMENT 'Runs of one to four words of that title without place, level and decoration, that neither begin nor end with a stop word' CODEC(ZSTD(1)),
    skills Array(LowCardinality(String)) COMMENT 'Skills that its adverts of the month mention outside of boilerplate, sorted' CODEC(ZSTD(1)),
    phrases Array(String) COMMENT 'Phrases of its first advert that name skills which the taxonomy does not list' CODEC(ZSTD(1)),
    fingerprint UInt64 COMMENT 'Of what the month was built from, the same in every row of it' CODEC(ZSTD(1))
) ENGINE = {{.Engine}}MergeTree
PARTITION BY (tagger_version, month)
ORDER BY (source, board, employer, first_seen, vacancy_id)
COMMENT 'One row per vacancy that was new, in the month in which it was.';

CREATE OR REPLACE VIEW v_vacancy_starts {{.OnCluster}} (
    vacancy_id String COMMENT 'Id of the job behind its adverts',
    first_seen DateTime64(3, 'UTC') COMMENT 'When its first advert was first seen',
    month Date COMMENT 'First day of the month of first_seen (UTC)',
    posting_id String COMMENT 'Its first advert',
    source LowCardinality(String) COMMENT 'Kind of its home board, where it was first seen',
    board LowCardinality(String) COMMENT 'Name of its home board',
    employer LowCardinality(String) COMMENT 'Employer, normalised, for grouping; empty when unknown',
    company String COMMENT 'Employer, for display; empty when unknown',
    role LowCardinality(String) COMMENT 'Role that the title of its first advert states; empty when that is none, or several',
    title String COMMENT 'Title of its first advert',
    title_terms Array(String) COMMENT 'Runs of one to four words of that title without place, level and decoration, that neither begin nor end with a stop word',
    skills Array(LowCardinality(String)) COMMENT 'Skills that its adverts of the month mention outside of boilerplate, sorted',
    phrases Array(String) COMMENT 'Phrases of its first advert that name skills which the taxonomy does not list',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read its adverts: the active one'
) AS
SELECT vacancy_id, first_seen, month, posting_id, source, board, employer, company, role, title, title_terms, skills, phrases, tagger_version
FROM vacancy_starts
WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'Vacancies that were new, each once: what emerging terms are counted in; not those that were open before we looked';
