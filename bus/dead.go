package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

const (
	// headBytesMax is how much of a dead message people get to see.
	headBytesMax = 4 << 10
	// reasonBytesMax cuts reasons that quote their input.
	reasonBytesMax = 2 << 10
)

// Dead makes the dead letter of a value that could not be published or used by a stage. failedAt is
// stored as given.
func Dead(stage string, value any, reason error, failedAt time.Time) posting.Dead {
	d := posting.Dead{Stage: stage, Reason: text(reason.Error(), reasonBytesMax), FailedAt: posting.Time(failedAt)}
	m, _ := posting.Encode(value) // also an error over the cap tells type and id
	data := m.Data
	if data == nil {
		data, _ = json.Marshal(value)
	}
	d.Origin, d.Type = m.ID, m.Type
	if m.Type != "" {
		d.Subject, _ = subject(m, home(m.Type))
	}
	describe(&d, value)
	fill(&d, data)
	return d
}

// deadMessage is the dead letter of a delivered message. value is what it decodes to, or nil.
func deadMessage(stage string, msg jetstream.Msg, value any, reason error, failedAt time.Time) posting.Dead {
	d := posting.Dead{
		Stage: stage, Origin: text(msg.Headers().Get(originHeader), reasonBytesMax), Subject: msg.Subject(),
		Type:   text(msg.Headers().Get(typeHeader), reasonBytesMax),
		Reason: text(reason.Error(), reasonBytesMax), FailedAt: posting.Time(failedAt),
	}
	d.Source, d.Board = fromSubject(msg.Subject())
	describe(&d, value)
	fill(&d, msg.Data())
	return d
}

// describe states which posting or run a letter is about.
func describe(d *posting.Dead, value any) {
	switch v := value.(type) {
	case posting.Slot:
		d.Source, d.Board = v.Source, v.Board
	case posting.Raw:
		d.Source, d.Board, d.RunID, d.PostingID, d.ContentHash = v.Source, v.Board, v.RunID, v.PostingID, v.ContentHash
	case posting.Run:
		d.Source, d.Board, d.RunID = v.Source, v.Board, v.ID
	case posting.Posting:
		d.Source, d.Board, d.PostingID, d.ContentHash = v.Source, v.Board, v.PostingID, v.ContentHash
	}
}

// fill adds the message itself: whole where the letter then still fits the cap, else its head.
func fill(d *posting.Dead, data []byte) {
	sum := sha256.Sum256(data)
	d.Size, d.SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	d.Head = text(string(data[:min(len(data), headBytesMax)]), headBytesMax)
	if d.Origin == "" {
		d.Origin = d.SHA256 // what stands for an id: the same bytes are the same message
	}
	d.ID = posting.DeadID(d.Stage, d.Origin)
	d.Body = data
	if _, err := posting.Encode(*d); err != nil {
		d.Body = nil
	}
}

// text is at most limit bytes of s in valid UTF-8.
func text(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
