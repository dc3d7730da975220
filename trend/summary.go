package trend

import (
	"context"
	"time"
)

// SummaryAnswer says what is stored. The times are zero before the first run.
type SummaryAnswer struct {
	Audit
	Postings      uint64    `json:"postings" ch:"postings"`
	OpenPostings  uint64    `json:"open_postings" ch:"open_postings"`
	Vacancies     uint64    `json:"vacancies" ch:"vacancies"`
	OpenVacancies uint64    `json:"open_vacancies" ch:"open_vacancies"` // with at least one open posting
	Employers     uint64    `json:"employers" ch:"employers"`
	Boards        uint64    `json:"boards" ch:"boards"` // that any run has seen
	Runs          uint64    `json:"runs" ch:"runs"`
	FirstRun      time.Time `json:"first_run,omitzero" ch:"first_run"`
	NewestRun     time.Time `json:"newest_run,omitzero" ch:"newest_run"`
}

// Summary says how much is stored, and how fresh it is, as of the store's last refresh if there was one.
func Summary(ctx context.Context, q Querier) (SummaryAnswer, error) {
	from, err := refreshed(ctx, q, counted, totalCounted)
	if err != nil {
		return SummaryAnswer{}, err
	}
	boards := boardsRefreshed
	if from != counted {
		boards = "v_boards"
	}
	var rows []SummaryAnswer
	audit, err := run(ctx, q, &rows, "summary.sql", map[string]string{}, "{counts}", from, "{boards}", boards)
	if err != nil {
		return SummaryAnswer{}, err
	}
	a := SummaryAnswer{}
	if len(rows) > 0 {
		a = rows[0]
	}
	a.Audit = audit
	if a.Runs == 0 { // ClickHouse's least time stands for none
		a.FirstRun, a.NewestRun = time.Time{}, time.Time{}
	}
	return a, nil
}
