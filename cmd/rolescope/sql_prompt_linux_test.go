package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/rolescope/rolescope/internal/instance"
)

// patience is how long a screen may take to show what it must, on a machine that does much else.
const patience = 90 * time.Second

// screen is a terminal with a program in front of it.
type screen struct {
	t      *testing.T
	keys   *os.File // the user's end
	tty    *os.File // the program's end
	cmd    *exec.Cmd
	pieces chan []byte
	unread []byte // shown and not yet expected
	all    bytes.Buffer
	exited chan error
}

func ioctl(t *testing.T, f *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument)); errno != 0 {
		t.Fatalf("ioctl %#x: %v", request, errno)
	}
}

// openScreen starts the program in a terminal of 40 rows.
func openScreen(t *testing.T, columns int, cmd *exec.Cmd) *screen {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	var locked, number int32
	ioctl(t, keys, syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	ioctl(t, keys, syscall.TIOCGPTN, unsafe.Pointer(&number))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	size := [4]uint16{40, uint16(columns)}
	ioctl(t, keys, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	s := &screen{t: t, keys: keys, tty: tty, cmd: cmd, pieces: make(chan []byte), exited: make(chan error, 1)}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { s.exited <- cmd.Wait() }()
	go func() {
		for {
			piece := make([]byte, 4096)
			n, err := keys.Read(piece)
			if err != nil {
				return
			}
			select {
			case s.pieces <- piece[:n]:
			case <-over:
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(over)
		_ = cmd.Process.Kill()
		_ = tty.Close()
		_ = keys.Close()
		if t.Failed() {
			t.Logf("the screen showed:\n%s", s.all.String())
		}
	})
	return s
}

func (s *screen) press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.keys, keys); err != nil {
		s.t.Fatal(err)
	}
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)

// expect waits until the screen shows a text behind what was expected last.
func (s *screen) expect(text string) {
	s.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if i := strings.Index(string(s.unread), text); i >= 0 {
			s.unread = s.unread[i+len(text):]
			return
		}
		select {
		case piece := <-s.pieces:
			piece = bytes.ReplaceAll(escapes.ReplaceAll(piece, nil), []byte("\r"), nil)
			s.unread = append(s.unread, piece...)
			s.all.Write(piece)
		case <-late.C:
			s.t.Fatalf("the screen does not show %q but\n%s", text, s.unread)
		}
	}
}

// leaves waits until the program ends, and returns its exit status.
func (s *screen) leaves() int {
	s.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case piece := <-s.pieces: // a full terminal would hold it
			s.all.Write(piece)
		case <-s.exited:
			return s.cmd.ProcessState.ExitCode()
		case <-late.C:
			s.t.Fatal("the program does not end")
		}
	}
}

func promptIn(t *testing.T, bin, dir, state string) *screen {
	cmd := command(bin, dir, "sql")
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+state)
	return openScreen(t, 100, cmd)
}

// TestPrompt is a session of somebody who asks.
func TestPrompt(t *testing.T) {
	t.Parallel()
	bin, dir, state := binary(t), filepath.Join(t.TempDir(), "data"), t.TempDir()
	output(t, command(bin, dir, "status")) // makes the store
	s := promptIn(t, bin, dir, state)
	s.expect("Ctrl-D leaves.\nA query ends with a semicolon. The data: " + dir + ": there are no data yet.\nTry: ROLESCOPE_DATA_DIR")
	s.expect(promptFirst)

	s.press("SELECT 1 AS one, 'a;b' AS text,\r")
	s.expect(promptNext)
	s.press("NULL AS none\r")
	s.expect(promptNext)
	s.press("\r")
	s.expect("(; runs it")
	s.press(";\r")
	s.expect("\none  text  none\n───  ────  ────\n  1  a;b   NULL\n1 row, ")

	s.expect(promptFirst) // before it, Ctrl-C would be a signal that finds nothing to stop
	s.press("SELECT 'dropped")
	s.expect("SELECT 'dropped") // by now the prompt reads keys: a moment before, Ctrl-C flushes what was typed
	s.press("\x03")
	s.expect("^C")
	s.expect(promptFirst)

	s.press("\\d v_runs\r") // waits for the names to be loaded, as completion does not
	s.expect("The board's name at its source")
	s.press("SELECT count() AS n FROM v_ru\t;\r")
	s.expect("v_runs;")
	s.expect("\nn\n─\n0\n1 row")

	s.press("SELECT titel FROM v_postings;\r")
	s.expect("Maybe you meant: ['title']")
	s.expect("\n         ^\n")

	s.press("SELECT {n:Int32} AS n;\r")
	s.expect(`Try: \set n VALUE`)
	s.press("\\set n 5\rSELECT {n:Int32} + 1 AS n\\G\r")
	s.expect("\nn  6\n")
	s.press("\\o " + filepath.Join(t.TempDir(), "x.xlsx") + "\rSELECT 8 AS n;\r")
	s.expect("x.xlsx, as the query's FORMAT clause says.")
	s.expect("no format is known by the name x.xlsx")
	s.press("\\fromat csv\r")
	s.expect("there is no command \\fromat")
	s.press("\\format csv\rSELECT 7 AS n;\r")
	s.expect("\"n\"\n7\n")

	s.press("\\format TSV\rSELECT '\\xe2\\x80\\xae\\x1b' || 'harmless';\r")
	s.expect("\n··harmless\n")
	s.press("\\set n 99999999999\rSELECT {n:Int32};\r")
	s.expect("the value of n does not fit Int32: 99999999999 is not from -2147483648 to 2147483647")

	file := filepath.Join(t.TempDir(), "answer.parquet")
	s.press("\\format table\r\\o " + file + "\rSELECT 7 AS n;\r")
	s.expect("1 row, ")
	s.expect(" in " + file)
	if got := read(t, file); !strings.HasPrefix(got, "PAR1") {
		t.Errorf("the file holds %q", got)
	}

	s.press("SELECT count() FROM numbers(1000000000) WHERE cityHash64(repeat(toString(number), 50)) = 7;\r")
	s.expect(" rows read (0 %)")
	s.expect("; Ctrl-C stops") // by now the terminal makes a signal of it
	s.press("\x03")
	s.expect("Stopped.")
	goneFromEngine(t, dir, "sipHash", "64(number) = 7")
	s.expect(promptFirst)

	s.press("\x1b[A\x1b[A\r") // the last but one
	s.expect("SELECT 7 AS n;")
	s.expect("\nn\n─\n7\n")
	s.expect(promptFirst)
	var before, after syscall.Termios
	ioctl(t, s.tty, syscall.TCGETS, unsafe.Pointer(&before))
	s.press("\x04")
	if status := s.leaves(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	ioctl(t, s.tty, syscall.TCGETS, unsafe.Pointer(&after))
	if raw := before.Lflag & syscall.ECHO; raw != 0 || after.Lflag&syscall.ECHO == 0 || after.Lflag&syscall.ICANON == 0 {
		t.Errorf("the terminal's modes: %#x at the prompt, %#x afterwards", before.Lflag, after.Lflag)
	}

	kept := filepath.Join(state, "rolescope", "sql_history")
	if got, want := read(t, kept), "SELECT 1 AS one, 'a;b' AS text, NULL AS none;\n\\d v_runs\n"; !strings.HasPrefix(got, want) || strings.Contains(got, "dropped") {
		t.Errorf("the history holds\n%s", got)
	}
	if st, err := os.Stat(kept); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the history: %v, %v", st.Mode(), err)
	}
}

// TestPromptHoldsNobodyUp: a prompt that joined another process lets that one end, and asks on.
func TestPromptHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	bin, dir, state := binary(t), filepath.Join(t.TempDir(), "data"), t.TempDir()
	output(t, command(bin, dir, "status")) // makes the store
	owner := promptIn(t, bin, dir, state)
	owner.expect(promptFirst)
	joiner := promptIn(t, bin, dir, state)
	joiner.expect(promptFirst)
	joiner.press("SELECT 'ask' || 'ed';\r")
	joiner.expect("asked\n")
	owner.press("\x04")
	if status := owner.leaves(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	joiner.press("SELECT 'ask' || 'ed again';\r")
	joiner.expect("asked again\n")
	_ = joiner.cmd.Process.Signal(syscall.SIGTERM)
	joiner.leaves()
	var modes syscall.Termios
	ioctl(t, joiner.tty, syscall.TCGETS, unsafe.Pointer(&modes))
	if modes.Lflag&syscall.ECHO == 0 {
		t.Error("a prompt that was told to stop leaves the terminal mute")
	}
}

// goneFromEngine waits until no statement of that text runs, two seconds at most. The text comes in
// two pieces, so that the question is not its own answer.
func goneFromEngine(t *testing.T, dir, head, tail string) {
	t.Helper()
	lease, err := instance.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	query := fmt.Sprintf("SELECT count() FROM system.processes WHERE position(query, concat('%s', '%s')) > 0", head, tail)
	began := time.Now()
	for {
		resp, err := http.Post(strings.TrimSuffix(lease.Info.ClickHouseURL, "default"), "text/plain", strings.NewReader(query))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v, %s", err, b)
		}
		if strings.TrimSpace(string(b)) == "0" {
			t.Logf("gone after %s", time.Since(began))
			return
		}
		if time.Since(began) > 2*time.Second {
			t.Fatalf("the query runs %s after it was stopped", time.Since(began))
		}
	}
}
