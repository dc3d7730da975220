package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/posting"
)

// tagLineBytesMax bounds one line of input: a posting of the largest size the pipeline takes, with
// room for JSON escapes.
const tagLineBytesMax = 8 * posting.MessageBytesMax

// tagInput is one line of input.
type tagInput struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Company     string `json:"company"`
	Location    string `json:"location"`
	Description string `json:"description"`
	PostedAt    string `json:"posted_at"`
}

// tagOutput is one line of output (DESIGN.md section 7); unknown values are absent.
type tagOutput struct {
	ID              string             `json:"id"`
	TaggerVersion   string             `json:"tagger_version"`
	Language        string             `json:"language,omitempty"`
	Role            tagRole            `json:"role"`
	Roles           []string           `json:"roles,omitempty"`
	TitleNormalised string             `json:"title_normalised,omitempty"`
	Seniority       string             `json:"seniority,omitempty"`
	Track           *int               `json:"track,omitempty"`
	Team            string             `json:"team,omitempty"`
	Workplace       string             `json:"workplace,omitempty"`
	EmploymentType  string             `json:"employment_type,omitempty"`
	MinYears        *int               `json:"min_years,omitempty"`
	Degree          string             `json:"degree,omitempty"`
	Locations       []posting.Location `json:"locations"`
	Salary          []posting.Salary   `json:"salary"`
	Skills          []posting.Skill    `json:"skills"`
	Phrases         []unlisted.Phrase  `json:"phrases,omitempty"`
	TitleText       string             `json:"title_text,omitempty"`
	DescriptionText string             `json:"description_text,omitempty"`
}

type tagRole struct {
	Title  string `json:"title,omitempty"`
	Text   string `json:"text,omitempty"`
	Reason string `json:"reason,omitempty"`
	ONET   string `json:"onet,omitempty"`
	ESCO   string `json:"esco,omitempty"`
}

func newTagCommand(a *app) *cobra.Command {
	var text, extra, explain, asJSON bool
	var workers, first int
	var old string
	c := &cobra.Command{
		Use:   "tag",
		Short: "Tag postings from stdin to stdout, as JSON lines",
		Long: `Read postings as JSON lines with the fields id, title, company, location, description and
posted_at, and write what the tagger makes of each as one JSON line, in the same order. Nothing is
stored and no server is needed. The same posting always gives the same bytes. Offsets are bytes into
the field's canonical text, which --text adds. A line that cannot be read is reported on stderr and
skipped.

--unlisted adds, as "phrases", all that a trained tagger takes for knowledge in the description, with
the skill that a phrase names if it is one of the taxonomy; about two in five have other bounds than a
reader would choose, or are none. Those that the taxonomy lacks, and that are surer and not general
words, are also skills, marked "unlisted": true.

With --explain the first posting, or the first N with --first, is shown for people: role, pay and
places with their reasons, the text with skills in colour (in [brackets], and pay in {braces}, where
there is none), and for each skill its kind, section, strength and rule.

With --diff a former output of this command is compared with what the tagger makes of the same
postings now: which skills and fields were gained, lost or changed in how many postings, with
examples. Postings are matched by id in any order. Status 4 says that something differs.` + exitStatusHelp(exitOK, exitError, exitPartial, exitCondition),
		Example: `  echo '{"id":"1","title":"ML Engineer","description":"We use PyTorch."}' | rolescope tag
  rolescope tag --text < postings.jsonl > tagged.jsonl
  rolescope tag --explain --first 3 < postings.jsonl | less
  rolescope tag --diff tagged.jsonl < postings.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if workers < 1 || workers > 256 {
				return usageError{errors.New("--workers: 1 to 256")}
			}
			if explain && (text || old != "") || text && old != "" {
				return usageError{errors.New("--text, --explain and --diff exclude each other")}
			}
			if first < 1 {
				return usageError{errors.New("--first: 1 or more")}
			}
			tagger, err := enrich.New()
			if err != nil {
				return err
			}
			o := tagOptions{text: text}
			if extra {
				if o.unlisted, err = unlisted.New(tagger.Knows); err != nil {
					return err
				}
			}
			switch {
			case explain:
				return a.explain(cmd.Context(), tagger, o.unlisted, first)
			case old != "":
				return a.diff(cmd.Context(), tagger, o.unlisted, workers, old, asJSON)
			}
			return a.tag(cmd.Context(), tagger, workers, o)
		},
	}
	c.Flags().BoolVar(&text, "text", false, "add the canonical texts that the offsets point into")
	c.Flags().BoolVar(&extra, "unlisted", false, "add phrases of knowledge that the taxonomy does not list")
	c.Flags().BoolVar(&explain, "explain", false, "show what was found in a posting, and why, for people")
	c.Flags().IntVar(&first, "first", 1, "postings that --explain shows")
	c.Flags().StringVar(&old, "diff", "", "former output of this command to compare with")
	c.Flags().BoolVar(&asJSON, "json", false, "print the --diff as JSON, also on a terminal (the tags always are)")
	c.Flags().IntVar(&workers, "workers", 1, "postings tagged at the same time; the output does not depend on it")
	return c
}

// tagOptions say what is added to the tags.
type tagOptions struct {
	text     bool
	unlisted *unlisted.Tagger // nil for none
}

// tag writes what the tagger makes of each line of input, in input order.
func (a *app) tag(ctx context.Context, tagger *enrich.Tagger, workers int, o tagOptions) error {
	w := bufio.NewWriterSize(a.stdout, 1<<16)
	err := a.eachLine(ctx, workers, func(line []byte) (any, error) {
		return tagLine(tagger, line, o)
	}, func(out any) error {
		if _, err := w.Write(out.([]byte)); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
	return flushed(w, err)
}

// tagged is a tagged line of input.
type tagged struct {
	id string // the one it came with
	posting.Posting
	phrases []unlisted.Phrase // all that look like knowledge, listed or not
}

// tagPosting reads one line of input and tags it. extra, unless nil, adds its finds.
func tagPosting(tagger *enrich.Tagger, extra *unlisted.Tagger, line []byte) (tagged, error) {
	raw, err := readPosting(line)
	if err != nil {
		return tagged{}, err
	}
	t := tagged{id: raw.Record.ExternalID}
	if t.Posting, err = tagger.Enrich(raw); err != nil {
		return tagged{}, fmt.Errorf("posting %q: %w", t.id, err)
	}
	if extra != nil {
		t.phrases = extra.Phrases(t.Posting)
		t.Skills = append(t.Skills, unlisted.Skills(t.phrases)...)
	}
	return t, nil
}

// readPosting reads one line of input.
func readPosting(line []byte) (posting.Raw, error) {
	var in tagInput
	if err := json.Unmarshal(line, &in); err != nil {
		return posting.Raw{}, fmt.Errorf("not a posting: %w", err)
	}
	if in.ID == "" {
		return posting.Raw{}, errors.New("not a posting: it has no id")
	}
	return in.raw()
}

// tagLine is the line of output for a line of input.
func tagLine(tagger *enrich.Tagger, line []byte, o tagOptions) ([]byte, error) {
	p, err := tagPosting(tagger, o.unlisted, line)
	if err != nil {
		return nil, err
	}
	return encodeTags(p, o.text)
}

func encodeTags(p tagged, text bool) ([]byte, error) {
	out := tagOutput{
		ID: p.id, TaggerVersion: p.TaggerVersion, Language: p.Language,
		Role:  tagRole{Title: p.RoleTitle, Text: p.RoleText, Reason: p.RoleReason, ONET: p.ONETCode, ESCO: p.ESCOCode},
		Roles: p.Roles, TitleNormalised: p.TitleNormalised,
		Seniority: p.Seniority, Track: p.Track, Team: p.Team, Workplace: p.Workplace,
		EmploymentType: p.EmploymentType, MinYears: p.MinYears, Degree: p.Degree,
		Locations: orEmpty(p.Locations), Salary: orEmpty(p.Salaries), Skills: orEmpty(p.Skills),
		Phrases: p.phrases,
	}
	if text {
		out.TitleText, out.DescriptionText = p.Title, p.Description
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return buf.Bytes(), nil
}

// raw makes the message a crawl would have made. Tags do not depend on when or where it was seen.
func (in tagInput) raw() (posting.Raw, error) {
	rec := posting.Record{ExternalID: in.ID, Title: in.Title, Company: in.Company, Description: in.Description}
	if in.Location != "" {
		rec.Places = []posting.Place{{Text: in.Location}}
	}
	if t, err := time.Parse(time.RFC3339, in.PostedAt); err == nil {
		rec.PostedAt = posting.Time(t)
	}
	run := posting.NewRun("tag", "stdin", "", posting.ProofEvent, time.Time{}, time.Unix(0, 0))
	return posting.NewRaw(run, "tag", rec)
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
