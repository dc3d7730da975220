package enrich

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSections(t *testing.T) {
	t.Parallel()
	type row struct {
		Text    string
		Section section
	}
	tests := map[string]struct {
		html string
		want []row
	}{
		"usual order": {
			"<p>Acme makes anvils.</p><h3>About the role</h3><p>You build.</p><p><strong>What you'll bring:</strong></p><ul><li>Go</li><li>Rust is a plus</li></ul><p><b>Nice to have</b></p><ul><li>Zig</li></ul><h3>Perks &amp; Benefits</h3><ul><li>Tea</li></ul><p>Acme is an equal opportunity employer.</p><p>Join us.</p>",
			[]row{
				{"Acme makes anvils.", ""},
				{"About the role", "responsibilities"},
				{"You build.", "responsibilities"},
				{"What you'll bring:", "requirements"},
				{"- Go", "requirements"},
				{"- Rust is a plus", "preferred"},
				{"Nice to have", "preferred"},
				{"- Zig", "preferred"},
				{"Perks & Benefits", "benefits"},
				{"- Tea", "benefits"},
				{"Acme is an equal opportunity employer.", "legal"},
				{"Join us.", "legal"},
			},
		},
		"plain text": {
			"Responsibilities:\n- Build\nPreferred Qualifications\n- Zig\nRequirements\n- Go\nBonus points: Nim",
			[]row{
				{"Responsibilities:", "responsibilities"}, {"- Build", "responsibilities"}, {"Preferred Qualifications", "preferred"}, {"- Zig", "preferred"}, {"Requirements", "requirements"}, {"- Go", "requirements"}, {"Bonus points: Nim", "preferred"},
			},
		},
		"german": {
			"<h2>Über uns</h2><p>Wir.</p><h2>Deine Aufgaben</h2><p>A</p><h2>Das bringst du mit</h2><p>Go</p><h2>Wir bieten</h2><p>Tee</p>",
			[]row{
				{"Über uns", "about"}, {"Wir.", "about"}, {"Deine Aufgaben", "responsibilities"}, {"A", "responsibilities"}, {"Das bringst du mit", "requirements"}, {"Go", "requirements"}, {"Wir bieten", "benefits"}, {"Tee", "benefits"},
			},
		},
		"unknown heading carries on": {
			"<h2>Requirements</h2><h3>Backend</h3><p>Go</p>",
			[]row{{"Requirements", "requirements"}, {"Backend", "requirements"}, {"Go", "requirements"}},
		},
		"benefits by content": {
			"<h2>Requirements</h2><ul><li>Experience with dental software</li></ul><p>We offer a 401(k), dental cover and paid time off.</p>",
			[]row{{"Requirements", "requirements"}, {"- Experience with dental software", "requirements"}, {"We offer a 401(k), dental cover and paid time off.", "benefits"}},
		},
		"french": {
			"<p><strong>Tes missions :</strong></p><p>A</p><p><strong>Profil recherché</strong></p><p>Go</p>",
			[]row{{"Tes missions :", "responsibilities"}, {"A", "responsibilities"}, {"Profil recherché", "requirements"}, {"Go", "requirements"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := readDocument("", tt.html)
			var got []row
			for _, p := range d.paragraphs {
				got = append(got, row{d.text[p.start:p.end], p.section})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeadingPhrases(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]section{
		"Preferred Qualifications":            sectionPreferred,
		"Minimum qualifications:":             sectionRequirements,
		"You might be a good fit if you":      sectionRequirements,
		"Strong candidates may also have":     sectionPreferred,
		"🚀 What You’ll Do":                    sectionResponsibilities,
		"What we’re looking for (must haves)": sectionRequirements,
		"Why Acme?":                           sectionAbout,
		"Life at Acme":                        sectionAbout,
		"Compensation & Benefits":             sectionBenefits,
		"Our Hiring Process":                  sectionProcess,
		"Equal Opportunity Statement":         sectionLegal,
		"1. Responsibilities":                 sectionResponsibilities,
		"Anvils":                              sectionNone,
		"Wat ga je doen?":                     sectionResponsibilities,
		"Requisitos":                          sectionRequirements,
		"O que oferecemos":                    sectionBenefits,
		"Chi siamo":                           sectionAbout,
	} {
		if got := sectionOfHeading(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestSectionOfLead(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]section{
		"- experience with kafka, spark or flink is a plus": sectionPreferred,
		"- go required, rust a plus":                        sectionNone,
		"- bachelor's degree in cs, master's preferred":     sectionNone,
		"nice to have: zig":                                 sectionPreferred,
		"you know go. rust is a plus":                       sectionNone,
		"requirements: go":                                  sectionRequirements,
		"- a preferred vendor":                              sectionNone,
	} {
		if got := sectionOfLead(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
