package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"
)

// config is everything the environment decides. Every field's `doc` is its documentation: it is
// what `rolescope config` and docs/reference/config.md print.
type config struct {
	DataDir            string        `env:"ROLESCOPE_DATA_DIR" doc:"directory that holds everything rolescope stores; one process owns it, others join"`
	NATSURL            string        `env:"NATS_URL" secret:"url" doc:"NATS server or cluster with JetStream, such as nats://token@host:4222; empty runs an embedded server"`
	ClickHouseURL      string        `env:"CLICKHOUSE_URL" secret:"url" doc:"ClickHouse server, such as http://user:password@host:8123/rolescope; empty runs the embedded engine"`
	HTTPAddr           string        `env:"ROLESCOPE_HTTP_ADDR, default=127.0.0.1:8080" doc:"address of the dashboard, its API, /healthz, /readyz and /metrics; nobody is asked for a password, so think before it is not a loopback address"`
	HTTPHosts          string        `env:"ROLESCOPE_HTTP_HOSTS" doc:"names, separated by commas, under which browsers may ask for the dashboard, beside localhost and any IP address"`
	MetricsAddr        string        `env:"ROLESCOPE_METRICS_ADDR" doc:"address of /metrics, /healthz and /readyz for a process of up without the role web; empty is none"`
	ClickHouseHTTPAddr string        `env:"ROLESCOPE_CLICKHOUSE_HTTP_ADDR" doc:"address of the embedded engine's HTTP interface; empty is 127.0.0.1:8123 for up and a free port for other commands, as port 0 is"`
	EngineLib          string        `env:"ROLESCOPE_ENGINE_LIB" doc:"path of a libchdb shared library to use instead of the installed one"`
	EngineMemoryMiB    int64         `env:"ROLESCOPE_ENGINE_MEMORY_MIB, default=2048" doc:"memory the embedded engine may use for queries and inserts, in MiB"`
	StreamMiB          int64         `env:"ROLESCOPE_STREAM_MIB, default=1024" doc:"size limit of each embedded NATS stream, in MiB; a full stream holds crawlers and imports back"`
	Workers            int           `env:"ROLESCOPE_WORKERS, default=2" doc:"enrichment workers in this process"`
	Sources            string        `env:"ROLESCOPE_SOURCES" doc:"path of the list of boards to crawl; empty is sources.yaml of the working directory, or else the shipped list"`
	Alerts             string        `env:"ROLESCOPE_ALERTS" doc:"path of the file of alert rules and channels; empty is the shipped rules, and no channel"`
	Contact            string        `env:"ROLESCOPE_CONTACT" doc:"e-mail address or URL by which a host's operator can reach you; part of the User-Agent, and needed for crawling"`
	Crawlers           int           `env:"ROLESCOPE_CRAWLERS, default=8" doc:"boards crawled at a time in this process; an answer takes up to 64 MiB of memory each"`
	FetchHostInterval  time.Duration `env:"ROLESCOPE_FETCH_HOST_INTERVAL, default=1s" doc:"least time between two requests to one host, over all crawlers; below 1s only with ROLESCOPE_FETCH_ALLOW_PRIVATE"`
	FetchAllowPrivate  bool          `env:"ROLESCOPE_FETCH_ALLOW_PRIVATE, default=false" doc:"let crawlers connect to addresses that are not public, for tests and boards of one's own network"`
	DrainTimeout       time.Duration `env:"ROLESCOPE_DRAIN_TIMEOUT, default=20s" doc:"how long a command that was told to stop may finish what it has begun"`
}

// loadConfig reads the configuration from environ ("KEY=value" entries) and checks it. An unknown
// variable with our prefix is an error: it is more likely a misspelling than somebody else's.
func loadConfig(ctx context.Context, environ []string) (config, error) {
	env := environMap(environ)
	var c config
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: &c, Lookuper: envconfig.MapLookuper(env)}); err != nil {
		return c, &hinted{fmt.Errorf("read configuration: %s", nameVariables(err)), "rolescope config --help"}
	}
	known := configNames()
	for name := range env {
		if strings.HasPrefix(name, "ROLESCOPE_") && !slices.Contains(known, name) && !strings.HasPrefix(name, "ROLESCOPE_TEST_") && !strings.HasPrefix(name, "ROLESCOPE_REQUIRE_") {
			return c, hintf("one of "+strings.Join(known, ", "), "read configuration: unknown variable %s", name)
		}
	}
	if c.DataDir == "" {
		dir, err := defaultDataDir(env)
		if err != nil {
			return c, err
		}
		c.DataDir = dir
	}
	var err error
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	return c, c.check()
}

// nameVariables replaces the field that an error of envconfig begins with by its variable.
func nameVariables(err error) string {
	text := err.Error()
	for f := range reflect.TypeFor[config]().Fields() {
		if rest, ok := strings.CutPrefix(text, f.Name+": "); ok {
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			return name + ": " + rest
		}
	}
	return text
}

// mebibytesMax is 16 TiB, more than a machine has.
const mebibytesMax = 16 << 20

func (c config) check() error {
	switch {
	case strings.ContainsAny(c.DataDir, "*?{}"):
		return fmt.Errorf("read configuration: ROLESCOPE_DATA_DIR: %q: the engine reads * ? { } in a path as a pattern", c.DataDir)
	case c.EngineMemoryMiB < 256 || c.EngineMemoryMiB > mebibytesMax:
		return fmt.Errorf("read configuration: ROLESCOPE_ENGINE_MEMORY_MIB: 256 to %d", mebibytesMax)
	case c.StreamMiB < 16 || c.StreamMiB > mebibytesMax:
		return fmt.Errorf("read configuration: ROLESCOPE_STREAM_MIB: 16 to %d", mebibytesMax)
	case c.Workers < 1 || c.Workers > 256:
		return errors.New("read configuration: ROLESCOPE_WORKERS: 1 to 256")
	case c.Crawlers < 1 || c.Crawlers > 256:
		return errors.New("read configuration: ROLESCOPE_CRAWLERS: 1 to 256")
	case c.FetchHostInterval < time.Second && !c.FetchAllowPrivate:
		return errors.New("read configuration: ROLESCOPE_FETCH_HOST_INTERVAL: at least 1s for public hosts")
	case c.FetchHostInterval < time.Millisecond || c.FetchHostInterval > time.Hour:
		return errors.New("read configuration: ROLESCOPE_FETCH_HOST_INTERVAL: 1ms to 1h")
	case c.DrainTimeout < time.Second:
		return errors.New("read configuration: ROLESCOPE_DRAIN_TIMEOUT: at least 1s")
	}
	return nil
}

func environMap(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		if k, v, ok := strings.Cut(e, "="); ok {
			env[k] = v
		}
	}
	return env
}

// defaultDataDir is where the XDG base directory specification puts a user's data.
func defaultDataDir(env map[string]string) (string, error) {
	if dir := env["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "rolescope"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", hintf("ROLESCOPE_DATA_DIR=/some/directory rolescope ...", "find a place for the data: %w", err)
	}
	return filepath.Join(home, ".local", "share", "rolescope"), nil
}

// setting is one line of `rolescope config`.
type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // "environment" or "default"
	Doc    string `json:"doc"`
}

func (c config) settings(env map[string]string) []setting {
	var out []setting
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		s := setting{Name: name, Value: fmt.Sprint(v.Field(i).Interface()), Source: "default", Doc: f.Tag.Get("doc")}
		if env[name] != "" {
			s.Source = "environment"
		}
		if f.Tag.Get("secret") == "url" {
			s.Value = redactURL(s.Value)
		}
		out = append(out, s)
	}
	return out
}

func configNames() []string {
	var names []string
	for _, s := range (config{}).settings(nil) {
		names = append(names, s.Name)
	}
	return names
}

func newConfigCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "config",
		Short: "Print every setting, its value and where the value comes from",
		Long: `Print every setting, its value, where the value comes from and what it means.
Settings are environment variables; there is no configuration file. Passwords, and the
values in the query of an address, are not shown.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope config\n  ROLESCOPE_DATA_DIR=/srv/rolescope rolescope config --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(cmd.Context(), a.environ)
			if err != nil {
				return err
			}
			settings := c.settings(environMap(a.environ))
			if asJSON {
				return a.printJSON(settings)
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tVALUE\tFROM\tMEANING")
			for _, s := range settings {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, orDash(s.Value), s.Source, s.Doc)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
