package enrich

import (
	"encoding/json"
	"fmt"
	"html"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// placeLabel is one row of hn_locations: a silver label, the place in a post's header, geocoded.
type placeLabel struct {
	URL, Header, Location, Country string
}

// sharedPlaceLabels are the rows that have a country.
func sharedPlaceLabels(t *testing.T) []placeLabel {
	t.Helper()
	var out []placeLabel
	for l := range strings.Lines(string(readShared(t, sharedPath(t, "data/hn_locations/2013-08_2016-12.jsonl.gz")))) {
		var row placeLabel
		if err := json.Unmarshal([]byte(l), &row); err != nil {
			t.Fatal(err)
		}
		if row.Country != "" {
			out = append(out, row)
		}
	}
	return out
}

// sharedHiringPosts are the texts of the posts by id.
func sharedHiringPosts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(sharedPath(t, "data/hn_hiring") + "/201[3-6]-*.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		for l := range strings.Lines(string(readShared(t, f))) {
			var post struct {
				ID   int64
				Text string
			}
			if err := json.Unmarshal([]byte(l), &post); err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprint(post.ID)] = post.Text
		}
	}
	return out
}

// TestLocationsOfHiringPosts compares the countries of posts with the silver labels, from the header
// alone and from the whole post. A row is right when the label is among the countries of its tags.
func TestLocationsOfHiringPosts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads four years of posts")
	}
	t.Parallel()
	labels, posts := sharedPlaceLabels(t), sharedHiringPosts(t)
	for _, mode := range []string{"header as text", "header as title", "post"} {
		n, answered, right, first := 0, 0, 0, 0
		for _, row := range labels {
			rec := posting.Record{Description: "<p>" + html.EscapeString(strings.TrimSpace(row.Header)) + "</p>"}
			switch mode {
			case "header as title":
				rec = posting.Record{Title: strings.TrimSpace(row.Header)}
			case "post":
				_, id, _ := strings.Cut(row.URL, "id=")
				if posts[id] == "" {
					continue
				}
				rec.Description = posts[id]
			}
			n++
			doc := readDocument(rec.Title, rec.Description)
			var countries []string
			for _, l := range locations(rec, doc, workplace(rec, doc)) {
				if l.Country != "" {
					countries = append(countries, l.Country)
				}
			}
			if len(countries) > 0 {
				answered++
				if countries[0] == row.Country {
					first++
				}
			}
			ok := slices.Contains(countries, row.Country)
			if ok {
				right++
			}
			if !ok && *showErrors {
				t.Logf("%s: %v, label %s %q: %.170q", mode, countries, row.Country, row.Location, doc.title+" ~ "+doc.text)
			}
		}
		t.Logf("%s: %d rows, %d answered (%.4f), %d of them right (%.4f), by their first country %d (%.4f)",
			mode, n, answered, float64(answered)/float64(n), right, float64(right)/float64(answered), first, float64(first)/float64(answered))
		if float64(answered) < 0.9*float64(n) || float64(right) < 0.985*float64(answered) {
			t.Errorf("%s: want at least 0.9 answered and 0.985 of them right", mode)
		}
	}
}
