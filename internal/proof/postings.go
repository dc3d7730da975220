package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// postingRow is one line of a draw, as `rolescope tag` reads postings.
type postingRow struct {
	ID          string `json:"id"` // corpus/id of the posting there
	Title       string `json:"title"`
	Company     string `json:"company"`
	Location    string `json:"location"`
	Description string `json:"description"`
}

type postingCorpus struct {
	name, files string
	read        func(r io.Reader, yield func(postingRow)) error
}

// postingsMain draws postings whose tags readers are to judge: half from the recorded Ashby boards, half from
// the threads, those whose sha256(hash + "\n" + corpus/id) is least. The same hash and data give the
// same draw anywhere.
func postingsMain(args []string) error {
	flags := flag.NewFlagSet("postings", flag.ExitOnError)
	hash := flags.String("hash", "", "what decides the draw, such as a commit")
	n := flags.Int("n", 100, "postings in all")
	only := flags.String("corpus", "", "draw from one corpus alone: ashby or hn_hiring")
	shared := flags.String("shared", "../shared", "the folder of data and recorded")
	labels := flags.String("labels", "", "file of readers' labels, such as docs/proof/roles.jsonl: write postings and labels for rolescope eval roles --by text")
	out := flags.String("out", "", "JSON lines for rolescope tag; empty is standard output. Keep it outside the tree: texts are real")
	_ = flags.Parse(args)
	if *hash == "" {
		return errors.New("postings: -hash is needed, for example -hash $(git rev-parse HEAD)")
	}
	corpora := []postingCorpus{
		{"ashby", "recorded/ashby_boards_*.jsonl.gz", ashbyPostings},
		{"hn_hiring", "data/hn_hiring/*.gz", threadPostings},
	}
	if *only != "" {
		corpora = slices.DeleteFunc(corpora, func(c postingCorpus) bool { return c.name != *only })
	}
	if len(corpora) == 0 {
		return fmt.Errorf("postings: no corpus %q: ashby or hn_hiring", *only)
	}
	var drawn []postingRow
	for i, c := range corpora {
		rows := map[string]postingRow{}
		keys := map[string]string{}
		files, err := filepath.Glob(filepath.Join(*shared, c.files))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("postings: no %s under %s", c.files, *shared)
		}
		for _, file := range files {
			if err := readZipped(file, func(r io.Reader) error {
				return c.read(r, func(row postingRow) {
					row.ID = c.name + "/" + row.ID
					rows[row.ID], keys[row.ID] = row, row.Description
				})
			}); err != nil {
				return fmt.Errorf("read %s: %w", file, err)
			}
		}
		want := *n/len(corpora) + min(1, max(0, *n%len(corpora)-i))
		for _, t := range draw(keys, *hash, want, map[string]bool{}) {
			drawn = append(drawn, rows[t.ID])
		}
	}
	slices.SortFunc(drawn, func(a, b postingRow) int { return drawOrder(*hash+"\norder", a.ID, b.ID) })
	if *labels == "" {
		return writeRows(*out, drawn)
	}
	labelled, err := withLabels(*labels, *hash, "text", drawn)
	if err != nil {
		return err
	}
	return writeRows(*out, labelled)
}

func ashbyPostings(r io.Reader, yield func(postingRow)) error {
	dec := json.NewDecoder(r)
	for {
		var line struct {
			Board   string `json:"board"`
			Payload struct {
				Jobs []struct {
					ID          string `json:"id"`
					Title       string `json:"title"`
					Location    string `json:"location"`
					Description string `json:"descriptionHtml"`
				} `json:"jobs"`
			} `json:"payload"`
		}
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, j := range line.Payload.Jobs {
			yield(postingRow{line.Board + "/" + j.ID, j.Title, line.Board, j.Location, j.Description})
		}
	}
}

// threadPostings yields posts with their first line as title and, where it has fields, the first of
// them as the employer: what the import makes of them.
func threadPostings(r io.Reader, yield func(postingRow)) error {
	dec := json.NewDecoder(r)
	for {
		var post struct {
			ID   json.Number `json:"id"`
			Text string      `json:"text"`
		}
		if err := dec.Decode(&post); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		title := firstLine(post.Text)
		company, _, fields := strings.Cut(title, "|")
		if !fields {
			company = ""
		}
		if post.Text != "" {
			yield(postingRow{ID: post.ID.String(), Title: title, Company: strings.TrimSpace(company), Description: post.Text})
		}
	}
}

// writeRows writes rows as JSON lines, to standard output without a name.
func writeRows[T any](name string, rows []T) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, row := range rows {
		if err := enc.Encode(row); err != nil {
			return err
		}
	}
	if name == "" {
		_, err := os.Stdout.Write(b.Bytes())
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}
