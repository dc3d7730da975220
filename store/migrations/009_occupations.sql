-- The codes of two public vocabularies, for titles that are one of their occupations beyond doubt.

ALTER TABLE posting_versions {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS onet_code LowCardinality(String) COMMENT 'O*NET-SOC occupation of the title, where certain' CODEC(ZSTD(1)) AFTER role_reason,
    ADD COLUMN IF NOT EXISTS esco_code LowCardinality(String) COMMENT 'ESCO occupation of the title, where certain' CODEC(ZSTD(1)) AFTER onet_code;

CREATE OR REPLACE VIEW v_postings {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source',
    vacancy_id String COMMENT 'Id of the job behind the advert, the same for all copies of it; empty when unknown',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title String COMMENT 'Title as advertised',
    title_normalised String COMMENT 'Title without place, level and decoration, for grouping',
    role_title LowCardinality(String) COMMENT 'Role the title states; other where it names work of none of the roles, empty where it names no job',
    role_text LowCardinality(String) COMMENT 'Role the text describes',
    role_reason String COMMENT 'What decided the roles',
    onet_code LowCardinality(String) COMMENT 'O*NET-SOC 2019 occupation of the title, such as 15-2051.00; empty where none is certain',
    esco_code LowCardinality(String) COMMENT 'ESCO occupation of the title, the last part of http://data.europa.eu/esco/occupation/...; empty where none is certain',
    roles Array(LowCardinality(String)) COMMENT 'All roles of an advert for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'intern entry mid senior staff principal lead manager director executive; empty when unknown',
    track Nullable(Int32) COMMENT 'Per mille between all research (0) and all engineering (1000); NULL when unknown',
    team String COMMENT 'Team or department; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote; empty when unknown',
    employment_type LowCardinality(String) COMMENT 'full_time, part_time, contract, internship and so on; empty when unknown',
    countries Array(String) COMMENT 'Distinct ISO 3166-1 alpha-2 codes of its places, sorted',
    cities Array(String) COMMENT 'Distinct cities of its places, sorted',
    locations Array(Tuple(country String, region String, city String, remote Bool, scope String, text String)) COMMENT 'Its places in the order stated',
    skills Array(LowCardinality(String)) COMMENT 'Distinct ids of the skills it mentions, sorted',
    salary_min Nullable(Decimal(18, 2)) COMMENT 'Lower end of the first pay range stated; NULL when not stated',
    salary_max Nullable(Decimal(18, 2)) COMMENT 'Upper end of the first pay range stated; NULL when not stated',
    salary_currency LowCardinality(String) COMMENT 'ISO 4217 code of the first pay range; empty without one',
    salary_period LowCardinality(String) COMMENT 'hour, day, week, month or year, of the first pay range; empty without one',
    salaries Array(Tuple(min Decimal(18, 2), max Decimal(18, 2), currency String, period String, text String, source String)) COMMENT 'All pay ranges stated; an end not stated is 0',
    min_years Nullable(Int32) COMMENT 'Least years of experience asked for; NULL when not stated',
    degree LowCardinality(String) COMMENT 'Least degree asked for: none bachelor master phd; empty when not stated',
    language LowCardinality(String) COMMENT 'ISO 639-1 code; empty when unknown',
    url String COMMENT 'Where the advert stands',
    first_seen DateTime64(3, 'UTC') COMMENT 'When we first saw it',
    last_seen DateTime64(3, 'UTC') COMMENT 'When we last saw it',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When its last spell closed; NULL while open',
    closed_reason LowCardinality(String) COMMENT 'delisted board_empty board_gone aged_out expired; empty while open',
    opened_censored Bool COMMENT 'It was open before its board was first seen whole: active, but never new',
    spells UInt64 COMMENT 'How many times it was open',
    posted_claim Nullable(DateTime64(3, 'UTC')) COMMENT 'When the source says it was posted; NULL when it does not say',
    content_hash String COMMENT 'The current version: the one last listed',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read it: the active one',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When this reading was written'
) AS
SELECT
    p.posting_id AS posting_id, p.source AS source, p.board AS board, p.external_id AS external_id,
    p.vacancy_id AS vacancy_id, p.company AS company, p.company_key AS company_key,
    p.title AS title, p.title_normalised AS title_normalised,
    p.role_title AS role_title, p.role_text AS role_text, p.role_reason AS role_reason, p.onet_code AS onet_code, p.esco_code AS esco_code, p.roles AS roles,
    p.seniority AS seniority, p.track AS track, p.team AS team,
    p.workplace AS workplace, p.employment_type AS employment_type,
    arraySort(arrayDistinct(arrayFilter(x -> x != '', CAST(p.location_countries, 'Array(String)')))) AS countries,
    arraySort(arrayDistinct(arrayFilter(x -> x != '', p.location_cities))) AS cities,
    CAST(arrayMap((a, b, c, d, e, f) -> (a, b, c, d, e, f), p.location_countries, p.location_regions, p.location_cities, p.location_remotes, p.location_scopes, p.location_texts),
        'Array(Tuple(country String, region String, city String, remote Bool, scope String, text String))') AS locations,
    p.skills AS skills,
    nullIf(p.salary_mins[1], 0) AS salary_min, nullIf(p.salary_maxs[1], 0) AS salary_max,
    p.salary_currencies[1] AS salary_currency, p.salary_periods[1] AS salary_period,
    CAST(arrayMap((a, b, c, d, e, f) -> (a, b, c, d, e, f), p.salary_mins, p.salary_maxs, p.salary_currencies, p.salary_periods, p.salary_texts, p.salary_sources),
        'Array(Tuple(min Decimal(18, 2), max Decimal(18, 2), currency String, period String, text String, source String))') AS salaries,
    p.min_years AS min_years, p.degree AS degree, p.language AS language, p.url AS url,
    l.first_seen AS first_seen, l.last_seen AS last_seen,
    if(l.closed_reason = '', NULL, l.closed_at) AS closed_at, l.closed_reason AS closed_reason,
    l.opened_censored AS opened_censored, l.spells AS spells,
    if(toUnixTimestamp64Milli(p.posted_claim) = 0, NULL, p.posted_claim) AS posted_claim,
    p.content_hash AS content_hash, p.tagger_version AS tagger_version, p.recorded_at AS recorded_at
FROM
(
    SELECT * FROM posting_versions FINAL
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
) AS p
INNER JOIN
(
    SELECT
        posting_id, argMax(content_hash, number) AS content_hash,
        min(opened_at) AS first_seen, max(s.last_seen) AS last_seen,
        argMax(closed_at, number) AS closed_at, argMax(closed_reason, number) AS closed_reason,
        argMin(opened_censored, number) AS opened_censored, count() AS spells
    FROM spells AS s FINAL
    GROUP BY posting_id
) AS l ON p.posting_id = l.posting_id AND p.content_hash = l.content_hash
COMMENT 'Postings as last listed, one row each, under the active tagger version';
