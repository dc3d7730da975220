package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// sqlBytesMax bounds a statement read from stdin.
const sqlBytesMax = 1 << 20

func newSQLCommand(a *app) *cobra.Command {
	var format, output string
	var params []string
	c := &cobra.Command{
		Use:   "sql QUERY",
		Short: "Ask the history anything, in ClickHouse SQL",
		Long: `Run a read-only query. The documented views begin with v_ (v_postings, v_spells, v_runs,
v_posting_skills, v_vacancies, v_role_skill_month, v_dead); every column has a comment, which
DESCRIBE shows. QUERY "-" reads the statement from stdin. The result is a table on a terminal and
JSON lines otherwise; --format takes any ClickHouse format. With the embedded engine one query may
take a minute, 1 GiB of memory and return ten million rows; split a larger export by date.` + exitStatusHelp(exitOK, exitError),
		Example: `  rolescope sql "SELECT role_title, count() FROM v_postings GROUP BY 1 ORDER BY 2 DESC"
  rolescope sql "SELECT * FROM v_postings WHERE company = {c:String}" --param c=Acme --format CSVWithNames
  rolescope sql "SELECT * FROM v_posting_skills" --format Parquet --output skills.parquet
  rolescope sql "DESCRIBE v_postings"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := a.statement(args[0])
			if err != nil {
				return err
			}
			named, err := parseAssignments("--param", params)
			if err != nil {
				return err
			}
			if format == "" {
				format = "JSONEachRow"
				if output == "" && isTerminal(a.stdout) {
					format = "PrettyCompactMonoBlock"
				}
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				if output == "" {
					return s.store.Raw(ctx, a.stdout, query, format, named)
				}
				return writeWhole(output, func(w io.Writer) error { return s.store.Raw(ctx, w, query, format, named) })
			})
		},
	}
	c.Flags().StringVar(&format, "format", "", "ClickHouse output format, such as CSVWithNames, JSONEachRow or Parquet")
	c.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of stdout; it appears whole or not at all")
	c.Flags().StringArrayVar(&params, "param", nil, "value of a {name:Type} parameter as it stands, without escapes, as name=value; repeatable")
	return c
}

func (a *app) statement(arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	b, err := io.ReadAll(io.LimitReader(a.stdin, sqlBytesMax+1))
	if err != nil {
		return "", fmt.Errorf("read statement: %w", err)
	}
	if len(b) > sqlBytesMax {
		return "", fmt.Errorf("read statement: longer than %d bytes", sqlBytesMax)
	}
	return string(b), nil
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

// writeWhole writes a new file beside the final one and renames it, so that a failed query leaves no
// half of a result and spoils no earlier one. What a link points to is replaced, not the link; what
// is no regular file, such as a pipe or a device, is written to as it is.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		if !st.Mode().IsRegular() {
			return writeInto(path, write)
		}
		mode = st.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

func writeInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
