package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
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
		"two names":           {"sources:\n  - {kind: lever, board: acme corp, schedule: '@daily'}\n  - {kind: lever, board: acme%20corp, schedule: '@daily'}\n", ":3: lever/acme%20corp asks the same address as lever/acme corp in line 2"},
		"a name and its host": {"sources:\n  - {kind: recruitee, board: gg, schedule: '@daily'}\n  - {kind: recruitee, board: GG.recruitee.com, schedule: '@daily'}\n", "asks the same address as recruitee/gg"},
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
		"brackets":  "sources: []\n",
		"encoded":   "sources:\n  - {kind: lever, board: one%2Dmore, schedule: '@daily'}\n",
	} {
		_, _, err := appendSource("sources.yaml", []byte(text), recognised{Kind: "lever", Board: "one-more"}, addOptions{schedule: scheduleDefault})
		if err == nil || strings.Contains(err.Error(), "yaml: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, o := range []addOptions{{schedule: scheduleDefault, company: "Acme\nInc."}, {schedule: "@daily\n  x"}} {
		_, _, err := appendSource("sources.yaml", []byte("sources:\n"), recognised{Kind: "lever", Board: "one-more"}, o)
		if err == nil || !strings.Contains(err.Error(), "want one line") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	odd := recognised{Kind: "ashby", Board: "a: b # c"}
	got, entry, err := appendSource("sources.yaml", []byte("sources:\n"), odd, addOptions{schedule: scheduleDefault, company: "- [x", acceptTerms: true})
	if err != nil || entry.Board.Board != odd.Board || entry.Company != "- [x" || entry.Off() != "" {
		t.Errorf("awkward names: %+v, %v\n%s", entry, err, got)
	}
}

// TestAddInParallel: each of a dozen that add at once finds what the others have written.
func TestAddInParallel(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sources.yaml")
	var group errgroup.Group
	for i := range 12 {
		group.Go(func() error {
			a := &app{stdout: io.Discard}
			return a.addSource(t.Context(), config{Sources: path}, recognised{Kind: "lever", Board: fmt.Sprintf("acme%d", i)}, addOptions{schedule: scheduleDefault})
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if list, err := loadSources(config{Sources: path}); err != nil || len(list.boards) != 12 {
		t.Errorf("%d boards of 12, %v", len(list.boards), err)
	}
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://acme.example/careers": "https://acme.example/careers",
		"https://acme.example/?a=1&b":  "'https://acme.example/?a=1&b'",
		"ashby/Acme Labs":              "'ashby/Acme Labs'",
		"it's":                         `'it'\''s'`,
		"":                             "''",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestRecogniseBoard(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://boards.greenhouse.io/acme":                                        "greenhouse/acme",
		"boards.greenhouse.io/acme/jobs/4001?gh_src=x":                             "greenhouse/acme",
		"https://job-boards.greenhouse.io/acme/":                                   "greenhouse/acme",
		"https://boards.greenhouse.io/embed/job_board?for=acme&b=x":                "greenhouse/acme",
		"https://boards.greenhouse.io/embed/job_board/js?for=acme":                 "greenhouse/acme",
		"https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true":        "greenhouse/acme",
		"https://jobs.lever.co/acme/0b1c":                                          "lever/acme",
		"https://jobs.eu.lever.co/acme":                                            "lever/acme (https://api.eu.lever.co)",
		"https://api.lever.co/v0/postings/Acme?mode=json":                          "lever/Acme",
		"https://jobs.ashbyhq.com/Acme%20Labs/1234":                                "ashby/Acme Labs",
		"https://api.ashbyhq.com/posting-api/job-board/acme":                       "ashby/acme",
		"https://acme.wd5.myworkdayjobs.com/AcmeCareers":                           "workday/acme/wd5/AcmeCareers",
		"https://acme.wd5.myworkdayjobs.com/en-US/AcmeCareers/job/Berlin/Dev_R-1":  "workday/acme/wd5/AcmeCareers",
		"https://acme.wd103.myworkdayjobs.com/wday/cxs/acme/Site/jobs":             "workday/acme/wd103/Site",
		"https://careers.smartrecruiters.com/Acme1":                                "smartrecruiters/Acme1",
		"https://jobs.smartrecruiters.com/Acme1/7440-dev":                          "smartrecruiters/Acme1",
		"https://api.smartrecruiters.com/v1/companies/Acme1/postings":              "smartrecruiters/Acme1",
		"https://acme.recruitee.com/o/engineer":                                    "recruitee/acme",
		"https://acme.jobs.personio.de/job/1":                                      "personio/acme",
		"https://acme.jobs.personio.com":                                           "personio/acme.jobs.personio.com",
		"https://news.ycombinator.com/item?id=45438503":                            "hn/whoishiring",
		"https://job-boards.eu.greenhouse.io/acme/jobs/1":                          "greenhouse/acme (https://boards-api.eu.greenhouse.io)",
		"https://boards.eu.greenhouse.io/embed/job_board?for=acme":                 "greenhouse/acme (https://boards-api.eu.greenhouse.io)",
		"//boards.greenhouse.io/embed/job_board/js?for=acme":                       "greenhouse/acme",
		"HTTPS://JOBS.LEVER.CO/Acme":                                               "lever/Acme",
		"https://jobs.lever.co/acme%20corp":                                        "lever/acme corp",
		"https://wd5.myworkdaysite.com/recruiting/acme/Careers/job/X_R-1":          "workday/acme/wd5/Careers (https://wd5.myworkdaysite.com)",
		"https://wd5.myworkdaysite.com/en-US/recruiting/acme/Careers":              "workday/acme/wd5/Careers (https://wd5.myworkdaysite.com)",
		"https://wd5.myworkdaysite.com/wday/cxs/acme/Careers/jobs":                 "workday/acme/wd5/Careers (https://wd5.myworkdaysite.com)",
		"https://jobs.smartrecruiters.com/oneclick-ui/company/Acme1/publication/x": "smartrecruiters/Acme1",
		"https://jobs.smartrecruiters.com/oneclick-ui/":                            "",
		"https://jobs.smartrecruiters.com/my-applications/Acme1":                   "",
		"https://jobs.lever.co/robots.txt":                                         "",
		"https://job-boards.greenhouse.io/assets/x.js":                             "",
		"https://jobs.ashbyhq.com/favicon.ico":                                     "",
		"https://jobs.lever.co/a%2Fb":                                              "",
		"https://wd5.myworkdaysite.com/recruiting/acme":                            "",
		"https://acme.wd5.myworkdayjobs-impl.com/Careers":                          "",
		"https://boards.greenhouse.io":                                             "",
		"https://acme.example/careers":                                             "",
		"https://boards.greenhouse.io.evil.example/acme":                           "",
		"https://www.recruitee.com/pricing":                                        "",
		"https://news.ycombinator.com/news":                                        "",
		"https://acme.wd5.myworkdayjobs.com/":                                      "",
		"::":                                                                       "",
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
	for name, c := range map[string]struct {
		page string
		want []string
	}{
		"links and scripts": {
			`<a href="https://boards.greenhouse.io/acme?x=1&amp;y=2">jobs</a>
			<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>
			<script>var u = "https:\/\/jobs.lever.co\/acme-labs\/";</script> https://jobs.lever.co/acme-labs`,
			[]string{"greenhouse/acme", "lever/acme-labs"},
		},
		"no scheme":           {`<script src="//boards.greenhouse.io/embed/job_board/js?for=acme"></script>`, []string{"greenhouse/acme"}},
		"escapes of a script": {`{"u":"https:\u002F\u002Fjobs.lever.co\u002Facme","v":"https:\x2f\x2fboards.greenhouse.io\x2fembed\x2fjob_board?a=1\u0026for=labs"}`, []string{"lever/acme", "greenhouse/labs"}},
		"JSON in HTML":        {`<div data-x="{&quot;u&quot;:&quot;https://jobs.lever.co/acme&quot;}">`, []string{"lever/acme"}},
		"upper case":          {`<a href="HTTPS://Jobs.Lever.co/acme">`, []string{"lever/acme"}},
		"one in two cases":    {`https://jobs.lever.co/acme https://jobs.lever.co/Acme/1`, []string{"lever/acme"}},
		"end of a sentence":   {`See https://jobs.lever.co/acme. Or (https://jobs.lever.co/acme), or url(https://jobs.lever.co/acme)`, []string{"lever/acme"}},
		"none":                {`https://jobs.lever.co/robots.txt https://boards.greenhouse.io/assets/a.js // jobs.lever.co/x`, nil},
	} {
		var got []string
		for _, b := range boardsOfPage([]byte(c.page)) {
			got = append(got, b.Name())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
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
