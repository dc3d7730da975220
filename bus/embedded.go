package bus

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// syncInterval is how much a crash of the machine may lose. One second costs nothing that can
	// be measured against NATS's two minutes.
	syncInterval = time.Second
	// maxPayload is NATS's default, stated because posting.MessageBytesMax is chosen below it.
	maxPayload = 1 << 20
	// maxStore replaces a cap NATS would compute from the disk's free space at the moment of the
	// start, by which it refuses to recover streams it already holds. Streams have caps of their own.
	maxStore = 1 << 50
	// readyTimeout bounds the wait for a server that has started to take connections.
	readyTimeout = openTimeout
	// openMark is a file that exists while an embedded server has the directory open. Found at the
	// start, it tells that the last one was not closed cleanly.
	openMark = "open"
)

// startServer starts the embedded server and sets b.srv and b.url.
func (b *Bus) startServer() error {
	addr := b.cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("read the embedded bus's address %q: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return fmt.Errorf("read the embedded bus's address %q: %w", addr, err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	secret := b.cfg.Secret
	if secret == "" {
		secret = rand.Text()
	}
	if err := b.setMark(); err != nil {
		return err
	}
	b.slog = &serverLog{log: b.log, broken: b.broken}
	srv, err := server.NewServer(&server.Options{
		ServerName: "rolescope", Host: host, Port: port, Authorization: secret,
		JetStream: true, StoreDir: b.cfg.Dir, SyncInterval: syncInterval,
		JetStreamMaxStore: maxStore, MaxPayload: maxPayload,
		// Signals belong to the program, and its standard output to its answers.
		NoSigs: true, NoLog: true,
	})
	if err != nil {
		return fmt.Errorf("configure the embedded bus: %w", err)
	}
	srv.SetLoggerV2(b.slog, false, false, false)
	b.srv = srv
	srv.Start() // returns once the streams are recovered and the port is open, or either has failed
	if !srv.JetStreamEnabled() || srv.Addr() == nil || !srv.ReadyForConnections(readyTimeout) {
		return fmt.Errorf("start the embedded bus in %s on %s: %s", b.cfg.Dir, addr, b.slog.lastError())
	}
	b.url = (&url.URL{Scheme: "nats", User: url.User(secret), Host: srv.Addr().String()}).String()
	return nil
}

// setMark makes the directory and the mark, which also proves early that it can be written.
func (b *Bus) setMark() error {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("make the bus's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.cfg.Dir, openMark), nil, 0o600); err != nil {
		return fmt.Errorf("write to the bus's directory: %w", err)
	}
	return nil
}

func (b *Bus) clearMark() error {
	err := os.Remove(filepath.Join(b.cfg.Dir, openMark))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("close bus: %w", err)
	}
	return nil
}

// serverLog gives the embedded server's messages to slog and keeps the last error, because the
// server reports why it could not start nowhere else.
type serverLog struct {
	log    *slog.Logger
	broken chan struct{} // closed when a stream cannot be written any more
	mu     sync.Mutex
	err    string
	last   bool // err is why broken was closed
}

func (l *serverLog) lastError() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == "" {
		return "it gave no reason in time"
	}
	return l.err
}

func (l *serverLog) fail(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("embedded nats", "message", text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last {
		return
	}
	l.err = text
	// A stream whose file could not be written takes nothing more until the server is started
	// again, and the server tells so in its log only: publishers would wait for ever.
	if strings.Contains(strings.ToLower(text), "critical write error") {
		l.last = true
		close(l.broken)
	}
}

// The methods below are the server's Logger. Fatalf does not end the process: Open returns the error.

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("embedded nats", "message", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("embedded nats", "message", fmt.Sprintf(format, v...))
}
func (l *serverLog) Fatalf(format string, v ...any) { l.fail(format, v...) }
func (l *serverLog) Errorf(format string, v ...any) { l.fail(format, v...) }
func (l *serverLog) Debugf(string, ...any)          {}
func (l *serverLog) Tracef(string, ...any)          {}
