// Package bus is the only room that knows NATS. It opens an embedded JetStream server or joins a
// remote one, owns the streams and the key-value bucket every arrow of the pipeline runs through,
// publishes values with their ids, and runs stages: acknowledging, retrying and dead-lettering are
// written here once, so that a stage is a plain function of a batch.
//
// It is not a general messaging layer: it carries the types of package posting and nothing else.
// Only cmd calls it; it must not know crawlers, taggers or tables.
//
// Delivery is at least once. Every value carries an id made of its content and origin, and every
// later write is idempotent, so a message delivered twice changes nothing.
//
// Durability: the server writes a message to its file before it acknowledges the publish, so an
// acknowledged message survives kill -9 of the process. The embedded server calls fsync once per
// syncInterval, so a crash of the whole machine can lose up to that much of acknowledged messages;
// fsync per message would cost thirteen times the throughput. What such a crash loses is still named by
// verify, because the next crawl lists it again, and when the server was not closed cleanly Open drops
// what the last seconds remembered as sent, so the next crawl or import sends it again.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"

	"github.com/rolescope/rolescope/posting"
)

// ErrFatal marks an error that retrying the message cannot heal and the message is not to blame
// for: bad configuration, a full disk, a store that refuses us. It stops the stage; the message
// stays in its stream.
var ErrFatal = errors.New("fatal")

const (
	// openTimeout bounds Open: a newcomer with a wrong NATS_URL gets his answer in this time.
	openTimeout = 5 * time.Second
	// closeTimeout bounds sending what the connection still holds, acknowledgements mostly.
	closeTimeout = 5 * time.Second
	// headerBytes is generous for the subject and the headers of one message.
	headerBytes = 16 << 10
	// maxBytesDefault is per stream: about 200,000 raw postings wait before a crawler is held back.
	maxBytesDefault = 1 << 30
	// maxBytesMin holds at least two of the largest messages, or a stream could never take one.
	maxBytesMin = 4 * posting.MessageBytesMax
	// ackWaitDefault is how long after a kill -9 a message in flight is delivered again. A stage
	// at work renews it, so it may be far shorter than a slow insert.
	ackWaitDefault = 10 * time.Second
	// retryDelayDefault is the first delay of a failed message; it doubles up to retryDelayMax.
	retryDelayDefault = time.Second
	// drainTimeoutDefault is how long a stopped stage may finish what it holds; below the 30 s
	// that Kubernetes grants.
	drainTimeoutDefault = 20 * time.Second
)

// Config says which server to use and how. Its zero value is an embedded server without a place
// for its data, so at least URL or Dir is needed.
type Config struct {
	URL  string // of a NATS server with JetStream, credentials included; empty means embedded
	Dir  string // directory of the embedded server's files; the caller makes sure it has one owner
	Addr string // host:port the embedded server listens on; empty means a free port of 127.0.0.1
	// Secret is the token clients of the embedded server must present; empty means a random one.
	Secret string
	// MaxBytes caps each stream, at least 2 MiB. Zero means 1 GiB for a stream that is made, and
	// leaves the cap of one that exists.
	MaxBytes int64
	Replicas int           // of streams, 1 to 5; zero means 1. More than 1 needs a NATS cluster
	AckWait  time.Duration // silence after which a delivered message goes to another; zero means 10 s
	// RetryDelay is the delay before a failed message is delivered again, doubling up to 30 s with
	// each delivery; zero means 1 s.
	RetryDelay time.Duration
	// DrainTimeout is how long stages may finish what they hold when they are stopped; zero means 20 s.
	DrainTimeout time.Duration
	Logger       *slog.Logger // nil discards
}

// Bus is an open connection to NATS, embedded or remote. Its methods may be used concurrently.
type Bus struct {
	cfg    Config
	log    *slog.Logger
	srv    *server.Server // nil for a remote server
	slog   *serverLog
	url    string
	nc     *nats.Conn
	js     jetstream.JetStream
	window *semaphore.Weighted // bytes published and not yet acknowledged
	closed atomic.Bool
	broken chan struct{} // closed when the embedded server cannot write; never for a remote one

	mu     sync.Mutex
	counts map[string]*Counts
	kv     jetstream.KeyValue // nil until it is first needed
	done   jetstream.KeyValue // as kv
}

// Open starts an embedded server in cfg.Dir, or connects to cfg.URL, and makes sure the streams,
// their consumers and the key-value bucket exist. Several processes may do so at once. It returns
// within a few seconds also when nothing answers; its errors say what to try.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	b := &Bus{
		cfg: cfg, log: cfg.Logger, url: cfg.URL,
		window: semaphore.NewWeighted(windowBytes), broken: make(chan struct{}), counts: map[string]*Counts{},
	}
	if err := b.open(ctx); err != nil {
		b.closed.Store(true)
		b.shutdown()
		return nil, fmt.Errorf("open bus: %w", err)
	}
	return b, nil
}

func (cfg *Config) complete() error {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 1
	}
	if cfg.AckWait == 0 {
		cfg.AckWait = ackWaitDefault
	}
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = retryDelayDefault
	}
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = drainTimeoutDefault
	}
	switch {
	case cfg.URL == "" && cfg.Dir == "":
		return errors.New("neither a NATS URL nor a data directory given")
	case cfg.MaxBytes != 0 && cfg.MaxBytes < maxBytesMin:
		return fmt.Errorf("a stream's cap of %d bytes is below the least of %d", cfg.MaxBytes, maxBytesMin)
	case cfg.Replicas < 0 || cfg.Replicas > 5:
		return fmt.Errorf("%d replicas: NATS allows 1 to 5", cfg.Replicas)
	}
	return nil
}

func (b *Bus) open(ctx context.Context) error {
	unclean := false
	if b.cfg.URL == "" {
		_, err := os.Stat(filepath.Join(b.cfg.Dir, openMark))
		unclean = err == nil
		if err := b.startServer(); err != nil {
			return err
		}
	}
	if err := b.connect(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*openTimeout)
	defer cancel()
	if err := b.ensureStreams(ctx); err != nil {
		return err
	}
	if unclean {
		b.log.Info("the bus was not closed cleanly: what its last seconds remembered is forgotten", "dir", b.cfg.Dir)
		if err := b.forgetUnsure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ClientURL is the address by which another process can join, its secret included: never log it.
func (b *Bus) ClientURL() string { return b.url }

// connect dials the server. Once connected, lost connections are taken up again for ever.
func (b *Bus) connect() error {
	opts := []nats.Option{
		nats.Name("rolescope"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil && !b.closed.Load() {
				b.log.Warn("nats connection lost, reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("nats connection is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.Warn("nats reports an error", "error", err)
		}),
	}
	servers := 1 + strings.Count(b.url, ",")
	opts = append(opts, nats.Timeout(openTimeout/time.Duration(servers)))
	if b.srv != nil {
		opts = append(opts, nats.InProcessServer(b.srv), nats.NoReconnect())
	}
	nc, err := nats.Connect(b.url, opts...)
	if err != nil {
		return b.connectError(err)
	}
	b.nc = nc
	if nc.MaxPayload() < posting.MessageBytesMax+headerBytes {
		return fmt.Errorf("nats at %s takes messages of %d bytes at most; set its max_payload to 1MB",
			hosts(b.url), nc.MaxPayload())
	}
	b.js, err = jetstream.New(nc,
		jetstream.WithPublishAsyncMaxPending(2*windowMessages), // our own window is the one that holds
		jetstream.WithPublishAsyncTimeout(publishAckTimeout),
		jetstream.WithDefaultTimeout(openTimeout))
	return err
}

// connectError words a failed connection for the person who set NATS_URL, without its secrets.
func (b *Bus) connectError(err error) error {
	var unreadable *url.Error
	switch at := hosts(b.url); {
	case errors.As(err, &unreadable): // its text may hold the password
		return errors.New("NATS_URL is not of the form nats://user:password@host:4222" +
			" (special characters in the password must be percent-encoded)")
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return fmt.Errorf("nats at %s refuses the user, password or token in NATS_URL: %w", at, err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout), isNetError(err):
		return fmt.Errorf("nats at %s does not answer (%w); check NATS_URL and that the server runs,"+
			" or unset NATS_URL to use the embedded one", at, err)
	default:
		return fmt.Errorf("connect to nats at %s: %w", at, err)
	}
}

// hosts is the host:port part of a comma-separated list of NATS URLs.
func hosts(list string) string {
	var out []string
	for _, one := range strings.Split(list, ",") {
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" {
			out = append(out, "(unreadable address)")
			continue
		}
		out = append(out, u.Host)
	}
	return strings.Join(out, ",")
}

// Close sends what is outstanding, disconnects, and stops the embedded server. Stages must have
// been stopped before. It may be called twice.
func (b *Bus) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	var err error
	if b.nc != nil && b.nc.IsConnected() {
		if ferr := b.nc.FlushTimeout(closeTimeout); ferr != nil {
			err = fmt.Errorf("close bus: %w", ferr)
		}
	}
	b.shutdown()
	if b.srv != nil && err == nil && !b.isBroken() {
		err = b.clearMark()
	}
	return err
}

func (b *Bus) shutdown() {
	if b.nc != nil {
		b.nc.Close()
	}
	if b.srv != nil {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
	}
}

func (b *Bus) isBroken() bool {
	select {
	case <-b.broken:
		return true
	default:
		return false
	}
}

// usable returns an error wrapping ErrFatal when waiting and trying again can no longer help.
func (b *Bus) usable() error {
	switch {
	case b.closed.Load():
		return fmt.Errorf("%w: bus is closed", ErrFatal)
	case b.srv != nil && (b.isBroken() || !b.srv.JetStreamEnabled()):
		return fmt.Errorf("%w: the embedded bus cannot go on (%s); check the disk that holds %s, free space and start again",
			ErrFatal, b.slog.lastError(), b.cfg.Dir)
	case b.nc.IsClosed():
		return fmt.Errorf("%w: nats connection is closed: %w", ErrFatal, b.nc.LastError())
	}
	return nil
}
