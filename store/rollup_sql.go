package store

// The statements of Refresh. Names in braces without a type are filled in by rollup.sql: scratch tables
// of the refresh at work.

// rollupTables are the scratch tables of one refresh, with their rows.
var rollupTables = map[string]string{
	// One row per vacancy as it was when the refresh began, so that what a month is said to be built from
	// and what it is built from are the same. copies are its adverts by first_seen, posting_id.
	"vacancies": `(
		vacancy_id String, source LowCardinality(String), board LowCardinality(String), employer LowCardinality(String), company String,
		role LowCardinality(String), seniority LowCardinality(String), workplace LowCardinality(String), employment_type LowCardinality(String),
		track Nullable(Int32), new_in Date, claimed_in Date, hash UInt64, months Array(Date),
		copies Array(Tuple(first_seen DateTime64(3, 'UTC'), posting_id String, content_hash String, source LowCardinality(String), board LowCardinality(String),
			months Array(Date), claimed_in Date, countries Array(LowCardinality(String)), salary_min Decimal(18, 2), salary_max Decimal(18, 2),
			salary_currency LowCardinality(String), salary_period LowCardinality(String), skills Array(LowCardinality(String)), hash UInt64))
	) ENGINE = {{.Engine}}MergeTree ORDER BY vacancy_id`,
	// One row per mention of a skill in a vacancy of a month: titled in its title, or in a paragraph of its
	// description, 0 when nobody hashed it.
	"mentions": `(
		month Date, role LowCardinality(String), employer LowCardinality(String), vacancy UInt64, skill LowCardinality(String), titled Bool, paragraph UInt64, asked Bool
	) ENGINE = {{.Engine}}MergeTree ORDER BY (month, vacancy, skill)`,
	// The skills that a vacancy of a month mentions and that do not count: skills in boilerplate only, or there and
	// in the title; titles in the title only.
	"left_out": `(month Date, vacancy UInt64, skills Array(LowCardinality(String)), titles Array(LowCardinality(String))) ENGINE = {{.Engine}}MergeTree ORDER BY (month, vacancy)`,
	"vacancy_months": `AS vacancy_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month)
		ORDER BY (role, source, board, employer, vacancy_id)`,
	"employer_skill_months": `AS employer_skill_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month)
		ORDER BY (role, source, board, employer)`,
	"role_skill_months": `AS role_skill_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (role, skill)`,
	startsTable:         `AS vacancy_starts ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (source, board, employer, first_seen, vacancy_id)`,
	"role_similarities": `AS role_similarities ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (basis, role_a, role_b, revision)`,
}

// snapshotSQL reads the base rows. A claim counts where an observation could (2000 to 2100).
const snapshotSQL = `INSERT INTO {vacancies}
SELECT
	vacancy_id, home.source, home.board, home.employer, home.company, home.role, home.seniority, home.workplace, home.employment_type, home.track,
	if(censored, toDate(0), toStartOfMonth(seen)) AS new_in, claimed_in,
	cityHash64(home.source, home.board, home.employer, home.company, home.role, home.seniority, home.workplace, home.employment_type, ifNull(home.track, -1)) AS hash,
	arraySort(arrayDistinct(arrayConcat(arrayFlatten(arrayMap(c -> c.months, adverts)), if(claimed_in > toDate(0), [claimed_in], [])))) AS months,
	arraySort(c -> (c.first_seen, c.posting_id), adverts) AS copies
FROM
(
	SELECT
		vacancy_id,
		CAST(argMin((p.source, p.board, company_key, company, role, seniority, workplace, employment_type, track), (first_seen, p.source, p.board, posting_id)),
			'Tuple(source LowCardinality(String), board LowCardinality(String), employer LowCardinality(String), company String, role LowCardinality(String),
			seniority LowCardinality(String), workplace LowCardinality(String), employment_type LowCardinality(String), track Nullable(Int32))') AS home,
		min(l.first_seen) AS seen, argMin(l.opened_censored, (l.first_seen, NOT l.opened_censored)) AS censored,
		minIf(claim, claim > toDate(0)) AS claimed_in,
		CAST(groupArray((l.first_seen, posting_id, content_hash, p.source, p.board, l.months, claim, countries, salary_min, salary_max, salary_currency, salary_period, skills, hash)),
			'Array(Tuple(first_seen DateTime64(3, ''UTC''), posting_id String, content_hash String, source LowCardinality(String), board LowCardinality(String),
			months Array(Date), claimed_in Date, countries Array(LowCardinality(String)), salary_min Decimal(18, 2), salary_max Decimal(18, 2),
			salary_currency LowCardinality(String), salary_period LowCardinality(String), skills Array(LowCardinality(String)), hash UInt64))') AS adverts
	FROM
	(
		SELECT
			posting_id, content_hash, vacancy_id, source, board, company_key, company, if(empty(roles), role_title, '') AS role,
			seniority, workplace, employment_type, track, skills,
			arraySort(arrayDistinct(arrayFilter(x -> x != '', location_countries))) AS countries,
			salary_mins[1] AS salary_min, salary_maxs[1] AS salary_max, salary_currencies[1] AS salary_currency, salary_periods[1] AS salary_period,
			if(posted_claim >= toDateTime64('2000-01-01', 3, 'UTC') AND posted_claim < toDateTime64('2100-01-01', 3, 'UTC'), toStartOfMonth(posted_claim), toDate(0)) AS claim,
			cityHash64(posting_id, content_hash, countries, salary_min, salary_max, salary_currency, salary_period, skills) AS hash
		FROM posting_versions FINAL
		WHERE tagger_version = {version:String} AND vacancy_id != ''
	) AS p
	INNER JOIN
	(
		SELECT
			posting_id, argMax(content_hash, spell) AS content_hash, min(opened_at) AS first_seen, argMin(opened_censored, spell) AS opened_censored,
			arraySort(arrayDistinct(arrayFlatten(groupArray(arrayMap(
				i -> addMonths(toStartOfMonth(opened_at), i),
				range(toUInt32(1 + dateDiff('month', opened_at, greatest(opened_at, active_until))))))))) AS months
		FROM v_spells
		GROUP BY posting_id
	) AS l ON p.posting_id = l.posting_id AND p.content_hash = l.content_hash
	GROUP BY vacancy_id
)`

// monthsOf is one row per vacancy and month, with the adverts that the row is made of: those that were open
// in the month, and in the month that the vacancy is claimed for those that claim it. of is an array of months.
func monthsOf(of string) string {
	return `SELECT *, month = new_in AS is_new, month = vacancy_claimed_in AS is_claimed, arrayExists(c -> has(c.months, month), copies) AS is_active,
		arrayFilter(c -> has(c.months, month) OR (is_claimed AND c.claimed_in = month), copies) AS here
	FROM (SELECT * EXCEPT (months, claimed_in), claimed_in AS vacancy_claimed_in, arrayJoin(` + of + `) AS month FROM {vacancies})`
}

const chunkMonths = "arrayIntersect(months, {months:Array(Date)})"

// fingerprintsSQL tells what every month would be built from. A row's hash is of all that it shows, and of
// the versions of its adverts, which decide what is boilerplate.
var fingerprintsSQL = `SELECT month, count() AS vacancies, cityHash64({build:UInt32}, count(), sum(h), groupBitXor(h)) AS fingerprint
FROM (SELECT month, cityHash64(vacancy_id, hash, is_active, is_new, is_claimed, arrayMap(c -> c.hash, here), if(is_new, copies[1].first_seen, toDateTime64(0, 3))) AS h FROM (` + monthsOf("months") + `))
GROUP BY month ORDER BY month`

// mentionsSQL reads the mentions of the chunk's adverts. asked tells the sections that say what is asked for
// or to be done.
var mentionsSQL = `INSERT INTO {mentions}
SELECT v.month, v.role, v.employer, v.vacancy, m.1, m.2, m.3, m.4
FROM
(
	SELECT
		k.posting_id AS posting_id, k.content_hash AS content_hash,
		arrayJoin(arrayDistinct(arrayMap(
			(id, field, paragraph, section) -> (id, field = 'title', if(field = 'title' OR paragraph = '', 0, cityHash64(paragraph)), section IN ('requirements', 'preferred', 'responsibilities')),
			arrayFilter((x, u) -> NOT u, k.ids, k.unlisted), arrayFilter((x, u) -> NOT u, k.fields, k.unlisted),
			arrayFilter((x, u) -> NOT u, k.paragraph_hashes, k.unlisted), arrayFilter((x, u) -> NOT u, k.sections, k.unlisted)))) AS m
	FROM posting_skills AS k FINAL
	WHERE k.tagger_version = {version:String}
		AND (k.source, k.board, k.posting_id, k.content_hash) IN
		(
			SELECT c.source, c.board, c.posting_id, c.content_hash
			FROM (SELECT arrayJoin(here) AS c FROM (` + monthsOf(chunkMonths) + `))
		)
) AS k
INNER JOIN
(
	SELECT month, role, employer, cityHash64(vacancy_id) AS vacancy, c.posting_id AS posting_id, c.content_hash AS content_hash
	FROM (SELECT month, role, employer, vacancy_id, arrayJoin(here) AS c FROM (` + monthsOf(chunkMonths) + `))
) AS v ON k.posting_id = v.posting_id AND k.content_hash = v.content_hash`

// leftOutSQL is the rule of docs/measures.md. The employers that nobody knows are not one.
const leftOutSQL = `INSERT INTO {left_out}
SELECT month, vacancy, groupArrayIf(skill, NOT only_titled), groupArrayIf(skill, only_titled)
FROM
(
	SELECT month, vacancy, skill, min(titled) AS only_titled
	FROM {mentions}
	GROUP BY month, vacancy, skill
	HAVING min(titled OR paragraph != 0 AND (
		NOT asked AND (month, paragraph) IN
		(
			SELECT month, paragraph FROM {mentions} WHERE paragraph != 0 AND NOT asked AND role != ''
			GROUP BY month, paragraph HAVING uniqUpTo(4)(role) >= {roles_min:UInt8}
		)
		OR (month, employer, paragraph) IN
		(
			SELECT month, employer, paragraph FROM {mentions} WHERE paragraph != 0 AND role != '' AND employer != ''
			GROUP BY month, employer, paragraph HAVING uniqUpTo(4)(role) >= {roles_of_employer_min:UInt8}
		))) = 1
)
GROUP BY month, vacancy`

var vacancyMonthsSQL = `INSERT INTO {vacancy_months}
SELECT
	{version:String}, v.month, v.role, v.vacancy_id, v.source, v.board, v.employer, v.company, v.seniority, v.workplace, v.employment_type,
	arraySort(arrayDistinct(arrayFlatten(arrayMap(c -> c.countries, v.here)))),
	nullIf(pay.salary_min, 0), nullIf(pay.salary_max, 0), pay.salary_currency, pay.salary_period,
	v.track, v.is_active, v.is_new, v.is_claimed,
	arrayFilter(s -> NOT has(o.skills, s) AND NOT has(o.titles, s), mentioned), arrayFilter(s -> has(o.skills, s), mentioned),
	transform(v.month, {months:Array(Date)}, {fingerprints:Array(UInt64)}, toUInt64(0))
FROM
(
	SELECT *, cityHash64(vacancy_id) AS vacancy, arraySort(arrayDistinct(arrayFlatten(arrayMap(c -> c.skills, here)))) AS mentioned,
		arrayLast(c -> c.salary_min != 0 OR c.salary_max != 0, here) AS pay
	FROM (` + monthsOf(chunkMonths) + `)
) AS v
LEFT JOIN {left_out} AS o ON v.month = o.month AND v.vacancy = o.vacancy`

const employerMonthsSQL = `INSERT INTO {employer_skill_months}
SELECT
	tagger_version, month, role, source, board, employer, active, new, claimed,
	CAST(mentioning.1, 'Array(LowCardinality(String))'), CAST(mentioning.2, 'Array(UInt32)'), CAST(mentioning.3, 'Array(UInt32)'), CAST(mentioning.4, 'Array(UInt32)'),
	fingerprint
FROM
(
	SELECT
		tagger_version, month, role, source, board, employer,
		countIf(is_active) AS active, countIf(is_new) AS new, countIf(is_claimed) AS claimed, any(fingerprint) AS fingerprint,
		sumMap(mentions, arrayMap(x -> toUInt64(is_active), mentions), arrayMap(x -> toUInt64(is_new), mentions), arrayMap(x -> toUInt64(is_claimed), mentions)) AS mentioning
	FROM (SELECT *, CAST(skills, 'Array(String)') AS mentions FROM {vacancy_months})
	GROUP BY tagger_version, month, role, source, board, employer
)`

// roleMonthsSQL counts employers by grouping twice: sets of them per role and skill would take ten times the
// memory.
const roleMonthsSQL = `INSERT INTO {role_skill_months}
SELECT
	tagger_version, month, role, skill, sum(of_active), sum(of_new), sum(of_claimed),
	countIf(of_active > 0), countIf(of_new > 0), countIf(of_claimed > 0), any(built_from)
FROM
(
	SELECT
		tagger_version, month, role, skill, employer, sum(mentions.1) AS of_active, sum(mentions.2) AS of_new, sum(mentions.3) AS of_claimed, any(fingerprint) AS built_from
	FROM
	(
		SELECT
			tagger_version, month, role, employer, fingerprint,
			arrayJoin(arrayPushBack(arrayZip(CAST(skills, 'Array(String)'), active_mentioning, new_mentioning, claimed_mentioning), ('', active, new, claimed))) AS counted,
			counted.1 AS skill, (counted.2, counted.3, counted.4) AS mentions
		FROM {employer_skill_months}
	)
	GROUP BY tagger_version, month, role, skill, employer
)
GROUP BY tagger_version, month, role, skill`
