-- Invented adverts {from} to {to}, one row each: what the tables' statements take their columns from.
-- A draw is a number of [0, 1) that depends on the seed, what is drawn and for which advert, and on
-- nothing else, so that any part of the market can be written again, in any order.
WITH
    (what, n) -> sipHash64({seed:UInt64}, what, n) / 18446744073709551616. AS draw,
    -- One of count with probability falling as 1 / (rank + flat), from 0.
    (u, count, flat) -> toUInt32(floor(flat * (exp(u * log((count + flat) / flat)) - 1))) AS ranked,
    ['ml_engineer', 'software_engineer', 'data_scientist', 'data_engineer', 'research_scientist', 'product_manager', 'sales', 'research_engineer',
     'data_analyst', 'applied_scientist', 'ai_engineer', 'operations', 'management', 'marketing', 'customer_success_support', 'design',
     'ml_platform_engineer', 'people', 'finance_legal', 'member_of_technical_staff', 'hardware_engineer', 'forward_deployed_engineer', 'prompt_engineer', 'other'] AS role_names,
    arrayMap(i -> concat('skill_', leftPad(toString(i), 3, '0')), range({skills:UInt32})) AS skill_names,
    toDateTime64('2021-01-01 00:00:00', 3, 'UTC') AS first_day,
    toUInt32(1826) AS days
SELECT
    number AS n,
    -- Two of 25 adverts are copies, for another city, of one of the 23 before them.
    if(n % 25 < 23, n, intDiv(n, 25) * 25 + sipHash64({seed:UInt64}, 'copy', n) % 23) AS v,
    ranked(draw('employer', v), {employers:UInt32}, 10) AS employer,
    ['greenhouse', 'lever', 'ashby', 'smartrecruiters'][1 + sipHash64({seed:UInt64}, 'source', employer) % 4] AS source,
    concat('employer-', leftPad(toString(employer), 4, '0')) AS board,
    toString(n) AS external_id,
    lower(hex(sipHash128({seed:UInt64}, 'posting', n))) AS posting_id,
    lower(hex(sipHash128({seed:UInt64}, 'vacancy', v))) AS vacancy_id,
    lower(concat(hex(sipHash128({seed:UInt64}, 'content', n)), hex(sipHash128({seed:UInt64}, 'content 2', n)))) AS content_hash,
    lower(concat(hex(sipHash128({seed:UInt64}, 'was', n)), hex(sipHash128({seed:UInt64}, 'was 2', n)))) AS former_hash,
    ranked(draw('role', v), 24, 2) AS role,
    role_names[role + 1] AS role_name,
    -- A third of the boards joined later. Three adverts of a hundred were open when theirs did.
    if(draw('joins', employer) < 0.67, 0, toUInt32(draw('joined', employer) * 1500)) AS joined,
    draw('censored', v) < 0.03 AS censored,
    least(days - 1, joined + if(censored, 0, 1 + toUInt32(draw('opened', v) * (days - joined - 1)) + if(n = v, 0, toUInt32(draw('shift', n) * 3)))) AS opened_day,
    -- Half are closed within a month, one in 20 is open for more than four.
    1 + toUInt32(least(540, -log(1 - draw('life', n)) * 42)) AS life,
    opened_day + life AS closed_day,
    closed_day < days AS closed,
    closed_day + 25 + toUInt32(draw('pause', n) * 60) AS again_day,
    closed AND draw('again', n) < 0.05 AND again_day < days AS again,
    again_day + life AS again_closed_day,
    again_closed_day < days AS again_closed,
    draw('changed', n) < 0.1 AS changed,
    -- Boards are crawled once a day, each at its own minute.
    first_day + toIntervalMinute(sipHash64({seed:UInt64}, 'minute', employer) % 1440) AS first_crawl,
    first_crawl + toIntervalDay(opened_day) AS opened_at,
    first_crawl + toIntervalDay(days - 1) AS newest_crawl,
    -- What the employer writes in every advert names two skills; with the advert's own they are 25.
    if(sipHash64({seed:UInt64}, 'boilerplate', employer) % 10 < 6,
        arrayDistinct([ranked(draw('boilerplate 0', employer), {skills:UInt32}, 8), ranked(draw('boilerplate 1', employer), {skills:UInt32}, 8)]), []) AS boilerplate,
    length(boilerplate) AS said, -- by the employer in every advert; they come first
    arrayMap(s -> skill_names[s + 1], arraySlice(arrayDistinct(arrayConcat(boilerplate, arrayMap(
        i -> (ranked(draw(i, v), {skills:UInt32}, 8) + if(i % 3 = 0, role * 25, 0)) % {skills:UInt32}, range(48)))), 1, 25)) AS skills
FROM numbers({from:UInt64}, {to:UInt64} - {from:UInt64})
