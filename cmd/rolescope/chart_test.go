package main

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestChart: a line from corner to corner, its band, and no more than the terminal's width.
func TestChart(t *testing.T) {
	t.Parallel()
	low, high := 0.0, 10.0
	var points []chartPoint
	for i := range 11 {
		p := chartPoint{At: float64(i) / 10, Value: float64(i)}
		if i >= 5 {
			p.Low, p.High = &low, &high
		}
		points = append(points, p)
	}
	for _, width := range []int{30, 60, 200} {
		drawn := chart(points, width, false, 0, func(v float64) string { return fmt.Sprintf("%.0f", v) }, "first", "last")
		lines := strings.Split(strings.TrimRight(drawn, "\n"), "\n")
		if len(lines) != chartHeight+1 || !strings.HasPrefix(lines[0], "10 ┤") || !strings.HasPrefix(lines[chartHeight-1], " 0 ┤") {
			t.Fatalf("width %d:\n%s", width, drawn)
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("a line of %d cells in %d", n, width)
			}
		}
		if top := []rune(lines[0]); strings.ContainsAny(drawn, "\x1b") || strings.Contains(string(top[:len(top)/3]), "░") || !strings.Contains(lines[0], "░") {
			t.Errorf("width %d: no band, or one where there is no interval:\n%s", width, drawn)
		}
		first, last := []rune(lines[chartHeight-1]), []rune(lines[0])
		if first[4] < 0x2800 || last[len(last)-1] < 0x2800 || last[len(last)-1] == '░' {
			t.Errorf("width %d: the line does not go from corner to corner:\n%s", width, drawn)
		}
		if foot := lines[chartHeight]; !strings.Contains(foot, "first") || !strings.HasSuffix(foot, "last") {
			t.Errorf("foot %q", foot)
		}
	}
	if chart(points, 20, false, 0, func(float64) string { return "0" }, "", "") != "" || chart(points[:1], 80, false, 0, nil, "", "") != "" {
		t.Error("a chart where there is no room, or nothing to draw")
	}
}

// TestChartSteps: what is held until the next step has no slope, so only as many cells stand between levels as steps.
func TestChartSteps(t *testing.T) {
	t.Parallel()
	half := []chartPoint{{At: 0, Value: 1}, {At: 0.5, Value: 0}, {At: 1, Value: 0}}
	drawn := chart(half, 80, true, 0, func(v float64) string { return fmt.Sprintf("%.0f", v) }, "", "")
	for i, line := range strings.Split(drawn, "\n")[1 : chartHeight-1] {
		if n := len([]rune(strings.TrimSpace(strings.SplitN(line, "┤", 2)[1]))); n != 1 {
			t.Errorf("line %d has %d cells:\n%s", i+1, n, drawn)
		}
	}
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	v := func(x float64) *float64 { return &x }
	for want, values := range map[string][]*float64{
		"▁█ ▅": {v(0), v(2), nil, v(1)},
		"▁▁":   {v(0), v(0)},
		"":     nil,
	} {
		if got := sparkline(values); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
