package bus_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/bus/bustest"
	"github.com/rolescope/rolescope/posting"
)

// plainServer starts a NATS server that is none of ours and returns its URL.
func plainServer(t testing.TB, change func(*server.Options)) string {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "user", Password: "pass word",
		JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	}
	if change != nil {
		change(opts)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the plain server does not start")
	}
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	return "nats://user:pass%20word@" + srv.Addr().String()
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	good := plainServer(t, nil)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  bus.Config
		want []string
	}{
		"nothing given":     {bus.Config{}, []string{"neither", "data directory"}},
		"no server":         {bus.Config{URL: "nats://user:hunter2@127.0.0.1:1"}, []string{"127.0.0.1:1", "does not answer", "NATS_URL"}},
		"no server of two":  {bus.Config{URL: "127.0.0.1:1, nats://127.0.0.1:2"}, []string{"127.0.0.1:1,127.0.0.1:2", "does not answer"}},
		"no such host":      {bus.Config{URL: "nats://no-such-host.invalid"}, []string{"no-such-host.invalid", "NATS_URL"}},
		"not a server":      {bus.Config{URL: "nats://" + silent.Addr().String()}, []string{"does not answer"}},
		"wrong password":    {bus.Config{URL: strings.Replace(good, "pass", "hunter2", 1)}, []string{"refuses the user, password or token"}},
		"no password":       {bus.Config{URL: "nats://" + good[strings.Index(good, "@")+1:]}, []string{"refuses the user, password or token"}},
		"not a URL":         {bus.Config{URL: "nats://a b:hunter2@:x"}, []string{"NATS_URL is not of the form"}},
		"no JetStream":      {bus.Config{URL: plainServer(t, func(o *server.Options) { o.JetStream = false })}, []string{"without JetStream", "-js"}},
		"small messages":    {bus.Config{URL: plainServer(t, func(o *server.Options) { o.MaxPayload = 64 << 10 })}, []string{"65536 bytes", "max_payload"}},
		"too many replicas": {bus.Config{URL: good, Replicas: 3}, []string{"make stream", "replicas"}},
		"a file for a dir":  {bus.Config{Dir: file}, []string{"make the bus's directory"}},
		"no such address":   {bus.Config{Dir: t.TempDir(), Addr: "127.0.0.1"}, []string{"address"}},
		"a busy address":    {bus.Config{Dir: t.TempDir(), Addr: silent.Addr().String()}, []string{"start the embedded bus", "address already in use"}},
		"a cap too small":   {bus.Config{Dir: t.TempDir(), MaxBytes: 1000}, []string{"1000 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			b, err := bus.Open(t.Context(), test.cfg)
			if err == nil {
				_ = b.Close()
				t.Fatal("open succeeded")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q shows the password", err)
			}
			if took := time.Since(start); took > 7*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestOpenTogether has several processes make the streams at once. The race detector, which runs with -short, finds a
// race of the server's own there (nats-server 2.15.2: fileStore.UpdateConfig writes what ConsumerStore reads).
func TestOpenTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("the server races with itself: runs without -short")
	}
	t.Parallel()
	url := plainServer(t, nil)
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			b, err := bus.Open(t.Context(), bus.Config{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	small := openBus(t, bus.Config{URL: url, MaxBytes: 4 << 20})
	openBus(t, bus.Config{URL: url}) // without a wish of its own it leaves the cap
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := small.Publish(ctx, bustest.Values(bustest.Raws(t, 50, 100<<10))...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("5 MB fit a stream of 4 MiB: %v", err)
	}
}

// TestServerRestarts has the remote server go away and come back under a publisher and a stage.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(port int) *server.Server {
		srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
		if err != nil {
			t.Fatal(err)
		}
		srv.Start()
		if !srv.ReadyForConnections(10 * time.Second) {
			t.Fatal("the server does not start")
		}
		return srv
	}
	srv := start(server.RANDOM_PORT)
	t.Cleanup(func() { // of the server that runs then, after the bus has closed
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	addr := srv.Addr().(*net.TCPAddr)
	b := openBus(t, bus.Config{URL: "nats://" + addr.String(), AckWait: time.Second})
	k := bustest.NewKeep()
	bustest.Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: k.Handle})
	raws := bustest.Raws(t, 40, 10)
	bustest.Publish(t, b, bustest.Values(raws[:20])...)
	k.Wait(t, 20)
	srv.Shutdown()
	srv.WaitForShutdown()
	published := make(chan error, 1)
	go func() { published <- b.Publish(t.Context(), bustest.Values(raws[20:])...) }()
	srv = start(addr.Port)
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n := 40; len(seen) < 40; n++ {
		for _, v := range k.Wait(t, n) {
			seen[v.(posting.Raw).ID] = true
		}
	}
}

// normalised is a change to a board's state of which only the normaliser is known.
func normalised(s bus.BoardState) bus.BoardState {
	s.Normaliser = "n1"
	return s
}

// TestReopen has a stage die with a batch in hand.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := bus.Config{Dir: dir, AckWait: 500 * time.Millisecond, DrainTimeout: time.Millisecond}
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	bustest.Publish(t, b, bustest.Values(bustest.Raws(t, 10, 10))...)
	if err := b.UpdateBoard(t.Context(), "lever", "acme", normalised); err != nil {
		t.Fatal(err)
	}
	holds, dies := make(chan struct{}), make(chan struct{})
	stop := bustest.Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 10, Handle: func(_ context.Context, batch []any) []bus.Result {
		close(holds)
		<-dies
		return make([]bus.Result, len(batch))
	}})
	<-holds
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	close(dies)
	if err := stop(); err != nil && !errors.Is(err, bus.ErrFatal) {
		t.Errorf("a stage whose bus was closed: %v", err)
	}
	again := openBus(t, cfg)
	k := bustest.NewKeep()
	bustest.Start(t, again, bus.Stage{Name: bus.StageArchive, Handle: k.Handle})
	if got := k.Wait(t, 10); len(got) != 10 {
		t.Errorf("%d messages after the restart", len(got))
	}
	if s, err := again.Board(t.Context(), "lever", "acme"); err != nil || s.Normaliser != "n1" {
		t.Errorf("board after a clean stop: %+v, %v", s, err)
	}
}
