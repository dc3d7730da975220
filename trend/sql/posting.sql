-- One posting as last listed. Places and pay are lists of equal length; an amount of 0 is not stated.
SELECT
    posting_id, source, board, external_id, vacancy_id, company, title, role_title, role_text, role_reason, roles,
    seniority, track, team, workplace, employment_type, language, min_years, degree, url,
    arrayMap(l -> l.text, locations) AS place_texts,
    arrayMap(l -> l.city, locations) AS place_cities,
    arrayMap(l -> l.region, locations) AS place_regions,
    arrayMap(l -> l.country, locations) AS place_countries,
    arrayMap(l -> l.remote, locations) AS place_remotes,
    arrayMap(s -> toString(s.min), salaries) AS pay_mins,
    arrayMap(s -> toString(s.max), salaries) AS pay_maxs,
    arrayMap(s -> s.currency, salaries) AS pay_currencies,
    arrayMap(s -> s.period, salaries) AS pay_periods,
    arrayMap(s -> s.text, salaries) AS pay_texts,
    first_seen, last_seen, closed_at, closed_reason, opened_censored, posted_claim, content_hash
FROM v_postings
WHERE posting_id = {posting_id:String}
