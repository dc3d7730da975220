-- Which terms more than doubled their share of the employers: one evaluation. Counted are employer-units: employers
-- in a week or month with a vacancy that was new in it, on the boards of the panel, of which those of the recent
-- window (1) are held against those of the base window (0). Parameters:
--   unit         week (begins on Monday) or month
--   base_from    first day of the base window, on which a unit begins
--   base_to      day after its last
--   recent_from  first day of the recent window; what lies between the two windows counts for neither
--   recent_to    day after its last; at most 60 units lie between base_from and recent_to
--   families     kinds of terms, a line each: title, skill, phrase, role_skill
--   track        terms that are in the answer whatever became of them, a line each: family, tab, key
--   growth       what a share has to have grown by, such as 2
--   q_max        terms of a smaller q are in the answer
--   count_min    employer-units of both windows that make a term a candidate, which is tested
--   rows_max     where the answer is cut
-- The first row of each family says how many candidates there are, whatever its q.
WITH
    dateDiff({unit:String}, {base_from:Date}, {recent_to:Date}) AS units,
    dateDiff({unit:String}, {base_from:Date}, {base_to:Date}) AS base_units,
    dateDiff({unit:String}, {base_from:Date}, {recent_from:Date}) AS recent_unit,
    -- Of each unit a bit: an employer's mask says in which units it has a vacancy that mentions a term.
    toUInt64(bitShiftLeft(toUInt64(1), base_units) - 1) AS base_mask,
    toUInt64(bitShiftLeft(toUInt64(1), units) - bitShiftLeft(toUInt64(1), recent_unit)) AS recent_mask,
    -- The panel: boards first looked at before the base window and seen whole in its first unit, in each of the
    -- recent window and the one before it, and in nine tenths of all. After units in which nobody looked, one look
    -- shows what was new in all of them: that is no growth. Of threads and feeds, whose posts have dates of their own,
    -- nothing comes late: seen in the last unit and in three quarters of all is enough.
    panel AS
    (
        SELECT source, board
        FROM v_board_months
        GROUP BY source, board
        HAVING has(groupUniqArrayArray(arrayMap(day -> dateDiff({unit:String}, {base_from:Date}, day), arrayFilter(day -> day >= {base_from:Date} AND day < {recent_to:Date}, healthy_days))) AS seen, toInt64(units - 1))
            AND if(sum(full_runs) = 0, 4 * length(seen) >= 3 * units,
                min(first_run) < {base_from:Date} AND has(seen, 0) AND hasAll(seen, arrayMap(i -> toInt64(i), range(toUInt32(recent_unit - 1), toUInt32(units)))) AND 10 * length(seen) >= 9 * units)
    ),
    starts AS
    (
        SELECT
            employer, role, title_terms, skills, phrases,
            toUInt8(dateDiff({unit:String}, {base_from:Date}, toDate(first_seen))) AS unit_number
        FROM v_vacancy_starts
        WHERE month >= toStartOfMonth({base_from:Date}) AND month < {recent_to:Date}
          AND first_seen >= {base_from:Date} AND first_seen < {recent_to:Date} AND NOT (first_seen >= {base_to:Date} AND first_seen < {recent_from:Date})
          AND employer != '' AND (source, board) IN (SELECT source, board FROM panel)
    ),
    -- Employer-units: of the windows, and of each unit of the base window; of all vacancies (role is empty), and of
    -- those of each role, whose skills are held against them alone: a role that grows is not its every skill.
    totals AS
    (
        SELECT
            role, groupArray(mask) AS masks, arraySum(m -> bitCount(bitAnd(m, recent_mask)), masks) AS n1, arraySum(m -> bitCount(bitAnd(m, base_mask)), masks) AS n0,
            arrayMap(i -> arraySum(m -> bitAnd(bitShiftRight(m, i), 1), masks), range(toUInt32(base_units))) AS n_units
        FROM
        (
            SELECT arrayJoin(arrayDistinct(['', toString(starts.role)])) AS role, employer, groupBitOr(bitShiftLeft(toUInt64(1), unit_number)) AS mask
            FROM starts
            GROUP BY role, employer
        )
        GROUP BY role
    ),
    -- Who mentions a term is counted once a unit: as bitmaps of employers' numbers, which stay small however many
    -- vacancies there are.
    terms AS
    (
        SELECT
            family, term, groupArray(unit_number) AS unit_numbers, groupArray(bitmapCardinality(who)) AS unit_counts,
            sumIf(bitmapCardinality(who), unit_number >= recent_unit) AS x1, sumIf(bitmapCardinality(who), unit_number < base_units) AS x0,
            toUInt64(groupBitmapMergeIf(who, unit_number >= recent_unit)) AS employers
        FROM
        (
            SELECT mention.1 AS family, mention.2 AS term, unit_number, groupBitmapState(employer_number) AS who
            FROM
            (
                SELECT
                    n.employer_number AS employer_number, unit_number,
                    -- What is spelt alike but for blanks is one term.
                    arrayJoin(arrayConcat(
                        if(has(splitByChar('\n', {families:String}), 'title'), arrayMap(t -> ('title', replaceAll(t, ' ', '')), title_terms), []),
                        if(has(splitByChar('\n', {families:String}), 'skill'), arrayMap(s -> ('skill', toString(s)), skills), []),
                        if(has(splitByChar('\n', {families:String}), 'phrase'), arrayMap(t -> ('phrase', replaceAll(t, ' ', '')), phrases), []),
                        if(has(splitByChar('\n', {families:String}), 'role_skill') AND role != '', arrayMap(s -> ('role_skill', concat(role, ' ', s)), skills), []))) AS mention
                FROM starts AS s
                INNER JOIN (SELECT employer, toUInt32(row_number() OVER (ORDER BY employer)) AS employer_number FROM (SELECT DISTINCT employer FROM starts)) AS n ON n.employer = s.employer
            )
            GROUP BY family, term, unit_number
        )
        GROUP BY family, term
        HAVING x1 + x0 >= {count_min:UInt32} OR (family, term) IN (SELECT (splitByChar('\t', line)[1], splitByChar('\t', line)[2]) FROM (SELECT arrayJoin(splitByChar('\n', {track:String})) AS line))
    ),
    -- The dispersion of a family: how much more the counts of terms that are mentioned about once a unit or more vary
    -- between the units of the base window than chance makes them (Pearson's, the median term's; below 1.1 it is 1,
    -- because dividing a few counts by a little more than one takes a whole one off).
    dispersed AS
    (
        SELECT
            family, term, x1, x0, employers, n1, n0, x1 + x0 >= {count_min:UInt32} AS is_candidate,
            x0 >= base_units AND 2 * x0 <= n0 AS is_stable,
            if(is_stable, arraySum((i, n) -> if(n = 0, 0, pow(toInt64(unit_counts[indexOf(unit_numbers, i)]) - n * x0 / n0, 2) / (n * x0 / n0 * (1 - x0 / n0))), range(toUInt32(base_units)), n_units) / (base_units - 1), 0) AS pearson,
            ifNotFinite(quantileExactIf(0.5)(pearson, is_stable) OVER (PARTITION BY family), 1) AS median, if(median < 1.1, 1, median) AS dispersion,
            countIf(is_stable) OVER (PARTITION BY family) AS stable
        FROM
        (
            SELECT t.*, n.n1 AS n1, n.n0 AS n0, n.n_units AS n_units
            FROM (SELECT *, if(family = 'role_skill', arrayStringConcat(arrayPopBack(splitByChar(' ', term)), ' '), '') AS of_role FROM terms) AS t
            INNER JOIN totals AS n ON n.role = t.of_role
        )
    ),
    -- The exact test, on counts divided by the dispersion and rounded away from growth: p is that of x or more of
    -- the both windows' count falling in the recent one, if the share had just doubled. The tail is summed term by
    -- term, from the larger end down, in logarithms; ten standard deviations and 60 terms further nothing is left.
    tested AS
    (
        SELECT
            *, toInt64(floor(x1 / dispersion)) AS x, x + toInt64(ceil(x0 / dispersion)) AS n, {growth:Float64} * n1 / ({growth:Float64} * n1 + n0) AS pi,
            60 + toInt64(ceil(10 * sqrt(n * pi * (1 - pi)))) AS far, x > n * pi AS is_upper, if(is_upper, x, x - 1) AS first,
            lgamma(n + 1) - lgamma(first + 1) - lgamma(n - first + 1) + first * log(pi) + (n - first) * log(1 - pi) AS log_first,
            arraySum(l -> exp(l + log_first), arrayConcat([toFloat64(0)], arrayCumSum(if(is_upper,
                arrayMap(i -> log((n - first - i) / (first + i + 1) * pi / (1 - pi)), range(toUInt32(greatest(0, least(n - first, far))))),
                arrayMap(i -> log((first - i) / (n - first + i + 1) * (1 - pi) / pi), range(toUInt32(greatest(0, least(first, far))))))))) AS tail,
            multiIf(x <= 0, 1, is_upper, least(1, tail), greatest(0, 1 - tail)) AS p
        FROM dispersed
    ),
    ranked AS
    (
        SELECT *, row_number() OVER (PARTITION BY family, is_candidate ORDER BY p, term) AS rank, countIf(is_candidate) OVER (PARTITION BY family) AS candidates
        FROM tested
    )
SELECT
    family, term, x1, n1, x0, n0, dispersion, p,
    -- Benjamini and Hochberg (1995), within the family.
    if(is_candidate, least(1, min(p * candidates / rank) OVER (PARTITION BY family, is_candidate ORDER BY rank DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)), 1) AS q,
    employers, candidates, stable, rank = 1 AS is_first
FROM ranked
QUALIFY q < {q_max:Float64} OR rank = 1 OR (family, term) IN (SELECT (splitByChar('\t', line)[1], splitByChar('\t', line)[2]) FROM (SELECT arrayJoin(splitByChar('\n', {track:String})) AS line))
ORDER BY family, p, term
LIMIT {rows_max:UInt32}
