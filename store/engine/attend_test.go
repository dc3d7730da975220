package engine_test

import (
	"testing"
	"time"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// While the pipeline inserts, and a moment longer, a statement of its priority is under way, to which
// analysts' give way; then none is.
func TestAnalystsGiveWayBetweenInserts(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	const attending = "SELECT count() FROM system.processes WHERE query = 'SELECT number FROM system.numbers' AND Settings['priority'] = '1'"
	becomes := func(want string) {
		t.Helper()
		var got string
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for late := time.After(20 * time.Second); got != want; {
			_, got = post(t, e, engine.UserWriter, "", attending)
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("%s statements attend, want %s", got, want)
			}
		}
	}
	becomes("0\n")
	for range 2 {
		for range 3 {
			post(t, e, engine.UserWriter, "", "INSERT INTO t FORMAT TSV\n1\n")
		}
		becomes("1\n")
		if _, got := post(t, e, engine.UserAnalyst, "", "SELECT sum(number) FROM numbers(1000000)"); got != "499999500000\n" {
			t.Errorf("beside it an analyst gets %q", got)
		}
		becomes("0\n")
	}
}
