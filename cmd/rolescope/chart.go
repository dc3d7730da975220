package main

import (
	"fmt"
	"math"
	"strings"
)

// chartPoint is a value at a place between 0 and 1 of the chart's width, perhaps with an interval.
type chartPoint struct {
	At        float64
	Value     float64
	Low, High *float64
}

const (
	chartHeight = 10 // lines: 40 dots of braille
	chartWidth  = 72 // cells, where there is room
	chartRoom   = 20 // cells that a chart needs at least
)

// brailleDots are the bits of a braille character's dots, by row and column.
var brailleDots = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// chart draws a line in braille, over the band of its interval, with values at the left and the first and
// the last label below. It needs no colour. Its axis begins at or below least; counts and shares begin at 0. steps holds each value until the next one, as survival does.
func chart(points []chartPoint, width int, steps bool, least float64, label func(float64) string, first, last string) string {
	if len(points) < 2 {
		return ""
	}
	low, high := least, math.Inf(-1)
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
		if p.Low != nil && p.High != nil {
			low, high = min(low, *p.Low), max(high, *p.High)
		}
	}
	if high-low < 1e-9 {
		low, high = low-0.5, high+0.5
	}
	margin := max(len(label(low)), len(label(high)), len(label((low+high)/2)))
	cells := min(chartWidth, width-margin-2)
	if cells < chartRoom {
		return ""
	}
	c := canvas{columns: cells, rows: chartHeight, low: low, high: high}
	c.band(points, steps)
	c.line(points, steps)
	var b strings.Builder
	for row := range c.rows {
		name := ""
		switch row {
		case 0:
			name = label(high)
		case c.rows / 2:
			name = label(high - (high-low)*(float64(row)*4+1.5)/float64(c.rows*4-1))
		case c.rows - 1:
			name = label(low)
		}
		fmt.Fprintf(&b, "%*s ┤%s\n", margin, name, strings.TrimRight(c.row(row), " "))
	}
	fmt.Fprintf(&b, "%*s  %s%*s\n", margin, "", first, max(1, cells-len(first)), last)
	return b.String()
}

// canvas is a grid of cells with 2 x 4 dots each.
type canvas struct {
	columns, rows int
	low, high     float64
	dots          map[[2]int]rune // by row and column of cells
	shaded        map[[2]int]bool
}

// y is the row of dots of a value, from above.
func (c *canvas) y(v float64) int {
	n := c.rows*4 - 1
	return min(n, max(0, int(math.Round(float64(n)*(c.high-v)/(c.high-c.low)))))
}

// valueAt is the value at a column of dots, between the points or held since the last one.
func valueAt(points []chartPoint, x float64, steps bool, of func(chartPoint) *float64) *float64 {
	for i := len(points) - 1; i >= 0; i-- {
		p := points[i]
		if p.At > x {
			continue
		}
		here := of(p)
		if here == nil || steps || i == len(points)-1 || x == p.At {
			return here
		}
		next := of(points[i+1])
		if next == nil {
			return nil
		}
		v := *here + (*next-*here)*(x-p.At)/(points[i+1].At-p.At)
		return &v
	}
	return nil
}

func (c *canvas) band(points []chartPoint, steps bool) {
	c.shaded = map[[2]int]bool{}
	for column := range c.columns {
		x := float64(column) / float64(c.columns-1)
		low := valueAt(points, x, steps, func(p chartPoint) *float64 { return p.Low })
		high := valueAt(points, x, steps, func(p chartPoint) *float64 { return p.High })
		if low == nil || high == nil {
			continue
		}
		for row := c.y(*high) / 4; row <= c.y(*low)/4; row++ {
			c.shaded[[2]int{row, column}] = true
		}
	}
}

func (c *canvas) line(points []chartPoint, steps bool) {
	c.dots = map[[2]int]rune{}
	width, before := c.columns*2, -1
	for x := range width {
		v := valueAt(points, float64(x)/float64(width-1), steps, func(p chartPoint) *float64 { return &p.Value })
		if v == nil {
			before = -1
			continue
		}
		y := c.y(*v)
		from, to := y, y
		if before >= 0 {
			from, to = min(y, before), max(y, before)
		}
		for dot := from; dot <= to; dot++ {
			if before >= 0 && dot == before && from != to {
				continue // the column before has it
			}
			c.dots[[2]int{dot / 4, x / 2}] |= brailleDots[dot%4][x%2]
		}
		before = y
	}
}

func (c *canvas) row(row int) string {
	var b strings.Builder
	for column := range c.columns {
		switch at := [2]int{row, column}; {
		case c.dots[at] != 0:
			b.WriteRune(0x2800 + c.dots[at])
		case c.shaded[at]:
			b.WriteRune('░')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// sparks are the heights of a sparkline.
var sparks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws values in one line from zero to the highest; a gap where there is none.
func sparkline(values []*float64) string {
	high := 0.0
	for _, v := range values {
		if v != nil {
			high = max(high, *v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case v == nil:
			b.WriteByte(' ')
		case high == 0:
			b.WriteRune(sparks[0])
		default:
			b.WriteRune(sparks[min(len(sparks)-1, int(max(0, *v)/high*float64(len(sparks)-1)+0.5))])
		}
	}
	return b.String()
}
