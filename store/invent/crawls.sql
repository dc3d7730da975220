-- Invented crawls of the boards of employers {from} to {to}: one a day of each since it joined.
WITH (what, n) -> sipHash64({seed:UInt64}, what, n) / 18446744073709551616. AS draw
SELECT
    toUInt32(number) AS employer,
    ['greenhouse', 'lever', 'ashby', 'smartrecruiters'][1 + sipHash64({seed:UInt64}, 'source', employer) % 4] AS source,
    concat('employer-', leftPad(toString(employer), 4, '0')) AS board,
    concat('Employer ', leftPad(toString(employer), 4, '0')) AS company,
    if(draw('joins', employer) < 0.67, 0, toUInt32(draw('joined', employer) * 1500)) AS joined,
    arrayJoin(range(joined, 1826)) AS day,
    toDateTime64('2021-01-01 00:00:00', 3, 'UTC') + toIntervalMinute(sipHash64({seed:UInt64}, 'minute', employer) % 1440) + toIntervalDay(day) AS observed_at,
    lower(hex(sipHash128(source, board, observed_at))) AS run_id
FROM numbers({from:UInt64}, {to:UInt64} - {from:UInt64})
