-- What a fresh reader had to ask: what the offsets of a mention count in, how to ask for remote jobs, which words
-- stay in a normalised title, whose pay a vacancy with copies shows. The views are as before.

CREATE OR REPLACE VIEW v_postings {{.OnCluster}} (
    posting_id String COMMENT 'Id of the posting: 32 hex digits over source, board and external id',
    source LowCardinality(String) COMMENT 'Kind of job board, such as greenhouse',
    board LowCardinality(String) COMMENT 'The board''s name at its source',
    external_id String COMMENT 'The posting''s id at its source',
    vacancy_id String COMMENT 'Id of the job behind the advert, the same for all copies of it; empty when unknown',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title String COMMENT 'Title as advertised; empty when the advert has none, as posts of a thread may',
    title_normalised String COMMENT 'Title without place, decoration and grades such as senior, staff or junior (intern, manager and head stay), for grouping; empty when nothing is left of it',
    role_title LowCardinality(String) COMMENT 'Role the title states, other where it names work of none of the roles; empty when it names no job',
    role_text LowCardinality(String) COMMENT 'Role the text describes; empty when it does not decide',
    role_reason String COMMENT 'What decided the roles; empty when nothing did',
    onet_code LowCardinality(String) COMMENT 'O*NET-SOC 2019 occupation of the title, such as 15-2051.00; empty where none is certain',
    esco_code LowCardinality(String) COMMENT 'ESCO occupation of the title, the last part of http://data.europa.eu/esco/occupation/...; empty where none is certain',
    roles Array(LowCardinality(String)) COMMENT 'All roles of an advert for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'intern entry mid senior staff principal lead manager director executive; empty when unknown',
    track Nullable(Int32) COMMENT 'Per mille between all research (0) and all engineering (1000); NULL when unknown',
    team String COMMENT 'Team or department; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote: remote jobs are workplace = ''remote''; empty when unknown',
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

CREATE OR REPLACE VIEW v_vacancies {{.OnCluster}} (
    vacancy_id String COMMENT 'Id of the job behind its adverts: 32 hex digits over company, normalised title and text',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title_normalised String COMMENT 'Title without place, decoration and grades such as senior, staff or junior (intern, manager and head stay); empty when nothing is left of it',
    role_title LowCardinality(String) COMMENT 'Role the title states; empty when it names no job',
    role_text LowCardinality(String) COMMENT 'Role the text describes; empty when it does not decide',
    roles Array(String) COMMENT 'All roles of its first advert, where that is for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'Seniority, by the title, else by the years asked for; empty when unknown',
    postings UInt64 COMMENT 'How many postings advertise it',
    sources Array(String) COMMENT 'Kinds of job board that advertise it, sorted',
    countries Array(String) COMMENT 'Countries it is advertised for, sorted',
    workplaces Array(String) COMMENT 'onsite, hybrid or remote, as any of its postings says, sorted: remote jobs are has(workplaces, ''remote''); empty when none says',
    skills Array(String) COMMENT 'Skills that the current version of any of its postings mentions, sorted',
    salary_min Nullable(Decimal(18, 2)) COMMENT 'Lower end of the first pay range of the newest of its postings that states pay (of several first seen at one moment, that of the greatest posting_id: copies in other places may pay otherwise, see v_postings); NULL when not stated',
    salary_max Nullable(Decimal(18, 2)) COMMENT 'Upper end of that pay range; NULL when not stated',
    salary_currency LowCardinality(String) COMMENT 'ISO 4217 code of that pay range; empty without one',
    salary_period LowCardinality(String) COMMENT 'hour, day, week, month or year, of that pay range; empty without one',
    first_seen DateTime64(3, 'UTC') COMMENT 'When its first posting was first seen',
    last_seen DateTime64(3, 'UTC') COMMENT 'When any of its postings was last seen',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of its postings closed; NULL while any is open',
    opened_censored Bool COMMENT 'Its first posting was open before its board was first seen whole: active, but never new',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read it: the active one'
) AS
SELECT
    vacancy_id, company, company_key, title_normalised, role_title, role_text, roles, seniority, postings,
    sources, countries, workplaces, skills, pay.1 AS salary_min, pay.2 AS salary_max, pay.3 AS salary_currency,
    pay.4 AS salary_period, first_seen, last_seen, closed_at, opened_censored, tagger_version
FROM
(
    SELECT
        vacancy_id,
        argMin(p.company, (p.first_seen, p.posting_id)) AS company,
        argMin(p.company_key, (p.first_seen, p.posting_id)) AS company_key,
        argMin(p.title_normalised, (p.first_seen, p.posting_id)) AS title_normalised,
        argMin(p.role_title, (p.first_seen, p.posting_id)) AS role_title,
        argMin(p.role_text, (p.first_seen, p.posting_id)) AS role_text,
        CAST(argMin(p.roles, (p.first_seen, p.posting_id)), 'Array(String)') AS roles,
        argMin(p.seniority, (p.first_seen, p.posting_id)) AS seniority,
        count() AS postings,
        arraySort(groupUniqArray(toString(p.source))) AS sources,
        arraySort(groupUniqArrayArray(p.countries)) AS countries,
        arraySort(groupUniqArrayIf(toString(p.workplace), p.workplace != '')) AS workplaces,
        arraySort(groupUniqArrayArray(CAST(p.skills, 'Array(String)'))) AS skills,
        -- Of copies with different pay, the one that was advertised last tells: rows of one advert, never a mixture.
        argMaxIf((p.salary_min, p.salary_max, p.salary_currency, p.salary_period), (p.first_seen, p.posting_id),
            p.salary_min IS NOT NULL OR p.salary_max IS NOT NULL) AS pay,
        min(p.first_seen) AS first_seen,
        max(p.last_seen) AS last_seen,
        if(countIf(p.closed_at IS NULL) > 0, NULL, max(p.closed_at)) AS closed_at,
        argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)) AS opened_censored,
        any(p.tagger_version) AS tagger_version
    FROM v_postings AS p
    WHERE vacancy_id != ''
    GROUP BY vacancy_id
)
COMMENT 'Jobs, each of which may be advertised by several postings';

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
    section LowCardinality(String) COMMENT 'Section of the advert, such as requirements; empty outside of any that has a heading',
    strength LowCardinality(String) COMMENT 'required, preferred or mentioned',
    paragraph_hash String COMMENT 'Hash of the paragraph around it: equal paragraphs of an employer are its boilerplate; empty for a mention in the title',
    rule LowCardinality(String) COMMENT 'The alias or context rule that matched',
    unlisted Bool COMMENT 'Found by the tagger without being in the taxonomy',
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
