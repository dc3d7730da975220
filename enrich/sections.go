package enrich

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// headingPhrases are the headings employers use, folded (see foldHeading), by section. The first
// list whose phrase a heading equals, or failing that holds, decides; order matters: "preferred
// qualifications" must be found before "qualifications".
var headingPhrases = []struct {
	section section
	phrases []string
}{
	{sectionPreferred, []string{
		"nice to have", "nice to haves", "nice-to-have", "nice-to-haves", "bonus points", "bonus points if", "bonus points for", "bonus", "bonuses", "preferred qualifications", "preferred", "preferred skills", "preferred experience",
		"preferred requirements", "desired", "desired skills", "desired qualifications", "desirable", "desirable skills", "desirables", "pluses", "plus points", "plus", "a plus", "extra credit", "even better", "even better if", "ideally",
		"ideally you have", "it would be great if", "what would be nice", "would be nice", "good to have", "great to have", "good to haves", "additional qualifications", "additional skills", "optional", "not required but", "brownie points", "icing on the cake", "strong candidates may also", "strong candidates might", "you may also have", "you might also", "you get bonus", "stand out", "stands out", "ways to stand out", "what will set you apart", "sets you apart", "set you apart", "kudos", "a bonus", "우대 사항", "加分项", "歓迎条件", "歓迎要件", "standout", "we'd love if", "above and beyond", "wish list", "recommended",
		"wünschenswert", "von vorteil", "idealerweise", "pluspunkte", "das wäre toll", "nice to have ist", "les plus", "un plus", "serait un plus", "souhaité", "deseable", "se valorará", "valorable", "diferenciais", "desejável", "é um plus", "pre", "costituiscono titolo preferenziale",
	}},
	{sectionProcess, []string{
		"how to apply", "application process", "interview process", "hiring process", "our interview process", "the interview process", "recruitment process", "selection process", "what to expect in the hiring process", "next steps", "to apply", "apply now", "how we hire", "our hiring process", "interviewing", "application instructions", "what happens next", "application deadline", "interested", "ready to apply", "sound like you", "logistics", "what's next", "the process", "applying", "apply with us", "apply", "sounds like your kind of place", "referral instructions",
		"bewerbungsprozess", "so bewirbst du dich", "bewerbung", "interessiert", "processus de recrutement", "process de recrutement", "comment postuler", "proceso de selección", "cómo aplicar", "sollicitatieprocedure", "solliciteren", "processo seletivo", "como se candidatar",
	}},
	{sectionLegal, []string{
		"equal opportunity", "equal employment", "eeo", "eoe", "equal opportunities", "diversity", "inclusion", "privacy", "privacy notice", "accommodations", "accommodation", "reasonable accommodation", "disclaimer", "legal", "export control", "export controls", "e-verify", "fraud", "recruitment fraud", "notice", "compliance statement", "background check", "itar", "agencies", "recruitment agencies", "data protection", "commitment to diversity", "fair chance", "security clearance notice", "applicant privacy", "california consumer", "visa sponsorship", "physical requirements", "physical demands", "working conditions", "work environment", "safety notice", "candidate privacy", "your safety matters", "other notices", "equal-opportunity", "equal-opportunity employer", "important applicant information",
		"chancengleichheit", "datenschutz", "diversité", "égalité des chances", "igualdad de oportunidades", "diversidad", "igualdade",
	}},
	{sectionBenefits, []string{
		"benefits", "perks", "perks & benefits", "benefits & perks", "what we offer", "we offer", "what you'll get", "what you will get", "what you get", "our benefits", "why join us", "compensation", "salary", "pay range", "salary range", "base pay", "pay", "total rewards", "our offer", "what's in it for you", "whats in it for you", "in it for you", "perks and benefits", "benefits and perks", "compensation and benefits", "compensation & benefits", "compensation range", "we provide", "we've got you covered", "rewards", "reward", "what do we offer", "what can we offer", "what we can offer", "offering", "package", "remuneration", "our package", "why you'll love", "what you can expect", "you can expect", "time off", "health and wellness", "how we'll take care", "taking care of", "ote", "wage", "additional benefits", "earnings", "pay transparency", "what you'll gain", "how we take care", "hours", "schedule", "financial support", "growth & development", "福利待遇", "你将获得", "복지", "待遇", "what's on offer", "on offer",
		"wir bieten", "was wir bieten", "unser angebot", "das bieten wir", "deine vorteile", "deine benefits", "ihre vorteile", "das erwartet dich bei uns", "darauf kannst du dich freuen", "unsere benefits", "warum wir", "benefits bei", "was dich erwartet bei", "gute gründe", "avantages", "ce que nous offrons", "nous offrons", "nous vous offrons", "ce que nous proposons", "rémunération", "qué ofrecemos", "ofrecemos", "beneficios", "te ofrecemos", "lo que ofrecemos", "wat wij bieden", "wat bieden wij", "wij bieden", "arbeidsvoorwaarden", "wat krijg je", "benefícios", "o que oferecemos", "oferecemos", "cosa offriamo", "offriamo", "vantaggi",
	}},
	{sectionResponsibilities, []string{
		"responsibilities", "key responsibilities", "your responsibilities", "role responsibilities", "job responsibilities", "main responsibilities", "primary responsibilities", "core responsibilities", "duties", "duties and responsibilities", "essential functions", "essential duties", "what you'll do", "what you will do", "what you will be doing", "what you'll be doing", "what you do", "you will", "in this role you will", "in this role", "your role", "the role", "about the role", "role overview", "about this role", "the job", "about the job", "job description", "description", "role description", "position overview", "position summary", "job summary", "summary", "overview", "about the position", "the position", "the opportunity", "about the opportunity", "opportunity", "your mission", "mission", "your impact", "the impact you'll", "impact you will", "impact you'll", "day to day", "day-to-day", "a typical day", "a day in the life", "your day", "what you'll work on", "what you will work on", "you'll work on", "what you'll own", "what you will own", "you'll own", "how you'll make an impact", "how you will make", "how you'll contribute", "how you will contribute", "your contribution", "as a", "as an", "scope", "your work", "the work", "projects", "representative projects", "sample projects", "you may work on", "key accountabilities", "accountabilities", "deliverables", "key objectives", "objectives", "within 30 days", "first 90 days", "within your first", "in your first", "first year", "what you'll learn", "tasks", "key tasks", "what will you do", "what will you be doing", "what you're going to do", "you'll be responsible for", "you will be responsible for", "responsible for", "the challenge", "your challenge", "job purpose", "purpose of the role", "purpose", "your opportunity", "what you'll build", "job duties", "functions", "what you'll be responsible for", "role summary", "position description", "about the internship", "role", "this role matters", "working on", "things you'll do", "what you'll actually do", "you'll do", "goals", "90 day plan", "first 30 days", "your first three months", "how you'll grow", "where you can make an impact", "make an impact", "one-year outlook", "主な業務内容", "業務内容", "仕事内容", "주요 업무", "담당 업무", "工作职责", "岗位职责", "your tasks",
		"deine aufgaben", "ihre aufgaben", "aufgaben", "deine rolle", "was dich erwartet", "das erwartet dich", "dein aufgabengebiet", "aufgabengebiet", "das machst du", "deine mission", "tätigkeiten", "ihre tätigkeit", "stellenbeschreibung", "was du machst", "was du bei uns machst", "vos missions", "missions", "tes missions", "votre mission", "ta mission", "description du poste", "vos responsabilités", "le poste", "votre rôle", "ton rôle", "responsabilités", "responsabilidades", "funciones", "tus funciones", "qué harás", "tu misión", "descripción del puesto", "tareas", "wat ga je doen", "jouw rol", "de functie", "functieomschrijving", "jouw taken", "wat je gaat doen", "taken", "atividades", "o que você vai fazer", "suas responsabilidades", "principais atividades", "descrição", "responsabilità", "attività", "cosa farai", "il ruolo",
	}},
	{sectionRequirements, []string{
		"requirements", "qualifications", "minimum qualifications", "basic qualifications", "required qualifications", "minimum requirements", "job requirements", "key requirements", "required skills", "required experience", "skills", "key skills", "skills and experience", "skills & experience", "experience", "experience and skills", "your experience", "your skills", "education", "must have", "must haves", "must-have", "must-haves", "what you'll bring", "what you will bring", "what you bring", "you bring", "what you need", "what you'll need", "what you will need", "you'll need", "what we're looking for", "what we are looking for", "what were looking for", "we're looking for", "we are looking for", "who we're looking for", "who we are looking for", "looking for", "who you are", "about you", "you are", "you have", "you", "who are you", "your profile", "your background", "your qualifications", "the ideal candidate", "ideal candidate", "candidate profile", "you might be a good fit if", "you may be a good fit if", "good fit if", "great fit if", "a good fit", "might thrive", "thrive in this role", "you'll thrive", "you will thrive", "what makes you", "what you should have", "you should have", "we need you to", "we expect", "what we expect", "what we look for", "we look for", "what we value", "the must haves", "essential", "essential skills", "essential criteria", "knowledge", "knowledge skills and abilities", "competencies", "technical skills", "core skills", "tech stack", "our stack", "about our stack", "about the stack", "our tech stack", "about our tech stack", "the tech stack", "about our tech", "our tech stack", "technologies", "technology", "the stack", "background", "skills required", "skills needed", "technical requirements", "what you have", "what it takes", "do you have", "you've got", "your expertise", "expertise", "certifications", "why you", "what you offer", "we'd love to hear from you if", "love to hear from you", "you might be", "you could be", "you must have", "person specification", "licenses", "prerequisites", "eligibility", "success looks like", "what we'd like", "we'd like to see", "relevant experience", "required", "key criteria", "criteria", "good candidate", "role is for you if", "for you if", "great fit", "thrives", "important traits", "traits for this role", "will make you successful", "love you", "応募資格", "必須条件", "자격 요건", "지원 자격", "任职要求", "qualifications and experience", "preferred background", "credentials", "profile",
		"dein profil", "ihr profil", "das bringst du mit", "was du mitbringst", "das bringen sie mit", "anforderungen", "deine qualifikationen", "qualifikation", "qualifikationen", "was wir erwarten", "was wir uns wünschen", "das solltest du mitbringen", "du bringst mit", "deine skills", "das zeichnet dich aus", "voraussetzungen", "was dich auszeichnet", "votre profil", "ton profil", "profil", "profil recherché", "profil souhaité", "compétences", "ce que nous recherchons", "qualités requises", "prérequis", "requisitos", "qué buscamos", "perfil", "tu perfil", "lo que buscamos", "buscamos", "experiencia", "wat breng je mee", "wie ben jij", "functie-eisen", "functie eisen", "jouw profiel", "profiel", "wat vragen wij", "wat wij vragen", "dit ben jij", "requisitos e qualificações", "o que buscamos", "o que esperamos", "qualificações", "requisiti", "competenze", "profilo", "cosa cerchiamo", "chi cerchiamo",
	}},
	{sectionAbout, []string{
		"not a fit", "not a good fit", "not a great fit", "not the right fit", "not be a fit", "not be a good fit", "not be the right fit", "not a match", "not for you", "shouldn't apply", "should not apply", "don't apply if", "do not apply if",
		"about us", "about the company", "about the team", "about our team", "our team", "the team", "your team", "who we are", "our mission", "our story", "our values", "our culture", "values", "culture", "company", "company overview", "company description", "the company", "our company", "about", "life at", "why", "our vision", "vision", "what we do", "what we're building", "what we are building", "introduction", "intro", "background on", "meet the team", "meet the", "location", "locations", "work location", "team", "our product", "our customers", "our investors", "our principles", "backed by", "our commitment", "the product", "our approach", "how we work", "working at", "at a glance", "job details", "department", "reports to", "employment type", "who are we", "why work", "why join", "why us", "why should you join", "in the news", "our tech", "our ethos", "our philosophy", "the office", "work with us", "job type", "sets us apart", "sets our platform apart", "会社概要", "关于",
		"über uns", "wer wir sind", "unser team", "das team", "das sind wir", "das unternehmen", "unternehmen", "à propos", "a propos", "qui sommes-nous", "qui sommes nous", "notre équipe", "l'équipe", "l'entreprise", "sobre nosotros", "quiénes somos", "sobre nós", "quem somos", "over ons", "wie zijn wij", "wie we zijn", "het team", "chi siamo", "su di noi", "l'azienda",
	}},
}

// headingSection is the section of a heading that is exactly a known phrase, sectionNone otherwise.
// Only such lines are headings without the markup saying so.
func headingSection(s string) section {
	if len(s) > headingRunesMax {
		return sectionNone
	}
	return exactPhrases()[foldHeading(s)]
}

// sectionOfHeading is the section a heading announces: by a phrase it equals, else by the earliest
// phrase it holds, longer ones first.
func sectionOfHeading(s string) section {
	if sec := headingSection(s); sec != sectionNone {
		return sec
	}
	f := " " + foldHeading(s) + " "
	best, at, length := sectionNone, len(f), 0
	book := paddedPhrases()
	book.finder.find(f, func(phrase, start, end int) {
		sec := book.sections[phrase]
		switch {
		case best == sectionPreferred:
		case sec == sectionPreferred || start < at || start == at && end-start > length:
			best, at, length = sec, start, end-start
		}
	})
	if best == sectionNone && strings.HasPrefix(f, " why ") {
		return sectionAbout // "Why Acme?"
	}
	return best
}

// headingBook is the phrases that may decide inside a longer heading, between spaces.
type headingBook struct {
	finder   *finder
	sections []section // by phrase
}

var paddedPhrases = sync.OnceValue(func() headingBook {
	var book headingBook
	var padded []string
	for _, h := range headingPhrases {
		for _, p := range h.phrases {
			if len(p) >= phraseBytesMin {
				padded = append(padded, " "+p+" ")
				book.sections = append(book.sections, h.section)
			}
		}
	}
	book.finder = newFinder(padded)
	return book
})

// exactPhrases maps a whole heading to its section; the first list that holds it decides.
var exactPhrases = sync.OnceValue(func() map[string]section {
	m := map[string]section{}
	for _, h := range headingPhrases {
		for _, p := range h.phrases {
			if _, taken := m[p]; !taken {
				m[p] = h.section
			}
		}
	}
	return m
})

// phraseBytesMin keeps phrases that are ordinary words from deciding inside a longer heading.
const phraseBytesMin = 4

// foldHeading is the form headings are compared in: lower case, straight apostrophes, without
// numbering, emoji and punctuation at the ends.
func foldHeading(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	b := make([]byte, 0, len(s)+utf8.UTFMax)
	space := false
	for _, r := range s {
		switch r {
		case ' ', '/', ',', ':', '(', ')', '|', '.', '…':
			space = true
			continue
		case '’', '‘', '´':
			r = '\''
		case '\'', '-', '&':
		default:
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				continue
			}
		}
		if space {
			b = append(b, ' ')
			space = false
		}
		b = utf8.AppendRune(b, unicode.ToLower(r))
	}
	return string(b)
}

// assignSections gives every paragraph the section it stands in: that of the last known heading,
// unless its own words say otherwise.
func assignSections(d *document) {
	current := sectionNone
	for i := range d.paragraphs {
		p := &d.paragraphs[i]
		text := d.text[p.start:p.end]
		if p.kind == heading {
			if sec := sectionOfHeading(text); sec != sectionNone {
				current = sec
			}
			p.section = current
			continue
		}
		p.section = current
		if sec := sectionOfLead(p.lower); sec != sectionNone {
			p.section = sec
			continue
		}
		p.section = p.sectionOfContent(current)
		// The closing boilerplate of an advert is prose; no heading ends the list before it.
		if p.section == sectionLegal && p.kind == prose {
			current = sectionLegal
		}
	}
}

var preferredLeads = []string{"nice to have", "nice-to-have", "bonus points", "bonus:", "bonus -", "preferred:", "preferred qualifications", "plus:", "ideally", "preferably", "desirable:", "desired:", "good to have", "it would be great if", "it's a plus", "extra credit", "even better if", "von vorteil", "idealerweise", "wünschenswert", "se valorará", "un plus"}

var preferredEnds = []string{"is a plus", "a plus", "are a plus", "is a bonus", "a big plus", "a huge plus", "nice to have", "preferred", "is preferred", "would be a plus", "would be a bonus", "is desirable", "desirable", "a strong plus", "strongly preferred", "highly preferred", "a plus but not required", "is an advantage", "an advantage", "is advantageous", "von vorteil", "wünschenswert", "est un plus", "serait un plus", "é um diferencial", "not required"}

var requiredLeads = []string{"requirements:", "required:", "qualifications:", "must have:", "must-have:", "you have:", "minimum qualifications"}

// sectionOfLead recognises a paragraph that carries its own heading, or says of itself that it is
// optional.
func sectionOfLead(lower string) section {
	s := strings.TrimPrefix(lower, itemPrefix)
	for _, p := range preferredLeads {
		if strings.HasPrefix(s, p) {
			return sectionPreferred
		}
	}
	end := strings.TrimRight(s, " .!;,)*")
	for _, p := range preferredEnds {
		// Inside a sentence of another subject ("... skills are a must. German is a plus") the rest
		// still counts: a whole paragraph is optional only when it is one sentence.
		if strings.HasSuffix(end, p) && !strings.Contains(end, ". ") && !mixedWish(end) {
			return sectionPreferred
		}
	}
	for _, p := range requiredLeads {
		if strings.HasPrefix(s, p) {
			return sectionRequirements
		}
	}
	return sectionNone
}

// wishWordsMax is the length of a last clause that is a wish of its own.
const wishWordsMax = 4

// mixedWish reports whether only the end of the sentence is optional: "Go required, Rust a plus",
// "a bachelor's degree, master's preferred", but not "Kafka, Spark or Flink is a plus".
func mixedWish(s string) bool {
	if strings.Contains(s, "required") && !strings.HasSuffix(s, "not required") || strings.Contains(s, "minimum") || strings.Contains(s, "must ") {
		return true
	}
	if strings.LastIndexByte(s, '(') > max(0, strings.LastIndexByte(s, ')')) || strings.Contains(s, "; ") {
		return true // "two years of sales (software preferred)", "a licence; a second one is a plus"
	}
	i := strings.LastIndexByte(s, ',')
	if i < 0 {
		return false
	}
	clause := strings.Fields(s[i+1:])
	return len(clause) > 0 && len(clause) <= wishWordsMax && clause[0] != "or" && clause[0] != "and"
}

// legalPhrases and benefitPhrases recognise boilerplate by its content.
var legalPhrases = []string{"equal opportunity", "equal employment", "equal-opportunity", "regardless of race", "without regard to race", "race, color", "race, colour", "sexual orientation", "gender identity", "protected veteran", "reasonable accommodation", "e-verify", "fair chance", "arrest and conviction", "conviction records", "criminal histor", "discriminat", "privacy policy", "privacy notice", "gdpr", "ccpa", "recruitment fraud", "fraudulent", "unsolicited resume", "recruitment agenc", "staffing agenc", "export control", "background check", "disability", "affirmative action", "chancengleichheit", "unabhängig von geschlecht", "schwerbehindert", "datenschutz", "égalité des chances", "handicap", "igualdad de oportunidades", "pay transparency nondiscrimination"}

// evidentLegal are the legal phrases of which one is enough.
var evidentLegal = []string{"equal opportunity", "regardless of race", "reasonable accommodation"}

var benefitPhrases = []string{"401(k)", "401k", "health insurance", "dental", "medical, ", "vision insurance", "paid time off", "unlimited pto", " pto", "parental leave", "stock options", "equity", "base salary", "salary range", "pay range", "paid holidays", "vacation days", "vacation policy", "life insurance", "wellness", "stipend", "commuter", "competitive salary", "bonus", "retirement", "pension", "private healthcare", "annual leave", "company holidays", "free lunch", "gym ", "learning budget", "urlaubstage", "altersvorsorge", "mutuelle", "tickets restaurant", "seguro médico"}

// Hits that make a paragraph boilerplate: more where the section speaks against it.
const (
	legalHitsMin         = 2
	benefitHitsMin       = 2
	benefitHitsOutOfTune = 3
	// contentBytesMax is the length above which a paragraph is a whole advert without line breaks,
	// in which boilerplate is only a part.
	contentBytesMax = 2000
)

// asksFor reports whether the paragraph is an item of what is asked for: there "GDPR, CCPA and HIPAA"
// are knowledge and no notice.
func (p *paragraph) asksFor(current section) bool {
	return p.kind == item && (current == sectionRequirements || current == sectionPreferred || current == sectionResponsibilities)
}

// sectionOfContent recognises legal and benefit paragraphs wherever they stand.
func (p *paragraph) sectionOfContent(current section) section {
	if len(p.lower) > contentBytesMax {
		return current
	}
	if p.legal >= legalHitsMin && !p.asksFor(current) || p.legal == 1 && (current == sectionLegal || holdsAny(p.lower, evidentLegal)) {
		return sectionLegal
	}
	need := benefitHitsMin
	if current == sectionRequirements || current == sectionPreferred || current == sectionResponsibilities {
		need = benefitHitsOutOfTune
	}
	if int(p.benefits) >= need {
		return sectionBenefits
	}
	return current
}
