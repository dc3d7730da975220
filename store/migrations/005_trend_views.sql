-- Views over vacancies: forty copies of one job in forty cities count once.

CREATE OR REPLACE VIEW v_vacancies {{.OnCluster}} (
    vacancy_id String COMMENT 'Id of the job behind its adverts: 32 hex digits over company, normalised title and text',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title_normalised String COMMENT 'Title without place, level and decoration',
    role_title LowCardinality(String) COMMENT 'Role the title states',
    role_text LowCardinality(String) COMMENT 'Role the text describes',
    seniority LowCardinality(String) COMMENT 'Seniority; empty when unknown',
    postings UInt64 COMMENT 'How many postings advertise it',
    sources Array(String) COMMENT 'Kinds of job board that advertise it, sorted',
    countries Array(String) COMMENT 'Countries it is advertised for, sorted',
    skills Array(String) COMMENT 'Skills that any of its postings mentions, sorted',
    first_seen DateTime64(3, 'UTC') COMMENT 'When its first posting was first seen',
    last_seen DateTime64(3, 'UTC') COMMENT 'When any of its postings was last seen',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of its postings closed; NULL while any is open',
    opened_censored Bool COMMENT 'Its first posting was open before its board was first seen whole: active, but never new',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read it: the active one'
) AS
SELECT
    vacancy_id,
    argMin(p.company, (p.first_seen, p.posting_id)) AS company,
    argMin(p.company_key, (p.first_seen, p.posting_id)) AS company_key,
    argMin(p.title_normalised, (p.first_seen, p.posting_id)) AS title_normalised,
    argMin(p.role_title, (p.first_seen, p.posting_id)) AS role_title,
    argMin(p.role_text, (p.first_seen, p.posting_id)) AS role_text,
    argMin(p.seniority, (p.first_seen, p.posting_id)) AS seniority,
    count() AS postings,
    arraySort(groupUniqArray(toString(p.source))) AS sources,
    arraySort(groupUniqArrayArray(p.countries)) AS countries,
    arraySort(groupUniqArrayArray(CAST(p.skills, 'Array(String)'))) AS skills,
    min(p.first_seen) AS first_seen,
    max(p.last_seen) AS last_seen,
    if(countIf(p.closed_at IS NULL) > 0, NULL, max(p.closed_at)) AS closed_at,
    argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)) AS opened_censored,
    any(p.tagger_version) AS tagger_version
FROM v_postings AS p
WHERE vacancy_id != ''
GROUP BY vacancy_id
COMMENT 'Jobs, each of which may be advertised by several postings';

-- A vacancy is active in a month when one of its postings was known to be open in it, and new in
-- the month of its first posting's first_seen, unless that one was open before we looked.
CREATE OR REPLACE VIEW v_role_skill_month {{.OnCluster}} (
    role LowCardinality(String) COMMENT 'Role that the title states; adverts for several roles are left out',
    month Date COMMENT 'First day of the month (UTC)',
    skill LowCardinality(String) COMMENT 'Id of the skill',
    mentioning UInt64 COMMENT 'Stock: vacancies of the role active in the month that mention the skill in any of their postings',
    vacancies UInt64 COMMENT 'Stock: vacancies of the role active in the month',
    share Float64 COMMENT 'Stock: mentioning / vacancies, 0 to 1',
    new_mentioning UInt64 COMMENT 'Flow: vacancies of the role new in the month that mention the skill',
    new_vacancies UInt64 COMMENT 'Flow: vacancies of the role new in the month, without those open before we looked',
    new_share Nullable(Float64) COMMENT 'Flow: new_mentioning / new_vacancies, 0 to 1; NULL without new vacancies',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one'
) AS
SELECT
    role, month, skill, mentioning, vacancies, mentioning / vacancies AS share,
    new_mentioning, new_vacancies, if(new_vacancies = 0, NULL, new_mentioning / new_vacancies) AS new_share,
    tagger_version
FROM
(
    -- The empty skill, which every vacancy mentions, carries the totals: one pass counts numerators
    -- and denominators.
    SELECT
        role, month, skill, mentioning, new_mentioning, tagger_version,
        max(if(skill = '', mentioning, 0)) OVER (PARTITION BY role, month) AS vacancies,
        max(if(skill = '', new_mentioning, 0)) OVER (PARTITION BY role, month) AS new_vacancies
    FROM
    (
        SELECT role, month, skill, count() AS mentioning, countIf(month = new_in) AS new_mentioning, any(version) AS tagger_version
        FROM
        (
            SELECT role, month, new_in, version, mentions
            FROM
            (
                -- One row per role and vacancy. Its copies have one text, so their skills are one set.
                SELECT
                    v.role AS role, v.vacancy_id AS vacancy_id, any(v.version) AS version, any(v.new_in) AS new_in,
                    arrayDistinct(arrayFlatten(groupArray(v.skills))) AS mentions,
                    arrayDistinct(arrayFlatten(groupArray(m.months))) AS months
                FROM
                (
                    SELECT
                        posting_id, vacancy_id, role_title AS role, roles, skills, tagger_version AS version,
                        min(p.first_seen) OVER (PARTITION BY vacancy_id) AS vacancy_seen,
                        argMin(p.opened_censored, (p.first_seen, NOT p.opened_censored)) OVER (PARTITION BY vacancy_id) AS censored,
                        if(censored, NULL, toStartOfMonth(vacancy_seen)) AS new_in
                    FROM v_postings AS p
                    WHERE vacancy_id != ''
                ) AS v
                INNER JOIN
                (
                    SELECT posting_id, arrayFlatten(groupArray(arrayMap(
                        i -> addMonths(toStartOfMonth(opened_at), i),
                        range(toUInt32(1 + dateDiff('month', opened_at, greatest(opened_at, active_until))))))) AS months
                    FROM v_spells
                    GROUP BY posting_id
                ) AS m ON v.posting_id = m.posting_id
                WHERE empty(v.roles) AND v.role != ''
                GROUP BY role, vacancy_id
            )
            ARRAY JOIN months AS month
        )
        ARRAY JOIN arrayPushBack(mentions, '') AS skill
        GROUP BY role, month, skill
    )
)
WHERE skill != ''
COMMENT 'Vacancies of each role that mention each skill, per month, as a stock (active) and as a flow (new)';
