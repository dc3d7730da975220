package main

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// TestReadersDoNotMakeItUnready: while readers hold all of their places, the probes' answer is
// that the servers run.
func TestReadersDoNotMakeItUnready(t *testing.T) {
	t.Parallel()
	options := enginetest.Options(t, t.TempDir())
	options.Exe, options.Args, options.Logger = binary(t), []string{"engine", "serve"}, nil
	st, err := store.Open(t.Context(), store.Config{Engine: options, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	s := &system{app: &app{stdout: io.Discard, stderr: io.Discard}, bus: b, store: st}
	reading, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	asked := func(ctx context.Context, query string) error {
		var rows []struct {
			One uint8 `ch:"one"`
		}
		return reader{st}.Select(ctx, &rows, query, nil)
	}
	for range 16 {
		readers.Go(func() {
			for reading.Err() == nil {
				_ = asked(reading, "SELECT sleep(3) AS one")
			}
		})
	}
	probe := func(ask func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		return ask(ctx)
	}
	crowded := func(ctx context.Context) error { return asked(ctx, "SELECT toUInt8(1) AS one") }
	for try := 0; probe(crowded) == nil; try++ {
		if try == 100 {
			t.Fatal("the readers leave room for another")
		}
	}
	if err := probe(s.ready); err != nil {
		t.Errorf("not ready: %v", err)
	}
	if now := s.snapshot(t.Context()); !now.engine {
		t.Error("clickhouse_up is 0")
	}
}
