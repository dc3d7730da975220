-- How alike roles are, as it was published. A month's partition has every revision of it and is put in place
-- in one step, like the other rollups; rollup_months says which revision is shown.

CREATE TABLE IF NOT EXISTS role_similarities {{.OnCluster}} (
    tagger_version LowCardinality(String) COMMENT 'Version of the tagger that read the adverts',
    month Date COMMENT 'First day of the month (UTC)' CODEC(ZSTD(1)),
    basis LowCardinality(String) COMMENT 'Which vacancies: active, new or claimed',
    role_a LowCardinality(String) COMMENT 'The first role of the pair, in the order of the alphabet',
    role_b LowCardinality(String) COMMENT 'The second role of the pair',
    revision UInt32 COMMENT 'Which revision of the month''s similarities, from 1' CODEC(ZSTD(1)),
    revised_at DateTime64(3, 'UTC') COMMENT 'When that revision was made' CODEC(ZSTD(1)),
    vacancies_a UInt32 COMMENT 'Vacancies of the first role' CODEC(ZSTD(1)),
    vacancies_b UInt32 COMMENT 'Vacancies of the second role' CODEC(ZSTD(1)),
    employers_a UInt32 COMMENT 'Employers of the first role''s' CODEC(ZSTD(1)),
    employers_b UInt32 COMMENT 'Employers of the second role''s' CODEC(ZSTD(1)),
    shared_skills UInt32 COMMENT 'Skills that vacancies of both roles mention; a pair without any has no row' CODEC(ZSTD(1)),
    cosine Nullable(Float64) COMMENT 'Debiased cosine; NULL when undefined' CODEC(ZSTD(1)),
    cosine_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval; NULL without one' CODEC(ZSTD(1)),
    cosine_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval; NULL without one' CODEC(ZSTD(1)),
    weighted_jaccard Float64 COMMENT 'Weighted Jaccard of the shares' CODEC(ZSTD(1)),
    jaccard_n UInt32 COMMENT 'How many vacancies of each role the next four are of; 0 when there are too few' CODEC(ZSTD(1)),
    jaccard_at_n Nullable(Float64) COMMENT 'Weighted Jaccard of so many vacancies of each role; NULL when there are too few' CODEC(ZSTD(1)),
    jaccard_self_a Nullable(Float64) COMMENT 'The same of the first role and itself; NULL when there are too few' CODEC(ZSTD(1)),
    jaccard_self_b Nullable(Float64) COMMENT 'The same of the second role and itself; NULL when there are too few' CODEC(ZSTD(1)),
    jaccard_relative Nullable(Float64) COMMENT 'jaccard_at_n over the mean of the selves; NULL when there are too few' CODEC(ZSTD(1)),
    divergence Nullable(Float64) COMMENT 'Jensen-Shannon divergence, base 2; NULL when undefined' CODEC(ZSTD(1)),
    set_jaccard Nullable(Float64) COMMENT 'Jaccard of the roles'' own skills; NULL when a role has none' CODEC(ZSTD(1)),
    overlap Nullable(Float64) COMMENT 'Overlap coefficient of the roles'' own skills; NULL when a role has none' CODEC(ZSTD(1)),
    suppressed LowCardinality(String) COMMENT 'Why there is no interval; empty when there is one'
) ENGINE = {{.Engine}}MergeTree
PARTITION BY (tagger_version, month)
ORDER BY (basis, role_a, role_b, revision)
COMMENT 'How alike two roles'' adverts are in the skills they ask for, per month, in every revision.';

CREATE OR REPLACE VIEW v_similarity_revisions {{.OnCluster}} (
    month Date COMMENT 'First day of the month (UTC)',
    basis LowCardinality(String) COMMENT 'Which vacancies: active (stock), new (flow) or claimed (said by their sources to be posted in the month)',
    role_a LowCardinality(String) COMMENT 'The first role of the pair, in the order of the alphabet',
    role_b LowCardinality(String) COMMENT 'The second role of the pair',
    revision UInt32 COMMENT 'Which revision of the month, from 1: the first is of when the month was over, or of now while it is not. Later ones are of when late data changed it, of each day the last',
    revised_at DateTime64(3, 'UTC') COMMENT 'When that revision was made',
    shown Bool COMMENT 'Whether it is the revision that v_role_similarity shows',
    vacancies_a UInt64 COMMENT 'Vacancies of the first role',
    vacancies_b UInt64 COMMENT 'Vacancies of the second role',
    employers_a UInt64 COMMENT 'Employers of the first role''s; under ten, the pair proves nothing',
    employers_b UInt64 COMMENT 'Employers of the second role''s; under ten, the pair proves nothing',
    shared_skills UInt64 COMMENT 'Skills that vacancies of both roles mention; a pair without any has no row',
    cosine Nullable(Float64) COMMENT 'Debiased cosine of the roles'' shares of skills: 0 nothing in common, 1 alike, beyond 1 by chance; does not depend on n. NULL when a role has no skill in two vacancies',
    cosine_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval, by the jackknife over employers; NULL where suppressed says why',
    cosine_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval, by the jackknife over employers; NULL where suppressed says why',
    weighted_jaccard Float64 COMMENT 'sum min(p, q) / sum max(p, q) over the shares of skills, 0 to 1. Few vacancies pull it down: compare jaccard_relative',
    jaccard_n UInt64 COMMENT 'n of the next four: 50, 20, 10 or 5, of which each role has twice as many; 0 when there are too few vacancies',
    jaccard_at_n Nullable(Float64) COMMENT 'Weighted Jaccard of n vacancies of each role; NULL when there are too few vacancies',
    jaccard_self_a Nullable(Float64) COMMENT 'Weighted Jaccard of n and n others of the first role; NULL when there are too few vacancies',
    jaccard_self_b Nullable(Float64) COMMENT 'Weighted Jaccard of n and n others of the second role; NULL when there are too few vacancies',
    jaccard_relative Nullable(Float64) COMMENT 'jaccard_at_n over the mean of the selves: 1 is as alike as each is to itself; NULL when there are too few vacancies',
    divergence Nullable(Float64) COMMENT 'Jensen-Shannon divergence of their mentions, base 2: 0 alike, 1 nothing in common; NULL when a role mentions nothing',
    set_jaccard Nullable(Float64) COMMENT 'Jaccard of the roles'' own skills, those with RCA above 1 and a share of 0.05 or more; NULL when a role has none',
    overlap Nullable(Float64) COMMENT 'Overlap coefficient of the roles'' own skills; NULL when a role has none',
    suppressed LowCardinality(String) COMMENT 'Why there is no interval, and so no headline; empty when there is one',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read the adverts: the active one'
) AS
SELECT
    s.month AS month, s.basis AS basis, s.role_a AS role_a, s.role_b AS role_b, s.revision AS revision, s.revised_at AS revised_at,
    CAST((s.month, s.revision) IN (SELECT month, revision FROM v_rollups), 'Bool') AS shown,
    toUInt64(s.vacancies_a) AS vacancies_a, toUInt64(s.vacancies_b) AS vacancies_b, toUInt64(s.employers_a) AS employers_a, toUInt64(s.employers_b) AS employers_b,
    toUInt64(s.shared_skills) AS shared_skills, s.cosine AS cosine, s.cosine_low AS cosine_low, s.cosine_high AS cosine_high, s.weighted_jaccard AS weighted_jaccard,
    toUInt64(s.jaccard_n) AS jaccard_n, s.jaccard_at_n AS jaccard_at_n, s.jaccard_self_a AS jaccard_self_a, s.jaccard_self_b AS jaccard_self_b, s.jaccard_relative AS jaccard_relative,
    s.divergence AS divergence, s.set_jaccard AS set_jaccard, s.overlap AS overlap, s.suppressed AS suppressed, s.tagger_version AS tagger_version
FROM role_similarities AS s
WHERE s.tagger_version = (SELECT argMax(tagger_version, activated_at) FROM tagger_versions)
COMMENT 'How alike two roles'' adverts are in the skills they ask for, per month and basis, as published: with what was shown before late data came';

CREATE OR REPLACE VIEW v_role_similarity {{.OnCluster}} (
    month Date COMMENT 'First day of the month (UTC)',
    role_a LowCardinality(String) COMMENT 'The first role of the pair, in the order of the alphabet',
    role_b LowCardinality(String) COMMENT 'The second role of the pair',
    vacancies_a UInt64 COMMENT 'Stock: vacancies of the first role active in the month',
    vacancies_b UInt64 COMMENT 'Stock: vacancies of the second role active in the month',
    employers_a UInt64 COMMENT 'Employers with such a vacancy of the first role; under ten, the pair proves nothing',
    employers_b UInt64 COMMENT 'Employers with such a vacancy of the second role; under ten, the pair proves nothing',
    shared_skills UInt64 COMMENT 'Skills that vacancies of both roles mention; a pair without any has no row',
    cosine Nullable(Float64) COMMENT 'Debiased cosine of the roles'' shares of skills: 0 nothing in common, 1 alike, beyond 1 by chance; does not depend on n. NULL when a role has no skill in two vacancies',
    weighted_jaccard Float64 COMMENT 'sum min(p, q) / sum max(p, q) over the shares of skills, 0 to 1. Few vacancies pull it down: compare jaccard_relative',
    tagger_version LowCardinality(String) COMMENT 'The tagger version that read them: the active one',
    cosine_low Nullable(Float64) COMMENT 'Lower end of the cosine''s 95 % interval, by the jackknife over employers; NULL where suppressed says why',
    cosine_high Nullable(Float64) COMMENT 'Upper end of the cosine''s 95 % interval, by the jackknife over employers; NULL where suppressed says why',
    jaccard_n UInt64 COMMENT 'n of the next four: 50, 20, 10 or 5, of which each role has twice as many; 0 when there are too few vacancies',
    jaccard_at_n Nullable(Float64) COMMENT 'Weighted Jaccard of n vacancies of each role; NULL when there are too few vacancies',
    jaccard_self_a Nullable(Float64) COMMENT 'Weighted Jaccard of n and n others of the first role; NULL when there are too few vacancies',
    jaccard_self_b Nullable(Float64) COMMENT 'Weighted Jaccard of n and n others of the second role; NULL when there are too few vacancies',
    jaccard_relative Nullable(Float64) COMMENT 'jaccard_at_n over the mean of the selves: 1 is as alike as each is to itself; NULL when there are too few vacancies',
    divergence Nullable(Float64) COMMENT 'Jensen-Shannon divergence of their mentions, base 2: 0 alike, 1 nothing in common; NULL when a role mentions nothing',
    set_jaccard Nullable(Float64) COMMENT 'Jaccard of the roles'' own skills, those with RCA above 1 and a share of 0.05 or more; NULL when a role has none',
    overlap Nullable(Float64) COMMENT 'Overlap coefficient of the roles'' own skills; NULL when a role has none',
    suppressed LowCardinality(String) COMMENT 'Why there is no interval, and so no headline; empty when there is one',
    revision UInt32 COMMENT 'Which revision of the month this is; v_similarity_revisions has those before it',
    revised_at DateTime64(3, 'UTC') COMMENT 'When that revision was made'
) AS
SELECT
    month, role_a, role_b, vacancies_a, vacancies_b, employers_a, employers_b, shared_skills, cosine, weighted_jaccard, tagger_version,
    cosine_low, cosine_high, jaccard_n, jaccard_at_n, jaccard_self_a, jaccard_self_b, jaccard_relative, divergence, set_jaccard, overlap, suppressed, revision, revised_at
FROM v_similarity_revisions
WHERE basis = 'active' AND shown
COMMENT 'How alike two roles'' adverts are in the skills they ask for, per month, with intervals; of the rollups, see v_rollups'
