package source

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		// Addresses.
		{"write to jane.doe+jobs@mail.example.com.", "write to [e-mail]."},
		{`<a href="mailto:jobs@example.org">jobs@example.org</a>`, `<a href="mailto:[e-mail]">[e-mail]</a>`},
		{"jane&#64;example.com jane&#x40;example.com jane&commat;example.com jane%40example.com", "[e-mail] [e-mail] [e-mail] [e-mail]"},
		{"jane [at] example [dot] com, or jane(AT)example.com", "[e-mail], or [e-mail]"},
		{"jürgen@müller.example 'x@y.zz'", "[e-mail] '[e-mail]'"},
		{"a@b.cc@d.ee", "[e-mail]@d.ee"},
		// Things that hold an at sign.
		{"npm i @scope/pkg@1.2.3 and follow @acme", "npm i @scope/pkg@1.2.3 and follow @acme"},
		{"10k req/s @ 99.9%, precision@10, P@k", "10k req/s @ 99.9%, precision@10, P@k"},
		// Phones.
		{"+1 415 555 0123, +49 (0)30 555-01234, +442079460958", "[phone], [phone], [phone]"},
		{"+33 1 23 45 67 89/+33 1 23 45 67 88", "[phone]/[phone]"},
		{"Tel:\u00a0+41&nbsp;44&nbsp;555&nbsp;01&nbsp;23", "Tel:\u00a0[phone]"},
		{`<a href="tel:+14155550123">`, `<a href="tel:[phone]">`},
		{"(415) 555-0123 or (415)555.0124", "[phone] or [phone]"},
		{"call us at 415-555-0123 today", "call us at [phone] today"},
		{"Telefon 030/555 01 23, Fax: 0305550124", "Telefon [phone], Fax: [phone]"},
		{"call me at 4155550123, we call on 4155550123 ids", "call me at [phone], we call on [phone] ids"},
		{"in 2023 (415) 555-0123", "in 2023 [phone]"},
		// Pay.
		{"$150,000 - $200,000 USD", "$150,000 - $200,000 USD"},
		{"The range is 150000-200000 USD", "The range is 150000-200000 USD"},
		{"call for 120.000 - 180.000 EUR", "call for 120.000 - 180.000 EUR"},
		{"+50 000 000 users, +100,000,000 rows, +10000000", "+50 000 000 users, +100,000,000 rows, +10000000"},
		{"80 000 € - 95 500 € par an", "80 000 € - 95 500 € par an"},
		// Years, versions, ids.
		{"C++11 14 17 20 23 26", "C++11 14 17 20 23 26"},
		{"call for papers 2019-2020-2021", "call for papers 2019-2020-2021"},
		{"phone screens start 12/10/2026, text 20261012", "phone screens start 12/10/2026, text 20261012"},
		{"Python 3.11.4, CUDA 12.4.131, build 1.370.34.07", "Python 3.11.4, CUDA 12.4.131, build 1.370.34.07"},
		{"https://jobs.example.com/jobs/7209754003?gh_jid=7209754003", "https://jobs.example.com/jobs/7209754003?gh_jid=7209754003"},
		{"phone interview for job 7209754003", "phone interview for job 7209754003"},
		{"R-415-555-0123 and #4155550123", "R-415-555-0123 and #4155550123"},
		{"24/7 on call, 99.999 percent", "24/7 on call, 99.999 percent"},
		{"mobile: 10 000 000 downloads", "mobile: 10 000 000 downloads"},
		{"", ""},
	} {
		got := mask(c.in)
		if got != c.want {
			t.Errorf("mask(%q)\n got %q\nwant %q", c.in, got, c.want)
		}
		if again := mask(got); again != got {
			t.Errorf("mask twice: %q became %q", got, again)
		}
	}
}

// TestMaskIdempotent builds texts from the pieces that matter most to the masks.
func TestMaskIdempotent(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"+", "1", "415", "555", "0123", "2024", "000", " ", "-", ".", "/", "(", ")", "@", "a", "b.com", "tel", "call ",
		"[at]", " [dot] ", "&nbsp;", "\u00a0", "phone", "[phone]", "[e-mail]", "%40", "&#64;", ":", ",", "é", "]", "$", "\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "")
		once := mask(s)
		if twice := mask(once); twice != once {
			t.Fatalf("mask(%q) = %q, again %q", s, once, twice)
		}
	})
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"a@b.cc", "+1 415 555 0123", "tel 415-555-0123", "(415) 555-0123+49 30 5550123", "a@b.c1@d.com", "x [at] y [dot] zz", "\xff@\xfe.com", "+1\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := mask(s)
		if twice := mask(once); twice != once {
			t.Errorf("mask(%q) = %q, again %q", s, once, twice)
		}
	})
}

func TestPersonalFields(t *testing.T) {
	t.Parallel()
	b := parse(t, Greenhouse{}, `{"jobs":[{"id":1,"title":"A","recruiter_name":"Ada Quill","hiringManager":{"name":"Bo"},"contact_email":"x",
		"nested":[{"Owner":"Cy","kept":"write to cy@example.com","url":"https://x.example/a?utm_medium=m&id=7#top"}],
		"metadata":[{"name":"Hiring Manager","value":"Di Field","value_type":"short_text"},{"name":"HRBP","value":"Ed","value_type":"short_text"},
		{"name":"Owner","value":["Fay"],"value_type":"user"},{"name":"People management responsibilities?","value":true,"value_type":"yes_no"}]}]}`)
	extra := string(b.Records[0].Extra)
	for _, name := range []string{"Ada", "Bo", "Cy", "Di ", "Ed", "Fay", "cy@", "utm"} {
		if strings.Contains(extra, name) {
			t.Errorf("%q is still in %s", name, extra)
		}
	}
	for _, kept := range []string{"write to [e-mail]", "https://x.example/a?id=7#top", "People management"} {
		if !strings.Contains(extra, kept) {
			t.Errorf("%q is not in %s", kept, extra)
		}
	}
	if r := parse(t, Lever{}, `[{"id":"a","text":3,"owner":"Ada","note":"+1 415 555 0123"}]`).Rejected[0]; strings.Contains(r.Raw, "Ada") || strings.Contains(r.Raw, "555") {
		t.Errorf("a rejected posting is kept unmasked: %s", r.Raw)
	}
}
