package trend

import (
	"context"
	"fmt"
)

// What lists and counts read: the tables that a refresh of the store makes, or where there has been none
// for the active tagger version, the same rows from the views that are always of this moment. Those take
// seconds for a million postings.
const (
	listed = "v_posting_list"
	// postingsNow has the columns of v_posting_list that questions use.
	postingsNow = `(
        SELECT posting_id, title, lowerUTF8(title) AS title_lower, company, role_title, role_text, seniority, workplace, cities, countries, skills,
            source, board, first_seen, last_seen, closed_at, closed_at IS NULL AS is_open, opened_censored
        FROM v_postings
    )`

	counted      = "v_posting_counts"
	rolesCounted = `(
    SELECT
        'role' AS of, role_title AS name, uniqExact(vacancy_id) AS vacancies, uniqExactIf(vacancy_id, closed_at IS NULL) AS open_vacancies
    FROM v_postings
    WHERE role_title != ''
    GROUP BY role_title
)`
	skillsCounted = `(
    SELECT 'skill' AS of, m.skill AS name, if(s.label = '', m.skill, s.label) AS label, s.kind AS kind, m.vacancies AS vacancies, m.open_vacancies AS open_vacancies
    FROM
    (
        SELECT
            arrayJoin(CAST(skills, 'Array(String)')) AS skill,
            uniqExact(vacancy_id) AS vacancies,
            uniqExactIf(vacancy_id, closed_at IS NULL) AS open_vacancies
        FROM v_postings
        GROUP BY skill
    ) AS m
    LEFT JOIN (SELECT toString(skill) AS skill, toString(label) AS label, toString(kind) AS kind FROM v_skills) AS s ON s.skill = m.skill
)`
	totalCounted = `(
        SELECT
            'total' AS of, count() AS postings, countIf(closed_at IS NULL) AS open_postings,
            uniqExactIf(vacancy_id, vacancy_id != '') AS vacancies,
            uniqExactIf(vacancy_id, vacancy_id != '' AND closed_at IS NULL) AS open_vacancies,
            uniqExact(company_key) AS employers
        FROM v_postings
    )`
)

// boardsRefreshed has the columns of v_boards as of the last refresh.
const boardsRefreshed = `(
        SELECT source, board, sum(looks) AS runs, min(first_look) AS first_run, max(newest_look) AS newest_run
        FROM board_months
        GROUP BY source, board
    )`

// refreshed is what to read: the tables of the last refresh, or else the views.
func refreshed(ctx context.Context, q Querier, table, view string) (string, error) {
	var rows []struct {
		N uint64 `ch:"n"`
	}
	if err := q.Select(ctx, &rows, "SELECT count() AS n FROM v_posting_counts WHERE of = 'total'", nil); err != nil {
		return "", fmt.Errorf("look for counts of the postings: %w", err)
	}
	if len(rows) > 0 && rows[0].N > 0 {
		return table, nil
	}
	return view, nil
}
