package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// sqlBytesMax bounds a statement read from a file or stdin.
const sqlBytesMax = 1 << 20

// sqlOptions are the command's flags.
type sqlOptions struct {
	format, output, file string
	force                bool
	params               map[string]string
}

func newSQLCommand(a *app) *cobra.Command {
	var o sqlOptions
	var params []string
	c := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Ask the history anything, in ClickHouse SQL",
		Long: `Run one read-only query: QUERY, that of --file, or what stdin holds (QUERY "-" says so). On a terminal
and without a query it is a prompt, with history, completion and \? for help.

The documented views begin with v_ (v_postings, v_spells, v_runs, v_posting_skills, v_vacancies,
v_role_skill_month, v_dead); every column has a comment, which DESCRIBE shows.

Formats are table (on a terminal unless asked otherwise; what does not fit is cut), vertical (every
value whole), csv and tsv (with a line of names), json, jsonl (JSON lines; into a pipe unless asked
otherwise), parquet, and every other of ClickHouse's by its own name. Without --format the name of
--output's file tells: .csv .tsv .json .jsonl .parquet .arrow .txt, and .gz behind it packs the text
ones; any other end is an error. A FORMAT clause in the query beats --format. The file appears whole
or not at all. On a terminal, characters that would steer it are shown as ·.

With the embedded engine one query may take a minute, 1 GiB of memory and return ten million rows;
split a larger export by date. Ctrl-C stops the query.` + exitStatusHelp(exitOK, exitError),
		Example: `  rolescope sql
  rolescope sql "SELECT role_title, count() FROM v_postings GROUP BY 1 ORDER BY 2 DESC"
  rolescope sql "SELECT * FROM v_postings WHERE company = {c:String}" --param c=Acme --format csv
  rolescope sql "SELECT * FROM v_posting_skills" --output skills.parquet
  rolescope sql --file query.sql --param since=2026-01-01 --output answer.csv
  rolescope sql "DESCRIBE v_postings"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.reads = true
			var err error
			if o.params, err = parseAssignments("--param", params); err != nil {
				return err
			}
			if len(args) == 0 && o.file == "" && isTerminalInput(a.stdin) {
				return a.sqlPrompt(cmd.Context(), o)
			}
			text, err := a.statement(args, o.file)
			if err != nil {
				return err
			}
			return a.sqlOnce(cmd.Context(), text, o)
		},
	}
	c.Flags().StringVar(&o.format, "format", "", "table, vertical, csv, tsv, json, jsonl, parquet, or ClickHouse's name of a format, such as CSV or Arrow")
	c.Flags().StringVarP(&o.output, "output", "o", "", "write to this file instead of stdout; it appears whole or not at all")
	c.Flags().StringVarP(&o.file, "file", "f", "", "read the query from this file")
	c.Flags().BoolVar(&o.force, "force", false, "replace --output's file if there is one")
	c.Flags().StringArrayVar(&params, "param", nil, "value of a {name:Type} parameter as it stands, without escapes, as name=value; repeatable")
	return c
}

func isTerminalInput(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// statement is the query's text, wherever it stands.
func (a *app) statement(args []string, file string) (string, error) {
	var from io.Reader
	switch {
	case len(args) > 0 && file != "":
		return "", usageError{errors.New("a query and --file: give one of them")}
	case file != "" && file != "-":
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read statement: %w", err)
		}
		defer f.Close()
		from = f
	case len(args) > 0 && args[0] != "-":
		return args[0], nil
	default:
		from = a.stdin
	}
	b, err := io.ReadAll(io.LimitReader(from, sqlBytesMax+1))
	if err != nil {
		return "", fmt.Errorf("read statement: %w", err)
	}
	if len(b) > sqlBytesMax {
		return "", fmt.Errorf("read statement: longer than %d bytes", sqlBytesMax)
	}
	return strings.TrimPrefix(string(b), "\ufeff"), nil
}

// oneStatement refuses none and several.
func oneStatement(text string) (string, error) {
	statements, _ := sqlStatements(text)
	switch len(statements) {
	case 0:
		return "", usageError{hintf(`rolescope sql "SELECT count() FROM v_postings"`, "there is no statement: nothing, or only comments")}
	case 1:
		return statements[0], nil
	}
	second := flatStatement(statements[1])
	return "", usageError{hintf("one call for each of them, or the prompt: rolescope sql",
		"%d statements: one is run at a time (the second begins with %q)", len(statements), string([]rune(second)[:min(30, len([]rune(second)))]))}
}

// parseAssignments reads repeated name=value flags.
func parseAssignments(flag string, values []string) (map[string]string, error) {
	out := map[string]string{}
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, usageError{fmt.Errorf("%s %q: want name=value", flag, v)}
		}
		out[name] = value
	}
	return out, nil
}

// sqlOnce runs one statement from the command line.
func (a *app) sqlOnce(ctx context.Context, text string, o sqlOptions) error {
	statement, err := oneStatement(text)
	if err != nil {
		return err
	}
	if err := missingParameters(statement, o.params, func(p sqlParameter) string { return "--param " + p.name + "=VALUE" }); err != nil {
		return usageError{err}
	}
	if err := errors.Join(unusedParameters(statement, o.params), unfitParameters(statement, o.params)); err != nil {
		return usageError{err}
	}
	q, err := a.question(statement, o.format, o.output)
	if err != nil {
		return usageError{err}
	}
	q.params = o.params
	if o.output != "" {
		if err := refuseExisting(o.output, o.force); err != nil {
			return usageError{err}
		}
	} else if q.terminal && binaryFormat(q.format) {
		return usageError{hintf("--output FILE", "%s is no text for a terminal", q.format)}
	}
	return a.with(ctx, func(ctx context.Context, s *system) error {
		person := isTerminal(a.stderr)
		if person {
			a.sayStore(ctx, s.store, true)
		}
		err := a.answer(ctx, s.store, q, o.output)
		switch {
		case err == nil:
			if !person && ofHistory(statement) {
				a.sayStore(ctx, s.store, false)
			}
			return nil
		case ctx.Err() != nil && !s.ownerGone():
			fmt.Fprintln(a.stderr, "rolescope: the query was stopped")
			return exitStatus(exitInterrupted)
		}
		return explained(ctx, s.store, q, err)
	})
}
