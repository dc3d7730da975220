package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/posting"
)

// Limits of a diff's memory: it grows with the taxonomy, not with the corpus.
const (
	diffExamples     = 3      // kept for each skill
	diffChanges      = 10_000 // different changes of one field that are counted apart
	diffChangesShown = 100    // of one field
	diffValueMax     = 120    // characters of a value that are kept
	diffTextBytes    = 400    // of a posting's own words in an example
)

// tagDiff is what an edit of the rules does to a corpus.
type tagDiff struct {
	Old      string       `json:"old"`
	Compared int          `json:"compared"`  // postings that both have
	Same     int          `json:"same"`      // of these, with equal tags
	OnlyNew  int          `json:"only_new"`  // postings the old file does not have
	OnlyOld  int          `json:"only_old"`  // postings that stdin does not have
	Versions []string     `json:"versions"`  // tagger versions, the old file's first
	Skills   []*skillDiff `json:"skills"`    // the most changed first
	Fields   []*fieldDiff `json:"fields"`    // by name
	BadLines bool         `json:"bad_lines"` // some of stdin could not be used

	skills   map[string]*skillDiff
	fields   map[string]*fieldDiff
	versions map[string]bool
}

// skillDiff counts postings by what happened to one skill.
type skillDiff struct {
	Skill    string        `json:"skill"`
	Gained   int           `json:"gained"`  // have it now
	Lost     int           `json:"lost"`    // have it no more
	Changed  int           `json:"changed"` // have it as before, with other evidence
	Examples []diffExample `json:"examples"`
}

type diffExample struct {
	ID   string `json:"id"`
	What string `json:"what"` // gained, lost or changed
	Text string `json:"text"` // the words around it
}

// fieldDiff counts postings by what happened to one field of the output.
type fieldDiff struct {
	Field   string        `json:"field"`
	Gained  int           `json:"gained"`
	Lost    int           `json:"lost"`
	Changed int           `json:"changed"`
	Changes []*diffChange `json:"changes"` // the most frequent first

	changes map[[2]string]*diffChange
}

// diffChange is one old value that became one new value; an empty one is absent.
type diffChange struct {
	Old string `json:"old"`
	New string `json:"new"`
	N   int    `json:"n"`
	ID  string `json:"id"` // of the first posting
}

// diffJob is one posting as it is tagged now.
type diffJob struct {
	id   string
	line []byte
	p    posting.Posting
}

// diff tags stdin and compares it with a former output.
func (a *app) diff(ctx context.Context, tagger *enrich.Tagger, extra *unlisted.Tagger, workers int, old string, asJSON bool) error {
	former, err := openFormer(old)
	if err != nil {
		return err
	}
	defer former.Close()
	d := &tagDiff{Old: old, skills: map[string]*skillDiff{}, fields: map[string]*fieldDiff{}, versions: map[string]bool{}}
	status := a.eachLine(ctx, workers, func(line []byte) (any, error) {
		p, err := tagPosting(tagger, extra, line)
		if err != nil {
			return nil, err
		}
		out, err := encodeTags(p, false)
		return diffJob{p.id, out, p.Posting}, err
	}, func(out any) error {
		return d.compare(former, out.(diffJob))
	})
	if status != nil && status != error(exitStatus(exitPartial)) {
		return status
	}
	d.BadLines = status != nil
	d.finish(former)
	switch err := a.show(d, asJSON); {
	case err != nil:
		return err
	case d.Same < d.Compared || d.OnlyNew+d.OnlyOld > 0:
		return exitStatus(exitCondition)
	}
	return status
}

func (d *tagDiff) compare(former *formerTags, job diffJob) error {
	was, err := former.take(job.id)
	if err != nil {
		return err
	}
	if was == nil {
		d.OnlyNew++
		return nil
	}
	d.Compared++
	if bytes.Equal(bytes.TrimSpace(was), bytes.TrimSpace(job.line)) {
		d.Same++
		return nil
	}
	old, err := readTags(was)
	if err != nil {
		return fmt.Errorf("compare posting %q: %w", job.id, err)
	}
	now, err := readTags(job.line)
	if err != nil {
		return fmt.Errorf("compare posting %q: %w", job.id, err)
	}
	d.versions[old.version] = true
	skills, fields := d.compareSkills(job, old.skills, now.skills), d.compareFields(job.id, old.fields, now.fields)
	if !skills && !fields {
		d.Same++
	}
	return nil
}

// tagsOf is one line of output taken apart.
type tagsOf struct {
	version string
	fields  map[string]string // by name; those inside role as role.title
	skills  map[string][]json.RawMessage
}

// readTags takes a line apart. Whatever a later version adds to a line is a field too.
func readTags(line []byte) (tagsOf, error) {
	t := tagsOf{fields: map[string]string{}, skills: map[string][]json.RawMessage{}}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return t, err
	}
	for name, value := range fields {
		switch name {
		case "id", "title_text", "description_text", "phrases": // what matters of phrases are skills too
		case "tagger_version":
			t.version = plainValue(value)
		case "role":
			var role map[string]json.RawMessage
			if err := json.Unmarshal(value, &role); err != nil {
				return t, err
			}
			for part, v := range role {
				t.set("role."+part, v)
			}
		case "skills":
			var skills []json.RawMessage
			if err := json.Unmarshal(value, &skills); err != nil {
				return t, err
			}
			for _, s := range skills {
				var of struct {
					ID string `json:"id"`
				}
				if err := json.Unmarshal(s, &of); err != nil {
					return t, err
				}
				t.skills[of.ID] = append(t.skills[of.ID], s)
			}
		default:
			t.set(name, value)
		}
	}
	return t, nil
}

func (t tagsOf) set(name string, value json.RawMessage) {
	if s := plainValue(value); s != "" {
		t.fields[name] = s
	}
}

// plainValue is a value as people write it; empty for null and for an empty list.
func plainValue(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	if v := string(value); v != "null" && v != "[]" {
		return v
	}
	return ""
}

// compareSkills counts the skills that differ, and reports whether any does.
func (d *tagDiff) compareSkills(job diffJob, old, now map[string][]json.RawMessage) (differ bool) {
	ids := slices.Collect(maps.Keys(old))
	for id := range now {
		if old[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		what, show := "changed", now[id]
		switch {
		case old[id] == nil:
			what = "gained"
		case now[id] == nil:
			what, show = "lost", old[id]
		case slices.EqualFunc(old[id], now[id], func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }):
			continue
		}
		differ = true
		s := d.skills[id]
		if s == nil {
			s = &skillDiff{Skill: id, Examples: []diffExample{}}
			d.skills[id] = s
		}
		switch what {
		case "gained":
			s.Gained++
		case "lost":
			s.Lost++
		default:
			s.Changed++
		}
		if len(s.Examples) < diffExamples {
			s.Examples = append(s.Examples, diffExample{job.id, what, mentionText(job.p, show, old[id])})
		}
	}
	return differ
}

// mentionText is the words around the first mention that the other side does not have. A former
// mention is looked up in today's text, if it still stands there.
func mentionText(p posting.Posting, mentions, other []json.RawMessage) string {
	pick := mentions[0]
	for _, m := range mentions {
		if !slices.ContainsFunc(other, func(o json.RawMessage) bool { return bytes.Equal(o, m) }) {
			pick = m
			break
		}
	}
	var s posting.Skill
	if json.Unmarshal(pick, &s) != nil {
		return ""
	}
	text := fieldText(p, s.Field)
	if s.Start < 0 || s.End > len(text) || s.Start > s.End || text[s.Start:s.End] != s.Text || len(s.Text) > diffTextBytes {
		return "[" + shorten(s.Text, diffValueMax) + "]"
	}
	return contextOf(text, s.Start, s.End)
}

// compareFields counts the fields that differ, and reports whether any does.
func (d *tagDiff) compareFields(id string, old, now map[string]string) (differ bool) {
	names := slices.Collect(maps.Keys(old))
	for name := range now {
		if _, both := old[name]; !both {
			names = append(names, name)
		}
	}
	for _, name := range names {
		a, b := old[name], now[name]
		if a == b {
			continue
		}
		differ = true
		f := d.fields[name]
		if f == nil {
			f = &fieldDiff{Field: name, changes: map[[2]string]*diffChange{}}
			d.fields[name] = f
		}
		switch {
		case a == "":
			f.Gained++
		case b == "":
			f.Lost++
		default:
			f.Changed++
		}
		key := [2]string{shorten(a, diffValueMax), shorten(b, diffValueMax)}
		if c := f.changes[key]; c != nil {
			c.N++
		} else if len(f.changes) < diffChanges {
			f.changes[key] = &diffChange{Old: key[0], New: key[1], N: 1, ID: id}
		}
	}
	return differ
}

// finish sorts what was counted.
func (d *tagDiff) finish(former *formerTags) {
	d.OnlyOld = former.left()
	delete(d.versions, enrich.Version)
	d.Versions = append(slices.Sorted(maps.Keys(d.versions)), enrich.Version)
	d.Skills = orEmpty(slices.SortedFunc(maps.Values(d.skills), func(a, b *skillDiff) int {
		return cmp.Or(b.Gained+b.Lost-a.Gained-a.Lost, b.Changed-a.Changed, strings.Compare(a.Skill, b.Skill))
	}))
	d.Fields = orEmpty(slices.SortedFunc(maps.Values(d.fields), func(a, b *fieldDiff) int { return strings.Compare(a.Field, b.Field) }))
	for _, f := range d.Fields {
		f.Changes = slices.SortedFunc(maps.Values(f.changes), func(a, b *diffChange) int {
			return cmp.Or(b.N-a.N, strings.Compare(a.Old+"\x00"+a.New, b.Old+"\x00"+b.New))
		})
		f.Changes = f.Changes[:min(diffChangesShown, len(f.Changes))]
	}
}

func (d *tagDiff) print(w io.Writer) error {
	fmt.Fprintf(w, "%s postings compared with %s: %s with the same tags, %s with others", count(d.Compared), printable(d.Old), count(d.Same), count(d.Compared-d.Same))
	if d.OnlyNew+d.OnlyOld > 0 {
		fmt.Fprintf(w, "; %s are not in the old file, %s only there", count(d.OnlyNew), count(d.OnlyOld))
	}
	fmt.Fprintf(w, "\ntagger versions %s\n", strings.Join(d.Versions, ", "))
	rows := [][]string{{"\nSKILL", "GAINED", "LOST", "OTHER EVIDENCE"}}
	for _, s := range d.Skills {
		rows = append(rows, []string{shorten(s.Skill, 40), count(s.Gained), count(s.Lost), count(s.Changed)})
	}
	if err := diffTable(w, rows); err != nil {
		return err
	}
	for _, s := range d.Skills[:min(rowsShown, len(d.Skills))] {
		fmt.Fprintf(w, "\n%s\n", shorten(s.Skill, 60))
		for _, e := range s.Examples {
			fmt.Fprintf(w, "  %-7s  %s: %s\n", e.What, shorten(e.ID, 24), e.Text)
		}
	}
	rows = [][]string{{"\nFIELD", "GAINED", "LOST", "CHANGED"}}
	for _, f := range d.Fields {
		rows = append(rows, []string{f.Field, count(f.Gained), count(f.Lost), count(f.Changed)})
	}
	if err := diffTable(w, rows); err != nil {
		return err
	}
	for _, f := range d.Fields {
		fmt.Fprintf(w, "\n%s\n", f.Field)
		for _, c := range f.Changes[:min(5, len(f.Changes))] {
			fmt.Fprintf(w, "  %5s  %s -> %s (%s)\n", count(c.N), orDash(c.Old), orDash(c.New), shorten(c.ID, 24))
		}
	}
	return nil
}

// diffTable writes a table that has more than its header.
func diffTable(w io.Writer, rows [][]string) error {
	if len(rows) == 1 {
		return nil
	}
	return writeTable(w, rows)
}
