package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// chart is a figure: the series that a script draws, the same numbers as a table, and where they
// come from.
type chart struct {
	ID, Title string
	Unit      string // of the vertical axis
	N         string // what n is, and how large
	Note      string
	Data      chartData
	Table     table
	Audit     trend.Audit
}

// chartData is what the script reads.
type chartData struct {
	Unit   string   `json:"unit"`   // "count" or "share"
	Period string   `json:"period"` // week, month or quarter
	X      []int64  `json:"x"`      // first day of each period, Unix seconds
	Series []series `json:"series"`
}

// series is a line. A point without a value is a gap.
type series struct {
	Label  string     `json:"label"`
	Colour int        `json:"colour"` // 0 to colours-1
	Dash   int        `json:"dash"`   // 0 drawn through, 1 to 3 broken
	Y      []*float64 `json:"y"`
	N      []uint64   `json:"n,omitempty"` // under a share: of how many
}

// table is what a figure shows to readers without the script.
type table struct {
	Header []string
	Rows   [][]string
}

// periodsMax bounds the length of a series on a page: a decade of weeks is more than a screen has
// room for, and the API has the rest.
const periodsMax = 520

// name writes a period as people do.
func name(unit trend.Period, t time.Time) string {
	switch unit {
	case trend.Week:
		return t.Format(time.DateOnly)
	case trend.Quarter:
		return fmt.Sprintf("%d Q%d", t.Year(), (int(t.Month())+2)/3)
	}
	return t.Format("2006-01")
}

// indexOf finds a period by its Unix seconds.
func indexOf(at []time.Time) map[int64]int {
	index := map[int64]int{}
	for i, t := range at {
		index[t.Unix()] = i
	}
	return index
}

func unixDays(at []time.Time) []int64 {
	out := make([]int64, len(at))
	for i, t := range at {
		out[i] = t.Unix()
	}
	return out
}

// sparkline geometry, in the units of its viewBox.
const (
	sparkWidth  = 160
	sparkHeight = 44
)

// spark is a small picture of one series: a line over its area. Values are scaled to top.
type spark struct {
	Line, Area    string // attributes of SVG's polyline and polygon
	Width, Height int
}

// newSpark draws values; nil is a gap, which ends the line and begins it again.
func newSpark(values []*float64, top float64) spark {
	s := spark{Width: sparkWidth, Height: sparkHeight}
	if len(values) == 0 || top <= 0 {
		return s
	}
	step := float64(sparkWidth-4) / float64(max(1, len(values)-1))
	var line, area strings.Builder
	open := false
	lastX := 0.0
	for i, v := range values {
		if v == nil {
			if open {
				fmt.Fprintf(&area, "L%.1f %dZ", lastX, sparkHeight)
			}
			open = false
			continue
		}
		x, y := 2+step*float64(i), 2+(sparkHeight-4)*(1-*v/top)
		if open {
			fmt.Fprintf(&line, "L%.1f %.1f", x, y)
		} else {
			fmt.Fprintf(&line, "M%.1f %.1fh.01", x, y) // a point alone is a dot
			fmt.Fprintf(&area, "M%.1f %d", x, sparkHeight)
		}
		fmt.Fprintf(&area, "L%.1f %.1f", x, y)
		open, lastX = true, x
	}
	if open {
		fmt.Fprintf(&area, "L%.1f %dZ", lastX, sparkHeight)
	}
	s.Line, s.Area = line.String(), area.String()
	return s
}
