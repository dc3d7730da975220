package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// page writes a page of SmartRecruiters' list; a negative total leaves it out.
func page(total int, ids ...int) []byte {
	content := []map[string]any{}
	for _, id := range ids {
		content = append(content, map[string]any{"id": fmt.Sprint(id), "name": fmt.Sprintf("Job %d", id)})
	}
	answer := map[string]any{"content": content}
	if total >= 0 {
		answer["totalFound"] = total
	}
	b, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return b
}

func upTo(n, from, to int) []int {
	var ids []int
	for id := from; id < to && id < n; id++ {
		ids = append(ids, id+1)
	}
	return ids
}

// walkAll answers a walk until it asks no more; serve gets the number of the request and its URL.
func walkAll(t interface {
	Fatal(...any)
	Helper()
}, c Crawler, limits Limits, serve func(n int, req Request) ([]byte, error),
) (Board, int) {
	t.Helper()
	w, req, err := NewWalk(c, Site{Board: "acme"}, limits)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		if n > 2000 {
			t.Fatal("the walk does not end")
		}
		payload, err := serve(n, req)
		if err != nil {
			w.Fail(err.Error())
			return w.Board(), n + 1
		}
		next, err := w.Answer(payload)
		if err != nil || next == nil {
			return w.Board(), n + 1
		}
		req = *next
	}
}

func offsetOf(t interface{ Fatal(...any) }, req Request) int {
	n := 0
	at := strings.Index(req.URL, "offset=")
	if at < 0 {
		t.Fatal("no offset in " + req.URL)
	}
	if _, err := fmt.Sscanf(req.URL[at:], "offset=%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWalk(t *testing.T) {
	t.Parallel()
	failing := errors.New("status 500")
	for _, c := range []struct {
		name     string
		serve    func(offset, n int) ([]byte, error)
		limits   Limits
		got      int
		expected int
		complete bool
		missing  string
		asked    int
	}{
		{name: "three pages", serve: func(o, _ int) ([]byte, error) { return page(250, upTo(250, o, o+100)...), nil }, got: 250, expected: 250, complete: true, asked: 3},
		{name: "total on the first page only", serve: func(o, n int) ([]byte, error) {
			return page(map[bool]int{true: 250, false: 0}[n == 0], upTo(250, o, o+100)...), nil
		}, got: 250, expected: 250, complete: true, asked: 3},
		{name: "no total", serve: func(o, _ int) ([]byte, error) { return page(-1, upTo(250, o, o+100)...), nil }, got: 250, expected: -1, asked: 3},
		{name: "a total of nothing beside postings", serve: func(o, _ int) ([]byte, error) { return page(0, upTo(250, o, o+100)...), nil }, got: 250, expected: -1, asked: 3},
		{name: "the same page for ever", serve: func(int, int) ([]byte, error) { return page(250, upTo(250, 0, 100)...), nil }, got: 100, expected: 250, asked: 2},
		{name: "a page repeated in the middle", serve: func(o, n int) ([]byte, error) {
			if n == 1 {
				o = 50
			}
			return page(250, upTo(250, o, o+100)...), nil
		}, got: 200, expected: 250, asked: 4},
		{name: "capped at 500 of 1,400", serve: func(o, _ int) ([]byte, error) { return page(1400, upTo(500, o, o+100)...), nil }, got: 500, expected: 1400, asked: 6},
		{name: "smaller pages than asked for", serve: func(o, _ int) ([]byte, error) { return page(25, upTo(25, o, o+10)...), nil }, got: 25, expected: 25, complete: true, asked: 3},
		{name: "a page that fails in the middle", serve: func(o, n int) ([]byte, error) {
			if n == 1 {
				return nil, failing
			}
			return page(250, upTo(250, o, o+100)...), nil
		}, got: 100, expected: 250, missing: "status 500", asked: 2},
		{name: "a page of HTML in the middle", serve: func(o, n int) ([]byte, error) {
			if n == 1 {
				return []byte("<html>maintenance"), nil
			}
			return page(250, upTo(250, o, o+100)...), nil
		}, got: 100, expected: 250, missing: "HTML", asked: 2},
		{name: "the total changes", serve: func(o, n int) ([]byte, error) { return page(250-n, upTo(250, o, o+100)...), nil }, got: 250, expected: 250, missing: "changed from 250 to", asked: 3},
		{name: "limit of pages", serve: func(o, _ int) ([]byte, error) { return page(900, upTo(900, o, o+100)...), nil }, limits: Limits{Pages: 2}, got: 200, expected: 900, missing: "limit of 2 pages", asked: 2},
		{name: "limit of postings", serve: func(o, _ int) ([]byte, error) { return page(900, upTo(900, o, o+100)...), nil }, limits: Limits{Postings: 300}, got: 300, expected: 900, missing: "limit of 300 postings", asked: 3},
		{name: "nothing", serve: func(int, int) ([]byte, error) { return page(0), nil }, got: 0, expected: 0, asked: 1},
		{name: "nothing but a total", serve: func(int, int) ([]byte, error) { return page(40), nil }, got: 0, expected: 40, asked: 1},
		{name: "a posting without an id", serve: func(o, _ int) ([]byte, error) { return page(3, 1, 2, -1), nil }, got: 3, expected: 3, asked: 1},
	} {
		b, asked := walkAll(t, SmartRecruiters{}, c.limits, func(n int, req Request) ([]byte, error) { return c.serve(offsetOf(t, req), n) })
		if c.name == "a posting without an id" {
			b, asked = walkAll(t, SmartRecruiters{}, c.limits, func(int, Request) ([]byte, error) {
				return []byte(`{"totalFound":2,"content":[{"id":"1","name":"A"},{"name":"B"}]}`), nil
			})
			if b.Complete || b.Received != 2 || asked != 1 {
				t.Errorf("%s: %+v after %d requests", c.name, b, asked)
			}
			continue
		}
		if b.Received != c.got || b.Expected != c.expected || b.Complete != c.complete || !strings.Contains(b.Missing, c.missing) || (c.missing == "") != (b.Missing == "") || asked != c.asked {
			t.Errorf("%s: %d of %d, complete %v, missing %q after %d requests; want %d of %d, %v, %q after %d",
				c.name, b.Received, b.Expected, b.Complete, b.Missing, asked, c.got, c.expected, c.complete, c.missing, c.asked)
		}
	}
}

// TestWalkNeverClaimsTooMuch walks boards whose server repeats, drops, shifts and shortens pages at
// random. What it states about the total is true or missing; then a board called complete names
// every posting.
func TestWalkNeverClaimsTooMuch(t *testing.T) {
	t.Parallel()
	complete := 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "postings")
		size := rapid.IntRange(1, 25).Draw(t, "page size")
		firstOnly := rapid.Bool().Draw(t, "total on the first page only")
		states := rapid.Bool().Draw(t, "states a total")
		honest := rapid.Bool().Draw(t, "pages as asked")
		b, _ := walkAll(t, SmartRecruiters{}, Limits{Pages: 100}, func(i int, req Request) ([]byte, error) {
			offset := offsetOf(t, req)
			total := -1
			if states {
				total = n
			}
			if firstOnly && i > 0 {
				total = 0
			}
			ids := upTo(n, offset, offset+size)
			if !honest {
				switch rapid.SampledFrom([]string{"as asked", "shifted", "empty", "short", "repeated", "html", "error"}).Draw(t, "page") {
				case "shifted":
					shift := rapid.IntRange(-3, 3).Draw(t, "shift")
					ids = upTo(n, max(0, offset+shift), max(0, offset+shift)+size)
				case "empty":
					ids = nil
				case "short":
					ids = ids[:len(ids)/2]
				case "repeated":
					ids = append(ids, ids...)
				case "html":
					return []byte("<html>"), nil
				case "error":
					return nil, errors.New("away")
				}
			}
			return page(total, ids...), nil
		})
		if b.Complete {
			complete++
			var ids []string
			for _, r := range b.Records {
				ids = append(ids, r.ExternalID)
			}
			slices.Sort(ids)
			if len(slices.Compact(ids)) != n {
				t.Fatalf("complete with %d of %d postings", len(ids), n)
			}
		}
		if honest && states && n > 0 && !b.Complete {
			t.Fatalf("not complete although every page was as asked: %d of %d, %q", b.Received, b.Expected, b.Missing)
		}
	})
	if complete == 0 {
		t.Error("no walk was complete: the test proves nothing")
	}
}

func TestWalkWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, payload string
		complete      bool
	}{
		{"ashby", `{"jobs":[{"id":"a","title":"A"}]}`, true},
		{"ashby", `{"jobs":[{"id":"a","title":"A"},{"title":"B"}]}`, false},
		{"lever", `[{"id":"a","text":"A"}]`, true},
		{"lever", `[]`, true},
		{"recruitee", `{"offers":[{"id":1,"title":"A"}]}`, true},
		{"personio", `<workzag-jobs><position><id>1</id><name>A</name></position></workzag-jobs>`, true},
		{"personio", `<workzag-jobs/>`, true},
		{"greenhouse", `{"jobs":[{"id":1,"title":"A"}],"meta":{"total":1}}`, true},
		{"greenhouse", `{"jobs":[{"id":1,"title":"A"}],"meta":{"total":2}}`, false},
		{"greenhouse", `{"jobs":[{"id":1,"title":"A"}]}`, false},
	} {
		crawler, err := CrawlerByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		b, asked := walkAll(t, crawler, Limits{}, func(int, Request) ([]byte, error) { return []byte(c.payload), nil })
		if b.Complete != c.complete || asked != 1 {
			t.Errorf("%s %s: complete %v after %d requests", c.kind, c.payload, b.Complete, asked)
		}
	}
}

// TestWalkTotalMax checks that a board at the highest total the API states is not called whole.
func TestWalkTotalMax(t *testing.T) {
	t.Parallel()
	w, _, err := NewWalk(Workday{}, Site{Board: "acme/wd5/Jobs"}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for offset := 0; ; offset += 20 {
		var rows []string
		for id := offset; id < offset+20 && id < workdayTotalMax; id++ {
			rows = append(rows, fmt.Sprintf(`{"title":"A","externalPath":"/job/X/A_R%d"}`, id))
		}
		next, err := w.Answer([]byte(`{"total":2000,"jobPostings":[` + strings.Join(rows, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if next == nil {
			break
		}
	}
	if b := w.Board(); b.Complete || b.Received != workdayTotalMax || !strings.Contains(b.Missing, "at most 2000") {
		t.Errorf("complete %v with %d, missing %q", b.Complete, b.Received, b.Missing)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, board, base, want string }{
		{"greenhouse", "acme", "", "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"},
		{"greenhouse", "acme", "http://127.0.0.1:9000", "http://127.0.0.1:9000/v1/boards/acme/jobs?content=true"},
		{"lever", "acme", "https://api.eu.lever.co/", "https://api.eu.lever.co/v0/postings/acme?mode=json"},
		{"ashby", "Deep%20Sea", "", "https://api.ashbyhq.com/posting-api/job-board/Deep%20Sea?includeCompensation=true"},
		{"ashby", "Deep Sea", "", "https://api.ashbyhq.com/posting-api/job-board/Deep%20Sea?includeCompensation=true"},
		{"ashby", "a/../b", "", ""},
		{"recruitee", "acme", "", "https://acme.recruitee.com/api/offers"},
		{"recruitee", "jobs.acme.example", "", "https://jobs.acme.example/api/offers"},
		{"recruitee", "acme/x", "", ""},
		{"personio", "acme", "", "https://acme.jobs.personio.de/xml?language=en"},
		{"personio", "acme.jobs.personio.com", "http://localhost:1", "http://localhost:1/xml?language=en"},
		{"smartrecruiters", "Acme", "", "https://api.smartrecruiters.com/v1/companies/Acme/postings?limit=100&offset=0"},
		{"workday", "acme/wd5/Jobs", "", "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Jobs/jobs"},
		{"workday", "acme|wd5|Jobs", "", "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Jobs/jobs"},
		{"workday", "acme", "", ""},
		{"workday", "ac.me#x/wd5/Jobs", "", ""},
		{"hn", "whoishiring", "", "https://hn.algolia.com/api/v1/search_by_date?tags=story,author_whoishiring&query=hiring"},
		{"hn", "freelancer", "", ""},
		{"lever", "", "", ""},
		{"lever", "..", "", ""},
		{"lever", "acme", "ftp://x.example", ""},
		{"lever", "acme", "https://u:p@x.example", ""},
		{"lever", "acme", "x.example", ""},
	} {
		crawler, err := CrawlerByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		req, err := crawler.Request(Site{Board: c.board, BaseURL: c.base}, 0)
		if (err != nil) != (c.want == "") || err == nil && req.URL != c.want {
			t.Errorf("%s board %q at %q: %q, %v; want %q", c.kind, c.board, c.base, req.URL, err, c.want)
		}
	}
}

func TestDetailRequests(t *testing.T) {
	t.Parallel()
	board := parse(t, Workday{}, string(fixture(t, "workday")))
	req, err := Workday{}.Detail(Site{Board: "acme/wd5/Jobs"}, Workday{}.Ref(board.Records[1]))
	if err != nil || req.URL != "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Jobs/job/Bergen/Kelp-Analyst_JR1025-1" || req.Method != "" {
		t.Errorf("%+v, %v", req, err)
	}
	for _, ref := range []string{"", "/job/../../x", "//evil.example/job/", "/job/x?y", "/other/x"} {
		if req, err := (Workday{}).Detail(Site{Board: "acme/wd5/Jobs"}, ref); err == nil {
			t.Errorf("the path %q gives %s", ref, req.URL)
		}
	}
	req, err = SmartRecruiters{}.Detail(Site{Board: "acme"}, "744/1")
	if err != nil || req.URL != "https://api.smartrecruiters.com/v1/companies/acme/postings/744%2F1" {
		t.Errorf("%+v, %v", req, err)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ payload, want string }{
		{`{"hits":[{"objectID":"3","title":"Ask HN: Who wants to be hired? (May 2026)"},{"objectID":"2","title":"Ask HN: Freelancer? Seeking freelancer?"},{"objectID":"1","title":"Ask HN: Who is hiring? (May 2026)"}]}`, "https://hn.algolia.com/api/v1/items/1"},
		{`{"hits":[{"objectID":"../x","title":"Who is hiring?"}]}`, ""},
		{`{"hits":[]}`, ""},
		{`{}`, ""},
		{`<html>`, ""},
	} {
		req, err := HackerNews{}.Follow(Site{Board: hnBoard}, []byte(c.payload))
		if (err != nil) != (c.want == "") || req.URL != c.want {
			t.Errorf("%s: %q, %v", c.payload, req.URL, err)
		}
	}
}
