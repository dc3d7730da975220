package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/store/engine"
)

// diskFreeMin is the free space below which doctor complains: room for the streams' default limits
// and a merge of the largest tables a small installation has.
const diskFreeMin = 4 << 30

// finding is one line of doctor.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Try    string `json:"try,omitempty"`
}

func newDoctorCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check what rolescope needs and say what to do about what is missing",
		Long: `Check the configuration, the data directory, the engine and both servers, in that order, and say
what to do about each fault.` + exitStatusHelp(exitOK, exitError, exitCondition),
		Example: "  rolescope doctor\n  rolescope doctor --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := a.diagnose(cmd.Context())
			if err := a.printFindings(findings, asJSON); err != nil {
				return err
			}
			for _, f := range findings {
				if !f.OK {
					return exitStatus(exitCondition)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// diagnose runs the checks; one that would only repeat an earlier fault is left out.
func (a *app) diagnose(ctx context.Context) []finding {
	c, err := loadConfig(ctx, a.environ)
	findings := []finding{found("configuration", "readable", err)}
	if err != nil {
		return findings
	}
	sound := true
	if c.NATSURL == "" || c.ClickHouseURL == "" {
		findings = append(findings, dataDirFinding(c.DataDir), diskFinding(c.DataDir))
	}
	if c.ClickHouseURL == "" {
		findings = append(findings, engineFinding(c), confinementFinding())
	}
	for _, f := range findings {
		sound = sound && f.OK
	}
	if !sound {
		return findings
	}
	s, err := a.open(ctx)
	if err != nil {
		return append(findings, found("servers", "", err))
	}
	defer s.Close()
	return append(findings, s.serverFindings(ctx)...)
}

// found makes a finding of a check's error.
func found(check, detail string, err error) finding {
	if err == nil {
		return finding{Check: check, OK: true, Detail: detail}
	}
	return finding{Check: check, Detail: err.Error(), Try: hintOf(err)}
}

func dataDirFinding(dir string) finding {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".doctor-*"); err == nil {
			_ = f.Close()
			err = os.Remove(f.Name())
		}
	}
	if err != nil {
		err = &hinted{err, "set ROLESCOPE_DATA_DIR to a directory you can write"}
	}
	return found("data directory", dir, err)
}

func diskFinding(dir string) finding {
	var st syscall.Statfs_t
	for err := syscall.Statfs(dir, &st); err != nil; err = syscall.Statfs(dir, &st) {
		if dir == filepath.Dir(dir) {
			return found("disk", "", err)
		}
		dir = filepath.Dir(dir)
	}
	free := st.Bavail * uint64(st.Bsize)
	detail := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
	if free < diskFreeMin {
		return found("disk", "", hintf("free some space, or set ROLESCOPE_DATA_DIR to another disk", "%s, less than %d GiB", detail, diskFreeMin>>30))
	}
	return found("disk", detail, nil)
}

func engineFinding(c config) finding {
	if c.EngineLib != "" {
		_, err := os.Stat(c.EngineLib)
		return found("engine", c.EngineLib, err)
	}
	cache, err := engine.DefaultCacheDir()
	if err != nil {
		return found("engine", "", err)
	}
	lib, err := engine.Find(cache)
	if err != nil && hintOf(err) == "" {
		err = &hinted{err, "rolescope engine install"}
		if _, lookErr := exec.LookPath("npm"); lookErr != nil {
			err = &hinted{err, "install Node.js with npm and run rolescope engine install; or set ROLESCOPE_ENGINE_LIB to a libchdb library, or CLICKHOUSE_URL to a server"}
		}
	}
	return found("engine", lib.Version+" at "+lib.Path, err)
}

// confinementFinding is no fault where the kernel cannot: the engine's own users hold without it.
func confinementFinding() finding {
	active, detail := engine.Confinement()
	if !active {
		detail = "not confined: " + detail
	}
	return found("engine's confinement", detail, nil)
}

func (s *system) serverFindings(ctx context.Context) []finding {
	role := "external servers"
	if s.lease != nil {
		role = "owner of the data directory"
		if !s.lease.Owner() {
			role = fmt.Sprintf("joined process %d, which owns the data directory", s.lease.Info.PID)
		}
	}
	out := []finding{found("servers", role, nil)}
	backlog, err := s.bus.Pending(ctx)
	detail := ""
	if err == nil {
		detail = "NATS answers; waiting: " + backlogLine(backlog)
	}
	out = append(out, found("bus", detail, err))
	clickhouse, schema, err := s.store.Server(ctx)
	if err == nil {
		detail = fmt.Sprintf("ClickHouse %s, schema %d", clickhouse, schema)
	}
	return append(out, found("store", detail, err))
}

func (a *app) printFindings(findings []finding, asJSON bool) error {
	if a.wantJSON(asJSON) {
		return a.printJSON(findings)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "FAULT"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Check, mark, f.Detail)
		if f.Try != "" {
			fmt.Fprintf(w, "\t\ttry: %s\n", f.Try)
		}
	}
	return w.Flush()
}
