package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/internal/export"
)

func newExportCommand(a *app) *cobra.Command {
	var o export.Options
	var verify, asJSON bool
	usual, private := export.Names()
	c := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the views as a folder of Parquet files",
		Long: `Write the documented views as Parquet, for tools that read files: one folder per view, one file per
month (v_postings/month=2025-10/data.parquet), and manifest.json with the versions, each file's rows,
bytes, SHA-256 and query. The folder appears when it is whole; an export that was killed begins again.
The same store gives the same bytes. --verify compares a folder with its manifest and needs no store.

Without --view it writes ` + strings.Join(usual, ", ") + `.
` + strings.Join(private, " and ") + ` hold whole texts and heads of refused messages, and are written only when named.
Rows that come in meanwhile may be in some files and not in others; the manifest then says
"snapshot": false, and the exit status is 3.` + exitStatusHelp(exitOK, exitError, exitPartial, exitCondition),
		Example: `  rolescope export history
  rolescope export history --since 2025-01 --until 2026-01 --replace
  rolescope export skills --view v_postings --view v_posting_skills
  rolescope export history --verify`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Dir, o.Program = args[0], version
			if verify {
				return a.verifyExport(o.Dir, asJSON)
			}
			if err := o.Check(); err != nil {
				return usageError{err}
			}
			a.reads = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error { return a.export(ctx, s, o, asJSON) })
		},
	}
	c.Flags().StringArrayVar(&o.Views, "view", nil, "only this view; repeatable")
	c.Flags().StringVar(&o.Since, "since", "", "first month, such as 2025-01")
	c.Flags().StringVar(&o.Until, "until", "", "first month that is left out, such as 2026-01")
	c.Flags().BoolVar(&o.Replace, "replace", false, "replace the export that DIR holds")
	c.Flags().BoolVar(&verify, "verify", false, "compare DIR with its manifest instead; exit status 4 if they differ")
	c.Flags().BoolVar(&asJSON, "json", false, "print the manifest (with --verify: the differences) as JSON")
	return c
}

func (a *app) export(ctx context.Context, s *system, o export.Options, asJSON bool) error {
	var bar *progress
	o.Scratch = s.store
	o.Progress = func(done, total int) {
		if bar == nil {
			bar = a.newProgress(int64(total), "export", false)
		}
		bar.set(int64(done))
	}
	s.freshen(ctx)
	m, err := export.Write(ctx, s.store, o)
	if bar != nil {
		bar.done()
	}
	if err != nil {
		return exportHint(err, o.Dir)
	}
	if a.wantJSON(asJSON) {
		err = a.printJSON(m)
	} else {
		files, rows, bytes := m.Totals()
		_, err = fmt.Fprintf(a.stdout, "%s: %d rows of %d views in %d files, %d bytes; tagger version %s\n", o.Dir, rows, len(m.Views), files, bytes, m.Tagger)
	}
	if err == nil && !m.Snapshot {
		fmt.Fprintln(a.stderr, "rolescope: rows came in meanwhile: the files may differ by those. For one moment in all files export when nothing is crawled")
		return exitStatus(exitPartial)
	}
	return err
}

// exportHint says what to try about what went wrong.
func exportHint(err error, dir string) error {
	switch {
	case errors.Is(err, export.ErrExists):
		return &hinted{err, "--replace, or another folder"}
	case errors.Is(err, export.ErrEmpty):
		return &hinted{err, "other months for --since and --until, other views, or the ROLESCOPE_DATA_DIR of the store that you mean"}
	case errors.Is(err, export.ErrForeign):
		return &hinted{err, "a folder that does not exist yet"}
	case errors.Is(err, export.ErrFull):
		return &hinted{err, "a folder on another disk; or less, by --view, --since and --until. Nothing was left behind, and an earlier export in " + dir + " is as it was"}
	}
	return err
}

func (a *app) verifyExport(dir string, asJSON bool) error {
	m, problems, err := export.Verify(dir)
	if err != nil {
		return err
	}
	if a.wantJSON(asJSON) {
		if problems == nil {
			problems = []string{}
		}
		err = a.printJSON(problems)
	} else {
		for _, p := range problems {
			fmt.Fprintln(a.stdout, p)
		}
		if files, rows, bytes := m.Totals(); len(problems) == 0 {
			_, err = fmt.Fprintf(a.stdout, "%s: as its manifest says: %d rows in %d files, %d bytes\n", dir, rows, files, bytes)
		}
	}
	if err == nil && len(problems) > 0 {
		return exitStatus(exitCondition)
	}
	return err
}
