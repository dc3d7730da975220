package enrich

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

type ashbyPostal struct {
	PostalAddress struct {
		Locality string `json:"addressLocality"`
		Region   string `json:"addressRegion"`
		Country  string `json:"addressCountry"`
	} `json:"postalAddress"`
}

type ashbyWhere struct {
	Location string       `json:"location"`
	Address  *ashbyPostal `json:"address"`
}

type ashbyMoney struct {
	Type     string  `json:"compensationType"`
	Interval string  `json:"interval"`
	Currency string  `json:"currencyCode"`
	Min      float64 `json:"minValue"`
	Max      float64 `json:"maxValue"`
}

// ashbyJob is what the measurement needs of a recorded posting; the rooms may not import each other,
// so it is decoded here.
type ashbyJob struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"descriptionHtml"`
	Remote      *bool  `json:"isRemote"`
	ashbyWhere
	Secondary    []ashbyWhere `json:"secondaryLocations"`
	Compensation struct {
		Tiers []struct {
			Components []ashbyMoney `json:"components"`
		} `json:"compensationTiers"`
		Summary []ashbyMoney `json:"summaryComponents"`
	} `json:"compensation"`
}

// record is the posting without its structured pay.
func (j ashbyJob) record() posting.Record {
	rec := posting.Record{ExternalID: j.ID, Title: j.Title, Description: j.Description, Remote: j.Remote}
	for _, w := range append([]ashbyWhere{j.ashbyWhere}, j.Secondary...) {
		p := posting.Place{Text: w.Location}
		if w.Address != nil {
			p.City, p.Region, p.Country = w.Address.PostalAddress.Locality, w.Address.PostalAddress.Region, w.Address.PostalAddress.Country
		}
		rec.Places = append(rec.Places, p)
	}
	return rec
}

// pay is the structured yearly pay, and all structured pay.
func (j ashbyJob) pay() (yearly, all []posting.Salary) {
	var components []ashbyMoney
	for _, tier := range j.Compensation.Tiers {
		components = append(components, tier.Components...)
	}
	if !slices.ContainsFunc(components, func(c ashbyMoney) bool { return c.Type == "Salary" && max(c.Min, c.Max) > 0 }) {
		components = j.Compensation.Summary
	}
	for _, c := range components {
		s := posting.Salary{Min: c.Min, Max: c.Max, Currency: c.Currency, Period: intervalPeriod(c.Interval)}
		if c.Type != "Salary" || c.Min == 0 && c.Max == 0 || slices.Contains(all, s) {
			continue
		}
		all = append(all, s)
		if s.Period == "year" {
			yearly = append(yearly, s)
		}
	}
	return yearly, all
}

// sharedAshby is every posting of the recorded Ashby boards, once.
func sharedAshby(t *testing.T) []ashbyJob {
	t.Helper()
	var out []ashbyJob
	seen := map[string]bool{}
	add := func(payload []byte) {
		var board struct{ Jobs []ashbyJob }
		if err := json.Unmarshal(payload, &board); err != nil {
			t.Fatal(err)
		}
		for _, j := range board.Jobs {
			if !seen[j.ID] {
				seen[j.ID] = true
				out = append(out, j)
			}
		}
	}
	files, err := filepath.Glob(sharedPath(t, "recorded/ashby") + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, f := range files {
		add(readShared(t, f))
	}
	for l := range strings.Lines(string(readShared(t, sharedPath(t, "recorded/ashby_boards_2025-10-28.jsonl.gz")))) {
		var line struct{ Payload json.RawMessage }
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			t.Fatal(err)
		}
		add(line.Payload)
	}
	return out
}

var figurePattern = regexp.MustCompile(`(?i)\d[\d.,'’\x{a0}\x{202f} ]*(?:\s?(?:k|lpa|lakhs?|lacs?|m)\b)?`)

var notDigits = regexp.MustCompile(`[^\d]`)

// payLine is what a line holds that speaks of money.
var payLine = regexp.MustCompile(`(?i)[$€£¥₹]|\b(?:usd|eur|gbp|cad|salary|pay|compensation|base|ote|gehalt)\b`)

// between is what stands between the ends of one range.
var between = regexp.MustCompile(`(?i)^(?:\s|[-–—‒−~+]|to|and|bis|up|usd|eur|gbp|cad|aud|sgd|inr|us|ca|c|a|[$€£¥₹]|/?(?:yr|year)|per year|annually)*$`)

// moneyIn are the figures that stand in a text in any notation: grouped by commas, dots, spaces or
// apostrophes, in the Indian way, or in thousands; of lines that speak of money only ("300K users").
// ranges are those of them that stand as ends of one range. It shares no code with the tagger.
func moneyIn(text string) (figures map[float64]bool, ranges map[[2]float64]bool) {
	figures, ranges = map[float64]bool{}, map[[2]float64]bool{}
	for l := range strings.Lines(text) {
		if !payLine.MatchString(l) {
			continue
		}
		var before []float64
		end := 0
		for _, at := range figurePattern.FindAllStringIndex(l, -1) {
			values, lower := readFigure(l[at[0]:at[1]], before)
			for _, v := range append(values, lower...) {
				figures[v] = true
			}
			if between.MatchString(l[end:at[0]]) {
				for _, low := range append(before, lower...) {
					for _, high := range values {
						ranges[[2]float64{low, high}] = true
					}
				}
			}
			before, end = values, at[1]
		}
	}
	return figures, ranges
}

// readFigure is what a figure may mean, and what the one before it means if this one's unit holds for
// both, as in "$180-240K".
func readFigure(m string, before []float64) (values, lower []float64) {
	m = strings.ToLower(strings.TrimSpace(m))
	for suffix, times := range map[string]float64{"k": 1e3, "lpa": 1e5, "lakh": 1e5, "lakhs": 1e5, "lac": 1e5, "lacs": 1e5, "m": 1e6} {
		t, ok := strings.CutSuffix(m, suffix)
		if !ok {
			continue
		}
		if v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(t), ",", "."), 64); err == nil {
			for _, b := range before {
				lower = append(lower, math.Round(b*times))
			}
			return []float64{math.Round(v * times)}, lower
		}
	}
	whole := m
	if k := strings.LastIndexAny(m, ".,"); k >= 0 && len(m)-k-1 == 2 {
		whole = m[:k]
	}
	if v, err := strconv.ParseFloat(notDigits.ReplaceAllString(whole, ""), 64); err == nil {
		values = append(values, v)
	}
	return values, nil
}

// payVerdict is how the tags of a text compare with the structured pay of the same posting.
type payVerdict struct {
	agrees  bool // one tag is exactly a structured range of the text, or the tags' zones span it
	strict  bool // the tags are the structured ranges that stand in the text, no more and no fewer
	missing bool // no tags
}

// judgePay compares the tags with the yearly ranges that stand in the text, and with all.
func judgePay(got, want, all []posting.Salary) payVerdict {
	for i := range got {
		got[i].Text, got[i].Source = "", ""
	}
	in := func(ss []posting.Salary) func(posting.Salary) bool {
		return func(s posting.Salary) bool { return slices.Contains(ss, s) }
	}
	out := func(ss []posting.Salary) func(posting.Salary) bool {
		return func(s posting.Salary) bool { return !slices.Contains(ss, s) }
	}
	return payVerdict{
		agrees:  slices.ContainsFunc(want, in(got)) || slices.Equal(envelopes(got), envelopes(all)),
		strict:  !slices.ContainsFunc(want, out(got)) && !slices.ContainsFunc(got, out(all)),
		missing: len(got) == 0,
	}
}

// TestSalaryAgainstStructured tags every recorded posting whose structured yearly pay also stands in
// its text, without that pay, and compares; wrong is what has tags that do not agree. "Stands" is read
// in two ways: the range itself, or its figures wherever they are. By the second there are adverts
// whose text says another thing than the field: from base pay to on-target earnings, which the text
// states apart, or from the least of one zone to the most of another.
func TestSalaryAgainstStructured(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every recorded board")
	}
	t.Parallel()
	jobs := sharedAshby(t)
	for _, mode := range []struct {
		name      string
		places    bool
		ranges    bool // the structured range stands in the text as a range, and not its figures alone
		agreesMin float64
		wrongMax  float64
	}{
		{"ranges that stand in the text", true, true, 0.97, 0.01},
		{"figures that stand in the text", true, false, 0.96, 0.02},
		{"figures, places unknown", false, false, 0.93, 0.02},
	} {
		n, agrees, strict, wrong, missing := 0, 0, 0, 0, 0
		for _, j := range jobs {
			want, all := j.pay()
			rec := j.record()
			if !mode.places {
				rec.Places = nil
			}
			doc := readDocument(rec.Title, rec.Description)
			figures, ranges := moneyIn(doc.text)
			want = slices.DeleteFunc(want, func(s posting.Salary) bool {
				if mode.ranges && s.Min != 0 && s.Max != 0 && s.Min != s.Max {
					return !ranges[[2]float64{s.Min, s.Max}]
				}
				return s.Min != 0 && !figures[s.Min] || s.Max != 0 && !figures[s.Max]
			})
			if len(want) == 0 {
				continue
			}
			n++
			got := salaries(rec, doc, locations(rec, doc, workplace(rec, doc)))
			v := judgePay(got, want, all)
			switch {
			case v.agrees:
				agrees++
			case v.missing:
				missing++
			default:
				wrong++
			}
			if v.strict {
				strict++
			}
			if *showErrors && !(v.agrees && v.strict) {
				t.Logf("%s, posting %s, %+v: want %s of %s, got %s", mode.name, j.ID, v, showSalaries(want), showSalaries(all), showSalaries(got))
			}
		}
		share := func(k int) float64 { return float64(k) / float64(n) }
		t.Logf("%s: %d postings, %d agree (%.4f), %d with no other range (%.4f), %d wrong (%.4f), %d missing (%.4f)",
			mode.name, n, agrees, share(agrees), strict, share(strict), wrong, share(wrong), missing, share(missing))
		if n < 150 || share(agrees) < mode.agreesMin || share(wrong) > mode.wrongMax {
			t.Errorf("%s: want at least %.2f to agree and at most %.2f to be wrong", mode.name, mode.agreesMin, mode.wrongMax)
		}
	}
}

// envelopes are the widest range of every currency and period, in order. A text that states a range
// for each zone and a field that states one for all of them say the same.
func envelopes(ss []posting.Salary) []posting.Salary {
	var out []posting.Salary
	for _, s := range ss {
		i := slices.IndexFunc(out, func(o posting.Salary) bool { return o.Currency == s.Currency && o.Period == s.Period })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].Min, out[i].Max = min(out[i].Min, s.Min), max(out[i].Max, s.Max)
	}
	slices.SortFunc(out, func(a, b posting.Salary) int {
		return strings.Compare(a.Currency+a.Period, b.Currency+b.Period)
	})
	return out
}

// TestSalaryAdzuna compares the pay fields of a British job board, whose currency is known, with the
// site's own yearly figure: the middle of the range, at 1,920 hours or 240 days a year.
func TestSalaryAdzuna(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(string(readShared(t, sharedPath(t, "data/adzuna_uk_2012/train_sample.csv"))))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	raw, norm := slices.Index(rows[0], "SalaryRaw"), slices.Index(rows[0], "SalaryNormalized")
	yearly := map[string]float64{"hour": 1920, "day": 240, "week": 48, "month": 12, "year": 1}
	n, right, wrong, missing := 0, 0, 0, 0
	for _, row := range rows[1:] {
		want, err := strconv.ParseFloat(row[norm], 64)
		if err != nil {
			t.Fatal(err)
		}
		n++
		got := salaries(posting.Record{Pay: []posting.Pay{{Currency: "GBP", Text: row[raw]}}}, document{}, nil)
		if len(got) == 0 {
			missing++
			if *showErrors {
				t.Logf("missing: %q is %v", row[raw], want)
			}
			continue
		}
		s := got[0]
		high := s.Max
		if high == 0 {
			high = s.Min
		}
		// The site takes "up to 35 per hour" for 35 and "to 35 per hour" for 0 to 35.
		f := yearly[s.Period]
		if math.Abs((s.Min+high)/2*f-want) <= 1 || s.Min == 0 && math.Abs(high*f-want) <= 1 {
			right++
			continue
		}
		wrong++
		if *showErrors {
			t.Logf("wrong: %q is %v, got %s", row[raw], want, showSalaries(got))
		}
	}
	t.Logf("%d rows, %d right (%.4f), %d wrong (%.4f), %d missing (%.4f)", n, right, float64(right)/float64(n), wrong, float64(wrong)/float64(n), missing, float64(missing)/float64(n))
	if float64(right) < 0.985*float64(n) || float64(wrong) > 0.005*float64(n) {
		t.Error("want at least 0.985 right and at most 0.005 wrong")
	}
}
