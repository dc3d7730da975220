package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/instance"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

const (
	second     = "second"             // the version of tagger2
	crashTitle = "Crash Test Pilot"   // what tagger2 cannot read
	stopEnv    = "SECOND_TAGGER_STOP" // after how many postings tagger2 reads no more
)

// tagger2 is enrich's tagger with a version of its own, by which its team tells its readings. It panics
// at one title, and may stop in the middle, so that a test can kill it there.
type tagger2 struct {
	*enrich.Tagger
	stop int

	mu   sync.Mutex
	read map[string]bool // ids of raws: after a panic a batch is read again one by one, which must not count twice
}

func (*tagger2) Version() string { return second }

func (t *tagger2) Enrich(raw posting.Raw) (posting.Posting, error) {
	if t.stop > 0 && t.reads(raw.ID) > t.stop {
		select {}
	}
	if raw.Record.Title == crashTitle {
		panic("a text like no other")
	}
	p, err := t.Tagger.Enrich(raw)
	p.TaggerVersion, p.ID, p.Team = second, posting.TagID(raw.ID, second), second
	return p, err
}

func (t *tagger2) reads(id string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read[id] = true
	return len(t.read)
}

// secondTagger is the program with another tagger.
func secondTagger() {
	inner, err := enrich.New()
	if err != nil {
		panic(err)
	}
	stop, _ := strconv.Atoi(os.Getenv(stopEnv))
	a := &app{
		environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		tagger: &tagger2{Tagger: inner, stop: stop, read: map[string]bool{}},
	}
	os.Exit(a.run(os.Args[1:]))
}

// mixes is the number of versions in one answer, with what shows whose readings they are.
const mixes = `SELECT uniqExact(tagger_version), any(tagger_version), uniqExact(team) FROM (
	SELECT toString(tagger_version) AS tagger_version, toString(team) AS team FROM v_postings
	UNION ALL SELECT toString(tagger_version), if(tagger_version = '` + second + `', '` + second + `', '') FROM v_posting_skills
	UNION ALL SELECT toString(tagger_version), if(tagger_version = '` + second + `', '` + second + `', '') FROM v_vacancies) FORMAT TSV`

func coverage(t *testing.T, out, version string) store.Coverage {
	t.Helper()
	var all []store.Coverage
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range all {
		if c.TaggerVersion == version {
			return c
		}
	}
	t.Fatalf("nothing of version %s in %s", version, out)
	return store.Coverage{}
}

// TestReplayKilled replays an archive under another tagger version, killed twice in the middle.
func TestReplayKilled(t *testing.T) {
	t.Parallel()
	first, next, dir := binary(t), binaryAs(t, "second-tagger"), filepath.Join(t.TempDir(), "data")
	const boards, each = 7, 100
	output(t, command(first, dir, "import", "--as", "ashby", "--complete", boardsFile(t, "acme", boards, each), onePosting(t, "crash", crashTitle)))
	want := output(t, command(first, dir, "sql", contentsOfTags))

	for kill := range 2 {
		before := statusOfReplay(t, next, dir)
		if before.Active || before.Left == 0 || before.Archived != uint64(boards*each+1+kill) {
			t.Fatalf("before replay %d: %+v", kill, before)
		}
		cmd := command(next, dir, "replay", "--workers", "1")
		cmd.Env = append(cmd.Env, stopEnv+"=300")
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitOwner(t, dir, cmd.Process.Pid)
		for deadline := time.Now().Add(time.Minute); ; {
			now := output(t, command(first, dir, "sql", "SELECT count() FROM posting_versions FINAL WHERE tagger_version = '"+second+"' FORMAT TSV"))
			if n, _ := strconv.ParseUint(now, 10, 64); n > before.Tagged {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the replay reads nothing")
			}
		}
		if got := output(t, command(next, dir, "sql", mixes)); got != "1\t"+enrich.Version+"\t1" {
			t.Errorf("in the middle of replay %d: %q", kill, got)
		}
		if kill == 0 {
			out, err := command(next, dir, "replay").CombinedOutput()
			if err == nil || !strings.Contains(string(out), errReplaying.Error()) {
				t.Errorf("a second replay: %v %s", err, out)
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if kill == 0 { // normal work goes on with the next program, and counts
			out, err := command(next, dir, "import", "--as", "ashby", "--complete", onePosting(t, "late", "Engineer")).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "is in no answer before") {
				t.Errorf("import meanwhile: %v %s", err, out)
			}
			out, err = command(next, dir, "verify").CombinedOutput()
			if err != nil || !strings.Contains(string(out), `"unswitched": 1,`) {
				t.Errorf("verify meanwhile: %v %s", err, out)
			}
			if got := output(t, command(first, dir, "sql", contentsOfTags)); got != want {
				t.Errorf("answers have changed:\n%s\nwere\n%s", got, want)
			}
		}
	}
	before := statusOfReplay(t, next, dir)
	if before.Tagged == 0 || before.Left == 0 {
		t.Fatalf("nothing to resume: %+v", before)
	}
	var report replayReport
	if err := json.Unmarshal([]byte(output(t, command(next, dir, "replay", "--json"))), &report); err != nil {
		t.Fatal(err)
	}
	if report.Sent > int(before.Left) || report.Tagged != boards*each+1 || report.Dead != 1 || !report.Switched || report.Was != enrich.Version {
		t.Errorf("%+v after %+v", report, before)
	}
	if got := output(t, command(first, dir, "sql", mixes)); got != "1\t"+second+"\t1" {
		t.Errorf("after the replay: %q", got)
	}
	if out, err := command(next, dir, "verify").CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}

	// And back: the first version has read everything but the one posting that came meanwhile.
	out := output(t, command(first, dir, "replay", "--json"))
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Sent != 1 || !report.Switched || report.Dead != 0 {
		t.Errorf("back: %+v", report)
	}
	if got := output(t, command(first, dir, "sql", "SELECT count(), any(tagger_version) FROM v_postings FORMAT TSV")); got != fmt.Sprintf("%d\t%s", boards*each+2, enrich.Version) {
		t.Errorf("back: %q", got)
	}
	output(t, command(first, dir, "replay", "--prune", second))
	if got := statusOfReplay(t, next, dir); got.Tagged != 0 || got.Dead != 1 || got.Left != boards*each+1 {
		t.Errorf("pruned: %+v", got)
	}
}

const contentsOfTags = `SELECT count(), sum(cityHash64(*)) FROM (SELECT * EXCEPT recorded_at FROM v_postings)
	UNION ALL SELECT count(), sum(cityHash64(*)) FROM v_posting_skills FORMAT TSV`

// onePosting is a file with a board of one posting.
func onePosting(t *testing.T, board, title string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), board+".jsonl")
	line := fmt.Sprintf(`{"board":%q,"recorded_at":"2026-01-05T00:00:00Z","payload":{"jobs":[{"id":"a","title":%q,"isListed":true,"descriptionHtml":"SQL"}],"apiVersion":"1"}}`, board, title)
	if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// awaitOwner returns when a process owns the data directory.
func awaitOwner(t *testing.T, dir string, pid int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		var info instance.Info
		data, err := os.ReadFile(filepath.Join(dir, "instance.json"))
		if err == nil && json.Unmarshal(data, &info) == nil && info.PID == pid {
			return
		}
	}
	t.Fatalf("process %d does not come to own %s", pid, dir)
}

func statusOfReplay(t *testing.T, bin, dir string) store.Coverage {
	t.Helper()
	out, err := command(bin, dir, "replay", "--status", "--json").Output()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitCondition {
		t.Fatalf("replay --status: %v %s", err, strings.TrimSpace(string(out)))
	}
	return coverage(t, string(out), second)
}
