// Package ledger puts the markets of package onset into a store, as crawls of their boards would have, with
// or without something on the way that looks like emergence and is none; asks the detector week by week, and
// says what it told early, late, never and wrongly. The rows are those that the pipeline would have written:
// store.Write folds the spells and store.Refresh makes the rollups, so that every guard is the product's own.
// `rolescope eval emergence`, its proof and its small version in CI call it.
package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/rolescope/rolescope/internal/planted/onset"
)

// Scene is what happens beside what emerges.
type Scene string

// The scenes. None of them is an emerging category.
const (
	Plain      Scene = "plain"
	NewBoard   Scene = "new_board"   // a sixth of the employers is first looked at in the middle; they have words of their own
	MassPost   Scene = "mass_post"   // four employers, one of them on two boards, post the same new thing in masses
	Rename     Scene = "rename"      // employers take another name, others another board, two call their jobs otherwise
	Outage     Scene = "outage"      // four weeks without an answer from two fifths of the boards, then all at once
	December   Scene = "december"    // hardly any hiring in December, and twice the usual in January
	Synonym    Scene = "synonym"     // a new tagger finds three times as much of twenty skills
	Null       Scene = "null"        // blocks of four weeks are shuffled
	FirstCrawl Scene = "first_crawl" // boards are first looked at one after the other, and are full of old adverts with old words
)

// Confounders are the scenes but the plain one and the null.
func Confounders() []Scene {
	return []Scene{NewBoard, MassPost, Rename, Outage, December, Synonym, FirstCrawl}
}

// Start is the Monday of week 0. Boards were first looked at in the week before, where a scene does not say otherwise.
var Start = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

// The middle of a scene, in weeks: when there is a base window before it, and time after it to be deceived.
const (
	middle      = 44
	outageWeeks = 4
	massWeeks   = 8
	massPosts   = 40
)

// advert is what a board lists from a week until another.
type advert struct {
	board       int
	id          string
	from, until int
	versions    []version
}

// version is an advert from a week on.
type version struct {
	from                          int
	title, role, company, vacancy string
	skills                        []string
}

type board struct {
	source, name, company string
	from, until           int // weeks in which it is looked at
	down                  func(week int) bool
}

// world is what crawlers would have found.
type world struct {
	*onset.Market
	scene   Scene
	seed    uint64
	boards  []board
	adverts []advert
	of      []int // employer to its board
}

func employerName(e int) string { return fmt.Sprintf("employer %04d", e) }

func newWorld(m *onset.Market, scene Scene) *world {
	w := &world{Market: m, scene: scene, seed: m.Seed}
	for e := range m.Employers {
		w.of = append(w.of, len(w.boards))
		b := board{source: fmt.Sprint("source", m.Employers[e].Source), name: fmt.Sprintf("board%04d", e), company: employerName(e), from: -1, until: m.Weeks}
		switch {
		case scene == NewBoard && e%6 == 0:
			b.from = middle
		case scene == FirstCrawl:
			b.from = []int{-1, 5, 12}[e%3]
		case scene == Outage && e%5 < 2:
			b.down = func(week int) bool { return week >= middle && week < middle+outageWeeks }
		case scene == Rename && e%8 == 2:
			b.until = middle
		}
		w.boards = append(w.boards, b)
	}
	to := onset.Shuffled(m.Weeks, blockWeeks, m.Seed)
	for i, v := range m.Vacancies {
		if scene == Null {
			v.Week = to[v.Week]
		}
		w.add(w.advert(i, v))
	}
	switch scene {
	case MassPost:
		w.massPosts()
	case FirstCrawl:
		w.backlog()
	case Rename:
		w.move()
	}
	return w
}

// nouns end a title; each role has its own.
var nouns = [onset.Roles]string{"engineer", "scientist", "analyst", "manager", "designer", "developer", "architect", "consultant", "specialist", "writer"}

func role(i int) string { return "role_" + nouns[i] }

// title is that of a vacancy. What emerges has a new word, or two old ones that nobody put together before.
func (w *world) title(title, role int) string {
	if i := title - w.Titles; i >= 0 {
		return emergingTitle(i) + " " + nouns[role]
	}
	return head(title) + " " + nouns[role]
}

func head(i int) string { return fmt.Sprintf("w%04d", i) }

// commonHeads are the words of two of which a title emerges: too common for either to double.
const commonHeads = 10

func emergingTitle(onset int) string {
	if onset%3 != 0 || onset/3%2 == 0 {
		return fmt.Sprintf("nova%03d", onset)
	}
	n := onset / 6 % (commonHeads * (commonHeads - 1))
	first, second := n/(commonHeads-1), n%(commonHeads-1)
	if second >= first {
		second++
	}
	return head(first) + " " + head(second)
}

func (w *world) skill(i int) string {
	if i >= w.Skills {
		return fmt.Sprintf("emergent_%03d", i-w.Skills)
	}
	return fmt.Sprintf("skill_%04d", i)
}

// onsetOf says to which onset a term of the detector belongs; -1 is none.
func (w *world) onsetOf(family, key string) int {
	for i, o := range w.Onsets {
		if o.Role < 0 && o.Family == onset.Title {
			o.Role = 0 // of a real background
		}
		if o.Family == onset.Title {
			words := strings.Fields(emergingTitle(i)) // whose last one with the noun is new too
			if family == "title" && (strings.Contains(key, strings.Join(words, "")) || key == words[len(words)-1]+nouns[o.Role]) {
				return i
			}
		} else if family != "title" && strings.HasSuffix(key, w.skill(o.Term)) {
			return i
		}
	}
	return -1
}

// chance is a number from 0 to 1 that depends on nothing but its arguments: what a scene changes must not change the rest.
func chance(of ...int) float64 {
	h := uint64(14695981039346656037)
	for _, v := range of {
		for range 4 {
			h = (h ^ uint64(v&0xffff)) * 1099511628211
			h ^= h >> 29
			v >>= 16
		}
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	return float64((h^h>>33)>>11) / (1 << 53)
}

// advert is that of a vacancy. It stands for three weeks on average.
func (w *world) advert(i int, v onset.Vacancy) advert {
	life := 1
	for chance(i, life) < 2.0/3 && life < 20 {
		life++
	}
	a := advert{board: w.of[v.Employer], id: fmt.Sprint("v", i), from: v.Week, until: v.Week + life}
	first := version{from: v.Week, title: w.title(v.Title, v.Role), role: role(v.Role), company: employerName(v.Employer), vacancy: fmt.Sprint(i)}
	for _, s := range v.Skills {
		first.skills = append(first.skills, w.skill(s))
	}
	switch {
	case w.scene == NewBoard && v.Employer%6 == 0:
		if chance(i, -1) < 0.3 {
			first.skills = append(first.skills, fmt.Sprint("alien_", i%7))
			first.title = "alien " + first.title
		}
	case w.scene == December && v.Week%52 >= 49:
		if chance(i, -2) < 0.7 { // beside the dip that every market has
			return advert{}
		}
	case w.scene == December && v.Week%52 < 4 && v.Week >= 52:
		again := first
		again.vacancy += "-2"
		w.add(advert{a.board, a.id + "-2", a.from, a.until, []version{again}})
	case w.scene == Rename:
		return w.renamed(a, first, v.Employer)
	}
	a.versions = []version{first}
	return a
}

// renamed is an advert of an employer that has another name, or other names for its jobs, from the middle on: what
// is open is changed in place.
func (w *world) renamed(a advert, first version, employer int) advert {
	second := first
	switch {
	case employer%8 == 1:
		second.company += " group"
	case employer < 2*8 && employer%8 == 3: // two employers
		second.title = "guild " + second.title
	default:
		a.versions = []version{first}
		return a
	}
	second.from, second.vacancy = middle, second.vacancy+"-2"
	if a.from < middle {
		a.versions = append(a.versions, first)
	}
	if a.until > middle {
		a.versions = append(a.versions, second)
	}
	return a
}

func (w *world) add(a advert) {
	if len(a.versions) > 0 {
		w.adverts = append(w.adverts, a)
	}
}

// massPosts are of employers 0 to 3, of which the first has a second board at another source.
func (w *world) massPosts() {
	second := w.boards[w.of[0]]
	second.source, second.name = "source2", "second"
	w.boards = append(w.boards, second)
	for week := middle; week < middle+massWeeks; week++ {
		for n := range massPosts {
			for e := range 5 {
				board, employer := len(w.boards)-1, 0
				if e < 4 {
					board, employer = w.of[e], e
				}
				name := fmt.Sprintf("mass-%d-%d-%d", week, n, e)
				w.add(advert{board, name, week, week + 2, []version{{week, "mass hire " + nouns[0], role(0), employerName(employer), name, []string{"mass_skill"}}}})
			}
		}
	}
}

// backlog is what stood on the boards before anybody looked.
func (w *world) backlog() {
	for b := range w.boards {
		for n := range 12 {
			name := fmt.Sprintf("old-%d-%d", b, n)
			w.add(advert{b, name, w.boards[b].from, w.boards[b].from + 1 + n, []version{{w.boards[b].from, "legacy " + nouns[n%4], role(n % 4), employerName(b), name, []string{fmt.Sprint("legacy_", n%5)}}}})
		}
	}
}

// move gives employers another board: the old one is gone, and what is open is listed by the new one from its first
// crawl on, under ids of its own.
func (w *world) move() {
	moved := map[int]int{}
	for i, b := range w.boards {
		if b.until < w.Weeks {
			moved[i] = len(w.boards)
			b.name, b.from, b.until = b.name+"new", middle, w.Weeks
			w.boards = append(w.boards, b)
		}
	}
	for _, a := range w.adverts[:len(w.adverts):len(w.adverts)] {
		if to, ok := moved[a.board]; ok && a.until > middle {
			w.add(advert{to, a.id + "new", max(a.from, middle), a.until, a.versions})
		}
	}
}
