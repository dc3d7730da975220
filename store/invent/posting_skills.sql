INSERT INTO posting_skills
    (posting_id, source, board, content_hash, tagger_version, ids, labels, kinds, fields, starts, ends, texts, sections, strengths, paragraph_hashes, rules, unlisted, observed_at, recorded_at)
-- Every mention stands in a line of 48 bytes, after 19 of them; four lines are a paragraph.
SELECT
    posting_id, source, board, content_hash, {version:String}, skills AS ids, arrayMap(s -> replaceOne(s, 's', 'S'), skills) AS labels,
    arrayMap(s -> ['language', 'framework', 'tool', 'method', 'database'][1 + cityHash64(s) % 5], skills), arrayMap(s -> 'description', skills),
    arrayMap(i -> toUInt32(48 * i + 19), range(length(skills))), arrayMap((i, s) -> toUInt32(48 * i + 19 + length(s)), range(length(skills)), skills), labels,
    arrayMap(i -> multiIf(i < said, 'about', i < 14, 'requirements', i < 20, 'responsibilities', 'preferred'), range(length(skills))),
    arrayMap(i -> multiIf(i < said, 'mentioned', i < 14, 'required', i < 20, 'mentioned', 'preferred'), range(length(skills))),
    arrayMap(i -> lower(hex(if(i < said, sipHash64({seed:UInt64}, 'about', employer), sipHash64({seed:UInt64}, v, intDiv(i, 4))))), range(length(skills))),
    arrayMap(s -> 'alias', skills), arrayMap(s -> false, skills),
    opened_at + toIntervalDay(if(changed, 1, 0)) AS observed, observed + toIntervalMinute(1)
FROM ({adverts})
