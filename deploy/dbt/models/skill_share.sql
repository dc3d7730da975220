-- An example: the share of vacancies of each role, open in the month, that ask for a skill.
SELECT role, month, skill, mentioning, vacancies, employers, share
FROM {{ source('rolescope', 'v_role_skill_month') }}
WHERE employers >= 10
