INSERT INTO spells (source, board, external_id, number, posting_id, opened_at, last_seen, closed_at, closed_reason, opened_censored, content_hash, version, is_deleted, recorded_at)
SELECT
    source, board, external_id, spell, posting_id,
    first_crawl + toIntervalDay(if(spell = 1, opened_day, again_day)),
    if(ended, first_crawl + toIntervalDay(ends - 1), newest_crawl) AS seen,
    if(ended, first_crawl + toIntervalDay(ends), toDateTime64(0, 3, 'UTC')),
    if(ended, 'delisted', ''), censored AND spell = 1, content_hash, 1, 0, seen + toIntervalMinute(1)
FROM
(
    SELECT *, arrayJoin(if(again, [1, 2], [1])) AS spell, if(spell = 1, closed_day, again_closed_day) AS ends, if(spell = 1, closed, again_closed) AS ended
    FROM ({adverts})
)
