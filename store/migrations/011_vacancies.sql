-- A vacancy's workplaces, roles and pay, so that questions about them need no join and no rule of one's own.

CREATE OR REPLACE VIEW v_vacancies {{.OnCluster}} (
    vacancy_id String COMMENT 'Id of the job behind its adverts: 32 hex digits over company, normalised title and text',
    company String COMMENT 'Employer, for display',
    company_key LowCardinality(String) COMMENT 'Employer, normalised, for grouping',
    title_normalised String COMMENT 'Title without place, level and decoration; empty when nothing is left of it',
    role_title LowCardinality(String) COMMENT 'Role the title states; empty when it names no job',
    role_text LowCardinality(String) COMMENT 'Role the text describes; empty when it does not decide',
    roles Array(String) COMMENT 'All roles of its first advert, where that is for several; empty for a single one',
    seniority LowCardinality(String) COMMENT 'Seniority, by the title, else by the years asked for; empty when unknown',
    postings UInt64 COMMENT 'How many postings advertise it',
    sources Array(String) COMMENT 'Kinds of job board that advertise it, sorted',
    countries Array(String) COMMENT 'Countries it is advertised for, sorted',
    workplaces Array(String) COMMENT 'onsite, hybrid or remote, as any of its postings says, sorted; empty when none says',
    skills Array(String) COMMENT 'Skills that the current version of any of its postings mentions, sorted',
    salary_min Nullable(Decimal(18, 2)) COMMENT 'Lower end of the first pay range of the newest of its postings that states pay; NULL when not stated',
    salary_max Nullable(Decimal(18, 2)) COMMENT 'Upper end of the first pay range of the newest of its postings that states pay; NULL when not stated',
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
