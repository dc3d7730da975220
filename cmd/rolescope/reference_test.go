package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite generated files")

// TestReference keeps the generated reference pages true.
func TestReference(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"cli.md":     commandPage(),
		"config.md":  configPage(),
		"metrics.md": metricsPage(t),
	} {
		path := "../../docs/reference/" + name
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, []byte(page)) {
			t.Errorf("%s is out of date: go test ./cmd/rolescope -run TestReference -update", name)
		}
	}
}

func configPage() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nEvery setting is an environment variable; there is no configuration file. Generated: do not edit.\n\n| variable | default | meaning |\n|---|---|---|\n")
	c := config{}
	for i, s := range c.settings(nil) {
		def := "(empty)"
		if tag := configTag(i); tag != "" {
			def = "`" + tag + "`"
		}
		if s.Name == "ROLESCOPE_DATA_DIR" {
			def = "`$XDG_DATA_HOME/rolescope` or `~/.local/share/rolescope`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, def, s.Doc)
	}
	return b.String()
}

func commandPage() string {
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from the commands' own help: do not edit.\n")
	root := newRootCommand(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard})
	describe(&b, root)
	return b.String()
}

func describe(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n```\n%s\n", c.CommandPath(), text)
	if c.HasExample() {
		fmt.Fprintf(b, "\nEXAMPLES\n%s\n", c.Example)
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() {
		fmt.Fprintf(b, "\nFLAGS\n")
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "version" {
				fmt.Fprintf(b, "  --%s (%s)  %s\n", f.Name, f.Value.Type(), f.Usage)
			}
		})
	}
	b.WriteString("```\n")
	for _, sub := range c.Commands() {
		describe(b, sub)
	}
}

// TestEveryCommandSaysHowItEnds: help has a line, an example and its exit statuses.
func TestEveryCommandSaysHowItEnds(t *testing.T) {
	t.Parallel()
	root := newRootCommand(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard})
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if !c.HasSubCommands() && !c.Hidden {
			if c.Short == "" || !c.HasExample() || !strings.Contains(c.Long, "EXIT STATUS") {
				t.Errorf("%s: needs a line, an example and its exit statuses", c.CommandPath())
			}
		}
		for _, sub := range c.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
	}
	walk(root)
}
