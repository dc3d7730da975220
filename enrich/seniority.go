package enrich

import "slices"

// The seniority ladder, lowest first. A posting whose title and text say nothing has none.
const (
	seniorityIntern    = "intern"
	seniorityEntry     = "entry"
	seniorityMid       = "mid"
	senioritySenior    = "senior"
	seniorityStaff     = "staff"
	seniorityPrincipal = "principal"
	seniorityLead      = "lead"
	seniorityManager   = "manager"
	seniorityDirector  = "director"
	seniorityExecutive = "executive"
)

// Seniorities lists every seniority a posting can have, lowest first.
func Seniorities() []string {
	return []string{
		seniorityIntern, seniorityEntry, seniorityMid, senioritySenior, seniorityStaff,
		seniorityPrincipal, seniorityLead, seniorityManager, seniorityDirector, seniorityExecutive,
	}
}

// seniorityOrder is which of several words of a title wins: whom one leads says more than a grade,
// and a stated internship more than either.
func seniorityOrder() []string {
	return []string{
		seniorityIntern, seniorityExecutive, seniorityDirector, seniorityManager, seniorityPrincipal,
		seniorityStaff, seniorityLead, senioritySenior, seniorityEntry, seniorityMid,
	}
}

// seniorityOf is the seniority the title states, else what the years asked for make clear: up to one
// year is entry, two to four mid, five to nine senior, for technical roles only. More years, or
// other roles, decide nothing.
func seniorityOf(words []titleWord, title titleRole, years *int) string {
	found := map[string]bool{}
	alsoFullTime := saysFullTime(words)
	ofFirst := words
	if title.first != nil {
		ofFirst = title.first // the grades of the others are theirs
	}
	for i := range words {
		if isInternWord(words[i].stem) && alsoJobs(words, i, title, alsoFullTime) {
			continue
		}
		if s := gradeAt(words, i, title); s == seniorityIntern {
			found[s] = true // one for all
		}
	}
	for i := range ofFirst {
		if s := gradeAt(ofFirst, i, title); s != seniorityIntern {
			found[s] = true
		}
	}
	for _, s := range seniorityOrder() {
		if found[s] && s == seniorityEntry && repeatsLower(ofFirst) {
			return ""
		}
		if found[s] {
			return s
		}
	}
	if title.manager && (title.role == roleManagement) {
		return seniorityManager
	}
	if isJuniorAssociate(words, title.role, years) {
		return seniorityEntry
	}
	if years == nil || !isTechnical(title.role) {
		return ""
	}
	switch y := *years; {
	case y <= 1:
		return seniorityEntry
	case y <= 4:
		return seniorityMid
	case y <= 9:
		return senioritySenior
	}
	return ""
}

// repeatsLower reports whether a title offers a job without a grade and, behind it, as a first one too
// ("Software Engineer or Junior Software Engineer"): the higher has none.
func repeatsLower(words []titleWord) bool {
	for k := 1; k < len(words); k++ {
		if w := words[k]; w.join == joinList && (w.stem == "junior" || w.stem == "jr") {
			for i := k + 1; i < len(words) && words[i].join == joinSpace; i++ {
				if words[i].stem == words[k-1].stem {
					return true
				}
			}
		}
	}
	return false
}

func isInternWord(stem string) bool {
	return stem == "intern" || stem == "internship" || stem == "intership" // a frequent slip
}

// alsoJobs reports whether the internships of word i are offered beside jobs, whose grade they do not
// say: "full-time and internships", "Designer | Oslo | INTERNS".
func alsoJobs(words []titleWord, i int, title titleRole, alsoFullTime bool) bool {
	several := words[i].text != words[i].stem
	return alsoFullTime && (title.role == "" || several) || several && title.role != "" && !title.headless && aloneInSegment(words, i)
}

// saysFullTime reports whether a title offers full-time work.
func saysFullTime(words []titleWord) bool {
	for i, w := range words {
		if w.text == "fulltime" || w.text == "time" && wordAt(words, i-1) == "full" {
			return true
		}
	}
	return false
}

// associateYearsMax is the most experience asked of an associate whose grade is the first one.
const associateYearsMax = 2

// isJuniorAssociate reports whether a title is that of an associate in a trade where this is the
// first grade ("Operations Associate"). In banks, funds and law firms an associate is the second or
// third, and in research it is no grade.
func isJuniorAssociate(words []titleWord, role string, years *int) bool {
	switch role {
	case roleOperations, roleSales, roleMarketing, rolePeople, roleCustomerSuccess:
	default:
		return false
	}
	if years == nil || *years > associateYearsMax {
		return false
	}
	for i, w := range words {
		ends := i == len(words)-1 || words[i+1].join == joinSegment
		if w.stem == "associate" && i > 0 && ends && w.join == joinSpace && !holdsFounder(words[:i]) {
			return true
		}
	}
	return false
}

// holdsFounder tells the associate of a founder, who is a chief of staff of any grade.
func holdsFounder(words []titleWord) bool {
	return slices.ContainsFunc(words, func(w titleWord) bool { return w.stem == "founder" || w.stem == "partner" })
}

// gradeAt is the grade word i states among its neighbours, "" if none.
func gradeAt(words []titleWord, i int, title titleRole) string {
	before, after := wordAt(words, i-1), wordAt(words, i+1)
	switch words[i].stem {
	case "intern", "internship", "intership", "praktikant", "praktikantin", "praktikum", "werkstudent", "werkstudentin", "stagiaire", "becario", "becaria",
		"estagiario", "estagiaria", "estagio", "tirocinio", "tirocinante", "alternance", "alternant", "alternante", "coop", "pasante", "pasantia", "pflichtpraktikum", "stagiair", "stagista", "afstudeerstage", "practicante", "studentische":
		if after == "recruiter" || after == "recruiting" || after == "coordinator" {
			return ""
		}
		if (after == "program" || after == "programs") && i+2 < len(words) && words[i+2].join != joinSegment {
			return "" // an "Internship Program Manager" is none
		}
		return seniorityIntern
	case "stage":
		if i == 0 && after != "" && after != "manager" {
			return seniorityIntern
		}
	case "student":
		if before == "working" || before == "phd" || before == "master" || before == "doctoral" || after == "researcher" || after == "assistant" || after == "worker" {
			return seniorityIntern
		}
	case "op":
		if before == "co" {
			return seniorityIntern
		}
	case "thesis", "masterarbeit", "bachelorarbeit", "abschlussarbeit", "masterthesis":
		return seniorityIntern
	}
	if s := rankAt(words, i, before, after, title); s != "" {
		return s
	}
	return levelAt(words, i, before, after)
}

// rankAt reads the words that say whom one leads.
func rankAt(words []titleWord, i int, before, after string, title titleRole) string {
	if servesAnother(words[:i]) {
		return "" // "Chief of Staff to the CEO", "Executive Assistant, VPs"
	}
	switch words[i].stem {
	case "vp", "svp", "evp", "avp":
		return seniorityExecutive
	case "ceo", "cto", "cfo", "cmo", "coo", "cro", "cio", "ciso", "geschaftsfuhrer", "geschaftsfuhrerin", "founder", "cofounder":
		if before == "account" || before == "field" || isFollowed(words, i) {
			return "" // "Field CTO" sells, "CEO Communications" writes
		}
		return seniorityExecutive
	case "president":
		return seniorityExecutive
	case "chief":
		if after != "of" && after != "engineer" && after != "architect" || lastIs(words, i, "officer") {
			if lastIs(words, i, "officer") || after == "scientist" || after == "executive" {
				return seniorityExecutive
			}
		}
	case "director", "direktor", "direktorin", "directeur", "directrice", "directora", "diretor", "diretora", "direttore":
		if before == "managing" {
			return seniorityExecutive
		}
		return seniorityDirector
	case "head", "bereichsleiter":
		return seniorityDirector
	case "leiter", "leiterin", "teamleiter", "teamleiterin", "abteilungsleiter", "supervisor":
		return seniorityManager
	case "manager", "manageur":
		if leadsPeople(words, i, before, title) {
			return seniorityManager
		}
	}
	return ""
}

// servesAnother reports whether the words before a rank make it somebody else's.
func servesAnother(before []titleWord) bool {
	for k, w := range before {
		if w.stem == "partner" && wordAt(before, k-2) == "executive" || w.stem == "assistant" && (wordAt(before, k-1) == "executive" || wordAt(before, k+1) == "to") || w.stem == "staff" && wordAt(before, k-1) == "of" || w.stem == "office" && wordAt(before, k+1) == "of" {
			return true
		}
	}
	return false
}

// isFollowed reports whether word i only describes the one behind it.
func isFollowed(words []titleWord, i int) bool {
	return i+1 < len(words) && words[i+1].join == joinSpace && !isPreposition(words[i+1].text)
}

// leadsPeople tells a manager of people from one of products, projects or accounts: either nothing
// but a grade stands before ("Senior Manager, Payroll"), or the title is of management or sales.
func leadsPeople(words []titleWord, i int, before string, title titleRole) bool {
	if title.role == roleManagement {
		return true
	}
	if words[i].join == joinSegment || before == "" || before == "consultant" && words[i].join == joinList {
		return true // also one job at two grades: "Senior Consultant/Manager"
	}
	switch before {
	case "operations":
		return i == 1 || words[i-1].join == joinSegment || gradeWord(words, i-2) // not of the operations of something
	case "design":
		return title.role == roleDesign // of designers, not a "policy design manager"
	case "senior", "sr", "associate", "group", "lead", "general", "sales", "regional", "area", "shift", "team", "people", "store",
		"accounting", "engineering", "support", "recruiting", "warehouse", "production", "manufacturing", "tax", "treasury", "payroll", "bdr", "sdr",
		"lab", "laboratory", "plant", "factory", "branch", "restaurant", "clinic":
		return true // a team, or a place with its staff
	}
	return false // a trade: products, projects, accounts, marketing, communities
}

// levelAt reads the words that grade somebody's own work.
func levelAt(words []titleWord, i int, before, after string) string {
	switch words[i].stem {
	case "principal", "principle", "distinguished":
		if after != "investigator" && before != "school" {
			return seniorityPrincipal
		}
	case "staff":
		switch {
		case before == "of" || before == "technical" || before == "engineering" && wordAt(words, i-2) == "of":
			return ""
		case after == "accountant" || after == "member" || after == "nurse" || after == "attorney" || after == "counsel":
			return ""
		case len(words) == 1 || i == len(words)-1 && i > 0 && words[i].join == joinSpace:
			return "" // "Support Staff"
		}
		return seniorityStaff
	case "lead", "leader", "techlead", "teamlead", "tl":
		if after != "dr" && after != "generation" && after != "gen" && after != "qualification" && after != "time" {
			return seniorityLead
		}
	case "senior", "sr", "snr", "sen", "confirme", "confirmee", "experimente", "experimentee", "erfahrener", "erfahrene", "ervaren", "iii", "sde3":
		return senioritySenior
	case "iv":
		return seniorityStaff
	case "junior", "jr", "trainee", "graduate", "entry", "apprentice", "berufseinsteiger", "debutant", "absolvent", "volontar", "auszubildender", "ausbildung", "apprenti", "apprentie", "debutante", "principiante", "einsteiger", "neolaureato", "aprendiz", "starter":
		if words[i].stem == "graduate" && (after == "program" && wordAt(words, i+2) == "manager" || after == "recruiter" || before == "post") {
			return ""
		}
		return seniorityEntry
	case "grad", "graduates":
		return seniorityEntry
	case "career":
		if before == "early" && after != "recruiter" && after != "program" {
			return seniorityEntry
		}
	case "associate":
		if i == 0 && after != "" && words[1].join == joinSpace && !isRank(after) && wordAt(words, 2) != "counsel" && len(words) > 2 {
			return seniorityEntry
		}
	case "ii", "mid", "intermediate", "medior", "ssr", "semisenior", "pleno", "plena", "sde2":
		if words[i].stem == "mid" && (after == "market" || after == "marketing" || after == "size" || after == "enterprise") {
			return ""
		}
		return seniorityMid
	}
	return numeral(words, i, before)
}

// numeral reads the grade behind a trade: "Engineer I", "Analyst 2". A number elsewhere is not one.
func numeral(words []titleWord, i int, before string) string {
	if i == 0 || words[i].join != joinSpace {
		return ""
	}
	switch singular(before) {
	case "engineer", "scientist", "developer", "analyst", "designer", "researcher", "specialist", "associate", "technician", "accountant", "representative", "coordinator", "consultant", "buyer", "planner", "recruiter", "administrator", "swe", "sde":
	default:
		return ""
	}
	switch words[i].text {
	case "i", "1":
		return seniorityEntry
	case "2":
		return seniorityMid
	}
	switch singular(before) {
	case "engineer", "scientist", "developer", "swe", "sde", "researcher":
	default:
		return "" // "Technician 4" is a pay grade
	}
	switch words[i].text {
	case "3":
		return senioritySenior
	case "4":
		return seniorityStaff
	case "v", "5":
		return seniorityPrincipal
	}
	return ""
}

func isRank(w string) bool {
	switch singular(w) {
	case "director", "partner", "principal", "vice", "vp", "general", "manager", "counsel", "professor", "attorney":
		return true
	}
	return false
}

func wordAt(words []titleWord, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i].text
}

// lastIs reports whether word stands within the four words behind i.
func lastIs(words []titleWord, i int, word string) bool {
	for k := i + 1; k < len(words) && k <= i+4; k++ {
		if words[k].stem == word {
			return true
		}
	}
	return false
}
