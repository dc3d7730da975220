package web

import (
	"context"
	"net/http"
	"time"
)

// What the tests of the outside look into.
type Segment = segment

var Segments = segments

const (
	Policy         = policy
	AskersMax      = askersMax
	WaitersMax     = waitersMax
	MemoryAge      = memoryAge
	KeptMax        = keptMax
	KeptBytesMax   = keptBytesMax
	AnswerBytesMax = answerBytesMax
)

// Memory is a memory of answers that nothing is known of.
type Memory struct{ m *memory }

func NewMemory(now func() time.Time) Memory {
	return Memory{&memory{now: now, all: map[string]*kept{}}}
}

// Once is the size of what the question is answered with.
func (m Memory) Once(ctx context.Context, question string, answer func() []byte) int {
	r, _ := m.m.once(ctx, question, func(context.Context, *kept) made {
		return made{reply{status: http.StatusOK, body: answer()}, nil, m.m.now()}
	})
	return len(r.body)
}

// Bytes are those of the answers, as counted and as they are.
func (m Memory) Bytes() (counted, held int) {
	for _, k := range m.m.all {
		held += len(k.reply.body)
	}
	return m.m.bytes, held
}
