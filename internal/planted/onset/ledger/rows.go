package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// The tagger versions of tags that were never read from a text. Latest finds what Former missed, in Synonym.
const (
	Former = "planted-1"
	Latest = "planted-2"
)

// synonymSkills are those of which Former finds a third.
const synonymSkills = 20

// crawlTime is on a Wednesday.
func crawlTime(week, board int) time.Time {
	return Start.AddDate(0, 0, 7*week+2).Add(time.Duration(board%12) * time.Hour)
}

// looked says whether a crawl of a week sees a board.
func (b board) looked(week int) bool {
	return week >= b.from && week < b.until && (b.down == nil || !b.down(week))
}

// seen is a version of an advert, from the crawl that saw it first.
type seen struct {
	week int
	hash string
	version
}

// history are an advert's versions as crawls saw them.
func (w *world) history(a advert) []seen {
	var out []seen
	for week := a.from; week < a.until; week++ {
		if !w.boards[a.board].looked(week) {
			continue
		}
		i := 0
		for i+1 < len(a.versions) && a.versions[i+1].from <= week {
			i++
		}
		hash := fmt.Sprintf("%s/%d", a.id, a.versions[i].from)
		if len(out) == 0 || out[len(out)-1].hash != hash {
			out = append(out, seen{week, hash, a.versions[i]})
		}
	}
	return out
}

// postings are what a tagger version makes of all adverts.
func (w *world) postings(tagger string) []any {
	var out []any
	for _, a := range w.adverts {
		for _, s := range w.history(a) {
			out = append(out, w.posting(a.board, a.id, s, tagger))
		}
	}
	for b := range w.boards {
		out = append(out, w.posting(b, "evergreen", w.evergreen(b), tagger))
	}
	return out
}

// evergreen is an advert that stands on a board all the time: no board is ever empty, which would be another story.
func (w *world) evergreen(b int) seen {
	week := w.boards[b].from
	for !w.boards[b].looked(week) {
		week++
	}
	return seen{week, "evergreen", version{title: "talent pool", company: w.boards[b].company, vacancy: fmt.Sprint("evergreen-", b)}}
}

func (w *world) posting(b int, id string, s seen, tagger string) posting.Posting {
	p := posting.Posting{
		Source: w.boards[b].source, Board: w.boards[b].name, ExternalID: id, ContentHash: s.hash,
		ObservedAt: crawlTime(s.week, b), TaggerVersion: tagger, Company: s.company, CompanyKey: s.company,
		Title: s.title, TitleNormalised: s.title, RoleTitle: s.role, RoleText: s.role,
		VacancyID: posting.VacancyID(s.company, s.title, s.vacancy),
	}
	p.PostingID = posting.ID(p.Source, p.Board, p.ExternalID)
	p.RawID = posting.RawID(p.PostingID, p.ContentHash, "1")
	p.ID = posting.TagID(p.RawID, tagger)
	for i, skill := range s.skills {
		if w.scene == Synonym && tagger == Former && w.missed(skill, s.vacancy, i) {
			continue
		}
		p.Skills = append(p.Skills, posting.Skill{ID: skill, Label: skill, Kind: "tool", Field: "description", Section: "requirements", ParagraphHash: p.PostingID})
	}
	return p
}

// missed is two thirds of the mentions of some skills.
func (w *world) missed(skill, vacancy string, i int) bool {
	var n int
	if _, err := fmt.Sscanf(strings.TrimPrefix(skill, "skill_"), "%d", &n); err != nil || n%(w.Skills/synonymSkills) != 0 || !strings.HasPrefix(skill, "skill_") {
		return false
	}
	var v int
	_, _ = fmt.Sscanf(vacancy, "%d", &v)
	return chance(v, i, -3) < 2.0/3
}

// runs are the crawls of all boards.
func (w *world) runs() []any {
	listings := map[[2]int][]posting.Listed{}
	list := func(b, week int, id, hash string) {
		listings[[2]int{b, week}] = append(listings[[2]int{b, week}], posting.Listed{ExternalID: id, ContentHash: hash})
	}
	for _, a := range w.adverts {
		history := w.history(a)
		for week := a.from; len(history) > 0 && week < a.until; week++ {
			if !w.boards[a.board].looked(week) {
				continue
			}
			if len(history) > 1 && history[1].week <= week {
				history = history[1:]
			}
			list(a.board, week, a.id, history[0].hash)
		}
	}
	var out []any
	for i, b := range w.boards {
		for week := b.from; week < w.Weeks; week++ {
			at := crawlTime(week, i)
			run := posting.NewRun(b.source, b.name, b.company, posting.ProofFull, at, at)
			switch {
			case b.looked(week):
				list(i, week, "evergreen", "evergreen")
				run.Outcome, run.Complete, run.Listing = posting.OutcomeOK, true, listings[[2]int{i, week}]
				run.Fetched, run.Expected = len(run.Listing), len(run.Listing)
			case week >= b.until:
				run.Outcome = posting.OutcomeGone
			default:
				run.Outcome = posting.OutcomeError
			}
			for _, part := range run.Split() {
				out = append(out, part)
			}
		}
	}
	return out
}
