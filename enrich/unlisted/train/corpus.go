package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// corpus reads adverts without labels and calls line with each line of their text, in a fixed order.
// The developers' halves and sets only: what quality is judged on is not among them.
func corpus(data string, line func(string)) error {
	text := func(s string) {
		for l := range strings.Lines(plain(s)) {
			if l = strings.TrimSpace(l); l != "" {
				line(l)
			}
		}
	}
	months, err := filepath.Glob(filepath.Join(data, "data/hn_hiring/*.jsonl.gz"))
	if err != nil {
		return err
	}
	slices.Sort(months)
	for _, name := range months {
		err := jsonLines(name, func(b []byte) error {
			var row struct{ Text string }
			if err := json.Unmarshal(b, &row); err != nil {
				return err
			}
			text(row.Text)
			return nil
		})
		if err != nil {
			return err
		}
	}
	err = jsonLines(filepath.Join(data, "recorded/ashby_boards_2025-10-28.jsonl.gz"), func(b []byte) error {
		var row struct {
			Payload struct {
				Jobs []struct{ Title, DescriptionHTML string }
			}
		}
		if err := json.Unmarshal(b, &row); err != nil {
			return err
		}
		for _, j := range row.Payload.Jobs {
			line(j.Title)
			text(j.DescriptionHTML)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range []struct{ file, column string }{
		{"data/linkedin_us_2018/DataAnalyst.csv.gz", "description"},
		{"data/linkedin_us_2018/DataScientist.csv.gz", "description"},
		{"data/linkedin_us_2018/cal_da_500.csv.gz", "description"},
		{"data/linkedin_us_2018/cal_ds_500.csv.gz", "description"},
		{"data/jsearch_ds_us_2025/data_scientist_us.csv", "job_description"},
		{"data/adzuna_uk_2012/train_sample.csv", "FullDescription"},
		{"data/esco_v1.1/occupations_en.csv.gz", "description"},
		{"data/esco_v1.1/ISCOGroups_en.csv.gz", "description"},
		{"data/esco_v1.1/skillGroups_en.csv.gz", "description"},
	} {
		if err := table(filepath.Join(data, t.file), t.column, text); err != nil {
			return err
		}
	}
	return nil
}

func open(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return f, err
	}
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

func jsonLines(name string, row func([]byte) error) error {
	f, err := open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		if err := row(in.Bytes()); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	return in.Err()
}

func table(name, column string, cell func(string)) error {
	f, err := open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.LazyQuotes, in.FieldsPerRecord = true, -1
	head, err := in.Read()
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	at := slices.Index(head, column)
	if at < 0 {
		return fmt.Errorf("read %s: no column %q", name, column)
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if at < len(row) {
			cell(row[at])
		}
	}
}

var (
	blocks = regexp.MustCompile(`(?i)</?(p|br|li|ul|ol|div|h[1-6]|tr)\b[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]{0,300}>`)
)

// plain makes text of simple markup. It need not be exact: only counts are made of it.
func plain(s string) string {
	if strings.Contains(s, "<") {
		s = tags.ReplaceAllString(blocks.ReplaceAllString(s, "\n"), "")
	}
	return html.UnescapeString(s)
}
