package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/web"
)

// canary stands in every hostile text, so that a test sees that the text was shown.
const canary = "zq7"

// attacks are texts that an advert may hold.
func attacks() []string {
	return []string{
		`<script>alert("zq7")</script>`,
		`"><img src=x onerror=alert(1)>zq7`,
		`' onmouseover='alert(1)' zq7='`,
		"` onfocus=alert(1) autofocus zq7 `",
		`<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x></svg>zq7`,
		`</script></title></style></textarea></noscript><script>alert("zq7")</script>`,
		`<!--zq7--><![CDATA[<script>alert(1)</script>]]>`,
		`javascript:alert("zq7")`,
		`data:text/html,<script>alert("zq7")</script>`,
		`{{.Notice}}{{template "sql" .}}${alert(1)}#{zq7}<%= zq7 %>`,
		"\xff\xfe\xc0\x80zq7\xed\xa0\x80<script>\xe2\x80",
		"\x00zq7\x00<scr\x00ipt>alert(1)</scr\x00ipt>\x1b[31m\x7f\u0085\r\n",
		"\u202ezq7\u2066txet\u2069 \u202d\u2028\u2029<b>\u202c",
		`<style>@import "https://evil.example/zq7"</style><link rel=stylesheet href=https://evil.example/><base href=https://evil.example/>`,
		`<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="javascript:alert('zq7')"></object><math><mtext></mtext></math>`,
		strings.Repeat("W", 15000) + "zq7",
		"<a href=\"java\nscript:alert('zq7')\">x</a><form action=//evil.example><button formaction=javascript:alert(1)>",
		`\u003cscript\u003ealert("zq7")\u003c/script\u003e`,
		`%3Cscript%3Ealert("zq7")%3C/script%3E&lt;script&gt;&#x3c;script&#x3e;`,
		`'; DROP TABLE raw; -- zq7 \' {x:String} \`,
	}
}

// usable reports whether a text may stand in an address.
func usable(attack string) bool {
	return len(attack) <= 256 && utf8.ValidString(attack) && !strings.ContainsAny(attack, "\x00\n\u202e")
}

// hostileTagger is a tagger version that no honest build has.
const hostileTagger = `1"><script>alert("zq7")</script>`

// hostileBoard is a board all of whose postings have one attack in every field. Enough vacancies are
// of one role that no share is suppressed.
func hostileBoard(t testing.TB, n int, attack string) []any {
	t.Helper()
	key := fmt.Sprintf("%02d", n)
	run := posting.NewRun("src"+attack, "board"+attack, "company"+attack, posting.ProofFull, now.AddDate(0, -2, 0), now.AddDate(0, -2, 0))
	run.Outcome, run.Complete, run.Note, run.Fetched = posting.OutcomeOK, true, attack, 6
	var messages []any
	track, years := 420, 5
	for i := range 6 {
		raw, err := posting.NewRaw(run, "1", posting.Record{ExternalID: fmt.Sprint(key, attack, i), Title: attack, Description: attack})
		if err != nil {
			t.Fatal(err)
		}
		run.Listing = append(run.Listing, posting.Listed{ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash})
		p := posting.Posting{
			ID: posting.TagID(raw.ID, hostileTagger), RawID: raw.ID, PostingID: raw.PostingID, Source: raw.Source, Board: raw.Board,
			ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash, ObservedAt: raw.ObservedAt, TaggerVersion: hostileTagger,
			VacancyID: "v" + key + fmt.Sprint(i) + attack, Company: attack, CompanyKey: attack, Title: attack, TitleNormalised: attack,
			Description: attack + "\n" + attack, Language: attack, RoleTitle: attack, RoleText: attack, RoleReason: attack,
			Seniority: attack, Track: &track, Team: attack, Workplace: attack, EmploymentType: attack, MinYears: &years, Degree: attack,
			Locations: []posting.Location{{Country: attack, Region: attack, City: attack, Remote: true, Scope: attack, Text: attack}, {Text: attack}},
			Salaries:  []posting.Salary{{Min: 1, Max: 2, Currency: attack, Period: attack, Text: attack, Source: attack}},
			URL:       []string{attack, "javascript:alert('zq7')", "https://evil.example/" + attack, "data:text/html,zq7", "//evil.example/zq7", "HTTPS://jobs.example/zq7"}[i],
		}
		if i == 5 {
			p.Roles = []string{attack, attack + "2"}
		}
		for j, field := range []string{"title", "description", "description", attack} {
			p.Skills = append(p.Skills, posting.Skill{
				ID: attack, Label: attack, Kind: attack, Field: field, Start: j, End: j + 3, Text: attack, Section: attack, Strength: attack,
				ParagraphHash: attack, Rule: attack, Unlisted: j == 2,
			})
		}
		messages = append(messages, raw, p)
	}
	for _, part := range run.Split() {
		messages = append(messages, part)
	}
	return messages
}

// TestHostileTexts: whatever adverts hold, on every view nothing of it becomes markup.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	var messages []any
	var ids []string
	for n, attack := range attacks() {
		board := hostileBoard(t, n, attack)
		for _, m := range board {
			if p, ok := m.(posting.Posting); ok {
				ids = append(ids, p.PostingID)
			}
		}
		messages = append(messages, board...)
	}
	s := open(t, messages...)
	if err := s.Activate(t.Context(), hostileTagger); err != nil {
		t.Fatal(err)
	}
	refresh(t, s)
	h := dashboard(t, web.Options{Querier: querier{s}, Notice: attacks()[0], Version: attacks()[1]})
	see := func(address string, status int, shown bool) {
		t.Helper()
		w := get(t, h, address)
		if w.Code != status {
			t.Errorf("%.120q: status %d, want %d: %.300s", address, w.Code, status, w.Body)
		}
		if shown && !strings.Contains(w.Body.String(), canary) {
			t.Errorf("%.120q shows nothing of the attack", address)
		}
		check(t, address, w)
	}
	for _, address := range []string{"/", "/?period=week", "/skills", "/postings", "/postings?page=2", "/api/v1/summary", "/api/v1/volume", "/api/v1/skills", "/api/v1/postings", "/api/v1/catalogue"} {
		see(address, http.StatusOK, true)
	}
	see("/about", http.StatusOK, true) // the notice
	for i, id := range ids {
		if i%6 == 0 || i < 6 { // the first attack with every kind of link
			see("/postings/"+id, http.StatusOK, true)
		}
	}
	see("/api/v1/posting?id="+ids[0], http.StatusOK, true)
	for _, attack := range attacks() {
		escaped, segment := url.QueryEscape(attack), url.PathEscape(attack)
		usable := usable(attack)
		status := http.StatusBadRequest
		if usable {
			status = http.StatusOK
		}
		if len(attack) > 4096 {
			see("/postings?q="+escaped, http.StatusRequestURITooLong, false)
			continue
		}
		see("/postings?q="+escaped, status, usable)
		see("/postings?role="+escaped+"&skill="+escaped+"&company="+escaped, status, usable)
		see("/api/v1/skill?skill="+escaped, status, usable)
		see("/roles/"+segment, status, usable)
		see("/?from="+escaped, http.StatusBadRequest, false)
		see("/api/v1/volume?by="+escaped, http.StatusBadRequest, false)
		see("/nothing/"+segment, http.StatusNotFound, false)
		if usable {
			see("/skills/"+segment, http.StatusOK, true)
		}
	}
}

// TestHostileErrors: what a server says in its error is text too.
func TestHostileErrors(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks() {
		h := dashboard(t, web.Options{Querier: failing{errors.New(attack)}})
		for _, address := range []string{"/", "/postings", "/api/v1/volume"} {
			w := get(t, h, address)
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("status %d", w.Code)
			}
			check(t, address, w)
		}
	}
}
