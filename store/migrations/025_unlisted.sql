-- What the pipeline finds beyond the taxonomy has neither section nor strength; the comments say so.

CREATE OR REPLACE VIEW v_posting_skills {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    content_hash String COMMENT 'The posting''s current version, which mentions the skill',
    skill LowCardinality(String) COMMENT 'Id of the skill',
    label LowCardinality(String) COMMENT 'Its name for display',
    kind LowCardinality(String) COMMENT 'Its kind, such as language or framework',
    field LowCardinality(String) COMMENT 'Where it stands: title or description',
    `start` UInt32 COMMENT 'Byte offset into the field''s canonical text, from 0: title of v_postings, or description of v_posting_texts with the same posting_id and content_hash. substring counts from 1: substring(description, start + 1, end - start)',
    `end` UInt32 COMMENT 'Byte offset after its last byte: end - start is its length in bytes',
    text String COMMENT 'The bytes that stand there',
    section LowCardinality(String) COMMENT 'Section of the advert, such as requirements; empty outside of any that has a heading, and for what is unlisted',
    strength LowCardinality(String) COMMENT 'required, preferred or mentioned; empty for what is unlisted',
    paragraph_hash String COMMENT 'Hash of the paragraph around it: equal paragraphs of an employer are its boilerplate; empty for a mention in the title and for what is unlisted',
    rule LowCardinality(String) COMMENT 'The alias or context rule that matched',
    unlisted Bool COMMENT 'A phrase that looks like knowledge and is not in the taxonomy: a skill of no answer',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that found it: the active one'
) AS
SELECT
    k.posting_id AS posting_id, k.source AS source, k.board AS board, k.content_hash AS content_hash,
    id AS skill, label, kind, field, start AS `start`, stop AS `end`, text, section, strength, paragraph_hash, rule, is_unlisted AS unlisted,
    k.tagger_version AS tagger_version
FROM
(
    SELECT * FROM posting_skills FINAL
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
      AND (posting_id, content_hash) IN (SELECT posting_id, argMax(content_hash, number) FROM spells FINAL GROUP BY posting_id)
) AS k
ARRAY JOIN
    k.ids AS id, k.labels AS label, k.kinds AS kind, k.fields AS field, k.starts AS start, k.ends AS stop, k.texts AS text,
    k.sections AS section, k.strengths AS strength, k.paragraph_hashes AS paragraph_hash, k.rules AS rule, k.unlisted AS is_unlisted
COMMENT 'Mentions of skills in the current version of each posting, with the bytes that prove them';
