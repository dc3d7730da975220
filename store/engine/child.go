package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	// listenerFD is where the child finds the socket that its parent listens on.
	// The parent keeps it open, so that the address outlives a crashed child and
	// clients of the meantime wait in its queue instead of being refused.
	listenerFD = 3
	// configBytesMax bounds the configuration line.
	configBytesMax = 64 << 10
	// lockWait is how long a new child waits for the one before it to be gone: a
	// killed process may need seconds to give back gigabytes.
	lockWait = 10 * time.Second
	// drainTimeout is how long running requests may take once the parent said stop.
	drainTimeout = 20 * time.Second
	// exitOrphaned is the child's exit status when its parent is gone.
	exitOrphaned = 3
	// exitStuck is the child's exit status after a report of a statement that nothing else stops.
	exitStuck = 4
)

// stopWord on the child's standard input asks it to finish and end.
const stopWord = "stop\n"

// childConfig is the first line of the child's standard input. It carries the
// secrets, which therefore never stand in an environment or argument list.
type childConfig struct {
	Lib             string `json:"lib"`
	DataDir         string `json:"data_dir"`
	WriterPassword  string `json:"writer_password"`
	ReaderPassword  string `json:"reader_password"`
	AnalystPassword string `json:"analyst_password"`
	MemoryBytesMax  int64  `json:"memory_bytes_max"`
	// StatementTimeout and StuckGrace are of held users; 0 are the defaults.
	StatementTimeout time.Duration `json:"statement_timeout"`
	StuckGrace       time.Duration `json:"stuck_grace"`
	// Holds are how long users have to wait before they may ask.
	Holds map[string]time.Duration `json:"holds"`
}

// childReady is the first line of the child's standard output.
type childReady struct {
	Version string `json:"version"`
	PID     int    `json:"pid"`
	// Error and Kind say why it could not start.
	Error string `json:"error,omitempty"`
	Kind  string `json:"kind,omitempty"`
}

// childStuck is its last one, if it ends with exitStuck.
type childStuck struct {
	User      string        `json:"stuck_user"`
	Statement string        `json:"stuck_statement"` // how it begins
	Ran       time.Duration `json:"stuck_ran"`
}

// Kinds of a failed start that the parent turns into its own errors.
const (
	failedLock = "data_dir_busy"
	failedLoad = "library"
)

type startError struct {
	kind string
	err  error
}

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// Child is the other process: what the hidden command runs that Options.Exe and
// Args name. It reads its configuration from stdin, answers with one line on
// stdout, logs on stderr, and serves the inherited socket until stdin says stop
// (it returns nil) or ends (the whole process exits at once: no orphans; what
// was acknowledged is on disk).
func Child(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A service manager may signal all processes at once; only the parent says when to end.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	log := slog.New(slog.NewTextHandler(stderr, nil))
	input := bufio.NewReaderSize(stdin, configBytesMax)
	line, err := input.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read engine configuration: %w", err)
	}
	var config childConfig
	if err := json.Unmarshal(line, &config); err != nil {
		return fmt.Errorf("read engine configuration: %w", err)
	}
	stop := make(chan struct{})
	go watchParent(input, stop)

	engine, ready, err := openChild(ctx, config, log)
	if err != nil {
		ready = childReady{PID: os.Getpid(), Error: err.Error()}
		var failure *startError
		if errors.As(err, &failure) {
			ready.Kind = failure.kind
		}
	}
	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return fmt.Errorf("report readiness: %w", err)
	}
	if err != nil {
		return err
	}
	stuck, err := engine.serve(ctx, cancel, stop, log)
	if stuck != nil {
		json.NewEncoder(stdout).Encode(stuck) //nolint:errcheck // the exit status says the most of it
		leave(exitStuck)                      // its thread would not let the engine close
	}
	return err
}

// leave ends the process while the engine's threads work. os.Exit would first have C destroy what they work
// with, if the program was built for the race detector, and the process would end by SIGSEGV at times.
func leave(status int) { syscall.Exit(status) }

// watchParent closes stop at the stop word and ends the process when the parent is gone.
func watchParent(input *bufio.Reader, stop chan struct{}) {
	word, err := input.ReadString('\n')
	if err != nil || word != stopWord {
		leave(exitOrphaned)
	}
	close(stop)
	// The parent may still die while we finish.
	io.Copy(io.Discard, input) //nolint:errcheck // either way the input ended
	leave(exitOrphaned)
}

// child is an opened engine with its socket.
type child struct {
	server   *server
	lock     *os.File
	listener net.Listener
}

func openChild(ctx context.Context, config childConfig, log *slog.Logger) (*child, childReady, error) {
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock, err := lockFile(waiting, filepath.Join(config.DataDir, "engine.lock"))
	if errors.Is(err, errLocked) {
		return nil, childReady{}, &startError{failedLock, err}
	} else if err != nil {
		return nil, childReady{}, err
	}
	library, err := loadLibrary(config.Lib)
	if err != nil {
		return nil, childReady{}, &startError{failedLoad, err}
	}
	file := os.NewFile(listenerFD, "listener")
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, childReady{}, fmt.Errorf("take over the listening socket: %w", err)
	}
	file.Close()
	server, err := newServer(library, config, log)
	if err != nil {
		return nil, childReady{}, err
	}
	return &child{server, lock, listener}, childReady{Version: server.version, PID: os.Getpid()}, nil
}

// serve answers requests until stop, then lets running ones finish.
func (c *child) serve(ctx context.Context, cancel context.CancelFunc, stop <-chan struct{}, log *slog.Logger) (*childStuck, error) {
	web := c.server.http(ctx)
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(c.listener) }()
	select {
	case err := <-failed:
		return nil, fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	case <-stop:
	case stuck := <-c.server.stuck:
		c.server.leave(stuck)
		draining, done := context.WithTimeout(context.WithoutCancel(ctx), restartDrain)
		defer done()
		report := &childStuck{stuck.user.name, stuck.excerpt(), time.Since(stuck.begun)}
		if err := web.Shutdown(draining); err != nil {
			log.Warn("statements are still running; they end with the engine", "error", err)
		}
		return report, nil
	}
	c.server.leave(nil)
	draining, done := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer done()
	if err := web.Shutdown(draining); err != nil {
		log.Warn("statements are still running; they are stopped", "error", err)
		cancel() // kills them
		return nil, fmt.Errorf("drain requests: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return nil, fmt.Errorf("serve: %w", err)
	}
	if !c.server.idle(closeGrace) { // it only reads: the process can end without it
		log.Warn("a statement that nothing stops ends with the engine")
		leave(0)
	}
	c.server.close()
	return nil, c.lock.Close()
}

// memoryArgument bounds the engine as a whole; statements over it fail with code 241.
func memoryArgument(bytesMax int64) string {
	return "--max_server_memory_usage=" + strconv.FormatInt(bytesMax, 10)
}
