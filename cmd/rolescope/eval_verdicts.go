package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
)

// verdictMark is what one reader says of one find.
type verdictMark struct {
	Field   string `json:"field"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Verdict string `json:"verdict"`
	Skill   string `json:"skill"`
	Reader  string `json:"reader"`
}

// findKey identifies a judged find. The skill is part of it where verdicts name one.
type findKey struct {
	field      string
	start, end int
	skill      string
}

// judged is what readers said of one find: reader -> right.
type judged map[string]bool

func (j judged) right() bool {
	for _, right := range j {
		if !right {
			return false
		}
	}
	return true
}

// verdicts are all that were read: posting id -> find -> what readers say.
type verdicts struct {
	order []string // ids in order of first use
	of    map[string]map[findKey]judged
}

func (v *verdicts) add(l skillLine) error {
	switch {
	case l.Verdict != "right" && l.Verdict != "wrong":
		return fmt.Errorf("verdict is %q, want right or wrong", l.Verdict)
	case l.Field != "title" && l.Field != "description":
		return fmt.Errorf("field is %q, want title or description", l.Field)
	case l.Start < 0 || l.Start >= l.End:
		return fmt.Errorf("span %d to %d is none", l.Start, l.End)
	}
	if v.of == nil {
		v.of = map[string]map[findKey]judged{}
	}
	if v.of[l.ID] == nil {
		v.of[l.ID] = map[findKey]judged{}
		v.order = append(v.order, l.ID)
	}
	key := findKey{l.Field, l.Start, l.End, l.Skill}
	readers := v.of[l.ID][key]
	if readers == nil {
		readers = judged{}
		v.of[l.ID][key] = readers
	}
	if _, twice := readers[l.Reader]; twice {
		return fmt.Errorf("a second verdict on %s %d to %d of %q by the same reader", l.Field, l.Start, l.End, l.ID)
	}
	readers[l.Reader] = l.Verdict == "right"
	return nil
}

// verdictReport is what only verdicts tell.
type verdictReport struct {
	Judged    int            `json:"judged"` // finds with a verdict
	Readers   []string       `json:"readers"`
	Agreement score.Estimate `json:"agreement"` // of the first two readers, over finds both judged
	Kappa     *float64       `json:"kappa"`     // Cohen's, of the same
	// Against the finds of this tagger; null without --postings.
	Again *verdictsAgain `json:"again"`
}

// verdictsAgain is what became of judged finds in the tagger at hand.
type verdictsAgain struct {
	Unjudged  int `json:"unjudged"`   // finds of those postings that have no verdict
	RightLost int `json:"right_lost"` // judged right and found no more
	WrongGone int `json:"wrong_gone"` // judged wrong and found no more
	Postings  int `json:"postings"`   // that were in the file
	NoPosting int `json:"no_posting"` // postings with verdicts that were not
}

func (r verdictReport) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s finds judged", count(r.Judged))
	if len(r.Readers) > 1 {
		fmt.Fprintf(w, " by %s, who agree on %s of those both judged", strings.Join(r.Readers, ", "), percent(r.Agreement))
		if r.Kappa != nil {
			fmt.Fprintf(w, ", Cohen's kappa %.3f", *r.Kappa)
		}
	}
	fmt.Fprintln(w)
	if a := r.Again; a != nil {
		fmt.Fprintf(w, "This tagger finds no more %s that were right and %s that were wrong; %s of its finds were not judged.\n", count(a.RightLost), count(a.WrongGone), count(a.Unjudged))
		if a.NoPosting > 0 {
			fmt.Fprintf(w, "%s postings with verdicts are not in the file of postings.\n", count(a.NoPosting))
		}
	}
}

// judge scores the verdicts: as they are, or those on what the tagger finds in the postings.
func (e *skillEval) judge() (verdictReport, error) {
	var r verdictReport
	readers := map[string]bool{}
	for _, finds := range e.verdicts.of {
		r.Judged += len(finds)
		for _, j := range finds {
			for reader := range j {
				readers[reader] = true
			}
		}
	}
	r.Readers = slices.Sorted(maps.Keys(readers))
	if len(r.Readers) > 1 {
		var both score.Classes
		for _, finds := range e.verdicts.of {
			for _, j := range finds {
				a, okA := j[r.Readers[0]]
				b, okB := j[r.Readers[1]]
				if okA && okB {
					both.Add(fmt.Sprint(a), fmt.Sprint(b))
				}
			}
		}
		r.Agreement = both.Accuracy()
		r.Kappa = kappaOf(both)
	}
	if e.postings != "" {
		again, err := e.judgeAgain()
		r.Again = &again
		return r, err
	}
	for _, id := range e.verdicts.order {
		e.tally.posting()
		for _, key := range slices.SortedFunc(maps.Keys(e.verdicts.of[id]), compareFinds) {
			skill := e.judgedSkill(key.skill)
			if e.verdicts.of[id][key].right() {
				e.tally.add(skill, score.Counts{TP: 1})
				continue
			}
			e.tally.add(skill, score.Counts{FP: 1})
			e.tally.error(evalError{What: "wrong", Skill: skill.ID, ID: id, Text: fmt.Sprintf("%s %d to %d (give --postings for its text)", key.field, key.start, key.end)})
		}
	}
	return r, nil
}

// judgedSkill names the skill of a verdict by the taxonomy where it can.
func (e *skillEval) judgedSkill(id string) enrich.SkillName {
	if s, ok := e.tagger.Skill(id); ok {
		return s
	}
	if id == "" {
		id = kindUnnamed
	}
	return enrich.SkillName{ID: id, Label: id, Kind: kindUnnamed}
}

func compareFinds(a, b findKey) int {
	return strings.Compare(fmt.Sprintf("%s %09d %09d %s", a.field, a.start, a.end, a.skill), fmt.Sprintf("%s %09d %09d %s", b.field, b.start, b.end, b.skill))
}

// judgeAgain tags the postings and scores those of its finds that have a verdict.
func (e *skillEval) judgeAgain() (verdictsAgain, error) {
	var out verdictsAgain
	in, closeFile, err := e.app.openLines(e.postings)
	if err != nil {
		return out, err
	}
	defer closeFile()
	seen := map[string]bool{}
	err = readLines(in, tagLineBytesMax, func(number int, line []byte, err error) error {
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		var of struct {
			ID string `json:"id"`
		}
		if err := labelled(line, &of); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		finds := e.verdicts.of[of.ID]
		if finds == nil || seen[of.ID] {
			return nil
		}
		seen[of.ID] = true
		if err := e.judgePosting(line, finds, &out); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		return nil
	})
	out.Postings, out.NoPosting = len(seen), len(e.verdicts.order)-len(seen)
	switch {
	case err != nil:
		return out, fmt.Errorf("read %s: %w", e.postings, err)
	case len(seen) == 0:
		return out, fmt.Errorf("read %s: %w", e.postings, errors.New("it has none of the postings that were judged"))
	}
	return out, nil
}

func (e *skillEval) judgePosting(line []byte, finds map[findKey]judged, out *verdictsAgain) error {
	p, err := tagPosting(e.tagger, e.unlisted, line)
	if err != nil {
		return err
	}
	e.tally.posting()
	again := map[findKey]bool{}
	for _, s := range p.Skills {
		key := findKey{s.Field, s.Start, s.End, s.ID}
		if finds[key] == nil {
			key.skill = ""
		}
		j := finds[key]
		if j == nil {
			out.Unjudged++
			continue
		}
		again[key] = true
		skill := enrich.SkillName{ID: s.ID, Label: s.Label, Kind: s.Kind}
		if j.right() {
			e.tally.add(skill, score.Counts{TP: 1})
			continue
		}
		e.tally.add(skill, score.Counts{FP: 1})
		e.tally.error(evalError{What: "wrong", Skill: s.ID, ID: p.id, Text: contextOf(fieldText(p.Posting, s.Field), s.Start, s.End)})
	}
	for key, j := range finds {
		switch {
		case again[key]:
		case j.right():
			out.RightLost++
		default:
			out.WrongGone++
		}
	}
	return nil
}
