-- Postings that match, newest first, one page of them. total is how many match.
SELECT
    posting_id, title, company, role_title, role_text, seniority, workplace, cities, countries, source, board,
    first_seen, last_seen, closed_at, opened_censored,
    ({total}) AS total
FROM {postings}
WHERE {matches}
ORDER BY -toUnixTimestamp64Milli(first_seen), posting_id -- as the list is sorted: what is older need not be read
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
