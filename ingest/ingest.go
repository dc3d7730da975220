// Package ingest turns what job boards say into messages: it reads recorded payloads for
// `rolescope import` (Open, Reader) and publishes what a payload holds as raw postings, one run with
// its listing, and dead letters for what could not be used (Emitter).
//
// It is called by cmd/rolescope, which gives it a Publisher, and calls ingest/source to read
// payloads. It knows neither NATS nor SQL and reads no clock: the same file gives the same messages.
package ingest

import (
	"context"

	"github.com/rolescope/rolescope/posting"
)

// Publisher takes the messages of a run.
type Publisher interface {
	// Publish sends posting.Raw and posting.Run values and returns when all of them are durable. A
	// value sent again is stored once. An error means that any of them may be missing: the caller
	// sends all again.
	Publish(ctx context.Context, values ...any) error
	// Bury keeps letters for people to look at, with the same guarantees as Publish.
	Bury(ctx context.Context, letters ...posting.Dead) error
}
