package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/posting"
)

// readSentences reads SkillSpan's JSON lines.
func readSentences(name string) ([]unlisted.Sentence, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	var out []unlisted.Sentence
	for in.Scan() {
		var row struct {
			Idx       int      `json:"idx"`
			Source    string   `json:"source"`
			Tokens    []string `json:"tokens"`
			Skill     []string `json:"tags_skill"`
			Knowledge []string `json:"tags_knowledge"`
		}
		if err := json.Unmarshal(in.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		out = append(out, unlisted.Sentence{
			Document: row.Source + strconv.Itoa(row.Idx), Words: row.Tokens,
			Knowledge: unlisted.Ranges(row.Knowledge), Skill: unlisted.Ranges(row.Skill),
		})
	}
	return out, in.Err()
}

//go:embed listed.tsv
var listedFile string

// listed fills in what the dictionary found in the training sentences when the model was made: the
// taxonomy grows, and the same model must come out of the same files.
func listed(data []unlisted.Sentence) error {
	for line := range strings.Lines(listedFile) {
		var n, from, to int
		var kind string
		if _, err := fmt.Sscanf(line, "%d\t%d\t%d\t%s", &n, &from, &to, &kind); err != nil || n < 0 || n >= len(data) || from < 0 || from >= to || to > len(data[n].Words) {
			return fmt.Errorf("listed.tsv: %q is no find in %d sentences", line, len(data))
		}
		data[n].Listed = append(data[n].Listed, unlisted.Listed{Range: unlisted.Range{From: from, To: to}, Kind: kind})
	}
	return nil
}

// listAnew fills in what the dictionary finds in sentences now: each document is tagged as a posting
// whose paragraphs are its sentences.
func listAnew(data []unlisted.Sentence) error {
	tagger, err := enrich.New()
	if err != nil {
		return err
	}
	for from := 0; from < len(data); {
		to := from + 1
		for to < len(data) && data[to].Document == data[from].Document {
			to++
		}
		if err := list(tagger, data[from:to]); err != nil {
			return fmt.Errorf("tag %s: %w", data[from].Document, err)
		}
		from = to
	}
	return nil
}

// writeListed writes the dictionary's finds as listed reads them: number of the sentence, first word,
// the one behind the last, kind.
func writeListed(name string, data []unlisted.Sentence) error {
	var b strings.Builder
	for n, s := range data {
		for _, f := range s.Listed {
			fmt.Fprintf(&b, "%d\t%d\t%d\t%s\n", n, f.From, f.To, f.Kind)
		}
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

// list fills in what the dictionary finds in the sentences of one document.
func list(tagger *enrich.Tagger, document []unlisted.Sentence) error {
	var b strings.Builder
	for _, s := range document {
		b.WriteString("<p>" + html.EscapeString(strings.Join(s.Words, " ")) + "</p>")
	}
	run := posting.NewRun("train", "skillspan", "", posting.ProofEvent, time.Time{}, time.Unix(0, 0))
	raw, err := posting.NewRaw(run, "train", posting.Record{ExternalID: "1", Description: b.String()})
	if err != nil {
		return err
	}
	p, err := tagger.Enrich(raw)
	if err != nil {
		return err
	}
	skills := p.Skills
	sort.SliceStable(skills, func(i, j int) bool { return skills[i].Start < skills[j].Start })
	at := 0 // bytes of the description that were read
	for i := range document {
		s := &document[i]
		ends := make([]int, len(s.Words)) // of each word in the description
		for w, text := range s.Words {
			if n := strings.Index(p.Description[at:min(len(p.Description), at+len(text)+wordsApartMax)], text); n >= 0 {
				at += n + len(text)
			}
			ends[w] = at
		}
		for len(skills) > 0 && skills[0].Start < at {
			f := skills[0]
			skills = skills[1:]
			from := sort.SearchInts(ends, f.Start+1)
			to := min(sort.SearchInts(ends, f.End)+1, len(s.Words))
			if f.Field == "description" && from < to {
				s.Listed = append(s.Listed, unlisted.Listed{Range: unlisted.Range{From: from, To: to}, Kind: f.Kind})
			}
		}
	}
	return nil
}

// wordsApartMax is how far apart two words stand at most in the description they were made into: the
// tagger takes away signs of lists and what cannot be seen.
const wordsApartMax = 8
