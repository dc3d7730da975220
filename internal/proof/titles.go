package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// titleRow is one line of a draw: what a reader who labels it sees.
type titleRow struct {
	ID    string `json:"id"` // corpus/id of the posting there
	Title string `json:"title"`
}

// titlesMain draws titles to be labelled: of each corpus the same number of postings, those whose
// sha256(hash + "\n" + corpus/id) is least, as bytes. A posting whose title was drawn before gives way
// to the next, so no title is labelled twice. The same hash and data give the same draw anywhere.
func titlesMain(args []string) error {
	flags := flag.NewFlagSet("titles", flag.ExitOnError)
	hash := flags.String("hash", "", "what decides the draw, such as a commit")
	n := flags.Int("n", 300, "titles in all, a third from each corpus")
	data := flags.String("data", "../shared/data", "the folder of the corpora")
	labels := flags.String("labels", "", "file of readers' labels, such as docs/proof/roles.jsonl: write titles and labels for rolescope eval roles")
	out := flags.String("out", "", "JSON lines of id and title; empty is standard output. Keep it outside the tree: titles are real")
	_ = flags.Parse(args)
	if *hash == "" {
		return errors.New("titles: -hash is needed, for example -hash $(git rev-parse HEAD)")
	}
	corpora := []struct {
		name string
		read func(file string, r io.Reader, yield func(id, title string)) error
	}{{"ai_labs_snapshots", snapshotTitles}, {"greenhouse_boards", boardTitles}, {"hn_hiring", threadTitles}}
	var drawn []titleRow
	seen := map[string]bool{}
	for i, c := range corpora {
		titles := map[string]string{}
		files, err := filepath.Glob(filepath.Join(*data, c.name, "*.gz"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("titles: no files of %s under %s", c.name, *data)
		}
		for _, file := range files { // by name, which is by date: the last title of an id stands
			if err := readZipped(file, func(r io.Reader) error {
				return c.read(file, r, func(id, title string) {
					if title = strings.Join(strings.Fields(title), " "); title != "" {
						titles[c.name+"/"+id] = title
					}
				})
			}); err != nil {
				return fmt.Errorf("read %s: %w", file, err)
			}
		}
		want := *n/len(corpora) + min(1, max(0, *n%len(corpora)-i))
		drawn = append(drawn, draw(titles, *hash, want, seen)...)
	}
	// The corpora are mixed, so that a reader who tires does not tire of one of them.
	slices.SortFunc(drawn, func(a, b titleRow) int { return drawOrder(*hash+"\norder", a.ID, b.ID) })
	if *labels == "" {
		return writeRows(*out, drawn)
	}
	rows := make([]postingRow, len(drawn))
	for i, t := range drawn {
		rows[i] = postingRow{ID: t.ID, Title: t.Title}
	}
	labelled, err := withLabels(*labels, *hash, "title", rows)
	if err != nil {
		return err
	}
	return writeRows(*out, labelled)
}

// draw takes n ids of titles (id -> title) in the order of their hashes, leaving out titles seen.
func draw(titles map[string]string, hash string, n int, seen map[string]bool) []titleRow {
	ids := slices.SortedFunc(maps.Keys(titles), func(a, b string) int { return drawOrder(hash, a, b) })
	var out []titleRow
	for _, id := range ids {
		key := strings.ToLower(titles[id])
		if len(out) == n || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, titleRow{id, titles[id]})
	}
	return out
}

func drawOrder(hash, a, b string) int {
	x, y := sha256.Sum256([]byte(hash+"\n"+a)), sha256.Sum256([]byte(hash+"\n"+b))
	return bytes.Compare(x[:], y[:])
}

func readZipped(name string, read func(io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return err
	}
	return read(zr)
}

func snapshotTitles(_ string, r io.Reader, yield func(id, title string)) error {
	rows := csv.NewReader(r)
	rows.LazyQuotes = true
	head, err := rows.Read()
	if err != nil {
		return err
	}
	id, title := slices.Index(head, "job_id"), slices.Index(head, "title")
	if id < 0 || title < 0 {
		return errors.New("no columns job_id and title")
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		yield(row[id], row[title])
	}
}

func boardTitles(_ string, r io.Reader, yield func(id, title string)) error {
	dec := json.NewDecoder(r)
	for {
		var board struct {
			Company string `json:"company"`
			Jobs    []struct {
				ID    json.Number `json:"id"`
				Title string      `json:"title"`
			} `json:"jobs"`
		}
		if err := dec.Decode(&board); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, job := range board.Jobs {
			yield(board.Company+"/"+job.ID.String(), job.Title)
		}
	}
}

var (
	titleBreak   = regexp.MustCompile(`(?i)<p>|<br\s*/?>|\n`)
	titleMarkup  = regexp.MustCompile(`<[^>]*>`)
	titleAddress = regexp.MustCompile(`(?i)\(?\bhttps?://\S+|\S+@\S+\.\S+`)
)

// threadTitleRunes is how much of a first line without an end is shown.
const threadTitleRunes = 280

// threadTitles yields the first line of each post that has one.
func threadTitles(_ string, r io.Reader, yield func(id, title string)) error {
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
		if line := firstLine(post.Text); line != "" {
			yield(post.ID.String(), line)
		}
	}
}

// firstLine is the first line of a post that has words beside addresses, what the import takes for
// the posting's title; empty where no line has.
func firstLine(text string) string {
	for _, line := range titleBreak.Split(text, -1) {
		line = titleAddress.ReplaceAllString(html.UnescapeString(titleMarkup.ReplaceAllString(line, "")), " ")
		line = strings.Trim(strings.Join(strings.Fields(line), " "), " |")
		if runes := []rune(line); len(runes) > threadTitleRunes {
			line = string(runes[:threadTitleRunes])
		}
		if line != "" {
			return line
		}
	}
	return ""
}
