package enrich

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// Sizes of hostile texts, and how much dearer a byte of the longest may be than one of the shortest:
// caches cost up to two, an algorithm of quadratic time would cost sixteen.
const (
	linearMin      = 32 << 10
	linearMax      = 512 << 10
	linearRatioMax = 5
)

// linearLine is what TestLinearTime prints for one kind of text; internal/proof reads it.
type linearLine struct {
	Text   string         `json:"text"`
	NsByte map[string]int `json:"ns_per_byte"` // by KiB
	Ratio  float64        `json:"ratio"`       // longest to shortest
}

// TestLinearTime tags texts made to be dear in every size and wants the price of a byte to stay. It
// measures its own CPU time while no other test runs, and measures again before it complains.
func TestLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time: runs without -short")
	}
	tagger := testTagger(t)
	for _, c := range []struct{ name, head, unit, tail string }{
		{name: "((((", unit: "("},
		{name: "one skill repeated", unit: "python "},
		{name: "one word repeated", unit: "publish "},
		{name: "one word without end", unit: "a"},
		{name: "emoji", unit: "🙂"},
		{name: "nested tags", unit: "<div>"},
		{name: "nested tags with text", unit: "<ul><li>Python, "},
		{name: "escaped tags", unit: "&amp;lt;b&amp;gt;"},
		{name: "money", unit: "$100k - $120k "},
		{name: "places", unit: "Berlin, "},
		{name: "guarded skills", unit: "Go, R, C or "},
		{name: "open tag", unit: "<a href='"},
	} {
		best := map[int]float64{}
		var line linearLine
		for range 4 {
			line = linearLine{Text: c.name, NsByte: map[string]int{}}
			for size := linearMin; size <= linearMax; size *= 2 {
				ns := nsPerByte(t, tagger, strings.Repeat(c.unit, size/len(c.unit)))
				if old, ok := best[size]; !ok || ns < old {
					best[size] = ns
				}
				line.NsByte[fmt.Sprint(size>>10)] = int(best[size])
			}
			line.Ratio = float64(int(100*best[linearMax]/best[linearMin])) / 100
			if line.Ratio <= linearRatioMax {
				break
			}
		}
		b, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("linear: %s", b)
		if line.Ratio > linearRatioMax {
			t.Errorf("%s: a byte of %d KiB costs %.1f times one of %d KiB", c.name, linearMax>>10, line.Ratio, linearMin>>10)
		}
	}
}

// nsPerByte tags as many copies of a text as make up the largest size.
func nsPerByte(t *testing.T, tagger *Tagger, text string) float64 {
	raw := testRaw(t, posting.Record{Title: "Engineer", Description: text})
	runtime.GC()
	start := cpuNs(t)
	n := max(1, linearMax/len(text))
	for range n {
		if _, err := tagger.Enrich(raw); err != nil {
			t.Fatal(err)
		}
	}
	return float64(cpuNs(t)-start) / float64(n*len(text))
}

func cpuNs(t *testing.T) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
