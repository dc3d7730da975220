package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/internal/planted/onset/ledger"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/trend"
)

// evalEmergenceOptions are the flags of eval emergence.
type evalEmergenceOptions struct {
	seeds  int
	first  uint64
	scenes []string
	full   bool
	memory bool
	asJSON bool
}

func newEvalEmergenceCommand(a *app) *cobra.Command {
	o := evalEmergenceOptions{seeds: 1, first: 1}
	names := []string{string(ledger.Plain)}
	for _, s := range ledger.Confounders() {
		names = append(names, string(s))
	}
	names = append(names, string(ledger.Null))
	c := &cobra.Command{
		Use:   "emergence",
		Short: "How early and how rightly emerging categories are told",
		Long: `Draw weekly job markets in which categories emerge at known weeks, put them into stores of their own as crawls
would have, and evaluate every week: how many of the categories are told within 26 weeks (recall), how long
after the first week of their ramp (delay), and what else is told, which is wrong.

The scene plain is a market that grows, with seasons, a December, employers with tastes and mass posts. In
each of the other scenes something happens that looks like emergence and is none, beside a few categories that
do emerge: ` + strings.Join(names[1:len(names)-1], ", ") + `. In null nothing emerges: the blocks of four weeks of
a market are shuffled. A seed gives the same market on every machine. 4 is returned when a target is missed: recall
0.90 of what 10 or more employers took up, median delay 8 weeks, one false alert in 12 weeks; none in the other
scenes. --full draws the market of the documented figures, two years of 600 employers, which takes minutes a seed.

Real postings, those of the data directory, are the background with --scene background (categories are planted among them)
and background_null (their units are shuffled): see docs/eval.md.` + exitStatusHelp(exitOK, exitError, exitCondition),
		Example: `  rolescope eval emergence
  rolescope eval emergence --full --seeds 5 --scene plain --json
  rolescope eval emergence --scene outage,synonym`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.seeds < 1 {
				return usageError{errors.New("--seeds: 1 or more")}
			}
			for _, s := range o.scenes {
				if !slices.Contains(names, s) && !ledger.Scene(s).Real() {
					return usageError{fmt.Errorf("--scene %q is none of %s, %s, %s", s, strings.Join(names, ", "), ledger.Background, ledger.BackgroundNull)}
				}
			}
			if o.memory && (len(o.scenes) == 0 || slices.ContainsFunc(o.scenes, func(s string) bool { return s != string(ledger.Plain) && s != string(ledger.Null) })) {
				return usageError{errors.New("--memory: only with --scene plain, null")}
			}
			if len(o.scenes) == 0 {
				o.scenes = names
			}
			return a.evalEmergence(cmd.Context(), o)
		},
	}
	c.Flags().IntVar(&o.seeds, "seeds", o.seeds, "markets of each scene, of seeds in a row")
	c.Flags().Uint64Var(&o.first, "first-seed", o.first, "seed of the first market")
	c.Flags().StringSliceVar(&o.scenes, "scene", nil, "only these scenes")
	c.Flags().BoolVar(&o.full, "full", false, "markets of 600 employers and 104 weeks instead of 120 and 72")
	c.Flags().BoolVar(&o.memory, "memory", false, "count and test a second time, without a store: the scenes plain and null, in seconds a seed")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON, also on a terminal")
	return c
}

// evalEmergenceReport is the answer of eval emergence.
type evalEmergenceReport struct {
	Task    string         `json:"task"`
	Version string         `json:"version"`
	Windows trend.Windows  `json:"windows"`
	Slices  []ledger.Slice `json:"slices"`
	Missed  []string       `json:"missed"` // targets
}

func (r evalEmergenceReport) print(w io.Writer) error {
	rows := [][]string{{"SCENE", "SEEDS", "LOOKS", "FOUND", "RECALL", "DELAY", "TOLD", "FALSE", "IN 12 WEEKS"}}
	for _, s := range r.Slices {
		rows = append(rows, []string{
			s.Scene, count(len(s.Seeds)), count(s.Looks), fmt.Sprintf("%d/%d", s.Adopted.Found, s.Adopted.Of), fmt.Sprintf("%.3f", s.Adopted.Recall),
			fmt.Sprintf("%.1f", s.Adopted.Delay), count(s.Told), count(s.False), fmt.Sprintf("%.2f", s.Per12Weeks),
		})
	}
	if err := writeTable(w, rows); err != nil {
		return err
	}
	for _, m := range r.Missed {
		if _, err := fmt.Fprintln(w, "missed:", m); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) evalEmergence(ctx context.Context, o evalEmergenceOptions) error {
	r := evalEmergenceReport{Task: "emergence", Version: version, Windows: trend.DefaultWindows(trend.Week), Missed: []string{}}
	spec := onset.Small()
	if o.full {
		spec = onset.Full()
	}
	var real []ledger.Real
	for _, name := range o.scenes {
		scene := ledger.Scene(name)
		if scene.Real() && real == nil {
			var err error
			if real, err = a.realBackground(ctx); err != nil {
				return err
			}
		}
		var readings []ledger.Reading
		for seed := o.first; seed < o.first+uint64(o.seeds); seed++ {
			if o.memory {
				readings = append(readings, ledger.ReplayMemory(onsetMarket(spec, scene, seed), scene))
				continue
			}
			reading, err := a.emergenceOf(ctx, spec, scene, seed, real)
			if err != nil {
				return fmt.Errorf("scene %s, seed %d: %w", scene, seed, err)
			}
			readings = append(readings, reading)
		}
		s := ledger.Summarise(readings...)
		r.Slices, r.Missed = append(r.Slices, s), append(r.Missed, s.Missed()...)
	}
	if err := a.show(r, o.asJSON); err != nil {
		return err
	}
	if len(r.Missed) > 0 {
		return exitStatus(exitCondition)
	}
	return nil
}

// realBackground are the vacancies of the data directory.
func (a *app) realBackground(ctx context.Context) (real []ledger.Real, err error) {
	s, err := a.openSystem(ctx, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	s.freshen(ctx)
	return ledger.ReadReal(ctx, s.store)
}

// emergenceOf reads one market in a store of its own.
func (a *app) emergenceOf(ctx context.Context, spec onset.Spec, scene ledger.Scene, seed uint64, real []ledger.Real) (_ ledger.Reading, err error) {
	dir, err := os.MkdirTemp("", "rolescope-eval-emergence")
	if err != nil {
		return ledger.Reading{}, fmt.Errorf("make a directory for the market: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := a.marketStore(ctx, dir)
	if err != nil {
		return ledger.Reading{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if scene.Real() {
		return ledger.ReplayReal(ctx, s, real, scene, seed)
	}
	return ledger.Replay(ctx, s, onsetMarket(spec, scene, seed), scene)
}

func onsetMarket(spec onset.Spec, scene ledger.Scene, seed uint64) *onset.Market {
	if scene == ledger.Null {
		spec.Onsets = 0
	}
	return onset.New(spec, seed)
}

// marketStore opens an empty store in a directory.
func (a *app) marketStore(ctx context.Context, dir string) (*store.Store, error) {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return nil, err
	}
	lib, err := a.engineLib(ctx, c)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program's own file: %w", err)
	}
	writer, err := newSecret()
	if err != nil {
		return nil, err
	}
	readers, err := newSecret()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{
		Engine: engine.Options{
			Exe: exe, Args: []string{"engine", "serve"}, Lib: lib, DataDir: filepath.Join(dir, "clickhouse"),
			WriterPassword: writer, ReaderPassword: readers, MemoryBytesMax: c.EngineMemoryMiB << 20, Logger: a.logger(),
		},
		Logger: a.logger(), Now: time.Now,
	})
}
