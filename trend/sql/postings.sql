-- Postings that match, newest first, one page of them. total is how many match.
SELECT
    posting_id, title, company, role_title, role_text, seniority, workplace, cities, countries, source, board,
    first_seen, last_seen, closed_at, opened_censored,
    (
        SELECT count()
        FROM v_postings
        WHERE ({role:String} = '' OR role_title = {role:String})
          AND ({skill:String} = '' OR has(skills, {skill:String}))
          AND ({company:String} = '' OR positionCaseInsensitiveUTF8(company, {company:String}) > 0)
          AND ({words:String} = '' OR positionCaseInsensitiveUTF8(title, {words:String}) > 0)
          AND ({open:UInt8} = 0 OR closed_at IS NULL)
    ) AS total
FROM v_postings
WHERE ({role:String} = '' OR role_title = {role:String})
  AND ({skill:String} = '' OR has(skills, {skill:String}))
  AND ({company:String} = '' OR positionCaseInsensitiveUTF8(company, {company:String}) > 0)
  AND ({words:String} = '' OR positionCaseInsensitiveUTF8(title, {words:String}) > 0)
  AND ({open:UInt8} = 0 OR closed_at IS NULL)
ORDER BY first_seen DESC, posting_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
