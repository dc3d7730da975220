package trend

import (
	"context"
	"fmt"
	"time"
)

// Limits on a page of postings: what fits on a screen a few times over, and how far back anybody
// leafs instead of searching.
const (
	PageRowsMax = 200
	PagesMax    = 1000
)

// postingMatches says which postings a question is about.
const postingMatches = `({role:String} = '' OR role_title = {role:String})
  AND ({skill:String} = '' OR has(skills, {skill:String}))
  AND ({company:String} = '' OR position(lowerUTF8(company), lowerUTF8({company:String})) > 0)
  AND ({words:String} = '' OR position(title_lower, lowerUTF8({words:String})) > 0)
  AND ({open:UInt8} = 0 OR is_open)`

// postingsCounted is how many match where a refresh has counted them: of one role, of one skill, or all.
const postingsCounted = `SELECT sum(if({open:UInt8} = 0, postings, open_postings)) FROM v_posting_counts
    WHERE of = multiIf({skill:String} != '', 'skill', {role:String} != '', 'role', 'total') AND name = if({skill:String} != '', {skill:String}, {role:String})`

// PostingsQuestion asks for postings, newest first. Empty fields mean any.
type PostingsQuestion struct {
	Role    string // that the title states
	Skill   string // id
	Company string // part of its name, whatever the case
	Words   string // part of the title, whatever the case
	Open    bool   // open ones only
	Page    int    // from 1
	Rows    int    // of a page, 1 to PageRowsMax
}

// PostingRow is one posting in a list.
type PostingRow struct {
	ID             string     `json:"posting_id" ch:"posting_id"`
	Title          string     `json:"title" ch:"title"`
	Company        string     `json:"company" ch:"company"`
	RoleTitle      string     `json:"role_title" ch:"role_title"`
	RoleText       string     `json:"role_text" ch:"role_text"`
	Seniority      string     `json:"seniority" ch:"seniority"`
	Workplace      string     `json:"workplace" ch:"workplace"`
	Cities         []string   `json:"cities" ch:"cities"`
	Countries      []string   `json:"countries" ch:"countries"`
	Source         string     `json:"source" ch:"source"`
	Board          string     `json:"board" ch:"board"`
	FirstSeen      time.Time  `json:"first_seen" ch:"first_seen"`
	LastSeen       time.Time  `json:"last_seen" ch:"last_seen"`
	ClosedAt       *time.Time `json:"closed_at" ch:"closed_at"` // nil while open
	OpenedCensored bool       `json:"opened_censored" ch:"opened_censored"`
	Total          uint64     `json:"-" ch:"total"`
}

// PostingsAnswer is one page of what there was at the store's last refresh, or where there has been none, of
// what there is. Total is 0 on a page after the last.
type PostingsAnswer struct {
	Audit
	Total uint64       `json:"total"` // postings that match
	Page  int          `json:"page"`
	Rows  []PostingRow `json:"rows"`
}

// Postings answers a PostingsQuestion.
func Postings(ctx context.Context, q Querier, question PostingsQuestion) (PostingsAnswer, error) {
	a := PostingsAnswer{Page: question.Page, Rows: []PostingRow{}}
	if question.Page < 1 || question.Page > PagesMax || question.Rows < 1 || question.Rows > PageRowsMax {
		return a, fmt.Errorf("%w: page %d of %d rows, not 1 to %d of 1 to %d", ErrQuestion, question.Page, question.Rows, PagesMax, PageRowsMax)
	}
	open := "0"
	if question.Open {
		open = "1"
	}
	from, err := refreshed(ctx, q, listed, postingsNow)
	if err != nil {
		return a, err
	}
	total := "SELECT count() FROM " + from + " WHERE " + postingMatches
	if from == listed && question.Words == "" && question.Company == "" && (question.Role == "" || question.Skill == "") {
		total = postingsCounted
	}
	a.Audit, err = run(ctx, q, &a.Rows, "postings.sql", map[string]string{
		"role": question.Role, "skill": question.Skill, "company": question.Company, "words": question.Words, "open": open,
		"limit": fmt.Sprint(question.Rows), "offset": fmt.Sprint((question.Page - 1) * question.Rows),
	}, "{postings}", from, "{total}", total, "{matches}", postingMatches)
	if len(a.Rows) > 0 {
		a.Total = a.Rows[0].Total
	}
	return a, err
}
