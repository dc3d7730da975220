package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/internal/score"
	"github.com/rolescope/rolescope/posting"
)

// skillMetrics are the figures of eval skills that --min and --max can name.
func skillMetrics() []string {
	return []string{"precision", "recall", "f1", "recall_in_text", "agreement"}
}

func newEvalSkillsCommand(a *app) *cobra.Command {
	var o evalOptions
	var postings string
	var extra bool
	c := &cobra.Command{
		Use:   "skills FILE...",
		Short: "Quality of the skill tags",
		Long: `Tag labelled postings and compare the skills. All lines of a run have one of four formats:

  labels    {"id","title","description","skills":["PyTorch","k8s",...]}
            Skills are ids, labels or other spellings of the taxonomy. Each skill counts once a posting.
            A name the taxonomy does not know is missed, and listed. recall_in_text is the recall of
            the labels that stand literally in title or text. Who labels little makes the precision
            low: what is right but not labelled counts as wrong.
  spans     {"id","text","spans":[{"start","end","skill"}]}
            Offsets are bytes into text, which is read as plain text. A find is right when it has exactly
            the bytes of a span, and the skill too where the span names one.
  words     {"tokens":[...],"tags_knowledge":["B","I","O",...],"tags_skill":[...],"source","idx"}
            Sentences as SkillSpan writes them. Lines with the same source and idx are one posting. A
            find is right when it touches exactly the words of a span of knowledge.
  verdicts  {"id","field","start","end","verdict":"right"|"wrong","skill","reader"}
            Judged finds, their offsets as rolescope tag writes them; precision only. With more than one
            reader a find is right when all say so, and their agreement is reported. With --postings the
            finds are those of this tagger: what it still finds is scored, the rest counted.

Spans and words are scored with the taxonomy's skills; with --unlisted, with the trained tagger's
phrases, and beside them with the skills alone and with all that tag --unlisted writes as skills.

Intervals are 95%: over all and by kind from 2,000 draws of postings (a posting's finds stand and fall
together), by skill Wilson's.` + evalStatus(),
		Example: `  rolescope eval skills labelled.jsonl.gz
  rolescope eval skills --min recall_in_text=0.88 platform-tags.jsonl
  rolescope eval skills --unlisted --min f1=0.52 skillspan/json/dev.json
  rolescope eval skills --postings postings.jsonl verdicts.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tagger, err := enrich.New()
			if err != nil {
				return err
			}
			var also *unlisted.Tagger
			if extra {
				if also, err = unlisted.New(tagger.Knows); err != nil {
					return err
				}
			}
			e := &skillEval{unlisted: also, app: a, tagger: tagger, tally: newTally(), postings: postings}
			return a.evaluate(cmd.Context(), "skills", args, o, e, skillMetrics())
		},
	}
	evalFlags(c, &o, skillMetrics())
	c.Flags().BoolVar(&extra, "unlisted", false, "score spans and words by the phrases of tag --unlisted, verdicts with its skills too")
	c.Flags().StringVar(&postings, "postings", "", "file of the postings that the verdicts are about, as rolescope tag reads them")
	return c
}

// skillLine is one labelled line, of any of the formats.
type skillLine struct {
	labelledText
	Skills *[]string   `json:"skills"`
	Spans  *[]spanMark `json:"spans"`
	verdictMark
	wordLine
}

// skillEval scores skills. The first line decides the format.
type skillEval struct {
	app      *app
	tagger   *enrich.Tagger
	unlisted *unlisted.Tagger // nil for none
	format   string
	tally    *tally
	postings string

	open     *wordText                 // document whose sentences are being read
	finders  map[string][]score.Counts // by what finds spans, and text
	unknown  map[string]int            // labels without a skill
	inText   []score.Counts            // by posting: of the labels that stand in the text
	verdicts verdicts
}

func (e *skillEval) line(b []byte) error {
	var l skillLine
	if err := labelled(b, &l); err != nil {
		return err
	}
	format := ""
	switch {
	case l.Tokens != nil:
		format = "words"
	case l.ID == "":
		return errors.New("it has no id")
	case l.Verdict != "":
		format = "verdicts"
	case l.Spans != nil:
		format = "spans"
	case l.Skills != nil:
		format = "labels"
	default:
		return errors.New("it has neither skills, spans nor a verdict")
	}
	if e.format == "" {
		e.format = format
	}
	if e.format != format {
		return fmt.Errorf("it has %s, but this run is about %s", format, e.format)
	}
	switch format {
	case "verdicts":
		return e.verdicts.add(l)
	case "spans":
		return e.spans(l)
	case "words":
		return e.words(l.wordLine)
	}
	return e.labels(l)
}

// labels scores a posting by the set of its skills.
func (e *skillEval) labels(l skillLine) error {
	p, err := l.tag(e.tagger)
	if err != nil {
		return err
	}
	found := map[string]posting.Skill{}
	var order []string
	for _, s := range p.Skills {
		if _, ok := found[s.ID]; !ok && !s.Unlisted {
			found[s.ID] = s
			order = append(order, s.ID)
		}
	}
	text := newSearch(p.Title, p.Description)
	wanted := map[string]bool{}
	var inText score.Counts
	e.tally.posting()
	for _, name := range *l.Skills {
		skill := e.resolve(name, func(id string) bool { _, ok := found[id]; return ok })
		if wanted[skill.ID] {
			continue
		}
		wanted[skill.ID] = true
		_, hit := found[skill.ID]
		where, stands := text.around(name)
		switch {
		case hit && stands:
			inText.TP++
		case stands:
			inText.FN++
		default:
			where = "(not in the text)"
		}
		if hit {
			e.tally.add(skill, score.Counts{TP: 1})
			continue
		}
		e.tally.add(skill, score.Counts{FN: 1})
		e.tally.error(evalError{What: "missed", Skill: skill.ID, ID: l.ID, Text: where})
	}
	for _, id := range order {
		if s := found[id]; !wanted[id] {
			e.tally.add(enrich.SkillName{ID: s.ID, Label: s.Label, Kind: s.Kind}, score.Counts{FP: 1})
			e.tally.error(evalError{What: "not labelled", Skill: s.ID, ID: l.ID, Text: contextOf(fieldText(p, s.Field), s.Start, s.End)})
		}
	}
	e.inText = append(e.inText, inText)
	return nil
}

// kindUnknown is the kind of labels that the taxonomy does not have.
const kindUnknown = "(not in the taxonomy)"

// kindUnnamed is the kind of spans and verdicts that name no skill.
const kindUnnamed = "(not named)"

// resolve finds the skill that a label means; of several the one that was found.
func (e *skillEval) resolve(name string, found func(id string) bool) enrich.SkillName {
	skills := e.tagger.SkillsNamed(name)
	if len(skills) == 0 {
		name = strings.ToLower(strings.Join(strings.Fields(name), " "))
		if e.unknown == nil {
			e.unknown = map[string]int{}
		}
		e.unknown[name]++
		return enrich.SkillName{ID: "? " + name, Label: name, Kind: kindUnknown}
	}
	for _, s := range skills {
		if found(s.ID) {
			return s
		}
	}
	return skills[0]
}

func fieldText(p posting.Posting, field string) string {
	if field == "title" {
		return p.Title
	}
	return p.Description
}

// skillReport is the answer of eval skills.
type skillReport struct {
	evalHead
	Format   string `json:"format"`
	Postings int    `json:"postings"`
	score.Rates
	RecallInText score.Estimate `json:"recall_in_text"`
	Method       string         `json:"method"`
	Verdicts     *verdictReport `json:"verdicts,omitempty"`
	ByFinder     []namedRates   `json:"by_finder,omitempty"`
	ByKind       []namedRates   `json:"by_kind"`
	BySkill      []skillRates   `json:"by_skill"`
	Unknown      []labelCount   `json:"unknown_labels,omitempty"`
	Errors       []errorGroup   `json:"errors"`
}

type labelCount struct {
	Label string `json:"label"`
	N     int    `json:"n"`
}

const skillMethod = "95% intervals: over all and by kind percentiles of 2,000 draws of postings with a fixed seed, by skill Wilson's"

func (e *skillEval) report(head evalHead) (evalReport, error) {
	if err := e.closeWords(); err != nil {
		return nil, err
	}
	r := skillReport{evalHead: head, Format: e.format, Method: skillMethod, ByFinder: e.finderRows()}
	if e.format == "verdicts" {
		v, err := e.judge()
		if err != nil {
			return nil, err
		}
		r.Verdicts = &v
	} else if e.postings != "" {
		return nil, usageError{errors.New("--postings goes with verdicts; these lines have their texts")}
	}
	r.Postings = len(e.tally.units)
	r.Rates = score.Bootstrap(e.tally.units)
	if e.format == "labels" {
		r.RecallInText = score.Bootstrap(e.inText).Recall
	}
	r.ByKind, r.BySkill = e.tally.kinds(), e.tally.skills()
	for label, n := range e.unknown {
		r.Unknown = append(r.Unknown, labelCount{label, n})
	}
	slices.SortFunc(r.Unknown, func(a, b labelCount) int { return cmp.Or(b.N-a.N, strings.Compare(a.Label, b.Label)) })
	r.Errors = e.tally.worst(head.errors)
	if e.format == "verdicts" { // what nobody judged is not known
		r.Recall, r.F1 = score.Estimate{}, score.Estimate{}
	}
	if _, unnamed := e.tally.byKind[kindUnnamed]; unnamed || e.format == "verdicts" { // missed ones have no kind
		for i := range r.ByKind {
			r.ByKind[i].Recall, r.ByKind[i].F1 = score.Estimate{}, score.Estimate{}
		}
		for i := range r.BySkill {
			r.BySkill[i].Recall, r.BySkill[i].F1 = score.Estimate{}, score.Estimate{}
		}
	}
	return r, nil
}

func (r skillReport) metrics() map[string]score.Estimate {
	m := map[string]score.Estimate{"precision": r.Precision, "recall": r.Recall, "f1": r.F1, "recall_in_text": r.RecallInText}
	if r.Verdicts != nil {
		m["agreement"] = r.Verdicts.Agreement
	}
	return m
}

// rowsShown bounds the tables by skill on a terminal; --json has all.
const rowsShown = 20

func (r skillReport) print(w io.Writer) error {
	if err := r.evalHead.print(w, "%s postings, %s", count(r.Postings), r.Format); err != nil {
		return err
	}
	header := []string{"", "RIGHT", "WRONG", "MISSED", "PRECISION", "RECALL", "F1"}
	rows := [][]string{header, rateRow("all", r.Rates)}
	if r.RecallInText.N > 0 {
		rows = append(rows, []string{"  labels that stand in the text", "", "", "", "", percent(r.RecallInText), ""})
	}
	for _, k := range r.ByKind {
		rows = append(rows, rateRow("  "+k.Name, k.Rates))
	}
	if len(r.ByFinder) > 0 {
		rows = append(rows, []string{"by what finds them"})
	}
	for _, f := range r.ByFinder {
		rows = append(rows, rateRow("  "+f.Name, f.Rates))
	}
	if err := writeTable(w, rows); err != nil {
		return err
	}
	if r.Verdicts != nil {
		r.Verdicts.print(w)
	}
	if len(r.BySkill) > 0 {
		fmt.Fprintf(w, "\nSkills with the most errors (%s of %s; all with --json)\n", count(min(rowsShown, len(r.BySkill))), count(len(r.BySkill)))
		rows = [][]string{header}
		for _, s := range r.BySkill[:min(rowsShown, len(r.BySkill))] {
			rows = append(rows, rateRow(shorten(s.ID, 30), s.Rates))
		}
		if err := writeTable(w, rows); err != nil {
			return err
		}
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(w, "\nLabels the taxonomy does not know (%s)\n", count(len(r.Unknown)))
		for _, u := range r.Unknown[:min(rowsShown, len(r.Unknown))] {
			fmt.Fprintf(w, "  %4d  %s\n", u.N, shorten(u.Label, 70))
		}
	}
	printErrors(w, r.Errors)
	_, err := fmt.Fprintf(w, "\n%s.\n", r.Method)
	return err
}
