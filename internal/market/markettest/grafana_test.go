package markettest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const grafanaDir = "../../../deploy/grafana"

// dashboard is what the test knows of Grafana's JSON.
type dashboard struct {
	UID    string  `json:"uid"`
	Panels []panel `json:"panels"`

	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type dataSource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID          int                      `json:"id"`
	Type        string                   `json:"type"`
	Title       string                   `json:"title"`
	Description string                   `json:"description"`
	DataSource  dataSource               `json:"datasource"`
	GridPos     struct{ X, Y, W, H int } `json:"gridPos"`
	Options     struct {
		Reduce struct {
			Fields string `json:"fields"` // empty: of numbers only
		} `json:"reduceOptions"`
	} `json:"options"`
	Targets []struct {
		DataSource dataSource `json:"datasource"`
		Format     int        `json:"format"` // 0 is a series, 1 a table
		RawSQL     string     `json:"rawSql"`
	} `json:"targets"`
}

type variable struct {
	Name    string     `json:"name"`
	Type    string     `json:"type"`
	Query   string     `json:"query"`
	Source  dataSource `json:"datasource"`
	Current struct {
		Value any `json:"value"` // a list, but for a text
	} `json:"current"`
}

// testGrafana runs every statement of the dashboards as the analyst over HTTP, as Grafana would: with the
// time range and the variables put in, as the ClickHouse plugin does it. Each must answer with rows.
func testGrafana(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		t.Skip("one market is enough")
	}
	files, err := filepath.Glob(filepath.Join(grafanaDir, "dashboards", "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatalf("dashboards: %q, %v", files, err)
	}
	provisioned, err := os.ReadFile(filepath.Join(grafanaDir, "provisioning", "datasources", "rolescope.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		// Grafana looks at what is in the panels' range; here that is the whole market.
		in := interpolation{from: june.AddDate(0, 0, -7), to: june.AddDate(1, 0, 0), values: map[string][]string{}}
		for _, v := range d.Templating.List {
			if v.Type == "textbox" { // there is one: the least number of employers, of which this market has few
				in.values[v.Name] = []string{"2"}
				continue
			}
			in.values[v.Name] = chosen(t, f, v)
			checkSource(t, v.Name, v.Source, provisioned)
		}
		var ids []int
		for i, p := range d.Panels {
			if slices.Contains(ids, p.ID) || p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
				t.Errorf("%s: panel %d %q needs an id of its own, a title, a description and a query", path, p.ID, p.Title)
			}
			ids = append(ids, p.ID)
			for _, other := range d.Panels[:i] {
				a, b := p.GridPos, other.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %q lies over %q", path, p.Title, other.Title)
				}
			}
			for _, target := range p.Targets {
				t.Run(d.UID+"/"+p.Title, func(t *testing.T) {
					checkSource(t, p.Title, target.DataSource, provisioned)
					got := asAnalyst(t, f, in.apply(t, target.RawSQL))
					checkShape(t, p, target.Format, got)
					if p.Title == "New vacancies by month" {
						checkNewVacancies(t, f, in.values["role"], got)
					}
				})
			}
		}
	}
}

// chosen are the values a variable has when the dashboard is opened.
func chosen(t *testing.T, f filled, v variable) []string {
	t.Helper()
	var all []string
	for _, r := range asAnalyst(t, f, v.Query).rows {
		all = append(all, fmt.Sprint(r[0]))
	}
	var set []string
	for _, value := range v.Current.Value.([]any) {
		set = append(set, value.(string))
	}
	if slices.Equal(set, []string{"$__all"}) {
		return all
	}
	for _, value := range set {
		if !slices.Contains(all, value) {
			t.Errorf("variable %s is set to %q, which its query does not have: %q", v.Name, value, all)
		}
	}
	return set
}

func checkSource(t *testing.T, what string, s dataSource, provisioned []byte) {
	t.Helper()
	for _, line := range []string{"uid: " + s.UID + "\n", "type: " + s.Type + "\n"} {
		if !strings.Contains(string(provisioned), line) {
			t.Errorf("%s asks the source %+v, which is not the provisioned one", what, s)
		}
	}
}

// checkShape: a series needs one column of time, in order, and a number; anything needs rows.
func checkShape(t *testing.T, p panel, format int, got analystAnswer) {
	t.Helper()
	kind := p.Type
	if len(got.rows) == 0 {
		t.Fatal("no row")
	}
	number := regexp.MustCompile(`^(Nullable\()?(U?Int|Float)`)
	if (kind == "timeseries") != (format == 0) {
		t.Errorf("a %s panel in format %d", kind, format)
	}
	if kind == "stat" && (len(got.rows) != 1 || len(got.names) != 1) {
		t.Errorf("a stat of %d rows of %q", len(got.rows), got.names)
	}
	if kind == "stat" && !number.MatchString(got.types[0]) && p.Options.Reduce.Fields != "/.*/" {
		t.Errorf("a stat shows no %s unless its fields are /.*/", got.types[0])
	}
	if kind != "timeseries" {
		return
	}
	if got.names[0] != "time" || !strings.HasPrefix(got.types[0], "Date") || !slices.ContainsFunc(got.types[1:], number.MatchString) {
		t.Errorf("no series: %q of %q", got.names, got.types)
	}
	if !slices.IsSortedFunc(got.rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) }) {
		t.Error("a series out of order, which the plugin does not turn into columns")
	}
	for i, kind := range got.types[1:] {
		if !number.MatchString(kind) && kind != "String" && kind != "LowCardinality(String)" {
			t.Errorf("%s is neither a number nor a label: %s", got.names[i+1], kind)
		}
	}
}

// checkNewVacancies compares a panel with the market: what the chosen roles had new.
func checkNewVacancies(t *testing.T, f filled, roles []string, got analystAnswer) {
	t.Helper()
	var sum, want float64
	for _, r := range got.rows {
		n, err := r[2].(json.Number).Float64()
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	for _, c := range f.Expected(f.sent.Seen) {
		if slices.Contains(roles, c.Role) {
			want += float64(c.NewVacancies)
		}
	}
	if sum != want {
		t.Errorf("%v new vacancies in the panel, %v in the market", sum, want)
	}
}

// interpolation is what Grafana and the plugin put in the place of variables and macros.
type interpolation struct {
	from, to time.Time
	values   map[string][]string
}

var (
	grafanaVariable = regexp.MustCompile(`\$\{(\w+):(singlequote|raw)\}`)
	grafanaMacro    = regexp.MustCompile(`\$__(timeFilter|dateFilter)\(([^()]*)\)`)
)

func (in interpolation) apply(t *testing.T, sql string) string {
	t.Helper()
	sql = grafanaVariable.ReplaceAllStringFunc(sql, func(m string) string {
		var quoted []string
		parts := grafanaVariable.FindStringSubmatch(m)
		for _, v := range in.values[parts[1]] {
			if parts[2] == "raw" {
				return v
			}
			quoted = append(quoted, "'"+strings.ReplaceAll(v, "'", `\'`)+"'")
		}
		return strings.Join(quoted, ",")
	})
	second := func(at time.Time) string { return fmt.Sprintf("toDateTime(%d)", at.Unix()) }
	day := func(at time.Time) string { return "toDate('" + at.Format(time.DateOnly) + "')" }
	sql = grafanaMacro.ReplaceAllStringFunc(sql, func(m string) string {
		parts := grafanaMacro.FindStringSubmatch(m)
		says := second
		if parts[1] == "dateFilter" {
			says = day
		}
		return parts[2] + " >= " + says(in.from) + " AND " + parts[2] + " <= " + says(in.to)
	})
	sql = strings.NewReplacer("$__fromTime", second(in.from), "$__toTime", second(in.to)).Replace(sql)
	if strings.Contains(sql, "$") {
		t.Fatalf("something is left for Grafana that this test does not know:\n%s", sql)
	}
	return sql
}

type analystAnswer struct {
	names, types []string
	rows         [][]any
}

// asAnalyst asks over HTTP with the analyst's password, as a tool does.
func asAnalyst(t *testing.T, f filled, sql string) analystAnswer {
	t.Helper()
	u, err := url.Parse(f.store.AnalystURL())
	if err != nil {
		t.Fatal(err)
	}
	u.Path, u.RawQuery = "/", "database="+strings.Trim(u.Path, "/")+"&max_execution_time=60&default_format=JSONCompactEachRowWithNamesAndTypes&output_format_json_quote_64bit_integers=0"
	resp, err := http.Post(u.String(), "text/plain", strings.NewReader(sql)) //nolint:noctx // it has a limit of its own
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s\n%s", text, sql)
	}
	var out analystAnswer
	d := json.NewDecoder(bufio.NewReader(resp.Body))
	d.UseNumber()
	for _, into := range []any{&out.names, &out.types} {
		if err := d.Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	for d.More() {
		var r []any
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		out.rows = append(out.rows, r)
	}
	return out
}
