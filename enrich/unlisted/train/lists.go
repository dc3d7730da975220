package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/enrich/unlisted"
)

// readLists reads the word lists: O*NET's technology skills and ESCO's skills.
func readLists(data string) (unlisted.Lists, error) {
	var l unlisted.Lists
	var err error
	if l.Technology, err = readTechnology(filepath.Join(data, "data/onet_29.3/Technology Skills.txt.gz")); err != nil {
		return l, err
	}
	labels, err := os.ReadFile(filepath.Join(data, "data/skill_esco_links/skills_en_label.txt"))
	if err != nil {
		return l, err
	}
	l.Activity, l.Knowledge = splitLabels(strings.Split(string(labels), "\n"))
	err = table(filepath.Join(data, "data/esco_v1.1/languageSkillsCollection_en.csv.gz"), "broaderConceptPT", func(s string) {
		for name := range strings.SplitSeq(s, "|") {
			l.Language = append(l.Language, strings.TrimSpace(name))
		}
	})
	return l, err
}

// vendors stand before the names of their products, which adverts leave out.
var vendors = []string{"Microsoft", "Apache", "Adobe", "Oracle", "IBM", "Google", "SAP", "Amazon"}

// readTechnology reads names of software, also without the vendor and the word "software".
func readTechnology(name string) ([]string, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comma, in.LazyQuotes = '\t', true
	var out []string
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		example := row[2]
		out = append(out, example, strings.TrimSuffix(example, " software"))
		if first, rest, ok := strings.Cut(example, " "); ok && slices.Contains(vendors, first) {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

var bracketed = regexp.MustCompile(`\s*\(.*?\)`)

// verbLabelsMin is how many labels begin with the same lower-case word if it is a verb ("manage").
const verbLabelsMin = 8

// splitLabels parts ESCO's skills into things to do and things to know, which the list does not tell.
func splitLabels(labels []string) (activity, knowledge []string) {
	begins := map[string]int{}
	for _, l := range labels {
		first, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		begins[first]++
	}
	for _, l := range labels {
		first, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		if first != "" && begins[first] >= verbLabelsMin && strings.ToLower(first) == first {
			activity = append(activity, l)
		} else {
			knowledge = append(knowledge, bracketed.ReplaceAllString(l, ""))
		}
	}
	return activity, knowledge
}
