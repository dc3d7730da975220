INSERT INTO posting_versions
    (id, raw_id, posting_id, source, board, external_id, content_hash, observed_at, tagger_version, vacancy_id, company, company_key, title, title_normalised,
     language, role_title, role_text, role_reason, roles, seniority, track, team, workplace, employment_type,
     location_countries, location_regions, location_cities, location_remotes, location_scopes, location_texts,
     salary_mins, salary_maxs, salary_currencies, salary_periods, salary_texts, salary_sources, min_years, degree, skills, url, posted_claim, recorded_at)
WITH (what, n) -> sipHash64({seed:UInt64}, what, n) / 18446744073709551616. AS draw
SELECT
    lower(hex(sipHash128(hash))), lower(hex(sipHash128('raw', hash))), posting_id, source, board, external_id, hash,
    opened_at + toIntervalDay(if(changed AND hash = content_hash, 1, 0)) AS observed, {version:String}, vacancy_id,
    concat('Employer ', leftPad(toString(employer), 4, '0')), concat('employer ', leftPad(toString(employer), 4, '0')),
    concat(level, if(level = '', '', ' '), replaceAll(role_name, '_', ' '), ', ', team_name, product) AS title, concat(replaceAll(role_name, '_', ' '), ', ', team_name, product), 'en',
    role_name, if(draw('text', v) < 0.8, role_name, ''), 'title', [],
    ['', 'senior', 'staff', 'entry', 'principal', 'lead', 'intern'][toUInt32(floor(exp(draw('level', v) * log(8))))] AS level,
    if(draw('track known', v) < 0.7, toInt32((role * 41 + sipHash64({seed:UInt64}, 'track', v) % 300) % 1001), NULL),
    ['Search', 'Payments', 'Platform', 'Growth', 'Safety', 'Maps', 'Vision', 'Language', 'Risk', 'Data', 'Ads', 'Robotics'][1 + sipHash64({seed:UInt64}, 'team', v) % 12] AS team_name,
    ['onsite', 'hybrid', 'remote', ''][1 + sipHash64({seed:UInt64}, 'workplace', v) % 4],
    ['full_time', 'full_time', 'full_time', 'contract', ''][1 + sipHash64({seed:UInt64}, 'employment', v) % 5],
    [country], [''], [concat('City ', toString(city))], [false], [''], [concat('City ', toString(city), ', ', country)],
    if(paid, [toDecimal64(pay, 2)], []), if(paid, [toDecimal64(pay * 1.3, 2)], []), if(paid, [if(country = 'US', 'USD', 'EUR')], []), if(paid, ['year'], []), if(paid, [''], []), if(paid, ['structured'], []),
    if(draw('years known', v) < 0.5, toInt32(sipHash64({seed:UInt64}, 'years', v) % 11), NULL), ['', 'bachelor', 'master', 'phd'][1 + sipHash64({seed:UInt64}, 'degree', v) % 4],
    arraySort(if(hash = content_hash, skills, arraySlice(skills, 4))), concat('https://jobs.example/', board, '/', external_id),
    opened_at - toIntervalDay(if(censored, sipHash64({seed:UInt64}, 'claim', v) % 200, 1)), observed + toIntervalMinute(1)
FROM
(
    WITH (what, n) -> sipHash64({seed:UInt64}, what, n) / 18446744073709551616. AS draw
    SELECT
        *, sipHash64({seed:UInt64}, 'city', n) % 200 AS city, ['US', 'US', 'US', 'GB', 'DE', 'IN', 'FR', 'CA'][1 + city % 8] AS country,
        if(draw('named', v) < 0.6, concat(' ', leftPad(toString(sipHash64({seed:UInt64}, 'product', v) % 20000), 5, '0')), '') AS product, draw('paid', v) < 0.4 AS paid, 40000 + round(draw('pay', v) * 200) * 1000 AS pay
    FROM ({adverts})
)
ARRAY JOIN if(changed, [former_hash, content_hash], [content_hash]) AS hash
