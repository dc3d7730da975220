package trend

import "time"

// Family is a kind of term. Terms of one family are tested together: the false discovery rate is that of a family.
type Family string

// The families.
const (
	FamilyTitle     Family = "title"      // one to four words of the normalised title
	FamilySkill     Family = "skill"      // a skill of the taxonomy
	FamilyPhrase    Family = "phrase"     // a phrase that names a skill and that the taxonomy does not list
	FamilyRoleSkill Family = "role_skill" // a skill in vacancies of one role
)

// Families are all of them.
func Families() []Family {
	return []Family{FamilyTitle, FamilySkill, FamilyPhrase, FamilyRoleSkill}
}

// EmergingQuestion asks which terms more than doubled their share of the employers, as of one boundary between
// weeks (or months). Its zero value asks as of the last boundary that the boards were watched up to.
type EmergingQuestion struct {
	At       time.Time // the recent window ends before it; rounded down to a boundary; zero is the last one
	Unit     Period    // Week or Month; zero is how often the boards were looked at
	Families []Family  // none means all
	Track    []TermID  // these are in the answer whatever became of them
	Settled  []TermID  // of Track, those of categories that have risen before: what rises now is of its own, unless it is the same by another name
	Windows  Windows   // zero is DefaultWindows of the unit
}

// Windows are lengths in units: the recent window, before it a gap that counts for nothing, before that the base
// window.
type Windows struct {
	Recent int `json:"recent"`
	Gap    int `json:"gap"`
	Base   int `json:"base"`
}

// DefaultWindows are those of a unit: 4 after 26 weeks, 8 weeks apart; 2 after 12 months, 14 months apart. What rises
// slowly is in the base window before it is told, where no gap is: in simulation 0.85 of what emerges is then
// told within 26 weeks, and all of it with this gap (docs/eval.md). By the month, the base window is the year before
// the last: what takes years to rise does not double within one. Boards that are not watched for so long are
// asked with a gap of 2 months: see nearWindows.
func DefaultWindows(unit Period) Windows {
	if unit == Month {
		return Windows{Recent: 2, Gap: 14, Base: 12}
	}
	return Windows{Recent: 4, Gap: 8, Base: 26}
}

// nearWindows are those of months where half of the boards that these could be asked about are not watched for
// long enough for DefaultWindows.
func nearWindows() Windows { return Windows{Recent: 2, Gap: 2, Base: 12} }

// Of the detector.
const (
	// EmergingQ is the false discovery rate within a family at one evaluation.
	EmergingQ = 0.05
	// EmergingRatio is what a share has to have grown by: the hypothesis that is tested is that it did not. Tests
	// of "any change" find hundreds of seasons and chances for every true one (measured in simulation).
	EmergingRatio = 2
	// EmergingEmployers is how many employers have to mention a term in the recent window.
	EmergingEmployers = 5
	// EmergingKnown is the share of the base window's employer-units above which a term was known before: that it
	// doubles again is a trend, or a habit of spelling. 0.5 % is above all that was simulated when it is told. On a
	// panel so small that it is fewer, EmergingCount of them are needed.
	EmergingKnown = 0.005
	// EmergingStreak is how many units in a row a term has to pass in, before it is told.
	EmergingStreak = 2
	// EmergingCount is how many employer-units, of both windows together, make a term a candidate for the test.
	EmergingCount = 5
	// EstablishedShare of the employer-units of the base window, and a ratio that is no longer above one, make a
	// category established.
	EstablishedShare = 0.002
)

// TermID names a term: Key is "mlops" of a title, "pytorch" of a skill, "data_engineer dbt" of a skill in a role.
// A title's and a phrase's key is its letters, digits and the signs +#. alone, so that "ML Ops" and "ml-ops" are one.
type TermID struct {
	Family Family `json:"family"`
	Key    string `json:"key"`
}

// Class says whether a term had been there before.
type Class string

// The classes.
const (
	Novel     Class = "novel"     // nobody mentioned it in the year before it was first mentioned in the windows
	Surging   Class = "surging"   // somebody had
	Unwatched Class = "unwatched" // nobody had as far as anybody looked, which is less than a year
)

// Term is what one evaluation found of one term. An employer-unit is an employer in a unit with a new, uncensored
// vacancy on a board of the panel.
type Term struct {
	TermID
	Label      string    `json:"label"`           // its commonest spelling, or the skill's name
	Role       string    `json:"role,omitempty"`  // of a skill in a role
	Skill      string    `json:"skill,omitempty"` // id, of a skill and of a skill in a role
	X1         uint64    `json:"x1"`              // employer-units of the recent window that mention it
	N1         uint64    `json:"n1"`              // of all
	X0         uint64    `json:"x0"`              // those of the base window
	N0         uint64    `json:"n0"`
	Dispersion float64   `json:"dispersion"`          // what x1 and x0 were divided by: that of the family's stable terms, at least 1
	Ratio      float64   `json:"ratio"`               // ((x1+1/2)/n1) / ((x0+1/2)/n0)
	RatioLow   float64   `json:"ratio_low"`           // of its 95 % interval, by the normal approximation of its logarithm
	RatioHigh  float64   `json:"ratio_high"`          // 0 when x0 is 0: without bound
	P          float64   `json:"p"`                   // of the exact test that the share did not more than double
	Q          float64   `json:"q"`                   // Benjamini-Hochberg within the family; 1 of a term that is no candidate
	Employers  uint64    `json:"employers"`           // distinct, in the recent window
	Sources    uint64    `json:"sources"`             // kinds of board, likewise
	Boards     uint64    `json:"boards"`              // likewise
	Before     uint64    `json:"before"`              // vacancies on any board that mention it in the year before Since
	Since      time.Time `json:"since,omitzero"`      // the day on which a vacancy of any board first did, since the base window began
	FirstSeen  time.Time `json:"first_seen,omitzero"` // when any vacancy did, on any board
	Class      Class     `json:"class,omitempty"`
	Passes     bool      `json:"passes"` // q < EmergingQ, employers, sources and boards enough, and not known before
}

// Named is a name and how much of it there is. Lift is how much larger a skill's share is than among all new
// vacancies of both windows; 0 for what has none.
type Named struct {
	ID        string  `json:"id"`
	Label     string  `json:"label"`
	Vacancies int     `json:"vacancies"`
	Lift      float64 `json:"lift,omitempty"`
}

// Pay is the quarter points of the yearly pay that a category's vacancies state in their commonest currency:
// the middle of each range.
type Pay struct {
	Currency  string  `json:"currency"`
	Vacancies int     `json:"vacancies"`
	Low       float64 `json:"low"` // first quartile
	Median    float64 `json:"median"`
	High      float64 `json:"high"` // third quartile
}

// Example is a vacancy that mentions a category's terms.
type Example struct {
	PostingID string    `json:"posting_id"`
	VacancyID string    `json:"vacancy_id"`
	Title     string    `json:"title"`
	Company   string    `json:"company"`
	Source    string    `json:"source"`
	Board     string    `json:"board"`
	FirstSeen time.Time `json:"first_seen"`
}

// Category is terms that rise together: each shares half of its vacancies of the recent window with another, or
// that one half of its own with it.
type Category struct {
	Name        string    `json:"name"`      // the longest title with most of the employers, else a skill's or a phrase's label
	Lead        TermID    `json:"lead"`      // the term that it is named after
	Members     []TermID  `json:"members"`   // lead first, then by rising p; each is in the answer's Terms
	Skills      []Named   `json:"skills"`    // typical ones, by falling lift
	Employers   []Named   `json:"employers"` // by falling number of vacancies
	Pay         *Pay      `json:"pay,omitempty"`
	Examples    []Example `json:"examples"`     // the newest, of different employers
	NearestRole string    `json:"nearest_role"` // the role with the likest shares of skills; empty when there is none
	Nearness    float64   `json:"nearness"`     // cosine of those shares, 0 to 1
	Vacancies   int       `json:"vacancies"`    // new ones of the recent window
}

// Refusal says why there is no answer, and what it would take. It is not an error: nothing went wrong.
type Refusal struct {
	Why      string    `json:"why"` // whole sentences for a user
	Unit     Period    `json:"unit"`
	Have     int       `json:"have"`                   // whole units that were watched
	Need     int       `json:"need"`                   // units
	From     time.Time `json:"from,omitzero"`          // since when anything is watched
	Until    time.Time `json:"until,omitzero"`         // up to when
	Possible time.Time `json:"possible_from,omitzero"` // the first boundary that could be asked about if the boards go on as they do; zero when that cannot be told
}

// FamilyTest is what was tested of one family.
type FamilyTest struct {
	Family     Family  `json:"family"`
	Candidates uint64  `json:"candidates"` // the tests of one false discovery rate
	Stable     uint64  `json:"stable"`     // terms that the dispersion was measured on
	Dispersion float64 `json:"dispersion"`
}

// EmergingAnswer is one evaluation. Either Refusal is set, or the rest.
type EmergingAnswer struct {
	Audit
	At         time.Time    `json:"at"`
	Unit       Period       `json:"unit"`
	Windows    Windows      `json:"windows"`
	Recent     Span         `json:"recent"`
	Base       Span         `json:"base"`
	Refusal    *Refusal     `json:"refusal,omitempty"`
	Panel      Panel        `json:"panel"`
	Tests      []FamilyTest `json:"tests"`
	Terms      []Term       `json:"terms"`      // with q < EmergingQ, and the tracked ones; by family, then rising p
	Categories []Category   `json:"categories"` // of the terms that pass and of tracked ones; by rising p of the best term
	Statements []Statement  `json:"statements"` // what else was run
}
