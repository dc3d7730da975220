package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// TestCrawlOverHTTP crawls a server in the real formats through the real client: a paged list asked
// by POST, its details, and a board that answers 304.
func TestCrawlOverHTTP(t *testing.T) {
	t.Parallel()
	const rows = 45
	mux := http.NewServeMux()
	mux.HandleFunc("POST /wday/cxs/acme/Jobs/jobs", func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Limit, Offset int }
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &asked) != nil || asked.Limit > 20 || r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		total := 0
		if asked.Offset == 0 {
			total = rows
		}
		var list []string
		for i := asked.Offset; i < min(asked.Offset+asked.Limit, rows); i++ {
			list = append(list, fmt.Sprintf(`{"title":"Job %d","externalPath":"/job/X/Job_R%d","locationsText":"Oslo","postedOn":"Posted Today","bulletFields":["R%d"]}`, i, i, i))
		}
		fmt.Fprintf(w, `{"total":%d,"jobPostings":[%s]}`, total, strings.Join(list, ","))
	})
	mux.HandleFunc("GET /wday/cxs/acme/Jobs/job/X/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"jobPostingInfo":{"title":"Job","jobPostingId":%q,"jobDescription":"<p>Text</p>","startDate":"2026-03-01"}}`, r.PathValue("name"))
	})
	mux.HandleFunc("GET /v1/boards/acme/jobs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"7"`)
		if r.Header.Get("If-None-Match") == `W/"7"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.RawQuery != "content=true" {
			http.Error(w, "no texts asked for", http.StatusTeapot)
		}
		fmt.Fprint(w, greenhouseBoard(1, 3))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client, err := fetch.New(fetch.Options{
		Contact: "test@example.org", AllowPrivate: true, HostInterval: time.Millisecond,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	crawl := func(kind string, to *outbox, state State, slot posting.Slot, n int) Result {
		task := crawlTask(kind, state, observed.Add(time.Duration(n)*time.Minute))
		if slot.Kind == KindDetail {
			task.Slot = slot
		}
		task.Site = source.Site{BaseURL: server.URL}
		r, err := Crawl(t.Context(), client, to, task)
		if err != nil || r.Err != nil {
			t.Fatalf("%s: %v, %v", kind, err, r.Err)
		}
		return r
	}

	to, state := &outbox{}, State{}
	state = crawl("workday", to, state, posting.Slot{}, 0).Apply(state)
	if run := to.runs[0]; !run.Complete || run.Expected != rows || len(run.Listing) != rows || len(to.slots) != rows {
		t.Fatalf("list: %+v, %d slots", run, len(to.slots))
	}
	for i, slot := range to.slots {
		state = crawl("workday", to, state, slot, i+1).Apply(state)
	}
	if r := crawl("workday", to, state, posting.Slot{}, 100); r.Details != 0 || r.Pending != 0 || r.Summary.Unchanged != rows || len(to.raws) != 2*rows {
		t.Errorf("second list: %+v, %d sent", r, len(to.raws))
	}

	to, state = &outbox{}, State{}
	for n := range 2 {
		state = crawl("greenhouse", to, state, posting.Slot{}, n).Apply(state)
	}
	if to.runs[0].Outcome != posting.OutcomeOK || to.runs[1].Outcome != posting.OutcomeNotModified || len(to.raws) != 3 {
		t.Errorf("%s, %s, %d sent", to.runs[0].Outcome, to.runs[1].Outcome, len(to.raws))
	}
}

// TestCrawlsShareNothing runs crawls beside each other under the race detector.
func TestCrawlsShareNothing(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			to := &outbox{}
			if _, err := Crawl(t.Context(), &web{answer: always(greenhouseBoard(1, 50))}, to, crawlTask("greenhouse", State{}, observed)); err != nil || len(to.raws) != 50 {
				t.Errorf("%v, %d", err, len(to.raws))
			}
		})
	}
	wg.Wait()
}
