package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/store/engine"
)

// engineLib is the path of the engine's library: the configured one, the installed one, or one
// installed now with a progress bar.
func (a *app) engineLib(ctx context.Context, c config) (string, error) {
	if c.EngineLib != "" {
		return c.EngineLib, nil
	}
	cache, err := engine.DefaultCacheDir()
	if err != nil {
		return "", err
	}
	lib, err := engine.Find(cache)
	if errors.Is(err, engine.ErrNotInstalled) {
		lib, err = a.installEngine(ctx, cache, false)
	}
	return lib.Path, err
}

func (a *app) installEngine(ctx context.Context, cache string, force bool) (engine.Lib, error) {
	fmt.Fprintf(a.stderr, "rolescope: installing the ClickHouse engine %s with npm (178 MB, once per user)\n", engine.Version)
	start := time.Now()
	var bar *progress
	lib, err := engine.Install(ctx, engine.InstallOptions{
		CacheDir: cache, Force: force,
		Progress: func(done, total int64) {
			if bar == nil {
				bar = a.newProgress(total, "engine", true)
			}
			bar.set(done)
		},
	})
	if bar != nil {
		bar.done()
	}
	if err != nil {
		return lib, err
	}
	fmt.Fprintf(a.stderr, "rolescope: engine installed in %s\n", time.Since(start).Round(time.Second))
	return lib, nil
}

func newEngineCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "engine",
		Short: "Install the embedded ClickHouse engine",
		Args:  knownCommand,
		RunE:  showHelp,
	}
	var force bool
	install := &cobra.Command{
		Use:   "install",
		Short: "Install the ClickHouse engine for this user",
		Long: `Install the embedded ClickHouse engine for this user, with the npm client. Commands that need it do
this by themselves; install it ahead to prepare a machine that will have no network.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope engine install\n  rolescope engine install --force    after the installed file was damaged",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cache, err := engine.DefaultCacheDir()
			if err != nil {
				return err
			}
			if !force {
				if lib, err := engine.Find(cache); err == nil {
					fmt.Fprintf(a.stdout, "engine %s is installed: %s\n", lib.Version, lib.Path)
					return nil
				}
			}
			lib, err := a.installEngine(cmd.Context(), cache, force)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, lib.Path)
			return nil
		},
	}
	install.Flags().BoolVar(&force, "force", false, "install again even if an engine is there")
	serve := &cobra.Command{
		Use:    "serve",
		Short:  "Serve the engine to the parent process (internal)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return engine.Child(cmd.Context(), a.stdin, a.stdout, a.stderr)
		},
	}
	c.AddCommand(install, serve)
	return c
}
