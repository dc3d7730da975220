package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits of the supervision.
const (
	// startTimeout is how long a child may take until it is ready: the wait for
	// the lock, the library from a cold disk, and the tables' parts.
	startTimeout = 2 * time.Minute
	// closeTimeout is how long Close waits at most before it kills: longer than the drain.
	closeTimeout = drainTimeout + 10*time.Second
	// crashesMax in crashWindow is when restarting is given up: it does not help.
	crashesMax  = 5
	crashWindow = 2 * time.Minute
	// backoffMin and backoffMax bound the pause before a restart; it doubles.
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
)

// childVariables are all the child gets of our environment, which may hold secrets of other servers.
var childVariables = []string{"LANG", "LC_ALL", "TZ", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GORACE", "GOTRACEBACK", "LD_LIBRARY_PATH", "GLIBC_TUNABLES"}

var (
	// ErrAddrInUse is in the chain when another program listens on Options.Addr.
	ErrAddrInUse = errors.New("address is in use")
	// ErrDataDirBusy is in the chain when another engine holds Options.DataDir.
	ErrDataDirBusy = errors.New("data directory is in use by another engine")
)

// Options of Start. The zero value of a field with a default takes it.
type Options struct {
	// Exe (an absolute path) and Args are re-executed as the child, which must run Child.
	Exe  string
	Args []string
	// Lib is the path of libchdb (see Install).
	Lib string
	// DataDir is the engine's own directory, made if missing.
	DataDir string
	// Addr is host:port on loopback; "" is 127.0.0.1 with a free port.
	Addr string
	// WriterPassword must not be empty. Without the others there are no such users.
	WriterPassword, ReaderPassword, AnalystPassword string
	// MemoryBytesMax bounds the engine's memory; 0 leaves ClickHouse's default, 90 % of the machine's.
	MemoryBytesMax int64
	// StatementTimeout is how long a statement of a reader or analyst may run, in whole seconds, and StuckGrace how
	// much longer it may take to notice before the engine is restarted; 0 is a minute, and ten seconds.
	StatementTimeout, StuckGrace time.Duration
	// CloseTimeout is how long Close lets running statements finish; 0, or more than half a minute,
	// is half a minute. What is cut off then is as after a crash: whole inserts, or none of them.
	CloseTimeout time.Duration
	// Logger gets the engine's state changes; nil discards them.
	Logger *slog.Logger
}

// Engine is a running ClickHouse in a child process, restarted when it crashes.
type Engine struct {
	options  Options
	log      *slog.Logger
	listener *net.TCPListener
	socket   *os.File

	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{}

	holds holds // of supervise alone

	mu      sync.Mutex
	pid     int
	version string
	err     error
}

// Start runs the engine and returns when it answers. ctx bounds the start only.
// Errors: ErrAddrInUse, ErrDataDirBusy, *HintError for a library that does not load.
func Start(ctx context.Context, o Options) (*Engine, error) {
	if o.WriterPassword == "" || o.Exe == "" || o.Lib == "" || o.DataDir == "" {
		return nil, errors.New("start engine: Exe, Lib, DataDir and WriterPassword are required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, path := range []*string{&o.DataDir, &o.Lib} { // the child stands elsewhere
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return nil, fmt.Errorf("start engine: %w", err)
		}
		*path = absolute
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	socket, err := listener.File()
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e := &Engine{options: o, log: o.Logger, listener: listener, socket: socket, holds: holds{}, stop: make(chan struct{}), done: make(chan struct{})}
	ready := make(chan struct{})
	go e.supervise(ready)
	select {
	case <-ready:
		return e, nil
	case <-e.done:
		return nil, fmt.Errorf("start engine: %w", e.Err())
	case <-ctx.Done():
		e.Close() //nolint:errcheck // the context's end is the reason
		return nil, fmt.Errorf("start engine: %w", ctx.Err())
	}
}

// Addr is host:port of the HTTP interface, the same over restarts.
func (e *Engine) Addr() string { return e.listener.Addr().String() }

// PID is the present child's process id; it changes with a restart.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// EngineVersion is what the engine calls itself, such as "26.7.2.1".
func (e *Engine) EngineVersion() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.version
}

// Done is closed when the engine is closed or was given up; Err then says why.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Err is nil while the engine runs and after Close, else why it was given up.
func (e *Engine) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func (e *Engine) closeTimeout() time.Duration {
	if d := e.options.CloseTimeout; d > 0 {
		return min(d, closeTimeout)
	}
	return closeTimeout
}

// Close lets running statements finish, for up to Options.CloseTimeout, and ends the
// child. It may be called more than once.
func (e *Engine) Close() error {
	e.stopOnce.Do(func() { close(e.stop) })
	<-e.done
	return e.Err()
}

// supervise runs one child after the other.
func (e *Engine) supervise(ready chan struct{}) {
	defer close(e.done)
	defer e.socket.Close()
	defer e.listener.Close()
	var crashes []time.Time
	backoff := backoffMin
	for {
		started := time.Now()
		wasReady, err := e.run(ready)
		if wasReady {
			ready = nil
		}
		select {
		case <-e.stop:
			e.fail(err) // nil after a clean stop
			return
		default:
		}
		if ready != nil { // the first start failed: the caller decides
			e.fail(err)
			return
		}
		if stuck := new(stuckError); errors.As(err, &stuck) {
			e.log.Warn("restarting the engine: nothing else stops a statement", "user", stuck.User, "statement", stuck.Statement, "ran", stuck.Ran.Round(time.Second), "user_waits", e.holds.add(stuck.User, time.Now()))
			continue
		}
		if time.Since(started) > crashWindow {
			backoff = backoffMin
		}
		crashes = append(crashes, time.Now())
		crashes = slices.DeleteFunc(crashes, func(t time.Time) bool { return time.Since(t) > crashWindow })
		if len(crashes) >= crashesMax {
			e.fail(fmt.Errorf("the engine crashed %d times within %s and is given up: %w", len(crashes), crashWindow, err))
			return
		}
		e.log.Error("engine ended by itself; restarting it", "error", err, "pause", backoff, "crashes", len(crashes))
		pause := time.NewTimer(backoff)
		select {
		case <-pause.C:
		case <-e.stop:
			pause.Stop()
			return
		}
		backoff = min(2*backoff, backoffMax)
	}
}

func (e *Engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// run starts one child and returns when it has ended: nil after it was asked to.
// ready, unless nil, is closed once it answers.
func (e *Engine) run(ready chan struct{}) (wasReady bool, err error) {
	o := e.options
	config, err := json.Marshal(childConfig{
		Lib: o.Lib, DataDir: o.DataDir, WriterPassword: o.WriterPassword, ReaderPassword: o.ReaderPassword, AnalystPassword: o.AnalystPassword,
		MemoryBytesMax: o.MemoryBytesMax, StatementTimeout: o.StatementTimeout, StuckGrace: o.StuckGrace, Holds: e.holds.left(time.Now()),
	})
	if err != nil {
		return false, err
	}
	tail := &tail{log: e.log}
	reports := make(chan childReady, 1)
	var stuck childStuck
	cmd := exec.Command(o.Exe, o.Args...)
	cmd.Dir = o.DataDir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return !slices.Contains(childVariables, name)
	})
	cmd.ExtraFiles = []*os.File{e.socket}
	cmd.SysProcAttr = childAttributes()
	cmd.Stderr = &lines{take: tail.add}
	cmd.Stdout = &lines{take: func(line string) {
		var report childReady
		if json.Unmarshal([]byte(line), &report) == nil && report.PID > 0 {
			select {
			case reports <- report:
			default:
			}
		}
		json.Unmarshal([]byte(line), &stuck) //nolint:errcheck // then it is the other line
	}}
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return false, err
	}
	ended, watching := make(chan struct{}), make(chan struct{})
	if err := e.startConfined(cmd, ended); err != nil {
		return false, fmt.Errorf("start child: %w", err)
	}
	e.mu.Lock()
	e.pid = cmd.Process.Pid
	e.mu.Unlock()

	var report childReady
	go func() {
		defer close(watching)
		report = e.watch(cmd, stdin, append(config, '\n'), reports, ready, ended)
	}()
	err = cmd.Wait()
	close(ended)
	<-watching
	select {
	case late := <-reports: // a child that failed ends right behind its report
		report = late
	default:
	}
	if exitedWith(err, exitStuck) {
		select {
		case <-e.stop:
			return true, nil
		default:
			return true, &stuckError{stuck}
		}
	}
	return report.PID > 0 && report.Error == "", e.verdict(report, err, tail)
}

// startConfined starts the child on a thread of its own that confines itself first,
// for a child inherits it, and keeps the thread until the child has ended: Linux
// ties the child's life to the thread that started it.
func (e *Engine) startConfined(cmd *exec.Cmd, ended <-chan struct{}) error {
	started := make(chan error, 1)
	go onOwnThread(func() {
		if err := confineThread(e.options.Exe, e.options.Lib, e.options.DataDir); err != nil {
			e.log.Warn("the engine's process is not confined to its data", "reason", err)
		}
		err := cmd.Start()
		started <- err
		if err == nil {
			<-ended
		}
	})
	return <-started
}

// watch feeds the child its configuration, waits for its report, and stops it
// when asked to. It returns when the child has ended.
func (e *Engine) watch(cmd *exec.Cmd, stdin io.WriteCloser, config []byte, reports <-chan childReady, ready chan struct{}, ended <-chan struct{}) (report childReady) {
	stdin.Write(config) //nolint:errcheck // a child that cannot read it ends, which is seen
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	stop := e.stop
	for {
		select {
		case <-ended:
			return report
		case report = <-reports:
			deadline.Stop()
			if report.Error != "" {
				continue
			}
			e.mu.Lock()
			e.version = report.Version
			e.mu.Unlock()
			e.log.Info("engine ready", "addr", e.Addr(), "version", report.Version, "pid", report.PID)
			if ready != nil {
				close(ready)
			}
		case <-stop:
			stop = nil
			if report.PID == 0 { // not ready: nothing to finish
				cmd.Process.Kill() //nolint:errcheck // it ended by itself then
				continue
			}
			stdin.Write([]byte(stopWord)) //nolint:errcheck // as above
			deadline.Reset(e.closeTimeout())
		case <-deadline.C:
			e.log.Error("engine does not react; killing it", "pid", cmd.Process.Pid)
			cmd.Process.Kill() //nolint:errcheck // as above
		}
	}
}

// verdict turns how a child ended into an error, nil when it was asked to.
func (e *Engine) verdict(report childReady, exit error, tail *tail) error {
	select {
	case <-e.stop:
		if exit == nil || report.PID == 0 {
			return nil
		}
	default:
	}
	switch {
	case report.Kind == failedLock:
		return fmt.Errorf("%w: %s", ErrDataDirBusy, report.Error)
	case report.Kind == failedLoad:
		return damaged(e.options.Lib, errors.New(report.Error))
	case report.Error != "":
		return errors.New(report.Error)
	}
	reason := "it ended"
	if exit != nil {
		reason = exit.Error()
	}
	err := fmt.Errorf("engine process: %s%s", reason, tail)
	if report.PID == 0 && !killed(exit) {
		return damaged(e.options.Lib, err)
	}
	return err
}

// killed reports whether somebody ended the child on purpose; the kernel does so
// when memory runs out.
func killed(exit error) bool {
	var status *exec.ExitError
	if !errors.As(exit, &status) {
		return false
	}
	wait, ok := status.Sys().(syscall.WaitStatus)
	return ok && wait.Signaled() && (wait.Signal() == syscall.SIGKILL || wait.Signal() == syscall.SIGTERM)
}
