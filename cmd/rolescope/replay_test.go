package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recordings finds a folder of recorded boards beside the checkout, and spells.py with a Python to
// run it.
func recordings(t *testing.T, folder string) (path, python string) {
	t.Helper()
	path = filepath.Join("..", "..", "..", "shared", filepath.FromSlash(folder))
	python, err := exec.LookPath("python3")
	if err == nil {
		_, err = os.Stat(path)
	}
	switch {
	case err == nil:
		return path, python
	case os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1":
		t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but: %v", err)
	}
	t.Skip("needs the recordings in ../shared beside the checkout, and python3; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead:", err)
	return "", ""
}

// opinion is what spells.py says: the lines of each table.
type opinion map[string][][]string

func secondOpinion(t *testing.T, python, kind, folder string) opinion {
	t.Helper()
	out := output(t, exec.Command(python, filepath.Join("..", "..", "internal", "proof", "spells.py"), kind, folder))
	tables := opinion{}
	for line := range strings.Lines(out) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		tables[cells[0]] = append(tables[cells[0]], cells[1:])
	}
	return tables
}

// spells are the lines that v_spells has to have.
func (o opinion) spells() []string {
	var lines []string
	for _, cells := range o["spell"] {
		lines = append(lines, strings.Join(cells, "\t"))
	}
	slices.Sort(lines)
	return lines
}

// runs are the lines that v_runs has to have, of plain differences of sets: what is listed, opened,
// closed and reopened.
func (o opinion) runs(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, cells := range o["run"] {
		var n []int
		for _, cell := range cells[3 : len(cells)-1] {
			v, err := strconv.Atoi(cell)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, v)
		}
		listed, appeared, vanished, returned, spared, doubted, confirmed := n[0], n[1], n[2], n[3], n[4], n[5], n[6]
		lines = append(lines, fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%s", strings.Join(cells[:3], "\t"), listed,
			appeared-returned-spared, vanished-doubted+confirmed, returned, cells[len(cells)-1]))
	}
	slices.Sort(lines)
	return lines
}

const stampFormat = `'%Y-%m-%dT%H:%i:%SZ'`

// compareLedger compares the ledger of a data directory with the second opinion, line by line.
func compareLedger(t *testing.T, bin string, env []string, want opinion) {
	t.Helper()
	spells := output(t, commandEnv(bin, env, "sql", `SELECT source, board, external_id, spell, formatDateTime(opened_at, `+stampFormat+`),
		formatDateTime(last_seen, `+stampFormat+`), if(closed_at IS NULL, '-', formatDateTime(assumeNotNull(closed_at), `+stampFormat+`)), opened_censored
		FROM v_spells FORMAT TSV`))
	runs := output(t, commandEnv(bin, env, "sql", `SELECT source, board, formatDateTime(observed_at, `+stampFormat+`), listed, opened, closed, reopened, suspect
		FROM v_runs FORMAT TSV`))
	for _, c := range []struct {
		name      string
		want, got []string
	}{{"runs", want.runs(t), strings.Split(runs, "\n")}, {"spells", want.spells(), strings.Split(spells, "\n")}} {
		slices.Sort(c.got)
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-spells.py +rolescope):\n%.6000s", c.name, diff)
		}
	}
	output(t, commandEnv(bin, env, "verify"))
	if t.Failed() {
		return
	}
	t.Logf("%d runs and %d spells are those of spells.py; %d absences were within the grace, %d beyond it",
		len(want["run"]), len(want["spell"]), len(want["grace"]), len(want["late"]))
	for _, forgiven := range want["grace"][:min(5, len(want["grace"]))] {
		t.Log("the grace changed (source, board, posting, gone, back):", strings.Join(forgiven, " "))
	}
}

// serveRecorded answers as Greenhouse's API would have, from a list as somebody recorded it.
func serveRecorded(t *testing.T, path string) http.HandlerFunc {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Jobs []json.RawMessage `json:"jobs"`
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	// Some recorders wrote their own envelope around the postings: this is the API's.
	body, err := json.Marshal(map[string]any{"jobs": board.Jobs, "meta": map[string]int{"total": len(board.Jobs)}})
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}
}

// telling are the boards replayed by every run of the tests, because every moment is a process of its own: in
// three lists there are absences within the grace and beyond it. `make proof` replays all.
var telling = []string{"stripe"}

// only keeps what is said about the boards.
func (o opinion) only(boards []string) opinion {
	out := opinion{}
	for table, lines := range o {
		for _, cells := range lines {
			if slices.Contains(boards, cells[1]) {
				out[table] = append(out[table], cells)
			}
		}
	}
	return out
}

// TestReplayRecorded crawls the recorded moments of real boards, each at its time, and compares what the
// views say with an independent reading of the rules.
func TestReplayRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("long: runs in full without -short, also in CI")
	}
	t.Parallel()
	folder, python := recordings(t, "recorded/greenhouse")
	want := secondOpinion(t, python, "greenhouse", folder)
	if os.Getenv("ROLESCOPE_TEST_RECORDED") != "all" {
		want = want.only(telling)
	}
	bin, m := binary(t), newMarket(t)
	boards, moments := map[string]bool{}, map[string]map[string]string{}
	for _, cells := range want["moment"] {
		board, at, file := cells[1], cells[2], cells[3]
		boards[board] = true
		if moments[at] == nil {
			moments[at] = map[string]string{}
		}
		moments[at][board] = file
	}
	env := crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), slices.Sorted(maps.Keys(boards))...)
	start := time.Now()
	for _, at := range slices.Sorted(maps.Keys(moments)) {
		var names []string
		for _, board := range slices.Sorted(maps.Keys(moments[at])) {
			m.set(board, serveRecorded(t, filepath.Join(folder, filepath.FromSlash(moments[at][board]))))
			names = append(names, "greenhouse/"+board)
		}
		if report, code := crawlAt(t, bin, env, at, names...); code != 0 {
			t.Fatalf("crawl at %s: status %d, %+v", at, code, report)
		}
	}
	t.Logf("%d lists of %d boards at %d moments replayed in %s", len(want["moment"]), len(boards), len(moments), time.Since(start).Round(time.Second))
	compareLedger(t, bin, env, want)
}

// TestImportSnapshots imports weekly snapshots in the wrong order: the ledger is that of their dates.
func TestImportSnapshots(t *testing.T) {
	if testing.Short() {
		t.Skip("long: runs in full without -short, also in CI")
	}
	t.Parallel()
	folder, python := recordings(t, "data/ai_labs_snapshots")
	files, err := filepath.Glob(filepath.Join(folder, "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no snapshots: %v", err)
	}
	slices.Reverse(files)
	bin := binary(t)
	env := append(os.Environ(), "ROLESCOPE_DATA_DIR="+filepath.Join(t.TempDir(), "data"), "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0")
	start := time.Now()
	output(t, commandEnv(bin, env, append([]string{"import", "--as", "snapshot"}, files...)...))
	t.Logf("%d snapshots imported in %s", len(files), time.Since(start).Round(time.Second))
	compareLedger(t, bin, env, secondOpinion(t, python, "snapshots", folder))
}
