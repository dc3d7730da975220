package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/internal/instance"
)

// connection is what an analyst's tool has to be told.
type connection struct {
	URL      string `json:"url"` // without user and password
	Host     string `json:"host"`
	Port     string `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
	Database string `json:"database"`
}

func newConnectionCommand(a *app) *cobra.Command {
	var asJSON, asEnv, asCurl bool
	c := &cobra.Command{
		Use:   "connection",
		Short: "Print how other tools reach the store: address, analyst and password",
		Long: `Print address, user, password and database of the embedded store that runs on the data directory, for
tools that speak ClickHouse's HTTP interface. The user is the analyst, who may only read. Address and
password stay the same from one "rolescope up" to the next: the password is kept in the file
analyst.password of the data directory, and a new one is made when that is gone.

A password in a command line can be seen by every user of the machine: --env sets variables of a
shell and --curl makes a configuration for curl instead.` + exitStatusHelp(exitOK, exitError),
		Example: `  rolescope connection
  eval "$(rolescope connection --env)"
  curl -K <(rolescope connection --curl) --data-binary "SELECT count() FROM v_postings"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			it, err := a.connection(cmd.Context())
			if err != nil {
				return err
			}
			switch {
			case asEnv:
				_, err = fmt.Fprintf(a.stdout, "export CLICKHOUSE_HOST=%s CLICKHOUSE_PORT=%s CLICKHOUSE_USER=%s CLICKHOUSE_PASSWORD=%s CLICKHOUSE_DATABASE=%s\n",
					it.Host, it.Port, it.User, shellWord(it.Password), it.Database)
			case asCurl:
				_, err = fmt.Fprintf(a.stdout, "url = %q\nuser = %q\n", it.URL+"/?database="+url.QueryEscape(it.Database), it.User+":"+it.Password)
			case a.wantJSON(asJSON):
				err = a.printJSON(it)
			default:
				w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintf(w, "url\t%s\nhost\t%s\nport\t%s\nuser\t%s\npassword\t%s\ndatabase\t%s\n", it.URL, it.Host, it.Port, it.User, it.Password, it.Database)
				err = w.Flush()
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&asEnv, "env", false, "print a line for a shell's eval: CLICKHOUSE_HOST, _PORT, _USER, _PASSWORD and _DATABASE")
	c.Flags().BoolVar(&asCurl, "curl", false, "print a configuration for curl -K")
	c.MarkFlagsMutuallyExclusive("json", "env", "curl")
	return c
}

// connection asks the owner of the data directory. Without one nothing listens, and to become the owner
// would not help: what it opened would be gone with this command.
func (a *app) connection(ctx context.Context) (connection, error) {
	var it connection
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return it, err
	}
	if c.ClickHouseURL != "" {
		return it, hintf("ask whoever runs it for a user who may only read",
			"the store is the server that CLICKHOUSE_URL names, and its users are its own")
	}
	if _, err := os.Stat(c.DataDir); errors.Is(err, os.ErrNotExist) { // to look makes none
		return it, notRunning(c.DataDir)
	}
	lease, err := instance.Acquire(ctx, c.DataDir)
	if err != nil {
		return it, err
	}
	owner, info := lease.Owner(), lease.Info
	if err := lease.Close(); err != nil {
		return it, err
	}
	if owner {
		return it, notRunning(c.DataDir)
	}
	u, err := url.Parse(info.AnalystURL)
	if err != nil || info.AnalystURL == "" {
		return it, fmt.Errorf("process %d, which owns %s, serves no analyst", info.PID, c.DataDir)
	}
	it = connection{
		URL: "http://" + u.Host, Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Database: strings.Trim(u.Path, "/"),
	}
	it.Password, _ = u.User.Password()
	return it, nil
}

// notRunning says what to run. Where the demo is what runs, that is its directory.
func notRunning(dir string) error {
	demo := filepath.Join(dir, "demo")
	if _, err := os.Stat(filepath.Join(demo, "instance.json")); err == nil {
		return hintf("ROLESCOPE_DATA_DIR="+shellWord(demo)+" rolescope connection", "nothing runs on %s; the demo does, on a directory of its own", dir)
	}
	return hintf("rolescope up (or rolescope up web, which only serves what is there), and this again beside it",
		"nothing runs on %s that a tool could reach", dir)
}

// analystPasswordFile is in the data directory, readable by its user alone.
const analystPasswordFile = "analyst.password"

// analystPassword is the data directory's, made when it has none: it is written into other tools'
// settings, so it outlives the process that serves it. Only the owner of the directory calls it.
func analystPassword(dir string) (string, error) {
	path := filepath.Join(dir, analystPasswordFile)
	b, err := os.ReadFile(path)
	if kept := strings.TrimSpace(string(b)); err == nil && kept != "" {
		return kept, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the analyst's password: %w", err)
	}
	made, err := newSecret()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(made+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the analyst's password: %w", err)
	}
	return made, nil
}
