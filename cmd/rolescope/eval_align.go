package main

import (
	"unicode"
	"unicode/utf8"
)

// alignment tells for each byte of a canonical text where its character stands in the original, or -1.
type alignment struct {
	start []int
	end   []int
}

// span carries canonical[start:end] over to the original; what has no place there is [-1, -1].
func (a alignment) span(start, end int) [2]int {
	if start < 0 || end > len(a.start) || start >= end || a.start[start] < 0 || a.end[end-1] < 0 {
		return [2]int{-1, -1}
	}
	return [2]int{a.start[start], a.end[end-1]}
}

// alignSkip is how many characters are skipped at most to find the place where two texts agree
// again; alignAgree is how many must then be equal.
const (
	alignSkip  = 32
	alignAgree = 4
)

// character is one that is no white space, with its place.
type character struct {
	r          rune
	start, end int
}

func characters(s string) []character {
	out := make([]character, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			out = append(out, character{r, i, i + size})
		}
		i += size
	}
	return out
}

// align finds the characters of a canonical text in the original it was read from. White space does
// not count; what one of them lacks is skipped. Time is linear for a bounded skip.
func align(original, canonical string) alignment {
	a := alignment{make([]int, len(canonical)), make([]int, len(canonical))}
	for i := range a.start {
		a.start[i], a.end[i] = -1, -1
	}
	from, to := characters(original), characters(canonical)
	for i, j := 0, 0; i < len(from) && j < len(to); {
		if from[i].r == to[j].r {
			for b := to[j].start; b < to[j].end; b++ {
				a.start[b], a.end[b] = from[i].start, from[i].end
			}
			i, j = i+1, j+1
			continue
		}
		di, dj := resume(from[i:], to[j:])
		i, j = i+di, j+dj
	}
	return a
}

// resume is how many characters of each text to skip until they agree; one of each when they do not
// within the limit.
func resume(from, to []character) (int, int) {
	for total := 1; total <= alignSkip; total++ {
		for di := 0; di <= total; di++ {
			if dj := total - di; agree(from, to, di, dj) {
				return di, dj
			}
		}
	}
	return 1, 1
}

// agree reports whether the texts go on alike after the skips; the end of both is alike too.
func agree(from, to []character, di, dj int) bool {
	if di >= len(from) || dj >= len(to) {
		return false
	}
	for k := range alignAgree {
		switch i, j := di+k, dj+k; {
		case i >= len(from) || j >= len(to):
			return k > 0 && i >= len(from) && j >= len(to)
		case from[i].r != to[j].r:
			return false
		}
	}
	return true
}
