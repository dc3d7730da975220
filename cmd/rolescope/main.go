// Command rolescope watches how job roles change. This package is the composition root: it reads
// the configuration, wires the rooms and holds one file per subcommand. Nothing imports it, and it
// decides nothing about postings itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses (DESIGN.md section 7), the same for every command.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitPartial     = 3   // done, but some of the input could not be used
	exitCondition   = 4   // a check found what it looks for
	exitInterrupted = 130 // by Ctrl-C
)

// exitStatus is an error that only sets the exit status; everything to say has been said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// hinted is an error with what to try about it.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

func hintf(hint, format string, args ...any) error {
	return &hinted{err: fmt.Errorf(format, args...), hint: hint}
}

// usageError is an error in how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// version is set by the release build.
var version = "dev"

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program as a function of its surroundings, so that tests can call it.
func run(args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&app{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr}).run(args)
}

func (a *app) run(args []string) int {
	a.interrupt = new(atomic.Pointer[func()])
	ctx, stop := untilTold(a.stderr, a.interrupt)
	defer stop()
	// A reader that goes away (| head) is a write error, so that the servers are closed in order.
	signal.Ignore(syscall.SIGPIPE)
	root := newRootCommand(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return a.report(err, ctx.Err() != nil)
}

// untilTold is a context that ends with the first signal that tells the process to stop. The second one
// ends the process at once, which it says. A terminal that is closed counts, except under nohup. While
// interrupt holds a function, Ctrl-C calls that and is none of these.
func untilTold(stderr io.Writer, interrupt *atomic.Pointer[func()]) (context.Context, func()) {
	told := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		told = append(told, syscall.SIGHUP)
	}
	ctx, cancel := context.WithCancel(context.Background())
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, told...)
	// next waits for a signal that nobody else takes, and reports false when there is nothing to wait for.
	next := func() bool {
		for {
			select {
			case <-done:
				return false
			case told := <-signals:
				if f := interrupt.Load(); f != nil && told == os.Interrupt {
					(*f)()
					continue
				}
				return true
			}
		}
	}
	go func() {
		if !next() {
			return
		}
		cancel()
		if !next() {
			return
		}
		signal.Stop(signals) // should stderr be stuck, the next one ends it
		fmt.Fprintln(stderr, "rolescope: left at once; what was accepted is kept")
		os.Exit(exitInterrupted)
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		close(done)
		cancel()
	})
}

// report prints the error, if any, and turns it into an exit status.
func (a *app) report(err error, interrupted bool) int {
	var status exitStatus
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, syscall.EPIPE):
		return exitError // nobody is left to read why
	case interrupted && errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "rolescope: interrupted; what was accepted is kept, and running the command again carries on")
		return exitInterrupted
	}
	fmt.Fprintln(a.stderr, "rolescope:", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintln(a.stderr, "Try:", hint)
	}
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitError
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "rolescope",
		Short: "Watch how job roles change",
		Long: `rolescope watches how job roles change: it stores the postings of job boards with their
whole history, tags skills and roles with evidence, and answers questions about trends.`,
		Example: `  rolescope demo                                  a first look, with invented postings
  rolescope import --as ashby boards.jsonl.gz     recorded boards into the history
  rolescope trend skills --role ml_engineer       which skills are asked for, month by month
  rolescope sql "SELECT count() FROM v_postings"  ask anything`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          showHelp,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{&hinted{err, cmd.CommandPath() + " --help"}}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log what happens, on stderr")
	root.AddGroup(
		&cobra.Group{ID: "use", Title: "Use:"},
		&cobra.Group{ID: "operate", Title: "Operate:"},
	)
	for _, c := range []*cobra.Command{
		newDemoCommand(a), newCrawlCommand(a), newImportCommand(a), newTagCommand(a), newTrendCommand(a), newSQLCommand(a), newExportCommand(a), newConnectionCommand(a),
	} {
		c.GroupID = "use"
		root.AddCommand(c)
	}
	for _, c := range []*cobra.Command{
		newUpCommand(a), newSourceCommand(a), newEvalCommand(a), newBenchCommand(a), newStatusCommand(a), newVerifyCommand(a), newReplayCommand(a), newDoctorCommand(a),
		newDeadCommand(a), newAlertCommand(a), newConfigCommand(a), newEngineCommand(a),
	} {
		c.GroupID = "operate"
		root.AddCommand(c)
	}
	usageOnBadArgs(root)
	return root
}

// showHelp is what a command does that only has subcommands.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// knownCommand refuses arguments that are no subcommand, with the nearest names.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = cmd.CommandPath() + " " + strings.Join(near, " or ")
	}
	return hintf(hint, "unknown command %q", args[0])
}

// usageOnBadArgs makes wrong arguments a usage error for every command, which cobra does only for flags.
func usageOnBadArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if err != nil && hintOf(err) == "" {
				err = &hinted{err, cmd.CommandPath() + " --help"}
			}
			if err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageOnBadArgs(sub)
	}
}
