//go:build race

package ingest

// raceOn shortens what takes the race detector minutes: it runs on one goroutine.
const raceOn = true
