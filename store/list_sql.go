package store

// The statements of refreshList. Names in braces without a type are its scratch tables.

// listSQL are the rows of v_postings under one tagger version, which need not be the active one, of one part of the
// postings. The conditions on parts stand before FINAL, which they may: an id is of the tables' keys.
const listSQL = `INSERT INTO {list}
	(tagger_version, data_state, posting_id, source, board, vacancy, company, company_key, title, title_lower, role_title, role_text, seniority, workplace,
	countries, cities, skills, first_seen, last_seen, closed_at, is_open, opened_censored, several_roles, closed_reason)
SELECT
	{version:String}, {state:String}, posting_id, source, board, reinterpretAsUInt128(sipHash128(vacancy_id)), company, company_key, title, lowerUTF8(title), role_title, role_text, seniority, workplace,
	arraySort(arrayDistinct(arrayFilter(x -> x != '', CAST(location_countries, 'Array(String)')))), arraySort(arrayDistinct(arrayFilter(x -> x != '', location_cities))),
	skills, l.first_seen, l.last_seen, if(l.closed_reason = '', NULL, l.closed_at), l.closed_reason = '', l.opened_censored, notEmpty(roles), l.closed_reason
FROM
(
	SELECT
		posting_id, content_hash, source, board, vacancy_id, company, company_key, title, role_title, role_text, seniority, workplace,
		location_countries, location_cities, skills, roles
	FROM posting_versions FINAL
	PREWHERE cityHash64(posting_id) % {parts:UInt64} = {part:UInt64}
	WHERE tagger_version = {version:String}
) AS p
INNER JOIN
(
	SELECT
		posting_id, argMax(content_hash, number) AS content_hash, min(opened_at) AS first_seen, max(s.last_seen) AS last_seen,
		argMax(closed_at, number) AS closed_at, argMax(closed_reason, number) AS closed_reason, argMin(opened_censored, number) AS opened_censored
	FROM spells AS s FINAL
	PREWHERE cityHash64(posting_id) % {parts:UInt64} = {part:UInt64}
	GROUP BY posting_id
) AS l ON p.posting_id = l.posting_id AND p.content_hash = l.content_hash`

// rolesSQL and skillsSQL count one part of the vacancies; the parts add up.
const rolesSQL = `INSERT INTO {counts} (tagger_version, of, name, postings, open_postings, vacancies, open_vacancies)
SELECT {version:String}, 'role', role_title, count(), countIf(is_open), uniqExact(vacancy), uniqExactIf(vacancy, is_open)
FROM {list}
WHERE role_title != '' AND bitAnd(toUInt64(vacancy), {parts:UInt64} - 1) = {part:UInt64}
GROUP BY role_title`

const skillsSQL = `INSERT INTO {counts} (tagger_version, of, name, postings, open_postings, vacancies, open_vacancies)
SELECT {version:String}, 'skill', skill, count(), countIf(is_open), uniqExact(vacancy), uniqExactIf(vacancy, is_open)
FROM {list}
ARRAY JOIN skills AS skill
WHERE bitAnd(toUInt64(vacancy), {parts:UInt64} - 1) = {part:UInt64}
GROUP BY skill`

// totalSQL adds the parts up, and the total, with the state that all of it was read from.
const totalSQL = `INSERT INTO {sums}
	(tagger_version, of, name, label, kind, postings, open_postings, vacancies, open_vacancies, employers, data_state, refreshed_at)
SELECT {version:String}, c.of, c.name, if(c.of = 'skill' AND s.label = '', c.name, s.label), s.kind, c.postings, c.open_postings, c.vacancies, c.open_vacancies, c.employers,
	{state:String}, fromUnixTimestamp64Milli({at:Int64})
FROM
(
	SELECT toString(of) AS of, toString(name) AS name, sum(postings) AS postings, sum(open_postings) AS open_postings,
		sum(vacancies) AS vacancies, sum(open_vacancies) AS open_vacancies, 0 AS employers
	FROM {counts}
	GROUP BY of, name
	UNION ALL
	SELECT 'total', '', count(), countIf(is_open), uniqExactIf(vacancy, vacancy != none), uniqExactIf(vacancy, vacancy != none AND is_open), uniqExact(company_key)
	FROM (SELECT *, reinterpretAsUInt128(sipHash128('')) AS none FROM {list})
) AS c
LEFT JOIN
(
	SELECT toString(skill) AS skill, toString(min(skill_label)) AS label, toString(min(skill_kind)) AS kind
	FROM posting_skills
	ARRAY JOIN ids AS skill, labels AS skill_label, kinds AS skill_kind, unlisted AS skill_unlisted
	WHERE tagger_version = {version:String} AND NOT skill_unlisted
	GROUP BY skill
) AS s ON c.of = 'skill' AND s.skill = c.name`
