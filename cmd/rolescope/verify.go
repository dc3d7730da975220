package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func newVerifyCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check that every posting a run listed is accounted for",
		Long: `Check the accounting identity: every version of a posting that a run listed is stored, or a dead
letter, or waiting in NATS; every listing is whole; and the stored spells are what the stored runs
give. Each exception is named.` + exitStatusHelp(exitOK, exitError, exitCondition),
		Example: "  rolescope verify\n  rolescope verify --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.reads = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				report, err := s.store.Verify(ctx, s.bus.InFlight)
				if err != nil {
					return err
				}
				if a.wantJSON(asJSON) {
					err = a.printJSON(report)
				} else {
					_, err = fmt.Fprint(a.stdout, report)
				}
				if err == nil && !report.OK() {
					return exitStatus(exitCondition)
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
