package enrich

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// plainDocument makes a document whose paragraphs all stand in one section.
func plainDocument(title, text string, s section) document {
	doc := document{title: title, text: text}
	at := 0
	for _, line := range strings.SplitAfter(text, "\n") {
		end := at + len(strings.TrimSuffix(line, "\n"))
		kind := prose
		if strings.HasPrefix(line, "- ") {
			kind = item
		}
		doc.paragraphs = append(doc.paragraphs, paragraph{start: at, end: end, kind: kind, section: s, lower: strings.ToLower(text[at:end])})
		at += len(line)
	}
	return doc
}

func ids(found []posting.Skill) []string {
	out := []string{}
	for _, s := range found {
		out = append(out, s.ID)
	}
	return out
}

// TestSkillSentences runs testdata/skills/*.txt. A line is "sentence => id id", the ids in order of
// their places and each once; " / " in a sentence stands for a new line when doubled ("//").
func TestSkillSentences(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, name := range []string{"ambiguous", "negation", "forms"} {
		f, err := os.Open("testdata/skills/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		count := 0
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			line := lines.Text()
			if line == "" || strings.HasPrefix(line, "# ") {
				continue
			}
			text, want, ok := strings.Cut(line, " =>")
			if !ok {
				t.Fatalf("%s: no => in %q", name, line)
			}
			count++
			text = strings.ReplaceAll(text, " // ", "\n")
			got := []string{}
			for _, id := range ids(tax.skills(plainDocument("", text, sectionNone), "", &room{})) {
				if !slices.Contains(got, id) {
					got = append(got, id)
				}
			}
			if diff := cmp.Diff(append([]string{}, strings.Fields(want)...), got); diff != "" {
				t.Errorf("%s: %s\n%s", name, text, diff)
			}
		}
		if count < 30 {
			t.Errorf("%s: only %d sentences", name, count)
		}
	}
}

func TestSkillStrength(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, c := range []struct {
		text    string
		section section
		want    string
	}{
		{"Python", sectionRequirements, strengthRequired},
		{"Python", sectionPreferred, strengthPreferred},
		{"Python", sectionResponsibilities, strengthMentioned},
		{"Python", sectionNone, strengthMentioned},
		{"Python", sectionAbout, strengthMentioned},
		{"You must have Python.", sectionNone, strengthRequired},
		{"5+ years of Python", sectionNone, strengthRequired},
		{"Python is a plus.", sectionNone, strengthPreferred},
		{"Python is a plus.", sectionRequirements, strengthPreferred},
		{"Nice to have: Python", sectionRequirements, strengthPreferred},
		{"Python is considered a significant advantage.", sectionNone, strengthPreferred},
		{"Our competitive advantage is Python.", sectionNone, strengthMentioned},
		{"Why this may not be a fit: Python", sectionAbout, strengthMentioned},
		{"Bonus points for Python", sectionNone, strengthPreferred},
		{"Python (preferred)", sectionRequirements, strengthPreferred},
		{"Python is a must.", sectionPreferred, strengthPreferred},
		{"Python required. Pay is good, and a bonus is paid.", sectionNone, strengthRequired},
		{"You must love our bonus scheme and Python.", sectionBenefits, strengthMentioned},
		{"Build tools in Python, ideally fast ones", sectionResponsibilities, strengthPreferred},
		{"Python ist von Vorteil", sectionNone, strengthPreferred},
		{"Python is a plus but not required.", sectionRequirements, strengthPreferred},
		{"Python is not required but a plus.", sectionNone, strengthPreferred},
		{"Python is not required, but would be great.", sectionRequirements, strengthPreferred},
		{"Experience with Python is a strong bonus.", sectionRequirements, strengthPreferred},
		{"Proficiency in Python is highly desired", sectionRequirements, strengthPreferred},
		{"Experience in Python is a significant advantage.", sectionNone, strengthPreferred},
		{"Familiarity with Python is a significant plus", sectionRequirements, strengthPreferred},
		{"Strong knowledge of Python is a plus but not required; we teach you.", sectionRequirements, strengthPreferred},
		{"Strong writing is required. Experience with Python is a plus.", sectionNone, strengthPreferred},
		{"Experience with Python required, a degree is a plus", sectionNone, strengthRequired},
		{"Experience with Python. Preferred: a degree", sectionNone, strengthRequired},
		{"Experience with Python; experience in sales is a plus", sectionNone, strengthRequired},
	} {
		found := tax.skills(plainDocument("", c.text, c.section), "", &room{})
		if len(found) != 1 || found[0].Strength != c.want || found[0].Section != string(c.section) {
			t.Errorf("%q in %q: %+v, want %s", c.text, c.section, found, c.want)
		}
	}
}

func TestSkillEvidence(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	doc := plainDocument("Señor Go Engineer", "Über uns: “PyTorch” 🙂\n- Python, Go\nPython", sectionNone)
	doc.paragraphs[1].section = sectionRequirements
	got := tax.skills(doc, "", &room{})
	for _, s := range got {
		text := doc.text
		if s.Field == "title" {
			text = doc.title
		}
		if text[s.Start:s.End] != s.Text {
			t.Errorf("%s: text at %d..%d is %q, want %q", s.ID, s.Start, s.End, text[s.Start:s.End], s.Text)
		}
	}
	at := strings.Index(doc.text, "- Python") + 2
	want := posting.Skill{
		ID: "python", Label: "Python", Kind: "language", Field: "description", Start: at, End: at + 6, Text: "Python",
		Section: "requirements", Strength: strengthRequired, ParagraphHash: paragraphHash("python go"), Rule: "Python",
	}
	if diff := cmp.Diff([]string{"go", "pytorch", "python", "go", "python"}, ids(got)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(want, got[2]); diff != "" {
		t.Error(diff)
	}
	if got[0].Rule != "Go|next" || got[0].Strength != strengthRequired || got[3].Rule != "Go|list" {
		t.Errorf("title %+v, list %+v", got[0], got[3])
	}
}

func TestSkillsOfTheEmployer(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, c := range []struct{ company, text, want string }{
		{"Databricks", "At Databricks we use Python. The Unity Catalog team.", "python"},
		{"databricks", "Databricks and Python", "python"},
		{"Other", "Databricks and Python", "databricks python"},
		{"Snowflake Computing, Inc.", "Snowflake and dbt", "dbt"},
		{"Cohere", "Cohere, OpenAI and LangChain", "openai-api langchain"},
		{"Swift Navigation", "Swift Navigation builds GNSS in C++, Swift and Kotlin.", "gnss cpp swift kotlin"},
		{"Rust Belt Robotics", "Rust Belt Robotics, Python, Rust", "python rust"},
		{"Linear", "Linear, Jira and linear algebra", "jira linear-algebra"},
		{"Go GmbH", "Go, Python", "python"},
		{"Amazon Web Services", "AWS and Java", "java"},
		{"", "AWS and Java", "aws java"},
		{"Docker Inc", "Docker, Kubernetes", "kubernetes"},
		{"sunriserobotics", "Sunrise Robotics needs robotics engineers.", "robotics"},
		{"theagilemonkeys", "At Agile Monkeys we use Python.", "python"},
		{"Acme Careers", "Acme SSH and Acme PKI. SSH", "ssh"},
		{"Acme", "Our Acme Python SDK, the Acme AI engineers", "python artificial-intelligence"},
		{"Maven Clinic", "Maven is a clinic. We use Gradle, Maven, Java.", "gradle maven java"},
		{"Turbopuffer", "turbopuffer needs Rust engineers.", "rust"},
		{"Acme", "Acme is a payment gateway for robotics.", ""},
		{"", "Rust Engineer | Databricks | Berlin", "rust"},
		{"", "At Heroku we use Python. Former Twilio engineers lead us.", "python"},
		{"", "We are building Heroku for robots, in Ruby, on Heroku.", "ruby heroku"},
		{"", "Jane was a senior robotics engineer at Acme.", ""},
		{"Acme", "Acme is looking for robotics engineers.", "robotics"},
	} {
		got := ids(tax.skills(plainDocument("", c.text, sectionNone), c.company, &room{}))
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%s: %s\n%s", c.company, c.text, diff)
		}
	}
}

// TestSkillsNobodyAsksFor checks what an employer says of itself and of others.
func TestSkillsNobodyAsksFor(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, c := range []struct {
		text    string
		section section
		want    string
	}{
		{"We offer semantic search, fraud detection and Salesforce apps.", sectionAbout, ""},
		{"We offer semantic search, fraud detection and Salesforce apps.", sectionRequirements, "semantic-search fraud-detection salesforce"},
		{"Our backend: Go, Kafka, AWS, microservices", sectionAbout, "go kafka aws microservices"},
		{"We use AWS for event sourcing.", sectionAbout, "aws"},
		{"You will join our fraud detection squad.", sectionAbout, "fraud-detection"},
		{"Fraud Detection Engineers are rare.", sectionAbout, "fraud-detection"},
		{"- Our papers at NeurIPS", sectionAbout, ""},
		{"- You love Airtable and Notion", sectionAbout, "airtable notion"},
		{"- Deploys: GitHub Actions, Terraform", sectionAbout, "github-actions terraform"},
		{"- Pair programming, one hour", sectionProcess, ""},
		{"- A full IntelliJ license", sectionBenefits, ""},
		{"- Partner with the data science, design and DevOps teams to ship dashboards.", sectionResponsibilities, "dashboards"},
		{"- Refine stories with the machine learning team.", sectionResponsibilities, ""},
		{"- Ship features with teams such as robotics or DevOps.", sectionResponsibilities, "robotics devops"},
		{"- Partner with teams such as robotics or DevOps.", sectionResponsibilities, ""},
		{"- Work closely with machine learning engineers.", sectionResponsibilities, ""},
		{"- Collaborate with product to build machine learning models for teams.", sectionResponsibilities, "machine-learning"},
		{"- Experience working closely with data science teams", sectionRequirements, ""},
		{"- Proven partner to DevOps/SRE and product teams; ability to work with ML and sales teams.", sectionRequirements, ""},
		{"- Partner closely with Quality, SRE and presales to ship machine learning.", sectionResponsibilities, "machine-learning"},
		{"- Able to partner with product, data science and operational teams.", sectionRequirements, ""},
		{"- Collaborate with AI and through code reviews", sectionRequirements, "artificial-intelligence code-review"},
		{"- Services that interface closely with hypervisors, deployed with robotics", sectionRequirements, "virtualization robotics"},
		{"- Experience with a robotics leadership team", sectionRequirements, "robotics"},
		{"- You enjoy collaborating. Experience with digital transformation", sectionRequirements, "digital-transformation"},
		{"- Work with Scrum teams", sectionResponsibilities, "scrum"},
		{"- Act as the right hand to the Head of AI.", sectionResponsibilities, ""},
		{"- Lead the practice of machine learning.", sectionResponsibilities, "machine-learning"},
		{"The founders (both engineers) have ported games to FPGAs.", sectionNone, ""},
		{"The founders are looking for FPGA experts; you know FPGAs.", sectionNone, "fpga fpga"},
		{"Talk to our founders: we build on FPGAs.", sectionNone, "fpga"},
		{"Serverless, Inc. | Growth Lead | Berlin", sectionNone, ""},
		{"The Amazon Web Services team is hiring.", sectionNone, ""},
		{"Our AWS team is hiring.", sectionNone, "aws"},
		{"You report directly to our Head of Machine Learning.", sectionResponsibilities, ""},
		{"You build reporting with data visualization.", sectionResponsibilities, "data-visualization"},
		{"For robotics companies", sectionNone, ""},
		{"- Works closely with product management, programmers and other designers.", sectionResponsibilities, ""},
		{"- Jane was a robotics engineer at Acme.", sectionAbout, ""},
		{"Experience with robotics companies", sectionNone, "robotics"},
	} {
		got := ids(tax.skills(plainDocument("", c.text, c.section), "", &room{}))
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%q in %q\n%s", c.text, c.section, diff)
		}
	}
}

// TestSkillsOfTheLead checks that an advert with headings begins with the employer.
func TestSkillsOfTheLead(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	html := "<p>We make the cloud for deep learning and fraud detection.</p><p>We are looking for robotics engineers.</p>"
	rest := "<h2>Responsibilities</h2><ul><li>Fraud detection</li></ul><h2>Requirements</h2><ul><li>Python</li></ul><h2>Benefits</h2><ul><li>Lunch</li></ul>"
	if diff := cmp.Diff([]string{"robotics", "fraud-detection", "python"}, ids(tax.skills(readDocument("", html+rest), "", &room{}))); diff != "" {
		t.Error(diff)
	}
	told := rest + "<h2>Acme, a fintech for robots</h2><p>We simplify robotics with AI.</p>"
	if diff := cmp.Diff([]string{"fraud-detection", "python"}, ids(tax.skills(readDocument("", told), "Acme", &room{}))); diff != "" {
		t.Errorf("a heading names the employer: %s", diff)
	}
	if diff := cmp.Diff([]string{"deep-learning", "fraud-detection", "robotics"}, ids(tax.skills(readDocument("", html), "", &room{}))); diff != "" {
		t.Errorf("without headings: %s", diff)
	}
}

// TestSkillSections checks that what needs proof never counts among benefits, that spellings with
// not_in keep out of their sections, and that the same words count elsewhere.
func TestSkillSections(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, c := range []struct {
		text    string
		section section
		want    string
	}{
		{"We may use artificial intelligence (AI) to screen.", sectionLegal, ""},
		{"artificial intelligence", sectionRequirements, "artificial-intelligence"},
		{"Python, R and Go", sectionBenefits, "python"},
		{"Python, R and Go", sectionRequirements, "python r go"},
		{"GDPR", sectionLegal, ""},
		{"GDPR", sectionRequirements, "gdpr"},
	} {
		got := ids(tax.skills(plainDocument("", c.text, c.section), "", &room{}))
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%q in %q\n%s", c.text, c.section, diff)
		}
	}
}

func TestSkillMentionsAreBounded(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	got := tax.skills(plainDocument("", strings.Repeat("Python. ", 1000), sectionNone), "", &room{})
	if len(got) != mentionsMax {
		t.Errorf("%d mentions, want %d", len(got), mentionsMax)
	}
}

// TestSkillsWith proves an abbreviation by the full name elsewhere in the posting.
func TestSkillsWith(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	doc := plainDocument("", "Computer vision team.\nWe want people who know CV well.", sectionNone)
	if diff := cmp.Diff([]string{"computer-vision", "computer-vision"}, ids(tax.skills(doc, "", &room{}))); diff != "" {
		t.Error(diff)
	}
	doc = plainDocument("", "Our team.\nWe want people who know CV well.", sectionNone)
	if got := tax.skills(doc, "", &room{}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
