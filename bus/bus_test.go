package bus_test

import (
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/bus/bustest"
)

func TestMain(m *testing.M) {
	if holdDir() {
		return
	}
	// These tests wait for timers far more than they compute.
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func openBus(t testing.TB, cfg bus.Config) *bus.Bus {
	t.Helper()
	if cfg.URL == "" && cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	bustest.Run(t, openBus, time.Now)
}

func TestRemote(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(t testing.TB, cfg bus.Config) *bus.Bus {
		if cfg.URL == "" {
			cfg.URL = plainServer(t, nil)
		}
		return openBus(t, cfg)
	}, time.Now)
}
