package enrich

import (
	"strings"
	"testing"
)

func readText(t testing.TB, html string) (textReading, *textRules) {
	t.Helper()
	tagger := testTagger(t)
	return tagger.text.readDocument(readDocument("", html), tagger.titles, &room{}), tagger.text
}

func TestRoleByText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, html string }{
		{roleResearchScientist, `<p>Set your own research agenda, conduct original research and publish at NeurIPS and ICML. PhD required.</p>`},
		{roleResearchEngineer, `<p>Work closely with researchers: implement research ideas, run large-scale training runs and ablations.</p><p>You know JAX and distributed training.</p>`},
		{roleAppliedScientist, `<p>As an Applied Scientist, you will bring research into production.</p>`},
		{roleMLEngineer, `<ul><li>Train and deploy machine learning models to production</li><li>Own the ML pipeline, the feature store and model monitoring</li><li>PyTorch</li></ul>`},
		{roleAIEngineer, `<ul><li>Build LLM applications and AI agents with RAG, LangChain and vector databases</li><li>Prompt engineering</li></ul>`},
		{roleDataScientist, `<p>Design A/B tests, do causal inference and build predictive models with the product team. SQL, Python.</p>`},
		{roleDataEngineer, `<p>Own the data pipelines and the data warehouse: dbt, Airflow, Snowflake, Kafka, ETL.</p>`},
		{roleDataAnalyst, `<p>Build dashboards in Tableau and Looker, ad hoc analysis, KPIs, SQL.</p>`},
		{roleMLPlatform, `<p>Build our inference stack: model serving with vLLM and Triton on GPU clusters, CUDA kernels, MLOps.</p>`},
		{roleForwardDeployed, `<p>Work on site with customers: embed with customers, own customer deployments, prototype with their data.</p>`},
		{roleSoftwareEngineer, `<p>Build backend services in Go and React front ends; code review, CI/CD, microservices, PostgreSQL.</p>`},
		{roleSoftwareEngineer, `<p>We are hiring a Senior Backend Engineer to join us.</p>`},
		{roleHardwareEngineer, `<p>PCB design in Altium, board bring-up, signal integrity, work with contract manufacturers.</p>`},
		{roleProductManager, `<p>Own the product roadmap and product strategy, write PRDs, prioritise features with engineering.</p>`},
		{roleDesign, `<p>Wireframes, prototypes in Figma, our design system, usability testing. Send your portfolio.</p>`},
		{roleSales, `<p>Exceed your quota, own the sales cycle, prospecting and closing deals in your territory.</p>`},
		{roleMarketing, `<p>Plan marketing campaigns, content strategy, SEO and social media.</p>`},
		{rolePeople, `<p>Full-cycle recruiting: source candidates and partner with hiring managers.</p>`},
		{roleFinanceLegal, `<p>Month-end close, general ledger, journal entries, US GAAP, audit.</p>`},
		{roleCustomerSuccess, `<p>Resolve support tickets in Zendesk, raise customer satisfaction, reduce churn.</p>`},
		{roleManagement, `<p>Manage a team of engineers: hiring, coaching, performance reviews, career growth of your direct reports.</p>`},
		{roleMLEngineer, `<p>Wir suchen eine Machine Learning Ingenieurin für unser Team.</p>`},
		{roleDataAnalyst, `<p>As our first Analytics Lead, you work with dbt and Snowflake.</p>`},
		{roleOperations, `<p>Join our Revenue Operations team and help the sales team reach its sales targets.</p>`},
		{roleOther, `<h2>About Fern</h2><p>Fern is looking for linguists with native speaker fluency who translate.</p>`},
		{roleSales, `<p>We need a hands-on operator: quota, prospecting, closing deals.</p>`},
		{roleProductManager, `<h2>About Fern</h2><p>As a grower, we sell ferns. We're looking for a Technical Product Manager to join us.</p><h2>What you'll do</h2><p>Drive strategic initiatives and process improvement.</p>`},
		{roleManagement, `<p>Lead a team of engineers, people management; backend services, CI/CD, microservices, Kubernetes.</p>`},
		{roleMLEngineer, `<p>Train and fine-tune diffusion models with LoRA on an image dataset, for image generation; prototype with design, visuals and fidelity matter.</p>`},
		{roleResearchScientist, `<p>As our Computational Chemist, you will write software with CI/CD and code review.</p>`},
		{roleOther, `<p>We are hiring a Technical Docs Writer for our content and audience.</p>`},
		{"", `<p>As our clinical network grows, and as well as that, the team grows.</p>`},
		{"", ``},
		{"", `<p>A great place to work with kind people.</p>`},
		{"", `<p>As a team, we value curiosity. As a company, we grow.</p>`},
		{"", `<p>Experience as a product designer.</p>`},
	} {
		reading, rules := readText(t, c.html)
		if got, why := reading.role(rules.roles); got != c.want {
			t.Errorf("role of %q is %q (%s), want %q", c.html, got, why, c.want)
		}
	}
}

func TestTextEvidenceCountsOnce(t *testing.T) {
	t.Parallel()
	once, _ := readText(t, `<p>Publish at NeurIPS.</p>`)
	often, _ := readText(t, strings.Repeat(`<p>Publish at NeurIPS.</p>`, 50))
	for i := range once.scores {
		if once.scores[i] != often.scores[i] {
			t.Errorf("role %d scores %d once and %d often", i, once.scores[i], often.scores[i])
		}
	}
}

func TestTrack(t *testing.T) {
	t.Parallel()
	research, _ := readText(t, `<p>Conduct original research, publish at NeurIPS, PhD, set the research agenda.</p>`)
	engineering, _ := readText(t, `<p>Ship production code: microservices, CI/CD, Kubernetes, on call, code review.</p>`)
	mixed, _ := readText(t, `<p>Conduct original research, publish at NeurIPS; write production code with CI/CD and code review.</p>`)
	r, e, m := trackOf(roleMLEngineer, research), trackOf(roleMLEngineer, engineering), trackOf(roleMLEngineer, mixed)
	if r == nil || e == nil || m == nil {
		t.Fatalf("tracks are %v, %v, %v", r, e, m)
	}
	if *r != 0 || *e != 1000 || *m <= 200 || *m >= 800 {
		t.Errorf("tracks are %d, %d, %d", *r, *e, *m)
	}
	if got := trackOf(roleSales, mixed); got != nil {
		t.Errorf("a sales posting has track %d", *got)
	}
	if weak, _ := readText(t, `<p>Some research.</p>`); trackOf(roleMLEngineer, weak) != nil {
		t.Error("one word made a track")
	}
}

func TestSeniorityFromYears(t *testing.T) {
	t.Parallel()
	rules, err := loadTitleRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		title string
		years int
		want  string
	}{
		{"Software Engineer", 0, seniorityEntry},
		{"Software Engineer", 3, seniorityMid},
		{"Software Engineer", 6, senioritySenior},
		{"Software Engineer", 12, ""},
		{"Staff Software Engineer", 3, seniorityStaff},
		{"Account Executive", 3, ""},
		{"Engineering Manager", 3, seniorityManager},
	} {
		words := splitTitle(c.title)
		if got := seniorityOf(words, rules.roleOf(words), &c.years); got != c.want {
			t.Errorf("%q with %d years is %q, want %q", c.title, c.years, got, c.want)
		}
	}
}
