package enrich

import (
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// The values of Posting.EmploymentType.
const (
	employmentFullTime       = "full_time"
	employmentPartTime       = "part_time"
	employmentContract       = "contract"  // freelance and contract-to-hire too
	employmentTemporary      = "temporary" // fixed-term, seasonal
	employmentInternship     = "internship"
	employmentApprenticeship = "apprenticeship"
	employmentVolunteer      = "volunteer"
)

// employmentWord is a word and the kind of employment it states.
type employmentWord struct{ word, kind string }

// titleEmployment are the words that state it in a title, whatever the source's field says:
// internships are often filed as full-time.
var titleEmployment = []employmentWord{
	{"internship", employmentInternship},
	{"intern", employmentInternship},
	{"interns", employmentInternship},
	{"praktikum", employmentInternship},
	{"praktikant", employmentInternship},
	{"praktikant:in", employmentInternship},
	{"stagiaire", employmentInternship},
	{"prácticas", employmentInternship},
	{"estágio", employmentInternship},
	{"estagiário", employmentInternship},
	{"becario", employmentInternship},
	{"tirocinio", employmentInternship},
	{"co-op", employmentInternship},
	{"apprentice", employmentApprenticeship},
	{"apprenticeship", employmentApprenticeship},
	{"ausbildung", employmentApprenticeship},
	{"alternance", employmentApprenticeship},
	{"alternant", employmentApprenticeship},
	{"werkstudent", employmentPartTime},
	{"working student", employmentPartTime},
	{"part-time", employmentPartTime},
	{"part time", employmentPartTime},
	{"teilzeit", employmentPartTime},
	{"volunteer", employmentVolunteer},
	{"fixed-term", employmentTemporary},
	{"fixed term", employmentTemporary},
	{"temporary", employmentTemporary},
	{"seasonal", employmentTemporary},
	{"befristet", employmentTemporary},
	{"ftc", employmentTemporary},
	{"freelance", employmentContract},
	{"freelancer", employmentContract},
	{"contractor", employmentContract},
	{"(contract", employmentContract},
	{"- contract", employmentContract},
	{"| contract", employmentContract},
	{"contract role", employmentContract},
	{"contract-to-hire", employmentContract},
	{"contract to hire", employmentContract},
}

// fieldEmployment are the words of sources' fields, letters only, the narrower ones first.
var fieldEmployment = []employmentWord{
	{"intern", employmentInternship},
	{"praktik", employmentInternship},
	{"trainee", employmentInternship},
	{"apprentice", employmentApprenticeship},
	{"ausbildung", employmentApprenticeship},
	{"volunteer", employmentVolunteer},
	{"temp", employmentTemporary},
	{"fixedterm", employmentTemporary},
	{"seasonal", employmentTemporary},
	{"befristet", employmentTemporary},
	{"contract", employmentContract},
	{"freelance", employmentContract},
	{"consultant", employmentContract},
	{"perdiem", employmentContract},
	{"parttime", employmentPartTime},
	{"teilzeit", employmentPartTime},
	{"halftime", employmentPartTime},
	{"workingstudent", employmentPartTime},
	{"fulltime", employmentFullTime},
	{"vollzeit", employmentFullTime},
	{"tempsplein", employmentFullTime},
}

// textEmployment are the phrases that state it in a text, the more particular ones first.
var textEmployment = []employmentWord{
	{"this internship", employmentInternship},
	{"apprenticeship program", employmentApprenticeship},
	{"contract-to-hire", employmentContract},
	{"contract to hire", employmentContract},
	{"contract position", employmentContract},
	{"contract role", employmentContract},
	{"month contract", employmentContract},
	{"independent contractor", employmentContract},
	{"job type: contract", employmentContract},
	{"employment type: contract", employmentContract},
	{"fixed-term", employmentTemporary},
	{"fixed term contract", employmentTemporary},
	{"temporary position", employmentTemporary},
	{"temporary role", employmentTemporary},
	{"part-time position", employmentPartTime},
	{"part-time role", employmentPartTime},
	{"part time position", employmentPartTime},
	{"this is a part-time", employmentPartTime},
	{"job type: part-time", employmentPartTime},
	{"teilzeit möglich", ""},
	{"full-time position", employmentFullTime},
	{"full-time role", employmentFullTime},
	{"full time position", employmentFullTime},
	{"full time role", employmentFullTime},
	{"full-time employee", employmentFullTime},
	{"this is a full-time", employmentFullTime},
	{"this is a full time", employmentFullTime},
	{"job type: full-time", employmentFullTime},
	{"job type: full time", employmentFullTime},
	{"employment type: full-time", employmentFullTime},
	{"employment type: full time", employmentFullTime},
	{"permanent, full-time", employmentFullTime},
	{"full-time, permanent", employmentFullTime},
	{"full-time", employmentFullTime},
	{"full time", employmentFullTime},
	{"fulltime", employmentFullTime},
	{"vollzeit", employmentFullTime},
	{"temps plein", employmentFullTime},
	{"jornada completa", employmentFullTime},
	{"unbefristet", employmentFullTime},
	{"festanstellung", employmentFullTime},
}

// contractPhrases say that this job is a contract. They win over a field that says full-time, because
// boards fill that field with "FullTime" by themselves and nobody calls an employee's job freelance;
// not where the text speaks of full-time too.
var contractPhrases = []string{
	"freelance position", "freelance role", "freelance opportunity", "freelance contractor", "freelance basis", "freelance contract", "freelance assignment", "freelance job", "freelance translators", "freelance linguists", "freelance writers", "freelance project",
	"this is a contract", "this is a 1099", "1099 position", "1099 role", "1099 contractor", "1099 contract", "1099 independent contractor", "1099 basis",
	"contract position", "contract role", "contractor position", "contractor role", "contract-to-hire", "contract to hire", "independent contractor position", "independent contractor role", "independent contractor basis", "contract basis",
	"project-based contract", "project-based role", "project-based position", "project-based work opportunity", "freiberuflich",
}

// contractByText reports whether the text, against its field, states a contract.
func contractByText(doc document) bool {
	if !doc.gives(signalContract) {
		return false
	}
	for i := range doc.paragraphs {
		if holdsAny(doc.paragraphs[i].lower, []string{"full-time", "full time", "fulltime", "permanent", "401"}) {
			return false
		}
	}
	return true
}

// employmentType tells the kind of employment by the title, the source's field, the header line of
// a post without fields, and last the text. "Permanent" alone says nothing about the hours.
func employmentType(rec posting.Record, doc document) string {
	title := strings.ToLower(doc.title)
	for _, w := range titleEmployment {
		if holdsWord(title, w.word) {
			return w.kind
		}
	}
	field := foldLetters(rec.Employment)
	for _, w := range fieldEmployment {
		if strings.Contains(field, w.word) {
			if w.kind == employmentFullTime && contractByText(doc) {
				return employmentContract
			}
			return w.kind
		}
	}
	first := ""
	if len(doc.paragraphs) > 0 {
		first = doc.paragraphs[0].lower
	}
	if strings.Count(first, "|")+1 >= headerFieldsMin {
		return headerEmployment(first)
	}
	if i := doc.first[signalEmployment]; i > 0 {
		return textEmployment[i-1].kind
	}
	return ""
}

// headerEmployment reads the header line of a post; one that offers several kinds states none.
func headerEmployment(first string) string {
	found := ""
	for _, w := range []employmentWord{
		{"intern", employmentInternship},
		{"interns", employmentInternship},
		{"internship", employmentInternship},
		{"internships", employmentInternship},
		{"contract", employmentContract},
		{"contractor", employmentContract},
		{"freelance", employmentContract},
		{"part-time", employmentPartTime},
		{"part time", employmentPartTime},
		{"parttime", employmentPartTime},
		{"full-time", employmentFullTime},
		{"full time", employmentFullTime},
		{"fulltime", employmentFullTime},
		{"ft", employmentFullTime},
	} {
		if holdsWord(first, w.word) {
			if found != "" && found != w.kind {
				return ""
			}
			found = w.kind
		}
	}
	return found
}

func foldLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
