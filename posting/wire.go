package posting

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Message types, the value of the header Rolescope-Type. Fields are only ever added to a type; a
// change of meaning makes a new version. Each has a golden file in testdata.
const (
	TypeSlot    = "slot.v1"
	TypeRaw     = "raw.v1"
	TypeRun     = "run.v1"
	TypePosting = "posting.v1"
	TypeDead    = "dead.v1"
	// TypeDelivery is an alert on its way to a channel.
	TypeDelivery = "delivery.v1"
)

// MessageBytesMax caps one message. It is half of NATS's default limit of 1 MB, so headers and a
// tagger's additions fit; a longer posting is dead-lettered with its size, hash and head.
const MessageBytesMax = 512 << 10

// Message is one encoded value with what the bus needs to carry it.
type Message struct {
	Type   string // one of the message types
	ID     string // Nats-Msg-Id: the same value twice has the same id
	Source string // for a Dead, the stage; for a Delivery, the channel
	Board  string // for a Delivery, the rule
	Data   []byte
}

// Encode turns a Slot, Raw, Run, Posting, Dead or Delivery into its message. Encoding is deterministic: equal
// values give equal bytes. It returns an error wrapping ErrInvalid for a message over
// MessageBytesMax and for any other type.
func Encode(v any) (Message, error) {
	m := Message{}
	switch v := v.(type) {
	case Slot:
		m = Message{Type: TypeSlot, ID: v.ID(), Source: v.Source, Board: v.Board}
	case Raw:
		m = Message{Type: TypeRaw, ID: v.ID, Source: v.Source, Board: v.Board}
	case Run:
		m = Message{Type: TypeRun, ID: v.MessageID(), Source: v.Source, Board: v.Board}
	case Posting:
		m = Message{Type: TypePosting, ID: v.ID, Source: v.Source, Board: v.Board}
	case Dead:
		m = Message{Type: TypeDead, ID: v.ID, Source: v.Stage}
	case Delivery:
		m = Message{Type: TypeDelivery, ID: v.ID(), Source: v.Channel, Board: v.Rule}
	default:
		return m, fmt.Errorf("encode %T: %w: not a message", v, ErrInvalid)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // descriptions are HTML; escaping would grow them by a third
	if err := enc.Encode(v); err != nil {
		return m, fmt.Errorf("encode %s %s: %w", m.Type, m.ID, err)
	}
	m.Data = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(m.Data) > MessageBytesMax {
		return m, fmt.Errorf("encode %s %s: %w: %d bytes, over the cap of %d", m.Type, m.ID, ErrInvalid, len(m.Data), MessageBytesMax)
	}
	return m, nil
}

// Decode turns the bytes of a message back into a Slot, Raw, Run, Posting, Dead or Delivery and checks it.
// Unknown fields are accepted, because a newer sender may have added them. Every error wraps
// ErrInvalid: bytes that cannot be read now can never be.
func Decode(typ string, data []byte) (any, error) {
	if len(data) > 2*MessageBytesMax {
		return nil, fmt.Errorf("decode %s: %w: %d bytes", typ, ErrInvalid, len(data))
	}
	switch typ {
	case TypeSlot:
		return decode[Slot](typ, data, nil)
	case TypeRaw:
		return decode(typ, data, Raw.Validate)
	case TypeRun:
		return decode(typ, data, Run.Validate)
	case TypePosting:
		return decode(typ, data, Posting.Validate)
	case TypeDead:
		return decode[Dead](typ, data, nil)
	case TypeDelivery:
		return decode(typ, data, Delivery.Validate)
	}
	return nil, fmt.Errorf("decode %q: %w: unknown message type", typ, ErrInvalid)
}

func decode[T any](typ string, data []byte, validate func(T) error) (any, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w: %w", typ, ErrInvalid, err)
	}
	if validate != nil {
		if err := validate(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Validate returns an error wrapping ErrInvalid when the posting's ids or offsets contradict its
// content.
func (p Posting) Validate() error {
	switch {
	case p.PostingID != ID(p.Source, p.Board, p.ExternalID):
		return fmt.Errorf("posting %q: %w: posting id is not that of its source, board and external id", p.ID, ErrInvalid)
	case p.ID != TagID(p.RawID, p.TaggerVersion):
		return fmt.Errorf("posting %q: %w: id is not that of its raw version and tagger", p.ID, ErrInvalid)
	case p.ObservedAt.IsZero():
		return fmt.Errorf("posting %q: %w: no observation time", p.ID, ErrInvalid)
	}
	for _, s := range p.Skills {
		field := p.Description
		if s.Field == "title" {
			field = p.Title
		}
		if s.Start < 0 || s.End > len(field) || s.Start >= s.End || field[s.Start:s.End] != s.Text {
			return fmt.Errorf("posting %q: %w: skill %s is not at %d..%d of its %s", p.ID, ErrInvalid, s.ID, s.Start, s.End, s.Field)
		}
	}
	return nil
}
