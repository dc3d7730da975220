package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	// analystsLossMax is how much of its rate the pipeline may lose, in percent of the median of pairs:
	// what runs of the same program differ by on a machine that has other work.
	analystsLossMax = 5
	// calm is between two imports, for the store to merge what the last one wrote.
	calm = 3 * time.Second
	// canaries are files beside the data directory, which no analyst may change or add to.
	canaries = 20
)

// analystsResult is one line of analysts.jsonl.
type analystsResult struct {
	Date     string         `json:"date"`
	Commit   string         `json:"commit"`
	Seed     uint64         `json:"seed"`
	Cores    int            `json:"cores"`
	Analysts int            `json:"analysts"`
	Postings int            `json:"postings"`                   // of each import
	Alone    []float64      `json:"alone_postings_per_second"`  // imports without analysts
	Beside   []float64      `json:"beside_postings_per_second"` // each next to the one before or behind it of Alone
	Change   float64        `json:"change_percent"`             // median over the pairs
	Spread   float64        `json:"change_percent_spread"`      // half of the distance between the quartiles of the pairs
	Noise    float64        `json:"alone_percent_spread"`       // the same of Alone, around its own median
	Others   []float64      `json:"others_percent"`             // of one processor, that others' programs took during each pair
	Again    int            `json:"pairs_left_out"`             // in which others took more than is allowed
	Load     string         `json:"load_average"`               // when it began
	Answers  map[string]int `json:"statements"`                 // of the analysts, by status and ClickHouse's code
	Files    int            `json:"files"`                      // of the host, hashed before and after
	FilesSum string         `json:"files_sha256"`
	verdict
}

// analystsMain measures what the pipeline loses by analysts who mean ill: imports of the same postings
// alone and beside them, in turns, into one store.
func analystsMain(args []string) error {
	flags := flag.NewFlagSet("analysts", flag.ExitOnError)
	seed := flags.Uint64("seed", 1, "of the choice of postings and of the order of statements")
	rounds := flags.Int("rounds", 10, "pairs of imports")
	postings := flags.Int("postings", 4000, "postings of each import, at most 8,000")
	analysts := flags.Int("analysts", 4, "analysts at once")
	out := flags.String("out", "docs/proof/analysts.jsonl", "results file, appended to")
	others := flags.Float64("others", 20, "percent of one processor that others may take during a pair; it is measured again if they take more")
	patience := flags.Duration("patience", time.Hour, "how long to try, for a machine that others leave alone")
	bin := flags.String("bin", "", "built program; empty builds it")
	_ = flags.Parse(args)
	p, err := newProver(*bin)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	a := &analystsProof{prover: p, othersMax: *others, until: time.Now().Add(*patience), dir: filepath.Join(p.work, "data"), host: filepath.Join(p.work, "host"), r: analystsResult{
		Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Seed: *seed, Cores: runtime.NumCPU(), Analysts: *analysts, Postings: *postings, Answers: map[string]int{}, Load: loadAverage(),
	}}
	err = a.prove(*rounds)
	a.r.verdict = verdictOf(err)
	fmt.Fprintf(os.Stderr, "change %+.1f %% (pairs spread %.1f), alone spread %.1f %%\n", a.r.Change, a.r.Spread, a.r.Noise)
	return errors.Join(err, appendLine(*out, a.r))
}

type analystsProof struct {
	*prover
	dir  string           // data directory
	host string           // stands for the host's files
	rows []map[string]any // the postings
	runs int              // imports begun

	othersMax float64
	until     time.Time // when patience ends

	up       *exec.Cmd
	ends     chan error // of up
	url      string     // of the engine
	password string
	r        analystsResult
}

func (a *analystsProof) prove(rounds int) error {
	if err := a.fillHost(); err != nil {
		return err
	}
	if err := a.simulate(); err != nil {
		return err
	}
	if err := a.startUp(); err != nil {
		return err
	}
	defer a.stopUp()
	before, files, err := hashFiles(a.host, "/etc", a.bin)
	if err != nil {
		return err
	}
	a.r.Files, a.r.FilesSum = files, before
	if err := a.measure(rounds); err != nil {
		return err
	}
	a.summarise()
	after, _, err := hashFiles(a.host, "/etc", a.bin)
	if err != nil {
		return err
	}
	if after != before {
		return errors.New("files of the host have changed")
	}
	if out, err := a.command(a.dir, "verify").CombinedOutput(); err != nil {
		return fmt.Errorf("verify: %w: %s", err, tail(out))
	}
	if a.r.Answers["200"] == 0 {
		return fmt.Errorf("no statement of an analyst was answered: %v", a.r.Answers)
	}
	if a.r.Change < -analystsLossMax {
		return fmt.Errorf("beside analysts the pipeline loses %.1f %% of its rate; %d are allowed", -a.r.Change, analystsLossMax)
	}
	return nil
}

// measure imports in pairs, one alone and one beside analysts; which is first takes turns, so that what
// the store's growth costs is the same for both.
func (a *analystsProof) measure(rounds int) error {
	if _, err := a.importOnce(); err != nil { // fills what analysts ask, and warms up
		return err
	}
	for len(a.r.Alone) < rounds {
		if ok, err := a.quiet(a.until); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("others need the machine: %d of %d pairs in time", len(a.r.Alone), rounds)
		}
		var alone, beside float64
		others, err := a.others(func() (err error) {
			alone, beside, err = a.pair(len(a.r.Alone))
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "pair %d: alone %.0f, beside %.0f postings/s; others took %.0f %% of a processor\n", len(a.r.Alone)+1, alone, beside, others)
		if others > a.othersMax {
			a.r.Again++
			continue
		}
		a.r.Alone, a.r.Beside, a.r.Others = append(a.r.Alone, alone), append(a.r.Beside, beside), append(a.r.Others, math.Round(others))
	}
	return nil
}

// pair imports once alone and once beside analysts.
func (a *analystsProof) pair(round int) (alone, beside float64, err error) {
	for _, attacked := range []bool{round%2 == 1, round%2 == 0} {
		<-time.After(calm)
		if !attacked {
			if alone, err = a.importOnce(); err != nil {
				return 0, 0, err
			}
			continue
		}
		crowd := newCrowd(context.Background(), a.url, a.password, a.host, a.r.Analysts, a.r.Seed+uint64(round))
		beside, err = a.importOnce()
		crowd.end(a.r.Answers)
		if err != nil {
			return 0, 0, err
		}
	}
	return alone, beside, nil
}

func (a *analystsProof) summarise() {
	changes, alone := make([]float64, len(a.r.Alone)), slices.Clone(a.r.Alone)
	for i := range changes {
		changes[i] = 100 * (a.r.Beside[i]/a.r.Alone[i] - 1)
	}
	var middle float64
	a.r.Change, a.r.Spread = quartiles(changes)
	middle, a.r.Noise = quartiles(alone)
	a.r.Noise = math.Round(10000*a.r.Noise/middle) / 100
}

// quartiles are the median and half of the distance between the quartiles.
func quartiles(of []float64) (median, spread float64) {
	slices.Sort(of)
	at := func(share float64) float64 {
		place := share * float64(len(of)-1)
		low := int(place)
		return of[low] + (place-float64(low))*(of[min(low+1, len(of)-1)]-of[low])
	}
	round := func(x float64) float64 { return math.Round(100*x) / 100 }
	return round(at(0.5)), round((at(0.75) - at(0.25)) / 2)
}

// simulate takes the postings from the simulated market that the demo crawls.
func (a *analystsProof) simulate() error {
	demo := filepath.Join(a.work, "demo")
	if out, err := a.command(demo, "demo", "--serve=false").CombinedOutput(); err != nil {
		return fmt.Errorf("demo: %w: %s", err, tail(out))
	}
	rows := fmt.Sprintf(`SELECT external_id AS id, board, any(company) AS company, any(JSONExtractString(record, 'title')) AS title,
		any(JSONExtractString(record, 'description')) AS description, any(JSONExtractString(record, 'places', 1, 'text')) AS location
		FROM raw GROUP BY id, board ORDER BY sipHash64(id, %d) LIMIT %d FORMAT JSONEachRow`, a.r.Seed, a.r.Postings)
	out, err := a.command(filepath.Join(demo, "demo"), "sql", rows).Output()
	if err != nil {
		return fmt.Errorf("read the simulated postings: %w", err)
	}
	for line := range bytes.Lines(out) {
		var row map[string]any
		if err := json.Unmarshal(line, &row); err != nil {
			return fmt.Errorf("read the simulated postings: %w", err)
		}
		a.rows = append(a.rows, row)
	}
	if len(a.rows) != a.r.Postings {
		return fmt.Errorf("the simulated market has %d postings, %d are wanted", len(a.rows), a.r.Postings)
	}
	return os.RemoveAll(demo)
}

// importOnce imports the postings under names of boards that are new, and returns postings a second:
// parsed, tagged and stored.
func (a *analystsProof) importOnce() (rate float64, err error) {
	a.runs++
	var file bytes.Buffer
	for _, row := range a.rows {
		line := map[string]any{}
		for name, value := range row {
			line[name] = value
		}
		line["board"] = fmt.Sprintf("%v-%d", row["board"], a.runs)
		if err := json.NewEncoder(&file).Encode(line); err != nil {
			return 0, err
		}
	}
	path := filepath.Join(a.work, "postings.jsonl")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		return 0, err
	}
	cmd := a.command(a.dir, "import", "--json", "--as", "snapshot", "--complete", "--observed-at", "2026-01-05", path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("import: %w: %s", err, tail(stderr.Bytes()))
	}
	var report struct {
		Published int     `json:"published"`
		Seconds   float64 `json:"seconds"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return 0, fmt.Errorf("read report: %w: %s", err, out)
	}
	if report.Published != len(a.rows) || report.Seconds <= 0 {
		return 0, fmt.Errorf("the import published %d of %d postings in %f s", report.Published, len(a.rows), report.Seconds)
	}
	return math.Round(10*float64(report.Published)/report.Seconds) / 10, nil
}

// fillHost makes files that an analyst may want to read, change or add to.
func (a *analystsProof) fillHost() error {
	if err := os.MkdirAll(a.host, 0o777); err != nil {
		return err
	}
	for i := range canaries {
		if err := os.WriteFile(filepath.Join(a.host, fmt.Sprintf("canary%d.csv", i)), fmt.Appendf(nil, "a,b\n%d,canary\n", i), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// hashFiles is the hash of the names, modes and contents of all files below the roots that can be read.
func hashFiles(roots ...string) (sum string, files int, err error) {
	hash := sha256.New()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrPermission) {
				return nil
			} else if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			files++
			fmt.Fprintf(hash, "%s %s %d\n", strings.TrimPrefix(path, root), info.Mode(), info.Size())
			if !info.Mode().IsRegular() {
				return nil
			}
			file, err := os.Open(path)
			if errors.Is(err, fs.ErrPermission) {
				return nil
			} else if err != nil {
				return err
			}
			defer file.Close()
			_, err = io.Copy(hash, file)
			return err
		})
		if err != nil {
			return "", 0, fmt.Errorf("hash files: %w", err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), files, nil
}

// startUp starts the program that owns the data directory and its engine.
func (a *analystsProof) startUp() error {
	sources := filepath.Join(a.work, "sources.yaml")
	if err := os.WriteFile(sources, []byte("sources: []\n"), 0o600); err != nil {
		return err
	}
	a.env = []string{"ROLESCOPE_SOURCES=" + sources, "ROLESCOPE_CONTACT=proof@rolescope.example", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_HTTP_ADDR=127.0.0.1:0"}
	log, err := os.Create(filepath.Join(a.work, "up.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	a.up, a.ends = a.command(a.dir, "up"), make(chan error, 1)
	a.up.Stdout, a.up.Stderr = log, log
	if err := a.up.Start(); err != nil {
		return err
	}
	go func() { a.ends <- a.up.Wait() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		var it struct{ URL, Password string }
		out, err := a.command(a.dir, "connection", "--json").Output()
		if err == nil && json.Unmarshal(out, &it) == nil && it.Password != "" {
			a.url, a.password = it.URL, it.Password
			return nil
		}
		select {
		case <-tick.C:
		case err := <-a.ends:
			return fmt.Errorf("up ends: %w, see its log", err)
		case <-late:
			return errors.New("up does not come to own the data directory")
		}
	}
}

func (a *analystsProof) stopUp() {
	_ = a.up.Process.Signal(os.Interrupt)
	select {
	case <-a.ends:
	case <-time.After(stopTimeout):
		_ = a.up.Process.Kill()
	}
}
