package source

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, title, company, place, work, employment, pay string }{
		{"Acme | Engineer | Oslo, Norway | REMOTE<p>Text", "Acme | Engineer | Oslo, Norway | REMOTE", "Acme", "Oslo, Norway", "REMOTE", "", ""},
		{"Acme (YC W31) | Oslo | Full-time, Interns | $100k - $120k | onsite", "Acme (YC W31) | Oslo | Full-time, Interns | $100k - $120k | onsite", "Acme (YC W31)", "Oslo", "onsite", "Full-time", "$100k - $120k"},
		{`Acme | acme.example | Data Scientist | <a href="https:&#x2F;&#x2F;acme.example">https:&#x2F;&#x2F;acme.example</a>`, "Acme | acme.example | Data Scientist", "Acme", "", "", "", ""},
		{"<p>Fjord &amp; Sons | Lead Designer", "Fjord & Sons | Lead Designer", "Fjord & Sons", "", "", "", ""},
		{`<a href="https://x.example">https://x.example</a><p>We build boats.`, "We build boats.", "", "", "", "", ""},
		{`<a href="https://x.example">https://x.example</a>`, "https://x.example", "", "", "", "", ""},
		{"We build boats.\nMore.", "We build boats.", "", "", "", "", ""},
		{"Acme | jane at acme dot example | Oslo", "Acme | [e-mail] | Oslo", "Acme", "Oslo", "", "", ""},
		{strings.Repeat("é", 400), strings.Repeat("é", 150), "", "", "", "", ""},
	} {
		b := parse(t, HackerNews{}, `[{"id":1,"time":1777647712,"text":`+string(marshal(c.text))+`}]`)
		if len(b.Records) != 1 {
			t.Errorf("%s: %+v", c.text, b.Rejected)
			continue
		}
		r := b.Records[0]
		place, pay := "", ""
		if len(r.Places) > 0 {
			place = r.Places[0].Text
		}
		if len(r.Pay) > 0 {
			pay = r.Pay[0].Text
		}
		if r.Title != c.title || r.Company != c.company || place != c.place || r.Workplace != c.work || r.Employment != c.employment || pay != c.pay {
			t.Errorf("%s:\ntitle %q, company %q, place %q, workplace %q, employment %q, pay %q", c.text, r.Title, r.Company, place, r.Workplace, r.Employment, pay)
		}
	}
}

// TestHackerNewsForms checks that one post is the same record in every form it is recorded in.
func TestHackerNewsForms(t *testing.T) {
	t.Parallel()
	var hashes []string
	for _, payload := range []string{
		`{"id":1,"title":"Ask HN: Who is hiring?","children":[{"id":7,"author":"z","created_at_i":1777647712,"parent_id":1,"text":"Acme | Oslo","children":[{"id":8}]}]}`,
		`{"comments":[{"by":"z","id":7,"kids":[8],"parent":1,"text":"Acme | Oslo","time":1777647712,"type":"comment"}]}`,
		`[{"by":"z","id":7,"parent":1,"text":"Acme | Oslo","time":1777647712,"type":"comment"}]`,
		`{"by":"z","id":7,"parent":1,"text":"Acme | Oslo","time":1777647712,"type":"comment"}`,
		`{"id": 7, "thread": 1, "time": 1777647712, "text": "Acme | Oslo"}`,
	} {
		b := parse(t, HackerNews{}, payload)
		if len(b.Records) != 1 {
			t.Fatalf("%s: %+v", payload, b)
		}
		hashes = append(hashes, hash(t, b, 0))
		if hashes[0] != hashes[len(hashes)-1] {
			t.Errorf("%s: another hash", payload)
		}
	}
}

func TestHackerNewsRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ payload, want string }{
		{`{"id":1,"title":"Ask HN: Who wants to be hired? (May 2026)","children":[]}`, "does not ask who is hiring"},
		{`{"id":1,"title":"Ask HN: Freelancer? Seeking freelancer?","children":[]}`, "does not ask who is hiring"},
		{`{"id":1,"type":"story","title":"Ask HN: Who is hiring?","kids":[2,3]}`, "a thread without its comments"},
		{`{"hits":[]}`, "the fields hits"},
		{`<html>`, "HTML"},
		{`{"jobs":[{"id":1,"absolute_url":"x"}]}`, "looks like greenhouse"},
	} {
		if _, err := (HackerNews{}).Parse([]byte(c.payload)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.payload, err, c.want)
		}
	}
}

func TestMaskSpelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"write to jane at acme dot com!", "write to [e-mail]!"},
		{"jane.doe AT mail DOT acme DOT com", "[e-mail]"},
		{"jane dot doe at acme dot com", "[e-mail]"},
		{"jane [at] acme (dot) com, joe {at} acme.com", "[e-mail], [e-mail]"},
		{"jane &lt;at&gt; acme &lt;dot&gt; com", "[e-mail]"},
		{"jane@acme dot com", "[e-mail]"},
		{"jane @ acme.com", "[e-mail]"},
		{"jane_at_acme_dot_com", "[e-mail]"},
		{"jane(a)acme.com", "[e-mail]"},
		{"jane[@]acme[.]com", "[e-mail]"},
		{"Email jane at acme.com with your resume", "Email [e-mail] with your resume"},
		{"contact us at acme.com/jobs", "contact us at acme.com/jobs"},
		{"engineers at stripe.com work at scale", "engineers at stripe.com work at scale"},
		{"we look at dot products at scale", "we look at dot products at scale"},
		{"the dot com boom", "the dot com boom"},
		{"Node.js at Acme. Compute at scale", "Node.js at Acme. Compute at scale"},
		{"", ""},
	} {
		got := maskSpelled(mask(c.in))
		if got != c.want {
			t.Errorf("maskSpelled(%q)\n got %q\nwant %q", c.in, got, c.want)
		}
		if again := maskSpelled(mask(got)); again != got {
			t.Errorf("twice: %q became %q", got, again)
		}
	}
}

func TestMaskSpelledIdempotent(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"jane", " at ", " dot ", "com", "@", ".", " ", "[at]", "(dot)", "email ", "acme", "[e-mail]", "<p>", "_at_", "_dot_", " @ ", "&lt;at&gt;", "(a)", "[.]", "me", "é", "\n"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 24).Draw(t, "pieces"), "")
		once := maskSpelled(mask(s))
		if twice := maskSpelled(mask(once)); twice != once {
			t.Fatalf("%q became %q, again %q", s, once, twice)
		}
	})
}
