package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/store"
)

// statusReport is what status shows.
type statusReport struct {
	DataDir string                 `json:"data_dir,omitempty"`
	Streams map[string]bus.Backlog `json:"streams"`
	Store   store.Status           `json:"store"`
	// Tagger is the version by which this program tags, and Versions what each one present has read.
	Tagger   string           `json:"program_tagger_version"`
	Versions []store.Coverage `json:"tagger_versions"`
}

func newStatusCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show what is stored and what is waiting",
		Long:    "Show what is stored, what waits in the streams and what failed." + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope status\n  rolescope status --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				streams, err := s.bus.Pending(ctx)
				if err != nil {
					return err
				}
				stored, err := s.store.Status(ctx)
				if err != nil {
					return err
				}
				own := s.app.taggerVersion()
				versions, err := s.store.Coverages(ctx, own, s.activeVersion)
				if err != nil {
					return err
				}
				r := statusReport{Streams: streams, Store: stored, Tagger: own, Versions: versions}
				if s.lease != nil {
					r.DataDir = s.config.DataDir
				}
				if a.wantJSON(asJSON) {
					return a.printJSON(r)
				}
				return a.statusTable(r)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// boardsShown is how many boards a terminal shows; --json has all.
const boardsShown = 20

func (a *app) statusTable(r statusReport) error {
	kind := "server"
	if r.Store.Embedded {
		kind = "embedded"
	}
	var bytes uint64
	for _, t := range r.Store.Tables {
		bytes += t.Bytes
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"data directory", orDash(r.DataDir)},
		{"ClickHouse", fmt.Sprintf("%s (%s), schema %d, %.1f MiB in tables", r.Store.ClickHouse, kind, r.Store.Schema, float64(bytes)/(1<<20))},
		{"tagger version", versionLine(r)},
		{"postings", fmt.Sprintf("%s, %s of them open; %s vacancies", count(r.Store.Postings), count(r.Store.Open), count(r.Store.Vacancies))},
		{"runs", fmt.Sprintf("%s of %s boards", count(r.Store.Runs), count(len(r.Store.Boards)))},
		{"waiting in NATS", backlogLine(r.Streams)},
		{"dead letters", count(r.Store.DeadOpen) + " open"},
	} {
		fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	if len(r.Store.Boards) > 0 {
		fmt.Fprintln(w, "\nBOARD\tRUNS\tLAST RUN\tOUTCOME\tLISTED")
	}
	for i, b := range r.Store.Boards {
		if i == boardsShown {
			fmt.Fprintf(w, "and %d more (--json)\n", len(r.Store.Boards)-i)
			break
		}
		fmt.Fprintf(w, "%s/%s\t%d\t%s\t%s\t%d\n", b.Source, oneLine(b.Board, 60), b.Runs, b.ObservedAt.UTC().Format(time.DateTime), b.Outcome, b.Listed)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// versionLine says of which tagger version answers are, and what any other has read of the archive.
func versionLine(r statusReport) string {
	line := orDash(r.Store.TaggerVersion)
	for _, c := range r.Versions {
		switch {
		case c.Active && c.Full():
		case c.Active:
			line += fmt.Sprintf(", has not read %s of %s archived", count(c.Left), count(c.Archived))
		case c.Tagged > 0:
			line += fmt.Sprintf("; version %s has read %s of %s", c.TaggerVersion, count(c.Tagged), count(c.Archived))
		}
		if c.TaggerVersion == r.Tagger && !(c.Active && c.Full()) {
			line += fmt.Sprintf("; this program's is %s: rolescope replay", c.TaggerVersion)
		}
	}
	return line
}

// backlogLine is the streams' backlog in one line, "nothing" when all is stored.
func backlogLine(streams map[string]bus.Backlog) string {
	var parts []string
	for name, b := range streams {
		// Dead letters and delivered alerts stay in their streams for a while; they wait for nobody.
		messages := b.Messages
		if name == bus.StreamNotify {
			messages = b.Unsettled()
		}
		if messages > 0 && name != bus.StreamDead {
			parts = append(parts, fmt.Sprintf("%s %s messages", name, count(messages)))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
