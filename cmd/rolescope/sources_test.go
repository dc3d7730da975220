package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShippedSources(t *testing.T) {
	t.Parallel()
	list, err := parseSources(shippedName, shippedSources)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.boards) != 25 {
		t.Errorf("%d boards, want 25", len(list.boards))
	}
	for _, b := range list.boards {
		if b.Company == "" {
			t.Errorf("%s has no company", b.Name())
		}
		if terms := b.crawler.Plan().Terms; terms != "" && b.Off() == "" {
			t.Errorf("%s is on though %s", b.Name(), terms)
		}
		if b.Schedule.Period() < 6*time.Hour {
			t.Errorf("%s is crawled every %v", b.Name(), b.Schedule.Period())
		}
	}
	if on := len(list.active()); on != 20 {
		t.Errorf("%d boards are crawled, want 20", on)
	}
}

const goodEntry = "  - {kind: lever, board: acme, schedule: '@daily'}\n"

func TestSourcesRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "empty"},
		"no list":             {"boards: []\n", `:1: unknown key "boards"`},
		"not a list":          {"sources: lever/acme\n", ":1: sources: want a list"},
		"not entries":         {"sources:\n  - lever/acme\n", ":2: want keys with values: kind"},
		"unknown key":         {"sources:\n" + goodEntry + "  - kind: lever\n    bord: x\n", `:4: unknown key "bord"`},
		"missing":             {"sources:\n  - kind: lever\n", ":2: board is missing"},
		"twice":               {"sources:\n" + goodEntry + goodEntry, ":3: lever/acme is listed already in line 2"},
		"key twice":           {"sources:\n  - {kind: lever, kind: ashby}\n", ":2: key kind stands twice"},
		"unknown kind":        {"sources:\n  - {kind: leevr, board: a, schedule: '@daily'}\n", `:2: find source: no kind "leevr"; did you mean "lever"?`},
		"bad cron":            {"sources:\n" + goodEntry + "  - kind: lever\n    board: b\n    schedule: '* * *'\n", ":5: parse schedule"},
		"too often":           {"sources:\n  - {kind: lever, board: b, schedule: '* * * * *'}\n", ":2: parse schedule"},
		"bad base":            {"sources:\n  - {kind: lever, board: b, schedule: '@daily', base_url: 'ftp://x'}\n", ":2: base_url"},
		"bad flag":            {"sources:\n  - {kind: lever, board: b, schedule: '@daily', accept_terms: perhaps}\n", ":2: accept_terms"},
		"list as text":        {"sources:\n  - {kind: lever, board: [b], schedule: '@daily'}\n", ":2: board: want a text"},
		"alias":               {"sources:\n  - {kind: &k lever, board: *k, schedule: '@daily'}\n", ":2: board: aliases"},
		"bad yaml":            {"sources:\n\t- x\n", "sources.yaml"},
		"board of that kind":  {"sources:\n  - {kind: workday, board: acme, schedule: '@daily'}\n", ":2: board \"acme\": want tenant/wd5/Site"},
		"several":             {"sources:\n  - {kind: x}\n  - {kind: y}\n", ":3:"},
		"more than are named": {"sources:\n" + strings.Repeat("  - {kind: x}\n", 20), "and "},
		"secret base":         {"sources:\n  - {kind: lever, board: b, schedule: '@daily', base_url: 'http://u:s3cret@h/'}\n", ":2: base_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseSources("sources.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want something about %q", err, c.want)
			}
		})
	}
}

func FuzzSources(f *testing.F) {
	f.Add(shippedSources)
	f.Add([]byte("sources:\n" + goodEntry))
	f.Add([]byte("sources: &a [*a]\n"))
	f.Add([]byte("? [x]\n: y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseSources("sources.yaml", data)
		if err != nil {
			return
		}
		// What is accepted can be appended to, or says why not, and keeps its beginning.
		board := recognised{Kind: "lever", Board: "one-more"}
		if _, listed := list.find(board.Kind, board.Board); listed {
			return
		}
		updated, _, err := appendSource("sources.yaml", data, board, addOptions{schedule: scheduleDefault})
		if err == nil && !strings.HasPrefix(string(updated), string(data)) {
			t.Errorf("the text was changed:\n%s", updated)
		}
	})
}

func TestAppendSource(t *testing.T) {
	t.Parallel()
	const tail = "kind: lever\n%s  board: one-more\n%s  company: One More\n%s  schedule: 0 */6 * * *\n"
	added := func(indent string) string {
		return indent + "- " + strings.ReplaceAll(tail, "%s", indent)
	}
	for name, c := range map[string]struct{ text, want string }{
		"comments":  {"# mine\nsources:\n" + goodEntry + "# end\n", "# mine\nsources:\n" + goodEntry + "# end\n" + added("  ")},
		"no indent": {"sources:\n- {kind: lever, board: acme, schedule: '@daily'}", "sources:\n- {kind: lever, board: acme, schedule: '@daily'}\n" + added("")},
		"empty":     {"sources:\n", "sources:\n" + added("  ")},
		"deep":      {"sources:\n     - {kind: lever, board: acme, schedule: '@daily'}\n", "sources:\n     - {kind: lever, board: acme, schedule: '@daily'}\n" + added("     ")},
	} {
		got, _, err := appendSource("sources.yaml", []byte(c.text), recognised{Kind: "lever", Board: "one-more"}, addOptions{schedule: scheduleDefault})
		if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for name, text := range map[string]string{
		"flow list": "sources: [{kind: lever, board: acme, schedule: '@daily'}]\n",
		"document":  "sources:\n" + goodEntry + "...\n",
		"listed":    "sources:\n  - {kind: lever, board: one-more, schedule: '@daily'}\n",
	} {
		_, _, err := appendSource("sources.yaml", []byte(text), recognised{Kind: "lever", Board: "one-more"}, addOptions{schedule: scheduleDefault})
		if err == nil {
			t.Errorf("%s: was appended to", name)
		}
	}
	odd := recognised{Kind: "ashby", Board: "a: b # c"}
	got, entry, err := appendSource("sources.yaml", []byte("sources:\n"), odd, addOptions{schedule: scheduleDefault, company: "- [x", acceptTerms: true})
	if err != nil || entry.Board.Board != odd.Board || entry.Company != "- [x" || entry.Off() != "" {
		t.Errorf("awkward names: %+v, %v\n%s", entry, err, got)
	}
}

func TestRecogniseBoard(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://boards.greenhouse.io/acme":                                       "greenhouse/acme",
		"boards.greenhouse.io/acme/jobs/4001?gh_src=x":                            "greenhouse/acme",
		"https://job-boards.greenhouse.io/acme/":                                  "greenhouse/acme",
		"https://boards.greenhouse.io/embed/job_board?for=acme&b=x":               "greenhouse/acme",
		"https://boards.greenhouse.io/embed/job_board/js?for=acme":                "greenhouse/acme",
		"https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true":       "greenhouse/acme",
		"https://jobs.lever.co/acme/0b1c":                                         "lever/acme",
		"https://jobs.eu.lever.co/acme":                                           "lever/acme (https://api.eu.lever.co)",
		"https://api.lever.co/v0/postings/Acme?mode=json":                         "lever/Acme",
		"https://jobs.ashbyhq.com/Acme%20Labs/1234":                               "ashby/Acme Labs",
		"https://api.ashbyhq.com/posting-api/job-board/acme":                      "ashby/acme",
		"https://acme.wd5.myworkdayjobs.com/AcmeCareers":                          "workday/acme/wd5/AcmeCareers",
		"https://acme.wd5.myworkdayjobs.com/en-US/AcmeCareers/job/Berlin/Dev_R-1": "workday/acme/wd5/AcmeCareers",
		"https://acme.wd103.myworkdayjobs.com/wday/cxs/acme/Site/jobs":            "workday/acme/wd103/Site",
		"https://careers.smartrecruiters.com/Acme1":                               "smartrecruiters/Acme1",
		"https://jobs.smartrecruiters.com/Acme1/7440-dev":                         "smartrecruiters/Acme1",
		"https://api.smartrecruiters.com/v1/companies/Acme1/postings":             "smartrecruiters/Acme1",
		"https://acme.recruitee.com/o/engineer":                                   "recruitee/acme",
		"https://acme.jobs.personio.de/job/1":                                     "personio/acme",
		"https://acme.jobs.personio.com":                                          "personio/acme.jobs.personio.com",
		"https://news.ycombinator.com/item?id=45438503":                           "hn/whoishiring",
		"https://boards.greenhouse.io":                                            "",
		"https://acme.example/careers":                                            "",
		"https://boards.greenhouse.io.evil.example/acme":                          "",
		"https://www.recruitee.com/pricing":                                       "",
		"https://news.ycombinator.com/news":                                       "",
		"https://acme.wd5.myworkdayjobs.com/":                                     "",
		"::":                                                                      "",
	} {
		got, ok := recogniseBoard(address)
		text := got.String()
		if !ok {
			text = ""
		}
		if text != want {
			t.Errorf("%s: %q, want %q", address, text, want)
		}
	}
}

func TestBoardsOfPage(t *testing.T) {
	t.Parallel()
	page := `<a href="https://boards.greenhouse.io/acme?x=1&amp;y=2">jobs</a>
		<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>
		<script>var u = "https:\/\/jobs.lever.co\/acme-labs\/";</script> https://jobs.lever.co/acme-labs`
	var got []string
	for _, b := range boardsOfPage([]byte(page)) {
		got = append(got, b.Name())
	}
	if diff := cmp.Diff([]string{"greenhouse/acme", "lever/acme-labs"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzRecogniseBoard(f *testing.F) {
	f.Add("https://acme.wd5.myworkdayjobs.com/en-US/AcmeCareers")
	f.Add("https://jobs.ashbyhq.com/%zz")
	f.Add("//////")
	f.Fuzz(func(t *testing.T, address string) {
		if r, ok := recogniseBoard(address); ok && (r.Kind == "" || r.Board == "") {
			t.Errorf("recognised %+v", r)
		}
		_ = boardsOfPage([]byte(address))
		_ = companyOf(recognised{Board: address})
	})
}
