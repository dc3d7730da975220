package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// dayMain runs the simulated day, which is a test because it needs the rooms' own types, with as
// many boards as the issue asks, and records what it says.
func dayMain(args []string) error {
	flags := flag.NewFlagSet("day", flag.ExitOnError)
	boards := flags.Int("boards", 3000, "boards")
	out := flags.String("out", "docs/proof/day.jsonl", "results file, appended to")
	_ = flags.Parse(args)
	commit, err := commit()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "test", "-count=1", "-v", "-timeout=30m", "-run=^TestDay$", "./cmd/rolescope")
	cmd.Env = append(os.Environ(), fmt.Sprint("ROLESCOPE_TEST_DAY_BOARDS=", *boards))
	log, runErr := cmd.CombinedOutput()
	line := map[string]any{"fault": tail(log)}
	if _, rest, ok := bytes.Cut(log, []byte("day: ")); ok {
		rest, _, _ = bytes.Cut(rest, []byte("\n"))
		line = map[string]any{}
		if err := json.Unmarshal(rest, &line); err != nil {
			return fmt.Errorf("read result: %w: %s", err, rest)
		}
	}
	line["date"], line["commit"], line["ok"] = time.Now().UTC().Format(time.RFC3339), commit, runErr == nil
	if runErr != nil {
		fmt.Fprint(os.Stderr, tail(log))
	}
	return errors.Join(runErr, appendLine(*out, line))
}
