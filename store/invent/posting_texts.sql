INSERT INTO posting_texts (posting_id, source, board, content_hash, tagger_version, description, observed_at, recorded_at)
SELECT
    posting_id, source, board, content_hash, {version:String},
    concat(arrayStringConcat(arrayMap(s -> concat('You will work with ', rightPad(replaceOne(s, 's', 'S'), 28, ' '), '\n'), skills)),
        repeat(concat('What ', board, ' says of itself in every advert. '), 12)),
    opened_at + toIntervalDay(if(changed, 1, 0)) AS observed, observed + toIntervalMinute(1)
FROM ({adverts})
