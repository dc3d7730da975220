package trend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// groupings are what volume can be split by, with the expression over v_postings that does it.
var groupings = map[string]string{
	"role":      "if(role_title = '', 'unknown', role_title)",
	"company":   "company",
	"country":   "arrayJoin(if(empty(countries), ['unknown'], countries))",
	"seniority": "if(seniority = '', 'unknown', seniority)",
	"workplace": "if(workplace = '', 'unknown', workplace)",
	"source":    "source",
	"total":     "'all'",
}

// Groupings are the values of VolumeQuestion.By, sorted.
func Groupings() []string { return slices.Sorted(maps.Keys(groupings)) }

// VolumeQuestion asks how many vacancies were new and how many active, per period and group.
type VolumeQuestion struct {
	Filter
	By string // one of Groupings; empty is "role"
}

// VolumeRow is one group in one period.
type VolumeRow struct {
	Period time.Time `json:"period" ch:"period"` // its first day
	Group  string    `json:"group" ch:"group_key"`
	New    uint64    `json:"new" ch:"new_vacancies"`
	Active uint64    `json:"active" ch:"active_vacancies"`
}

// VolumeAnswer is the answer to a VolumeQuestion, by period and then by active vacancies.
type VolumeAnswer struct {
	Audit
	By   string      `json:"by"`
	Rows []VolumeRow `json:"rows"`
}

// Volume answers a VolumeQuestion. A vacancy with postings in two countries counts in both.
func Volume(ctx context.Context, q Querier, question VolumeQuestion) (VolumeAnswer, error) {
	a := VolumeAnswer{By: question.By, Rows: []VolumeRow{}}
	if a.By == "" {
		a.By = "role"
	}
	group, ok := groupings[a.By]
	if !ok {
		return a, fmt.Errorf("%w: cannot group by %q, only by %s", ErrQuestion, a.By, strings.Join(Groupings(), ", "))
	}
	var err error
	a.Audit, err = ask(ctx, q, &a.Rows, "volume.sql", question.Filter, nil, "{group}", group)
	return a, err
}
