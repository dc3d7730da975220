package source

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shuffled writes decoded JSON with its keys in random order and random white space.
func shuffled(v any, r *rand.Rand) []byte {
	blank := func() string { return []string{"", " ", "\n\t", "  "}[r.IntN(4)] }
	var out bytes.Buffer
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		out.WriteString("{" + blank())
		for i, k := range keys {
			if i > 0 {
				out.WriteString("," + blank())
			}
			out.Write(marshal(k))
			out.WriteString(blank() + ":" + blank())
			out.Write(shuffled(v[k], r))
		}
		out.WriteString(blank() + "}")
	case []any:
		out.WriteString("[" + blank())
		for i, e := range v {
			if i > 0 {
				out.WriteString("," + blank())
			}
			out.Write(shuffled(e, r))
		}
		out.WriteString(blank() + "]")
	default:
		out.Write(marshal(v))
	}
	return out.Bytes()
}

// TestNoiseKeepsTheHash rewrites each fixture with other key order, white space and update stamps.
func TestNoiseKeepsTheHash(t *testing.T) {
	t.Parallel()
	for _, src := range All() {
		if src.Kind() == "personio" {
			continue // XML, whose order is of the feed
		}
		payload := fixture(t, src.Kind())
		want := parse(t, src, string(payload))
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			v := decodeAny(payload)
			restamp(v, r)
			got, err := src.Parse(shuffled(v, r))
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Rejected {
				got.Rejected[i].Size = want.Rejected[i].Size // bytes as written are noise too
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: noise shows:\n%s", src.Kind(), diff)
			}
			for i := range want.Records {
				if a, b := hash(t, want, i), hash(t, got, i); a != b {
					t.Fatalf("%s: noise changes the hash", src.Kind())
				}
			}
		})
	}
}

// restamp changes what is noise in every posting.
func restamp(v any, r *rand.Rand) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			restamp(e, r)
		}
		if _, ok := v["id"]; ok && (v["title"] != nil || v["text"] != nil) {
			v["updated_at"] = strings.Repeat("2", 1+r.IntN(5))
			v["applyUrl"] = strings.Repeat("a", r.IntN(5))
			v["data_compliance"] = []any{r.IntN(9)}
			v["absent"] = nil
		}
	case []any:
		for _, e := range v {
			restamp(e, r)
		}
	}
}

func hash(t interface{ Fatal(...any) }, b Board, i int) string {
	h, err := b.Records[i].Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestContentChangesTheHash checks that every kind of real change makes another version.
func TestContentChangesTheHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, from, to string }{
		{"greenhouse", "Sonar Models", "Sonar Model"},
		{"greenhouse", "listen to the sea", "listen to the lake"},
		{"greenhouse", "Zurich, Switzerland; Remote - EU", "Geneva"},
		{"greenhouse", "18050000", "19050000"},
		{"greenhouse", `"value":"Hybrid"`, `"value":"On-Site"`},
		{"greenhouse", `"value":["5","6"]`, `"value":["5"]`},
		{"lever", "Applied Scientist ", "Applied Researcher "},
		{"lever", "Causal inference", "Causality"},
		{"lever", "Porto", "Braga"},
		{"lever", "95000.5", "95001"},
		{"lever", "curiosity", "patience"},
		{"ashby", "Forward Deployed", "Solutions"},
		{"ashby", "<p>Ship with customers.", "<p>Ship to customers."},
		{"ashby", `"isRemote":false`, `"isRemote":true`},
		{"ashby", `"maxValue":120000},`, `"maxValue":130000},`},
		{"ashby", "Offers Equity", "Offers Shares"},
	} {
		src, err := ByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		before := string(fixture(t, c.kind))
		after := strings.ReplaceAll(before, c.from, c.to)
		if after == before {
			t.Fatalf("%s: %q is not in the fixture", c.kind, c.from)
		}
		if hash(t, parse(t, src, before), 0) == hash(t, parse(t, src, after), 0) {
			t.Errorf("%s: %q for %q keeps the hash", c.kind, c.to, c.from)
		}
	}
}

// fuzzParse checks what must hold for any bytes.
func fuzzParse(f *testing.F, src Source, more ...string) {
	for _, name := range append(more, src.Kind()) {
		f.Add(fixture(f, name))
	}
	for _, s := range []string{
		"<workzag-jobs/>", "<workzag-jobs>", "<!DOCTYPE x [<!ENTITY a \"b\">]><workzag-jobs>&a;</workzag-jobs>", `<workzag-jobs><position><id>1</id><name>&#0;</name></position></workzag-jobs>`,
		`{"jobPostings":[{"bulletFields":["R-1"]}],"total":0}`, `{"content":[],"totalFound":0}`, `{"offers":[]}`, `{"id":1,"time":1,"text":"a | b"}`, `{"comments":[{"id":1,"deleted":true}]}`,
	} {
		f.Add([]byte(s))
	}
	for _, s := range []string{"", "<html>", "[", "{}", "[]", `{"jobs":[]}`, `{"jobs":[{"id":1}]}`, `[{"id":"a","text":"A"}]`, "\xff", `{"id":"x","title":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := src.Parse(payload)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for i, r := range b.Records {
			if r.ExternalID == "" || r.Title == "" || ids[r.ExternalID] {
				t.Errorf("record %d: id %q, title %q", i, r.ExternalID, r.Title)
			}
			ids[r.ExternalID] = true
			if r.Extra != nil && !json.Valid(r.Extra) {
				t.Errorf("extra is not JSON: %s", r.Extra)
			}
			hash(t, b, i)
		}
		if b.Received < len(b.Records)+len(b.Rejected)+len(b.Skipped) {
			t.Errorf("received %d, but %d, %d and %d came of it", b.Received, len(b.Records), len(b.Rejected), len(b.Skipped))
		}
		again, err := src.Parse(payload)
		if diff := cmp.Diff(b, again); err != nil || diff != "" {
			t.Errorf("not the same twice: %v\n%s", err, diff)
		}
	})
}

func FuzzGreenhouse(f *testing.F)      { fuzzParse(f, Greenhouse{}) }
func FuzzLever(f *testing.F)           { fuzzParse(f, Lever{}) }
func FuzzAshby(f *testing.F)           { fuzzParse(f, Ashby{}) }
func FuzzHackerNews(f *testing.F)      { fuzzParse(f, HackerNews{}) }
func FuzzPersonio(f *testing.F)        { fuzzParse(f, Personio{}) }
func FuzzRecruitee(f *testing.F)       { fuzzParse(f, Recruitee{}) }
func FuzzSmartRecruiters(f *testing.F) { fuzzParse(f, SmartRecruiters{}, "smartrecruiters_detail") }
func FuzzWorkday(f *testing.F)         { fuzzParse(f, Workday{}, "workday_detail") }
