package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/cmd/rolescope/demo"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/trend"
)

func newDemoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "A first look: an invented market through the whole pipeline",
		Long: `Import two snapshots, a month apart, of the boards of invented companies through the whole real
pipeline, and print the trends. Everything is kept in a directory of its own (demo in the data
directory), so that invented postings never mix with real ones.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope demo",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context())
		},
	}
}

// demo runs in a data directory of its own, and refuses external servers for the same reason.
func (a *app) demo(ctx context.Context) error {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return err
	}
	if c.NATSURL != "" || c.ClickHouseURL != "" {
		return hintf("unset NATS_URL and CLICKHOUSE_URL", "the demo would put invented postings into your servers")
	}
	dir := filepath.Join(c.DataDir, "demo")
	inDemo := *a
	inDemo.environ = append(append([]string(nil), a.environ...), "ROLESCOPE_DATA_DIR="+dir)
	return inDemo.with(ctx, func(ctx context.Context, s *system) error {
		start := time.Now()
		fmt.Fprintln(a.stdout, "Importing two snapshots, a month apart, of invented companies' boards.")
		report, err := s.importDemo(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s postings listed by %d runs of %d boards, stored in %.1f s.\n\n",
			count(report.Listed), report.Runs, report.Boards, time.Since(start).Seconds())
		if err := s.demoTrends(ctx); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, `
All of this is invented. Ask it yourself:
  ROLESCOPE_DATA_DIR=%s rolescope sql "SELECT title, company, skills FROM v_postings LIMIT 5"
Then your own boards:
  rolescope import --help
`, dir)
		return err
	})
}

// importDemo imports the demo's files with one report.
func (s *system) importDemo(ctx context.Context) (importReport, error) {
	report := importReport{boardNames: map[string]struct{}{}}
	files, err := demo.Files()
	if err != nil {
		return report, err
	}
	bar := s.app.newProgress(int64(len(files)), "importing", false)
	err = s.process(ctx, func(ctx context.Context) error {
		for i, f := range files {
			src, err := source.ByKind(f.Kind)
			if err != nil {
				return err
			}
			r, err := ingest.Open("-", ingest.Options{Stdin: bytes.NewReader(f.Data)})
			if err != nil {
				return err
			}
			for snapshot := range r.Snapshots(ctx) {
				board, err := snapshot.Parse(src)
				if err := errors.Join(snapshot.Err, err, ctx.Err()); err != nil {
					return err
				}
				run := posting.NewRun(src.Kind(), snapshot.Board, snapshot.Company, src.Proof(), snapshot.ObservedAt, snapshot.ObservedAt)
				run.Complete = true
				if err := s.importBoard(ctx, run, board, &report); err != nil {
					return err
				}
			}
			bar.set(int64(i + 1))
		}
		return nil
	}, func(uint64) {})
	bar.done()
	report.Boards = len(report.boardNames)
	return report, err
}

// demoTrends prints the two questions as their commands would on a terminal.
func (s *system) demoTrends(ctx context.Context) error {
	volume, err := trend.Volume(ctx, querier{s.store}, trend.VolumeQuestion{})
	if err != nil {
		return err
	}
	fmt.Fprintln(s.app.stdout, "$ rolescope trend volume")
	if err := s.app.volumeTable(volume); err != nil {
		return err
	}
	skills, err := trend.Skills(ctx, querier{s.store}, trend.SkillsQuestion{Filter: trend.Filter{Roles: []string{"ml_engineer", "research_engineer"}}})
	if err != nil {
		return err
	}
	fmt.Fprintln(s.app.stdout, "\n$ rolescope trend skills --role ml_engineer,research_engineer --top 10")
	return s.app.skillsTable(skills, 10)
}
