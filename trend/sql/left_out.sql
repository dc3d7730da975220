-- What the guards do to the vacancies of a question, in one row: how many there are of how many postings,
-- how many state several roles or none, how many were open before their board was first seen whole
-- (they are no part of a flow), and how many mentions boilerplate made. Postings are those of the list that is
-- made with the rollups; it knows vacancies by a hash of their ids. Parameters:
--   spans      the periods, a line each: first day and the day after the last, such as 2024-01-01 2024-02-01; whole months
--   looks      the periods in which a board has to be healthy to be in_panel, written alike
--   basis      active, new or claimed (docs/measures.md)
--   roles      role ids, a line each; empty is all
--   companies  company names or keys, a line each; empty is all
--   rows_max   where the answer is cut
WITH
    arrayMap(l -> (toDate(splitByChar(' ', l)[1]), toDate(splitByChar(' ', l)[2])), splitByChar('\n', {spans:String})) AS spans,
    scope AS
    (
        SELECT vacancy_id, role, skills, boilerplate_skills
        FROM v_vacancy_months
        WHERE arrayFirstIndex(s -> month >= s.1 AND month < s.2, spans) > 0
          AND ({basis:String} = 'new' AND is_active OR multiIf({basis:String} = 'active', is_active, {basis:String} = 'new', is_new, is_claimed))
          AND ({companies:String} = '' OR has(splitByChar('\n', {companies:String}), company) OR has(splitByChar('\n', {companies:String}), employer))
    ),
    asked AS (SELECT vacancy_id, skills, boilerplate_skills FROM scope WHERE role != '' AND ({roles:String} = '' OR has(splitByChar('\n', {roles:String}), role)))
SELECT
    a.vacancies AS vacancies, a.mentions AS mentions, a.boilerplate AS boilerplate_mentions,
    c.censored AS censored, p.postings AS postings, r.several AS several_roles, r.without AS without_role
FROM
(
    SELECT uniqExact(vacancy_id) AS vacancies, sum(length(skills) + length(boilerplate_skills)) AS mentions, sum(length(boilerplate_skills)) AS boilerplate
    FROM asked
) AS a
CROSS JOIN (SELECT uniqExact(vacancy_id) AS censored FROM asked WHERE vacancy_id NOT IN (SELECT vacancy_id FROM v_vacancy_months WHERE is_new)) AS c
CROSS JOIN
(
    SELECT count() AS postings FROM posting_list
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
      AND vacancy IN (SELECT reinterpretAsUInt128(sipHash128(vacancy_id)) FROM asked)
) AS p
CROSS JOIN
(
    SELECT uniqExactIf(vacancy, several_roles) AS several, uniqExactIf(vacancy, NOT several_roles) AS without
    FROM posting_list
    WHERE tagger_version IN (SELECT tagger_version FROM v_tagger_versions WHERE active)
      AND vacancy IN (SELECT reinterpretAsUInt128(sipHash128(vacancy_id)) FROM scope WHERE role = '')
) AS r
