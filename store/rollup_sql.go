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
	// Adverts with rows that the last refresh has not seen; vacancies that may have changed, or are of a month that
	// has to be built; and the adverts that are, or were, of one of these.
	"touched": `(source LowCardinality(String), board LowCardinality(String), posting_id String) ENGINE = {{.Engine}}MergeTree ORDER BY (source, board, posting_id)`,
	"changed": `(vacancy_id String) ENGINE = {{.Engine}}MergeTree ORDER BY vacancy_id`,
	"members": `(source LowCardinality(String), board LowCardinality(String), posting_id String, external_id String) ENGINE = {{.Engine}}MergeTree ORDER BY (source, board, posting_id)`,
	// One row per advert of a vacancy of a month, with its mentions of skills, as hashes: titled in its title, or in a paragraph
	// of its description, 0 when nobody hashed it. asked tells the sections that say what is asked for or to be done, about those
	// that speak of the employer and not of the job.
	"mentions": `(
		month Date, role LowCardinality(String), employer LowCardinality(String), vacancy UInt64,
		said Array(Tuple(skill UInt64, titled Bool, paragraph UInt64, asked Bool, about Bool))
	) ENGINE = {{.Engine}}MergeTree ORDER BY month`,
	// Boilerplate: paragraphs outside of what is asked for or to be done, and hashes of employers' own.
	"shared": `(month Date, paragraph UInt64) ENGINE = {{.Engine}}MergeTree ORDER BY month`,
	"own":    `(hash UInt64) ENGINE = {{.Engine}}MergeTree ORDER BY hash`,
	// The skills that a vacancy of a month mentions and that do not count: skills in boilerplate only, or there and
	// in the title; titles in the title only.
	"left_out": `(month Date, vacancy UInt64, skills Array(UInt64), titles Array(UInt64)) ENGINE = {{.Engine}}MergeTree ORDER BY (month, vacancy)`,
	"vacancy_months": `AS vacancy_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month)
		ORDER BY (role, source, board, employer, vacancy_id)`,
	"employer_skill_months": `AS employer_skill_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month)
		ORDER BY (role, source, board, employer)`,
	"role_skill_months": `AS role_skill_months ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (role, skill)`,
	startsTable:         `AS vacancy_starts ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (source, board, employer, first_seen, vacancy_id)`,
	"role_similarities": `AS role_similarities ENGINE = {{.Engine}}MergeTree PARTITION BY (tagger_version, month) ORDER BY (basis, role_a, role_b, revision)`,
}

// snapshotSQL reads the base rows of one part of the vacancies, snapshotChangedSQL those of the vacancies that may have
// changed. What stands before FINAL as PREWHERE is of a table's key: to read the other columns of all rows costs most.
var (
	snapshotSQL = snapshotOf(
		" AND cityHash64(vacancy_id) % {parts:UInt64} = {part:UInt64}",
		"posting_id IN ("+partPostings+")",
		" WHERE posting_id IN ("+partPostings+")")
	snapshotChangedSQL = snapshotOf(
		" AND vacancy_id IN (SELECT vacancy_id FROM {changed})",
		"(source, board, posting_id) IN (SELECT source, board, posting_id FROM {members})",
		" WHERE (source, board, external_id) IN (SELECT source, board, external_id FROM {members})")
)

// partPostings are the adverts of one part of the vacancies.
const partPostings = "SELECT posting_id FROM posting_versions WHERE tagger_version = {version:String} AND cityHash64(vacancy_id) % {parts:UInt64} = {part:UInt64}"

// snapshotOf is one row per vacancy, with its adverts. Of the conditions vacancies decides; the others are implied
// by it, and name columns of the tables' keys, so that less is read. A claim counts where an observation could
// (2000 to 2100).
func snapshotOf(vacancies, versions, spells string) string {
	return `INSERT INTO {vacancies}
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
		PREWHERE ` + versions + `
		WHERE tagger_version = {version:String} AND vacancy_id != ''` + vacancies + `
	) AS p
	INNER JOIN
	(
		SELECT
			posting_id, argMax(content_hash, spell) AS content_hash, min(opened_at) AS first_seen, argMin(opened_censored, spell) AS opened_censored,
			arraySort(arrayDistinct(arrayFlatten(groupArray(arrayMap(
				i -> addMonths(toStartOfMonth(opened_at), i),
				range(toUInt32(1 + dateDiff('month', opened_at, greatest(opened_at, active_until))))))))) AS months
		FROM v_spells` + spells + `
		GROUP BY posting_id
	) AS l ON p.posting_id = l.posting_id AND p.content_hash = l.content_hash
	GROUP BY vacancy_id
)`
}

// monthsOf is one row per vacancy and month, with the adverts that the row is made of: those that were open
// in the month, and in the month that the vacancy is claimed for those that claim it. of is an array of months.
func monthsOf(of string) string {
	return `SELECT *, month = new_in AS is_new, month = vacancy_claimed_in AS is_claimed, arrayExists(c -> has(c.months, month), copies) AS is_active,
		arrayFilter(c -> has(c.months, month) OR (is_claimed AND c.claimed_in = month), copies) AS here
	FROM (SELECT * EXCEPT (months, claimed_in), claimed_in AS vacancy_claimed_in, arrayJoin(` + of + `) AS month FROM {vacancies})`
}

const chunkMonths = "arrayIntersect(months, {months:Array(Date)})"

// rowHashSQL is of all that a vacancy's row of a month shows, and of the versions of its adverts, which decide
// what is boilerplate.
const rowHashSQL = "cityHash64(vacancy_id, hash, is_active, is_new, is_claimed, arrayMap(c -> c.hash, here), if(is_new, copies[1].first_seen, toDateTime64(0, 3)))"

// fingerprintsOf tells what every month would be built from, of rows of months and hashes.
func fingerprintsOf(rows string) string {
	return `SELECT month, count() AS vacancies, cityHash64({build:UInt32}, count(), sum(h), groupBitXor(h)) AS fingerprint
FROM (` + rows + `)
GROUP BY month ORDER BY month`
}

// fingerprintsSQL is of all months, by the whole snapshot; fingerprintsChangedSQL by that of the vacancies that may have
// changed, and the rows in place of the others; fingerprintsTouchedSQL is of the months that are to be built.
var (
	fingerprintsSQL        = fingerprintsOf("SELECT month, " + rowHashSQL + " AS h FROM (" + monthsOf("months") + ")")
	fingerprintsChangedSQL = fingerprintsOf("SELECT month, " + rowHashSQL + " AS h FROM (" + monthsOf("months") + `)
	UNION ALL SELECT month, row_hash FROM vacancy_months WHERE tagger_version = {version:String} AND vacancy_id NOT IN (SELECT vacancy_id FROM {changed})`)
	fingerprintsTouchedSQL = fingerprintsOf("SELECT month, " + rowHashSQL + " AS h FROM (" + monthsOf(chunkMonths) + ")")
)

// touchedSQL finds the adverts with rows of blocks that the last refresh has not seen. Rows that these have
// replaced do not matter: what was made of them is in place.
const touchedSQL = `INSERT INTO {touched}
SELECT DISTINCT source, board, posting_id
FROM
(
	SELECT source, board, posting_id FROM spells WHERE _block_number > {since_spells:Int64}
	UNION ALL SELECT source, board, posting_id FROM posting_versions WHERE _block_number > {since_versions:Int64} AND tagger_version = {version:String}
	UNION ALL SELECT source, board, posting_id FROM posting_skills WHERE _block_number > {since_skills:Int64} AND tagger_version = {version:String}
)`

// changedSQL finds the vacancies that touched adverts are of, and those that they were of when the months in place
// were built.
const changedSQL = `INSERT INTO {changed}
SELECT DISTINCT vacancy_id
FROM
(
	SELECT vacancy_id FROM posting_versions
	WHERE tagger_version = {version:String} AND vacancy_id != '' AND (source, board, posting_id) IN (SELECT source, board, posting_id FROM {touched})
	UNION ALL
	SELECT vacancy_id FROM vacancy_months
	WHERE tagger_version = {version:String} AND arrayExists(p -> p IN (SELECT toUInt32(cityHash64(posting_id)) FROM {touched}), postings)
)`

// widenSQL adds the other vacancies of the months that are to be built.
const widenSQL = `INSERT INTO {changed}
SELECT DISTINCT vacancy_id FROM vacancy_months
WHERE tagger_version = {version:String} AND month IN (SELECT arrayJoin({months:Array(Date)})) AND vacancy_id NOT IN (SELECT vacancy_id FROM {changed})`

const membersSQL = `INSERT INTO {members}
SELECT DISTINCT source, board, posting_id, external_id FROM posting_versions
WHERE tagger_version = {version:String} AND vacancy_id IN (SELECT vacancy_id FROM {changed})`

// mentionsSQL reads the mentions of the chunk's adverts.
var mentionsSQL = `INSERT INTO {mentions}
SELECT v.month, v.role, v.employer, v.vacancy, k.said
FROM
(
	SELECT
		k.posting_id AS posting_id, k.content_hash AS content_hash,
		arrayDistinct(arrayMap(
			(id, field, paragraph, section) -> (cityHash64(id), field = 'title', if(field = 'title' OR paragraph = '', 0, cityHash64(paragraph)), section IN ('requirements', 'preferred', 'responsibilities'),
				section IN ('about', 'benefits', 'legal', 'process')),
			arrayFilter((x, u) -> NOT u, k.ids, k.unlisted), arrayFilter((x, u) -> NOT u, k.fields, k.unlisted),
			arrayFilter((x, u) -> NOT u, k.paragraph_hashes, k.unlisted), arrayFilter((x, u) -> NOT u, k.sections, k.unlisted))) AS said
	FROM posting_skills AS k FINAL
	PREWHERE (k.source, k.board, k.posting_id, k.content_hash) IN
		(
			SELECT c.source, c.board, c.posting_id, c.content_hash
			FROM (SELECT arrayJoin(here) AS c FROM (` + monthsOf(chunkMonths) + `))
		)
	WHERE k.tagger_version = {version:String}
) AS k
INNER JOIN
(
	SELECT month, role, employer, cityHash64(vacancy_id) AS vacancy, c.posting_id AS posting_id, c.content_hash AS content_hash
	FROM (SELECT month, role, employer, vacancy_id, arrayJoin(here) AS c FROM (` + monthsOf(chunkMonths) + `))
) AS v ON k.posting_id = v.posting_id AND k.content_hash = v.content_hash`

// sharedSQL and ownSQL are the rule of docs/measures.md. The employers that nobody knows are not one.
const sharedSQL = `INSERT INTO {shared}
SELECT month, stands.1 AS paragraph
FROM (SELECT month, role, vacancy, arrayJoin(arrayDistinct(arrayMap(m -> (m.3, m.5), arrayFilter(m -> m.3 != 0 AND NOT m.4, said)))) AS stands FROM {mentions})
GROUP BY month, paragraph
HAVING uniqUpToIf(4)(role, role != '') >= {roles_min:UInt8} OR uniqUpToIf(4)(vacancy, stands.2) >= {vacancies_min:UInt8}`

const ownSQL = `INSERT INTO {own}
SELECT cityHash64(cityHash64(month, employer), arrayJoin(arrayDistinct(arrayMap(m -> m.3, arrayFilter(m -> m.3 != 0, said))))) AS hash
FROM {mentions}
WHERE role != '' AND employer != ''
GROUP BY hash
HAVING uniqUpTo(4)(role) >= {roles_of_employer_min:UInt8}`

const leftOutSQL = `INSERT INTO {left_out}
SELECT month, vacancy, arrayFilter(s -> NOT has(kept, s) AND has(described, s), skills), arrayFilter(s -> NOT has(described, s), skills)
FROM
(
	SELECT
		month, vacancy, arrayDistinct(groupArrayArray(arrayMap(m -> m.1, said))) AS skills,
		arrayDistinct(groupArrayArray(arrayMap(m -> m.1, arrayFilter(m -> NOT m.2, said)))) AS described,
		arrayDistinct(groupArrayArray(arrayMap(m -> m.1, arrayFilter(m -> NOT m.2
			AND NOT (m.3 != 0 AND NOT m.4 AND (month, m.3) IN (SELECT month, paragraph FROM {shared}))
			AND NOT (m.3 != 0 AND cityHash64(cityHash64(month, employer), m.3) IN (SELECT hash FROM {own})), said)))) AS kept
	FROM {mentions}
	GROUP BY month, vacancy
)
WHERE length(kept) < length(skills)`

var vacancyMonthsSQL = `INSERT INTO {vacancy_months}
SELECT
	{version:String}, v.month, v.role, v.vacancy_id, v.source, v.board, v.employer, v.company, v.seniority, v.workplace, v.employment_type,
	arraySort(arrayDistinct(arrayFlatten(arrayMap(c -> c.countries, v.here)))),
	nullIf(pay.salary_min, 0), nullIf(pay.salary_max, 0), pay.salary_currency, pay.salary_period,
	v.track, v.is_active, v.is_new, v.is_claimed,
	arrayFilter((s, h) -> NOT has(o.skills, h) AND NOT has(o.titles, h), mentioned, hashes), arrayFilter((s, h) -> has(o.skills, h), mentioned, hashes),
	transform(v.month, {months:Array(Date)}, {fingerprints:Array(UInt64)}, toUInt64(0)), v.row_hash, arrayMap(c -> toUInt32(cityHash64(c.posting_id)), v.here)
FROM
(
	SELECT *, ` + rowHashSQL + ` AS row_hash, cityHash64(vacancy_id) AS vacancy, arraySort(arrayDistinct(arrayFlatten(arrayMap(c -> c.skills, here)))) AS mentioned, arrayMap(s -> cityHash64(s), mentioned) AS hashes,
		arrayLast(c -> c.salary_min != 0 OR c.salary_max != 0, here) AS pay
	FROM (` + monthsOf(chunkMonths) + `)
) AS v
LEFT JOIN {left_out} AS o ON v.month = o.month AND v.vacancy = o.vacancy
ORDER BY v.month`

// chunkSkillsSQL is a pair: the names of the chunk's skills, sorted, and their numbers in that order. Names are put in
// the place of numbers once everything is counted.
const chunkSkillsSQL = "(SELECT (groupArray(name) AS names, arrayMap(i -> toUInt32(i), arrayEnumerate(names))) FROM (SELECT DISTINCT toString(arrayJoin(skills)) AS name FROM {vacancy_months} ORDER BY name)) AS known"

// cellsOf is one row per group of vacancies of months: how many there are on each basis, and how many of them mention
// each of the skills, which are in order. To count in a hash table or a sumMap takes ten times as long as
// to sort the mentions and to look where one ends: each is its skill's number before three bits, one a basis.
func cellsOf(group string) string {
	return `SELECT
		` + group + `, active, new, claimed, fingerprint,
		arrayFilter((s, e) -> e, numbers, ends) AS skills,
		arrayMap((sum, before) -> toUInt32(sum - before), arrayFilter((s, e) -> e, arrayCumSum(arrayMap(m -> bitAnd(m, 1), mentions)), ends) AS sums_1, arrayShiftRight(sums_1, 1)) AS active_mentioning,
		arrayMap((sum, before) -> toUInt32(sum - before), arrayFilter((s, e) -> e, arrayCumSum(arrayMap(m -> bitTest(m, 1), mentions)), ends) AS sums_2, arrayShiftRight(sums_2, 1)) AS new_mentioning,
		arrayMap((sum, before) -> toUInt32(sum - before), arrayFilter((s, e) -> e, arrayCumSum(arrayMap(m -> bitTest(m, 2), mentions)), ends) AS sums_3, arrayShiftRight(sums_3, 1)) AS claimed_mentioning
	FROM
	(
		SELECT
			` + group + `, countIf(is_active) AS active, countIf(is_new) AS new, countIf(is_claimed) AS claimed, any(fingerprint) AS fingerprint,
			arraySort(groupArrayArray(arrayMap(s -> 8 * transform(s, known.1, known.2, toUInt32(0)) + is_active + 2 * is_new + 4 * is_claimed, CAST(skills, 'Array(String)')))) AS mentions,
			arrayMap(m -> intDiv(m, 8), mentions) AS numbers,
			arrayMap((s, after) -> s != after, numbers, arrayShiftLeft(numbers, 1)) AS ends
		FROM {vacancy_months}
		GROUP BY ` + group + `
	)`
}

var employerMonthsSQL = `INSERT INTO {employer_skill_months}
WITH ` + chunkSkillsSQL + `
SELECT
	{version:String}, month, role, source, board, employer, active, new, claimed,
	CAST(arrayMap(s -> known.1[s], skills), 'Array(LowCardinality(String))'), active_mentioning, new_mentioning, claimed_mentioning, fingerprint
FROM (` + cellsOf("month, role, source, board, employer") + `)
ORDER BY month`

// roleMonthsSQL has skill 0 for all vacancies.
var roleMonthsSQL = `INSERT INTO {role_skill_months}
WITH ` + chunkSkillsSQL + `
SELECT
	{version:String}, month, role, if(skill = 0, '', known.1[skill]), sum(counted.2), sum(counted.3), sum(counted.4),
	countIf(counted.2 > 0), countIf(counted.3 > 0), countIf(counted.4 > 0), any(fingerprint)
FROM
(
	SELECT
		month, role, fingerprint, arrayJoin(arrayPushBack(arrayZip(skills, active_mentioning, new_mentioning, claimed_mentioning),
			(toUInt32(0), toUInt32(active), toUInt32(new), toUInt32(claimed)))) AS counted, counted.1 AS skill
	FROM (` + cellsOf("month, role, employer") + `)
)
GROUP BY month, role, skill
ORDER BY month`
