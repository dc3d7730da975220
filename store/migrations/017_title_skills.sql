-- A skill that a title alone names is none that is asked for: the rollups count what descriptions mention
-- (docs/measures.md), and their comments say so.

ALTER TABLE vacancy_months {{.OnCluster}}
    COMMENT COLUMN skills 'Skills that descriptions of its adverts of the month mention outside of boilerplate, sorted',
    COMMENT COLUMN boilerplate_skills 'Skills that descriptions mention in boilerplate only, sorted';

ALTER TABLE rollup_months {{.OnCluster}}
    COMMENT COLUMN mentions 'Skills that descriptions of those vacancies mention outside of boilerplate';

CREATE OR REPLACE VIEW v_vacancy_months {{.OnCluster}} (
    vacancy_id String COMMENT 'Id of the job behind its adverts',
    month Date COMMENT 'First day of the month (UTC)',
    role LowCardinality(String) COMMENT 'Role that the title of its first advert states; empty when that is none, or several',
    source LowCardinality(String) COMMENT 'Kind of its home board, where it was first seen',
    board LowCardinality(String) COMMENT 'Name of its home board',
    employer LowCardinality(String) COMMENT 'Employer, normalised, for grouping; empty when unknown',
    company String COMMENT 'Employer, for display; empty when unknown',
    seniority LowCardinality(String) COMMENT 'Seniority of its first advert; empty when unknown',
    workplace LowCardinality(String) COMMENT 'onsite, hybrid or remote, of its first advert; empty when unknown',
    employment_type LowCardinality(String) COMMENT 'full_time, part_time, contract, internship and so on, of its first advert; empty when unknown',
    countries Array(LowCardinality(String)) COMMENT 'Countries that its adverts of the month are for, sorted',
    salary_min Nullable(Decimal(18, 2)) COMMENT 'Lower end of the first pay range of the newest of its adverts of the month that states pay; NULL when not stated',
    salary_max Nullable(Decimal(18, 2)) COMMENT 'Upper end of that pay range; NULL when not stated',
    salary_currency LowCardinality(String) COMMENT 'ISO 4217 code of that pay range; empty without one',
    salary_period LowCardinality(String) COMMENT 'hour, day, week, month or year, of that pay range; empty without one',
    track Nullable(Int32) COMMENT 'Per mille between all research (0) and all engineering (1000), of its first advert; NULL when unknown',
    is_active Bool COMMENT 'Stock: an advert of it was open in the month, as far as its board was seen',
    is_new Bool COMMENT 'Flow: its first advert was first seen in the month, and was not open before we looked',
    is_claimed Bool COMMENT 'Its sources claim that it was first posted in the month: for imported history; a claim',
    skills Array(LowCardinality(String)) COMMENT 'Skills that descriptions of its adverts of the month mention outside of boilerplate, sorted; what a title alone names is none',
    boilerplate_skills Array(LowCardinality(String)) COMMENT 'Skills left out of skills: descriptions mention them in boilerplate only, sorted',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read its adverts: the active one'
) AS
SELECT
    vacancy_id, month, role, source, board, employer, company, seniority, workplace, employment_type, countries,
    salary_min, salary_max, salary_currency, salary_period, track, is_active, is_new, is_claimed, skills, boilerplate_skills, tagger_version
FROM vacancy_months
WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'Vacancies in each month in which they were open, or claimed to be posted';

CREATE OR REPLACE VIEW v_role_skill_month {{.OnCluster}} (
    role LowCardinality(String) COMMENT 'Role that the title states; adverts for several roles are left out',
    month Date COMMENT 'First day of the month (UTC)',
    skill LowCardinality(String) COMMENT 'Id of the skill',
    mentioning UInt64 COMMENT 'Stock: vacancies of the role active in the month that mention the skill in their description, outside of boilerplate',
    vacancies UInt64 COMMENT 'Stock: vacancies of the role active in the month',
    share Float64 COMMENT 'Stock: mentioning / vacancies, 0 to 1',
    new_mentioning UInt64 COMMENT 'Flow: vacancies of the role new in the month that mention the skill in their description, outside of boilerplate',
    new_vacancies UInt64 COMMENT 'Flow: vacancies of the role new in the month, without those open before we looked',
    new_share Nullable(Float64) COMMENT 'Flow: new_mentioning / new_vacancies, 0 to 1; NULL without new vacancies',
    mentioning_employers UInt64 COMMENT 'Stock: employers with such a vacancy that mentions the skill so',
    employers UInt64 COMMENT 'Stock: employers with a vacancy of the role active in the month; under ten, a share is theirs more than the role''s',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one'
) AS
SELECT
    s.role AS role, s.month AS month, s.skill AS skill, toUInt64(s.active) AS mentioning, toUInt64(n.active) AS vacancies, s.active / n.active AS share,
    toUInt64(s.new) AS new_mentioning, toUInt64(n.new) AS new_vacancies, if(n.new = 0, NULL, s.new / n.new) AS new_share,
    toUInt64(s.active_employers) AS mentioning_employers, toUInt64(n.active_employers) AS employers, s.tagger_version AS tagger_version
FROM
(
    SELECT * FROM role_skill_months
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AND role != '' AND skill != '' AND active > 0
) AS s
INNER JOIN
(
    SELECT role, month, active, new, active_employers FROM role_skill_months
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AND role != '' AND skill = ''
) AS n ON s.role = n.role AND s.month = n.month
COMMENT 'Vacancies of each role that mention each skill, per month, as a stock (active) and as a flow (new); of the rollups, see v_rollups';

CREATE OR REPLACE VIEW v_rollups {{.OnCluster}} (
    month Date COMMENT 'First day of the month (UTC)',
    vacancies UInt64 COMMENT 'Vacancies open, or claimed to be posted, in the month',
    mentions UInt64 COMMENT 'Skills that descriptions of those vacancies mention outside of boilerplate',
    boilerplate UInt64 COMMENT 'Skills that they mention in boilerplate only, which are left out',
    built_at DateTime64(3, 'UTC') COMMENT 'When the month was last built, because what it follows from had changed',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When all months were last found to be up to date; what was stored since is not in them yet',
    revision UInt32 COMMENT 'Number of the revision of its similarities that v_role_similarity shows; 0 without any',
    revised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that revision was made; NULL without any',
    fingerprint String COMMENT 'Of what the month was built from: 16 hex digits. Equal ones make equal rows',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read the adverts: the active one'
) AS
SELECT
    m.month AS month, m.vacancies AS vacancies, m.mentions AS mentions, m.boilerplate AS boilerplate, m.built_at AS built_at, r.refreshed_at AS refreshed_at,
    m.revision AS revision, if(m.revision = 0, NULL, m.revised_at) AS revised_at, lower(leftPad(hex(m.fingerprint), 16, '0')) AS fingerprint, m.tagger_version AS tagger_version
FROM
(
    SELECT * FROM rollup_months FINAL
    WHERE tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions) AND vacancies > 0
) AS m
LEFT JOIN (SELECT * FROM rollup_refreshes FINAL) AS r ON r.tagger_version = m.tagger_version
COMMENT 'The months that v_vacancy_months, v_role_skill_month and v_role_similarity were built for, and when';
