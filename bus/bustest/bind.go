package bustest

import (
	"errors"
	"testing"

	"github.com/rolescope/rolescope/bus"
)

func testBind(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	other := open(t, bus.Config{URL: b.ClientURL()})
	for _, step := range []struct {
		by    *bus.Bus
		store string
		want  error
	}{{b, "one", nil}, {other, "one", nil}, {other, "two", bus.ErrOtherStore}, {b, "two", bus.ErrOtherStore}, {b, "one", nil}} {
		if err := step.by.Bind(t.Context(), step.store); !errors.Is(err, step.want) {
			t.Errorf("bind to %s: %v, want %v", step.store, err, step.want)
		}
	}
}
