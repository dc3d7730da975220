package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// World is an invented job market as the pipeline delivers it to the store. Everything in it is a
// function of the seed; Name keeps worlds in one database apart.
type World struct {
	Name     string
	Source   string
	Raws     []posting.Raw
	Postings []posting.Posting
	Runs     []posting.Run // parts
}

// Tagger is the version that read the world's postings.
const Tagger = "test-1"

var (
	worldStart  = time.Date(2025, 10, 20, 6, 0, 0, 0, time.UTC)
	worldSkills = []string{"go", "kafka", "nats", "pytorch", "rust", "sql"}
	worldTitles = []string{"Machine Learning Engineer", "Research Engineer", "Data Analyst", "Office Cook"}
	worldCities = []string{"Berlin", "Oslo", "Lyon"}
)

// NewWorld invents up to three boards with a dozen postings each over up to four months: edits,
// disappearances, returns, copies of one job in several cities, incomplete and failed runs.
func NewWorld(name string, seed uint64) World {
	rnd := rand.New(rand.NewPCG(seed, 17))
	w := World{Name: name, Source: "src_" + name}
	for b := range 1 + rnd.IntN(3) {
		w.addBoard(rnd, fmt.Sprintf("board%d", b))
	}
	return w
}

func (w *World) addBoard(rnd *rand.Rand, name string) {
	proof := []posting.Proof{posting.ProofFull, posting.ProofFull, posting.ProofWindow, posting.ProofEvent}[rnd.IntN(4)]
	edits := map[int]int{}
	known := map[string]bool{}
	at := worldStart
	for range 1 + rnd.IntN(8) {
		at = at.Add(time.Duration(1+rnd.IntN(20*24)) * time.Hour)
		run := posting.NewRun(w.Source, name, w.Name+" Ltd", proof, at.Add(-time.Minute), at)
		run.Outcome = []posting.Outcome{"ok", "ok", "ok", "ok", "partial", "not_modified", "empty", "gone", "error"}[rnd.IntN(9)]
		run.Rejected = rnd.IntN(3)
		if run.Outcome == posting.OutcomeOK || run.Outcome == posting.OutcomePartial {
			run.Complete = run.Outcome == posting.OutcomeOK && rnd.IntN(8) > 0
			for id := range 12 {
				if rnd.IntN(3) == 0 {
					continue
				}
				if rnd.IntN(6) == 0 {
					edits[id]++
				}
				raw := w.raw(run, id, edits[id])
				listed := posting.Listed{ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash}
				if proof == posting.ProofEvent {
					listed.At = posting.Time(at.Add(-time.Duration(id) * time.Hour))
				}
				run.Listing = append(run.Listing, listed)
				if !known[raw.ID] {
					known[raw.ID] = true
					w.Raws = append(w.Raws, raw)
					w.Postings = append(w.Postings, Tag(raw, w.Name))
				}
			}
			run.Fetched = len(run.Listing) + run.Rejected
		}
		w.Runs = append(w.Runs, run.Split()...)
	}
}

func (w *World) raw(run posting.Run, id, edit int) posting.Raw {
	rnd := rand.New(rand.NewPCG(uint64(id)*1000+uint64(edit), uint64(len(run.Board))))
	var words []string
	for _, s := range worldSkills {
		if rnd.IntN(2) == 0 {
			words = append(words, s)
		}
	}
	rec := posting.Record{
		ExternalID:  fmt.Sprintf("p%d", id),
		Title:       worldTitles[id%len(worldTitles)],
		Description: "We use " + strings.Join(words, " and ") + ".\n\nCome.",
		Places:      []posting.Place{{City: worldCities[id%len(worldCities)]}},
		PostedAt:    worldStart.Add(-time.Duration(id) * 24 * time.Hour),
	}
	if id%4 == 0 {
		// Copies of one job that differ in their place only.
		rec.Description = "We use go and sql."
	}
	raw, err := posting.NewRaw(run, "1", rec)
	if err != nil {
		panic(err) // an invented record is valid
	}
	return raw
}

// Tag is a toy tagger: the world's skills where they stand, and a role per title.
func Tag(raw posting.Raw, name string) posting.Posting {
	rec := raw.Record
	p := posting.Posting{
		ID: posting.TagID(raw.ID, Tagger), RawID: raw.ID, PostingID: raw.PostingID,
		Source: raw.Source, Board: raw.Board, ExternalID: rec.ExternalID, ContentHash: raw.ContentHash,
		ObservedAt: raw.ObservedAt, TaggerVersion: Tagger,
		Company: raw.Company, CompanyKey: strings.ToLower(raw.Company),
		Title: rec.Title, Description: rec.Description, TitleNormalised: strings.ToLower(rec.Title),
		Language: "en", RoleTitle: name + "_" + strings.ReplaceAll(strings.ToLower(rec.Title), " ", "_"),
		URL: "https://jobs.example/" + rec.ExternalID, PostedClaim: rec.PostedAt,
	}
	p.RoleText = p.RoleTitle
	p.VacancyID = posting.VacancyID(p.CompanyKey, p.TitleNormalised, p.Description)
	if strings.HasPrefix(rec.Title, "Office") {
		p.Roles = []string{name + "_cook", name + "_baker"}
	}
	for i, place := range rec.Places {
		p.Locations = append(p.Locations, posting.Location{Country: []string{"DE", "NO", "FR"}[i%3], City: place.City, Text: place.City})
	}
	for _, s := range worldSkills {
		// Two mentions of one skill are one skill.
		for start := 0; ; {
			i := strings.Index(p.Description[start:], s)
			if i < 0 {
				break
			}
			start += i
			p.Skills = append(p.Skills, posting.Skill{
				ID: s, Label: strings.ToUpper(s), Kind: "tool", Field: "description",
				Start: start, End: start + len(s), Text: s, Strength: "mentioned", Rule: "alias",
			})
			start += len(s)
		}
	}
	p.Skills = append(p.Skills, posting.Skill{
		ID: "come", Label: "Come", Kind: "phrase", Field: "title", Start: 0, End: 4, Text: rec.Title[:4], Unlisted: true,
	})
	return p
}

// Messages are all of the world's rows: versions first, as the pipeline sends them.
func (w World) Messages() []any {
	var out []any
	for i := range w.Raws {
		out = append(out, w.Raws[i], w.Postings[i])
	}
	for _, r := range w.Runs {
		out = append(out, r)
	}
	return out
}

// Current is the version each posting was last listed with, by posting id, and its spells.
func (w World) Current() (map[string]posting.Posting, map[string][]posting.Spell) {
	boards := map[string][]posting.Run{}
	for _, r := range w.Runs {
		boards[r.Board] = append(boards[r.Board], r)
	}
	spells := map[string][]posting.Spell{}
	for _, runs := range boards {
		all, _ := posting.Spells(runs)
		for _, sp := range all {
			spells[sp.PostingID] = append(spells[sp.PostingID], sp)
		}
	}
	current := map[string]posting.Posting{}
	for _, p := range w.Postings {
		if s := spells[p.PostingID]; len(s) > 0 && s[len(s)-1].ContentHash == p.ContentHash {
			current[p.PostingID] = p
		}
	}
	return current, spells
}

// ListedVersions are the distinct (posting, content hash) pairs that the runs list.
func (w World) ListedVersions() []string {
	var out []string
	for _, r := range w.Runs {
		for _, l := range r.Listing {
			out = append(out, posting.ID(r.Source, r.Board, l.ExternalID)+"/"+l.ContentHash)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
