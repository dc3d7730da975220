package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/internal/planted/judge"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine"
)

// plantedLine is one line of the results: many markets of one kind.
type plantedLine struct {
	Date      string  `json:"date"`
	Commit    string  `json:"commit"`
	Scenario  string  `json:"scenario"`
	Employers int     `json:"employers"`
	Rate      float64 `json:"rate,omitempty"`
	SeedFrom  uint64  `json:"seed_from"`
	Through   string  `json:"through"` // store or memory
	judge.Tally
	Differ  int     `json:"differ"` // markets whose slopes the store answers otherwise than the market's own count
	Seconds float64 `json:"seconds"`
	Load    string  `json:"load"`
	verdict
}

// What the issue asks of 200 markets; the same parts of fewer.
const (
	coveredMin = 0.9  // 180 of 200 intervals have the truth in them
	falseMax   = 0.05 // 10 of 200 false markets are called convergent
	foundMin   = 0.8  // of the seeds in which a slope must be found
)

// plantedBatch is how many markets share one store: opening and refreshing one costs as much as ten markets, and
// more of them take gigabytes.
const plantedBatch = 20

func plantedMain(args []string) error {
	flags := flag.NewFlagSet("planted", flag.ExitOnError)
	seeds := flags.Int("seeds", 200, "markets of each kind")
	from := flags.Uint64("seed-from", 1, "first seed")
	employers := flags.Int("employers", 60, "employers of a market")
	memory := flags.Bool("memory", false, "count the markets themselves, without a store")
	power := flags.Bool("power", false, "find the smallest slope that is found in 80 % of the seeds, at 30, 60 and 120 employers")
	only := flags.String("only", "", "one scenario")
	out := flags.String("out", "docs/proof/planted.jsonl", "results file, appended to")
	_ = flags.Parse(args)
	commit, err := commit()
	if err != nil {
		return err
	}
	p := plantedProof{seeds: *seeds, from: *from, memory: *memory, commit: commit, out: *out}
	if *power {
		return p.power()
	}
	failed := 0
	for _, scenario := range planted.Scenarios() {
		if *only != "" && *only != string(scenario) {
			continue
		}
		spec := planted.Spec{Scenario: scenario, Employers: *employers}
		if scenario == planted.Converge {
			spec.Rate = 0.3
		}
		line, err := p.prove(spec)
		if err != nil {
			return err
		}
		if !line.OK {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d scenarios failed", failed)
	}
	return nil
}

type plantedProof struct {
	seeds       int
	from        uint64
	memory      bool
	commit, out string
}

// power goes up the rates until one is found often enough.
func (p *plantedProof) power() error {
	for _, employers := range []int{30, 60, 120} {
		for percent := 2; ; percent++ {
			line, err := p.prove(planted.Spec{Scenario: planted.Converge, Employers: employers, Rate: float64(percent) / 100})
			if err != nil {
				return err
			}
			if float64(line.Within.Rises) >= foundMin*float64(p.seeds) {
				fmt.Fprintf(os.Stderr, "%d employers: a slope of %.4f a year is found in %d of %d\n", employers, line.Within.Truth, line.Within.Rises, p.seeds)
				break
			}
		}
	}
	return nil
}

// prove judges the markets of one kind, or reads what was judged for this commit.
func (p *plantedProof) prove(spec planted.Spec) (plantedLine, error) {
	line := plantedLine{
		Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Scenario: string(spec.Scenario), Employers: spec.Employers,
		Rate: spec.Rate, SeedFrom: p.from, Through: "store",
	}
	if p.memory {
		line.Through = "memory"
	}
	if done, ok := p.done(line); ok {
		return done, nil
	}
	began := time.Now()
	var answers []judge.Answer
	for len(answers) < p.seeds {
		batch := min(plantedBatch, p.seeds-len(answers))
		some, differ, err := p.batch(spec, p.from+uint64(len(answers)), batch)
		if err != nil {
			return line, err
		}
		answers, line.Differ = append(answers, some...), line.Differ+differ
	}
	line.Tally, line.Seconds, line.Load = judge.Sum(answers), time.Since(began).Seconds(), loadAverage()
	line.verdict = verdictOf(line.fault(spec))
	fmt.Fprintf(os.Stderr, "%-12s %3d employers, rate %.2f: within %+.4f (true %+.4f), covered %d, above 0 %d; total covered %d; cosine covered %d; naively above 0 %d; of %d in %.0f s: ok %v %s\n",
		spec.Scenario, spec.Employers, spec.Rate, line.Within.Mean, line.Within.Truth, line.Within.Covered, line.Within.Rises,
		line.Total.Covered, line.Cosine.Covered, line.Naive.Rises, line.Markets, line.Seconds, line.OK, line.Fault)
	return line, appendLine(p.out, line)
}

// fault is what is wrong with a line.
func (l plantedLine) fault(spec planted.Spec) error {
	n := float64(l.Markets)
	for name, f := range map[string]judge.Figure{"total": l.Total, "within": l.Within, "cosine": l.Cosine} {
		if float64(f.Covered) < coveredMin*n {
			return fmt.Errorf("%s: %d of %d intervals have the truth in them", name, f.Covered, l.Markets)
		}
	}
	if spec.Scenario != planted.Converge && float64(l.Within.Rises) > falseMax*n {
		return fmt.Errorf("%d of %d false markets are called convergent", l.Within.Rises, l.Markets)
	}
	if l.Differ > 0 {
		return fmt.Errorf("the store answers %d of %d otherwise than their count", l.Differ, l.Markets)
	}
	return nil
}

// done is the line that was written for this commit.
func (p *plantedProof) done(want plantedLine) (plantedLine, bool) {
	b, _ := os.ReadFile(p.out)
	for text := range bytes.Lines(b) {
		var l plantedLine
		if json.Unmarshal(text, &l) == nil && l.Commit == want.Commit && l.Scenario == want.Scenario && l.Employers == want.Employers &&
			l.Rate == want.Rate && l.SeedFrom == want.SeedFrom && l.Through == want.Through && l.Markets == p.seeds {
			return l, true
		}
	}
	return plantedLine{}, false
}

// batch judges some markets in one store. The cosine is counted: that the store gives the same is the
// test of internal/planted/judge.
func (p *plantedProof) batch(spec planted.Spec, from uint64, n int) (answers []judge.Answer, differ int, err error) {
	ctx := context.Background()
	var markets []*planted.Market
	for i := range n {
		m, err := planted.New(spec, from+uint64(i))
		if err != nil {
			return nil, 0, err
		}
		a, err := judge.Count(m)
		if err != nil {
			return nil, 0, err
		}
		markets, answers = append(markets, m), append(answers, a)
	}
	if p.memory {
		return answers, 0, nil
	}
	s, end, err := openStore(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer end()
	if err := judge.Fill(ctx, s, markets...); err != nil {
		return nil, 0, err
	}
	asked, err := judge.Slopes(ctx, s, markets...)
	if err != nil {
		return nil, 0, err
	}
	for i, a := range asked {
		a.Cosine, a.Naive = answers[i].Cosine, answers[i].Naive
		if !judge.Same(a, answers[i]) {
			differ++
		}
		answers[i] = a
	}
	return answers, differ, nil
}

// engineArgument makes this program the engine's child.
const engineArgument = "engine"

// openStore opens an empty store of its own.
func openStore(ctx context.Context) (s *store.Store, end func(), err error) {
	cache, err := engine.DefaultCacheDir()
	if err != nil {
		return nil, nil, err
	}
	lib, err := engine.Install(ctx, engine.InstallOptions{CacheDir: cache})
	if err != nil {
		return nil, nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "rolescope-planted-*")
	if err != nil {
		return nil, nil, err
	}
	s, err = store.Open(ctx, store.Config{
		Engine: engine.Options{Exe: exe, Args: []string{engineArgument}, Lib: lib.Path, DataDir: dir, WriterPassword: "proof", ReaderPassword: "proof", AnalystPassword: "proof"},
		Now:    func() time.Time { return judge.End },
	})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	end = func() {
		_ = s.Close()
		_ = os.RemoveAll(dir)
	}
	if err := s.Activate(ctx, judge.Tagger); err != nil {
		end()
		return nil, nil, err
	}
	return s, end, nil
}
