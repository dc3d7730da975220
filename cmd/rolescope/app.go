package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/internal/instance"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine"
)

// app is what every subcommand shares: its surroundings, which tests replace.
type app struct {
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	verbose bool
	// engineAddr is where the embedded engine listens unless the configuration says; empty is a free port.
	engineAddr string
	// prepare, if set, is called once the data directory is held and before its servers are opened.
	prepare func(owner bool) error
	brings  bool                // the command brings postings of the real world, which a demo's directory refuses
	reads   bool                // the command only reads: where there is no store it makes none
	metrics *metrics            // nil counts nothing
	alerts  *live[alert.Config] // the rules, while up runs
	tagger  tagger              // nil is this program's own
	// interrupt, while it is set, is called for Ctrl-C, which then does not end the command.
	interrupt *atomic.Pointer[func()]
}

func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}

// system is an open pipeline: the bus and the store, embedded or remote, owned or joined.
type system struct {
	app    *app
	config config
	bus    *bus.Bus
	store  *store.Store
	lease  *instance.Lease // nil when both servers are external
	demo   *demoState      // of a data directory that is a demo's: everything in it is invented; else nil

	told      context.Context // the command's; ended by Ctrl-C
	storeless bool            // store is nil: the process only works on the bus
	// activeVersion is the tagger version that answers were of when the store was opened.
	activeVersion string
	batchAge      time.Duration // of the sink's batches; 0 is sinkBatchAge
}

// open opens the bus and the store as the configuration says. With an embedded server it becomes
// the owner of the data directory or joins the owner; nobody above can tell which.
func (a *app) open(ctx context.Context) (*system, error) { return a.openSystem(ctx, true) }

// openSystem is open for a process that may do without the store. Beside an embedded bus it has one
// in any case, for those who join.
func (a *app) openSystem(ctx context.Context, needsStore bool) (*system, error) {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return nil, err
	}
	if a.reads {
		if err := requireStore(c); err != nil {
			return nil, err
		}
	}
	s := &system{app: a, config: c, told: ctx, storeless: !needsStore && c.NATSURL != ""}
	var joined instance.Info
	if c.NATSURL == "" || c.ClickHouseURL == "" && !s.storeless {
		if s.lease, err = instance.Acquire(ctx, c.DataDir); err != nil {
			return nil, &hinted{err, "set ROLESCOPE_DATA_DIR to a directory you can write"}
		}
		joined = s.lease.Info
	}
	if a.prepare != nil && s.lease != nil {
		if err := a.prepare(s.lease.Owner()); err != nil {
			return nil, errors.Join(err, s.lease.Close())
		}
	}
	if s.lease != nil {
		if err := s.honourDemo(); err != nil {
			return nil, errors.Join(err, s.lease.Close())
		}
	}
	if err := s.connect(ctx, joined); err != nil {
		err = s.blame(err)
		// What was opened is closed without waiting for joiners: none can have joined yet.
		return nil, errors.Join(err, s.closeAll())
	}
	return s, nil
}

// connect opens both servers, and as an owner publishes their addresses.
func (s *system) connect(ctx context.Context, joined instance.Info) error {
	c, log := s.config, s.app.logger()
	secret, err := newSecret()
	if err != nil {
		return err
	}
	s.bus, err = bus.Open(ctx, bus.Config{
		URL: first(c.NATSURL, joined.NATSURL), Dir: filepath.Join(c.DataDir, "nats"), Secret: secret,
		MaxBytes: c.StreamMiB << 20, DrainTimeout: c.DrainTimeout, Logger: log,
	})
	if err != nil || s.storeless {
		return err
	}
	sc := store.Config{
		URL: first(c.ClickHouseURL, joined.ClickHouseURL), Logger: log, Now: time.Now, Folded: s.app.metrics.folded, Measure: roleMeasure(),
	}
	if c.ClickHouseURL == "" {
		sc.ReaderURL = first(joined.ReaderURL, joined.AnalystURL) // an owner of an older version has no reader
	}
	if sc.URL == "" {
		if sc.Engine, err = s.engineOptions(ctx); err != nil {
			return err
		}
	}
	if s.store, err = store.Open(ctx, sc); err != nil {
		return err
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.activate(ctx); err != nil {
		return err
	}
	if s.lease == nil || !s.lease.Owner() {
		return nil
	}
	return s.lease.Publish(instance.Info{
		PID: os.Getpid(), Version: version, StartedAt: time.Now().UTC(),
		NATSURL: s.bus.ClientURL(), ClickHouseURL: s.store.URL(), ReaderURL: s.store.ReaderURL(), AnalystURL: s.store.AnalystURL(),
	})
}

// bind makes sure that the bus has carried nothing of another store.
func (s *system) bind(ctx context.Context) error {
	id, err := s.store.Identity(ctx)
	if err != nil {
		return err
	}
	err = s.bus.Bind(ctx, id)
	if errors.Is(err, bus.ErrOtherStore) {
		return &hinted{err, "the CLICKHOUSE_URL (or ROLESCOPE_DATA_DIR) of the store this bus was first used with, or another NATS server or account (NATS_URL) for this store"}
	}
	return err
}

// activate makes this binary's tagger version the one the views show, in a store that has none yet. In
// one that has another, replay does it once the whole archive is read.
func (s *system) activate(ctx context.Context) error {
	active, err := s.store.ActiveVersion(ctx)
	if err != nil {
		return err
	}
	if active == "" {
		active = s.app.taggerVersion()
		err = s.store.Activate(ctx, active)
	}
	s.activeVersion = active
	return err
}

// sayVersions tells who writes by another tagger version than the active one that nothing of it is in
// an answer yet.
func (s *system) sayVersions() {
	if own := s.app.taggerVersion(); s.store != nil && s.activeVersion != own {
		fmt.Fprintf(s.app.stderr, "rolescope: answers are of tagger version %s and this program tags by version %s: what it stores is in no answer before\n"+
			"\"rolescope replay\" has read the archive by version %s (it may run beside this command)\n", s.activeVersion, own, own)
	}
}

func (s *system) engineOptions(ctx context.Context) (engine.Options, error) {
	c := s.config
	lib, err := s.app.engineLib(ctx, c)
	if err != nil {
		return engine.Options{}, err
	}
	exe, err := os.Executable()
	if err != nil {
		return engine.Options{}, fmt.Errorf("find the program's own file: %w", err)
	}
	writer, err := newSecret()
	if err != nil {
		return engine.Options{}, err
	}
	reader, err := newSecret()
	if err != nil {
		return engine.Options{}, err
	}
	analyst, err := analystPassword(c.DataDir)
	return engine.Options{
		Exe: exe, Args: []string{"engine", "serve"}, Lib: lib, DataDir: filepath.Join(c.DataDir, "clickhouse"),
		Addr: first(c.ClickHouseHTTPAddr, s.app.engineAddr), WriterPassword: writer, ReaderPassword: reader, AnalystPassword: analyst,
		MemoryBytesMax: c.EngineMemoryMiB << 20, CloseTimeout: c.DrainTimeout, Logger: s.app.logger(),
	}, err
}

// Close lets the commands that joined this one finish, then stops everything. Ctrl-C ends the waiting
// and leaves them without servers. When one has ended the command already, Close is called after it
// and waits too; the next one ends the process at once.
func (s *system) Close() error {
	if s.lease != nil {
		ctx := s.told
		if ctx.Err() != nil {
			ctx = context.WithoutCancel(ctx)
		}
		err := s.lease.Leave(ctx, func(pids []int) {
			who := ""
			for _, pid := range pids {
				who += fmt.Sprintf(", pid %d", pid)
			}
			fmt.Fprintf(s.app.stderr, "rolescope: done; waiting for other commands that use this data directory%s (Ctrl-C leaves at once and fails them)\n", who)
		})
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
	}
	return s.closeAll()
}

func (s *system) closeAll() error {
	var errs []error
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.bus != nil {
		errs = append(errs, s.bus.Close())
	}
	if s.lease != nil {
		errs = append(errs, s.lease.Close())
	}
	return errors.Join(errs...)
}

// with opens the system, runs f and closes the system.
func (a *app) with(ctx context.Context, f func(context.Context, *system) error) (err error) {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	return s.guard(ctx, f)
}

// ownerGrace is how long a command may take to end by itself after its owner was killed.
const ownerGrace = 2 * time.Second

// guard runs f, and as a joiner ends it soon after the owner was killed: the servers will not come
// back, and the next owner waits for all who hold the directory. What does not end for that, such as
// a read from the terminal, is left behind.
func (s *system) guard(ctx context.Context, f func(context.Context, *system) error) error {
	if s.lease == nil || s.lease.Owner() {
		return f(ctx, s)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx, s) }()
	tick := time.NewTicker(ownerPoll)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && s.ownerGone() { // whatever failed, failed for that
				err = s.lostOwner()
			}
			return err
		case <-tick.C:
			if !s.ownerGone() {
				continue
			}
		}
		cancel()
		if err := s.bus.Close(); err != nil {
			s.app.logger().Debug("close the bus", "error", err)
		}
		grace := time.NewTimer(ownerGrace)
		defer grace.Stop()
		select {
		case <-done:
		case <-grace.C:
		}
		return s.lostOwner()
	}
}

// blame turns a joiner's failure to connect into the owner's death, if that is behind it. A dying process closes
// its connections before the kernel lets go of its lock, so a joiner looks for a while.
func (s *system) blame(err error) error {
	if err == nil || s.lease == nil || s.lease.Owner() {
		return err
	}
	tick := time.NewTicker(ownerGrace / 40)
	defer tick.Stop()
	for range 40 {
		if s.ownerGone() {
			return s.lostOwner()
		}
		<-tick.C
	}
	return err
}

func (s *system) lostOwner() error {
	return fmt.Errorf("%w (pid %d); run the command again", errOwnerGone, s.lease.Info.PID)
}

// hintOf is the advice that travels with an error, if any.
func hintOf(err error) string {
	var own *hinted
	if errors.As(err, &own) {
		return own.hint
	}
	var eng *engine.HintError
	if errors.As(err, &eng) {
		return eng.Hint
	}
	return ""
}

// newSecret is 128 random bits in hex, for servers that live as long as this process.
func newSecret() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return hex.EncodeToString(b), nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
