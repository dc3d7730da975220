package markettest_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/posting"
)

// mention is a skill in a paragraph of a job's adverts in a month.
type mention struct {
	role, employer, paragraph string
	asked                     bool // in a section that says what is asked for, or to be done
}

// current is each advert as it was listed last, by posting id.
func (f filled) current() map[string]posting.Posting {
	hash, at := map[string]string{}, map[string]time.Time{}
	for _, r := range f.sent.Runs {
		for _, l := range r.Listing {
			if id := posting.ID(r.Source, r.Board, l.ExternalID); r.ObservedAt.After(at[id]) {
				hash[id], at[id] = l.ContentHash, r.ObservedAt
			}
		}
	}
	out := map[string]posting.Posting{}
	for _, p := range f.postings {
		if hash[p.PostingID] == p.ContentHash {
			out[p.PostingID] = p
		}
	}
	return out
}

func openInMonth(l market.Life, month string) bool {
	for _, s := range l.Stays {
		if day(monthOf(s.First)) <= month && month <= day(s.Last) {
			return true
		}
	}
	return false
}

// counted are the skills of each job in each month that count: those that its description asks for outside of
// boilerplate, as docs/measures.md defines that. Which skills were planted in a title the market tells.
func (f filled) counted(t *testing.T) map[string]map[int]map[string]bool {
	postings, left, titled := f.current(), 0, 0
	out := map[string]map[int]map[string]bool{}
	for month, jobs := range f.byMonth(postings) {
		mentions := map[int]map[string][]mention{} // by job and skill
		anywhere, twice, ofEmployer := map[string]map[string]bool{}, map[string]map[string]bool{}, map[pair]map[string]bool{}
		for _, j := range jobs {
			mentions[j.id] = map[string][]mention{}
			for _, l := range j.lives {
				p := postings[idOf(l.Advert)]
				if !openInMonth(l, month) && (day(monthOf(p.PostedClaim)) != month || claimed(j, postings) != month) {
					continue
				}
				for _, s := range p.Skills {
					m := mention{j.role(), j.employer(), s.ParagraphHash, s.Section == "requirements" || s.Section == "preferred" || s.Section == "responsibilities"}
					if s.Unlisted || s.Field == "title" {
						continue
					}
					mentions[j.id][s.ID] = append(mentions[j.id][s.ID], m)
					if m.paragraph == "" {
						continue
					}
					if !m.asked {
						count(anywhere, m.paragraph, m.role)
					}
					switch s.Section {
					case "about", "benefits", "legal", "process":
						count(twice, m.paragraph, strconv.Itoa(j.id))
					}
					count(ofEmployer, pair{m.employer, m.paragraph}, m.role)
				}
			}
		}
		out[month] = map[int]map[string]bool{}
		for _, j := range jobs {
			out[month][j.id] = map[string]bool{}
			for s := range j.skills {
				if inTitle(j, s) {
					titled++
					continue
				}
				for _, m := range mentions[j.id][s] {
					boilerplate := m.paragraph != "" && (!m.asked && (len(anywhere[m.paragraph]) >= 2 || len(twice[m.paragraph]) >= 2) || len(ofEmployer[pair{m.employer, m.paragraph}]) >= 4)
					if !boilerplate {
						out[month][j.id][s] = true
					}
				}
				if !out[month][j.id][s] {
					left++
				}
			}
		}
	}
	if left == 0 || titled == 0 {
		t.Errorf("%d skills stand in boilerplate and %d in titles: the guards are not tested", left, titled)
	}
	return out
}

// inTitle reports whether a skill was planted in the titles of a job's adverts and nowhere else.
func inTitle(j job, skill string) bool {
	for _, l := range j.lives {
		for _, s := range l.Advert.Skills {
			if s.ID == skill && !s.InTitle {
				return false
			}
		}
	}
	return true
}

// claimed is the month in which a job's adverts claim that it was first posted; empty when none claims anything.
func claimed(j job, postings map[string]posting.Posting) string {
	first := ""
	for _, l := range j.lives {
		if at := postings[idOf(l.Advert)].PostedClaim; !at.IsZero() && (first == "" || day(monthOf(at)) < first) {
			first = day(monthOf(at))
		}
	}
	return first
}

// byMonth are the jobs that were open, or claimed to be posted, in each month.
func (f filled) byMonth(postings map[string]posting.Posting) map[string][]job {
	out := map[string][]job{}
	for _, j := range f.jobs() {
		months := j.months()
		if c := claimed(j, postings); c != "" && !slices.Contains(months, c) {
			months = append(months, c)
		}
		for _, m := range months {
			out[m] = append(out[m], j)
		}
	}
	return out
}
