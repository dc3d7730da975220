package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/posting"
)

// TestCrawlClosesOnlyWhatLeft crawls a paged board for a day while its postings come and go between
// crawls and its pages fail in every way. Whatever happens, what the ledger calls closed has left the
// board, and every version a run lists was published before it.
func TestCrawlClosesOnlyWhatLeft(t *testing.T) {
	t.Parallel()
	closed := 0
	rapid.Check(t, func(t *rapid.T) {
		to, state, next := &outbox{}, State{}, 0
		var open []int
		left := map[string]time.Time{}
		firstOnly := rapid.Bool().Draw(t, "total on the first page only")
		for hour := range rapid.IntRange(2, 12).Draw(t, "crawls") {
			at := observed.Add(time.Duration(hour) * time.Hour)
			for range rapid.IntRange(0, 30).Draw(t, "new") {
				open = append(open, next)
				delete(left, fmt.Sprintf("R%d", next))
				next++
			}
			for range rapid.IntRange(0, 4).Draw(t, "gone") {
				if len(open) > 0 {
					i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
					left[fmt.Sprintf("R%d", open[i])] = at
					open = slices.Delete(open, i, i+1)
				}
			}
			w := &web{answer: func(n int, req fetch.Request) (*fetch.Response, error) {
				offset := 0
				if _, err := fmt.Sscanf(string(req.Body), `{"appliedFacets":{},"limit":20,"offset":%d`, &offset); err != nil {
					t.Fatal(err)
				}
				page := open[min(offset, len(open)):min(offset+20, len(open))]
				total := len(open)
				if firstOnly && n > 0 {
					total = 0
				}
				switch rapid.SampledFrom([]string{"", "", "", "", "", "", "html", "500", "404", "429", "nothing", "half", "first page again"}).Draw(t, "page") {
				case "html":
					return ok("<html>maintenance")
				case "500":
					return fails(fetch.ErrServer, 500)
				case "404":
					return fails(fetch.ErrGone, 404)
				case "429":
					return fails(fetch.ErrRateLimited, 429)
				case "nothing":
					return ok(`{"total":0,"jobPostings":[]}`)
				case "half":
					page = page[:len(page)/2]
				case "first page again":
					page = open[:min(20, len(open))]
				}
				var rows []string
				for _, id := range page {
					rows = append(rows, fmt.Sprintf(`{"title":"Job","externalPath":"/job/X/Job_R%d"}`, id))
				}
				return ok(fmt.Sprintf(`{"total":%d,"jobPostings":[%s]}`, total, strings.Join(rows, ",")))
			}}
			task := crawlTask("workday", state, at)
			if rapid.IntRange(0, 9).Draw(t, "state") == 0 {
				task.State = State{} // lost in a crash
			}
			r, err := Crawl(t.Context(), w, to, task)
			if err != nil || !r.Published || len(to.runs) != hour+1 {
				t.Fatalf("%v, %d runs after %d crawls", err, len(to.runs), hour+1)
			}
			state = r.Apply(state)
		}
		if ids := to.unpublished(); len(ids) > 0 {
			t.Fatalf("%v: listed with versions nobody published", ids)
		}
		spells, _ := posting.Spells(to.runs)
		for _, s := range spells {
			if s.ClosedAt.IsZero() {
				continue
			}
			closed++
			if gone, ok := left[s.ExternalID]; !ok || s.ClosedAt.Before(gone) {
				t.Fatalf("%s closed at %s, but it left at %s", s.ExternalID, s.ClosedAt, gone)
			}
		}
	})
	if closed == 0 {
		t.Error("nothing was ever closed: the test proves nothing")
	}
}
