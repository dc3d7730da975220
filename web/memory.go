package web

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Limits on the memory of answers: the same page asked by many at once, or again by the impatient,
// is made once, and one that would be the same again (see follow.go) is not made again.
const (
	// memoryAge is how long an answer is given without a look whether anything was stored: crawls change
	// pages by the hour, so some seconds make none of them old.
	memoryAge = 5 * time.Second
	// keptMax answers of keptBytesMax in all bound what is held, 64 MiB with what is noted of each. An answer
	// of more than answerBytesMax, which no page of ours has, is not kept.
	keptMax        = 512
	keptBytesMax   = 48 << 20
	answerBytesMax = 4 << 20
)

// reply is a whole answer that only has to be written.
type reply struct {
	status int
	kind   string // media type
	body   []byte
	retry  bool // soon: all turns were taken
}

func (a reply) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	if a.retry {
		h.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a reader who left is nobody's error
}

type wantedKey struct{}

// memory holds answers by the question. Readers of one that is being made wait for it together.
type memory struct {
	now   func() time.Time
	mu    sync.Mutex
	all   map[string]*kept
	bytes int   // of the answers that are held
	uses  int64 // counted, to tell which was used last
}

// kept is an answer, made or being made.
type kept struct {
	done    chan struct{} // closed when there is a reply
	reply   reply
	basis   *basis          // what it depends on; nil: not known
	at      time.Time       // when it was seen to hold
	used    int64           // the last of uses
	before  *kept           // while it is being made: the answer that it takes the place of, which may still hold
	readers int             // who wait for it
	wanted  chan struct{}   // closed when one of them is not Warm
	ctx     context.Context // of the work: it ends when no reader is left
	cancel  context.CancelFunc
}

// once is the answer that is remembered, or being made for somebody else, or else made now. It is
// false for a reader who left meanwhile.
func (m *memory) once(ctx context.Context, question string, answer func(context.Context, *kept) made) (reply, bool) {
	k, first := m.join(ctx, question)
	unhook := context.AfterFunc(ctx, func() { m.leave(question, k) })
	defer unhook()
	if first {
		m.work(question, k, answer)
	}
	select {
	case <-k.done:
		return k.reply, true
	case <-ctx.Done():
		return reply{}, false
	}
}

// made is an answer with what it depends on and when it was seen to hold.
type made struct {
	reply
	basis *basis
	at    time.Time
}

// join counts a reader; first is who has to make the answer.
func (m *memory) join(ctx context.Context, question string) (k *kept, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uses++
	k, ok := m.all[question]
	first = !ok || m.old(k)
	if first {
		k = &kept{done: make(chan struct{}), wanted: make(chan struct{}), before: k}
		k.ctx, k.cancel = context.WithCancel(context.WithValue(context.WithoutCancel(ctx), wantedKey{}, k.wanted))
		m.all[question] = k
	}
	k.readers++
	k.used = m.uses
	if !isWarm(ctx) && !k.isWanted() {
		close(k.wanted)
	}
	return k, first
}

func (k *kept) isWanted() bool {
	select {
	case <-k.wanted:
		return true
	default:
		return false
	}
}

// leave ends the work for which nobody waits any more.
func (m *memory) leave(question string, k *kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k.readers--; k.readers == 0 && !k.made() {
		k.cancel()
		m.restore(question, k)
	}
}

// work makes the answer. When that panics, who waits for it gets an error too.
func (m *memory) work(question string, k *kept, answer func(context.Context, *kept) made) {
	out := made{reply: reply{status: http.StatusInternalServerError, kind: plainText, body: []byte("This answer could not be made. The log says why.\n")}}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		k.cancel()
		k.ctx = nil // it holds the request
		k.reply, k.basis, k.at = out.reply, out.basis, out.at
		close(k.done)
		switch {
		case m.all[question] != k: // forgotten meanwhile
		case k.reply.status != http.StatusOK || len(k.reply.body) > answerBytesMax:
			m.restore(question, k)
		default:
			m.bytes += len(k.reply.body) - k.before.size()
			k.before = nil
		}
		m.tidy()
	}()
	out = answer(k.ctx, k.before)
}

// size is what an answer counts for; of one that is being made it is that of the one before.
func (k *kept) size() int {
	if k == nil {
		return 0
	}
	if k.before != nil {
		return len(k.before.reply.body)
	}
	if !k.made() {
		return 0
	}
	return len(k.reply.body)
}

// tidy forgets those used least recently while too much is held. What is old stays: it may still hold.
func (m *memory) tidy() {
	for m.bytes > keptBytesMax || len(m.all) > keptMax {
		last := ""
		for question, k := range m.all {
			if k.made() && (last == "" || k.used < m.all[last].used) {
				last = question
			}
		}
		if last == "" {
			return
		}
		m.bytes -= m.all[last].size()
		delete(m.all, last)
	}
}

// clear forgets every answer; what is being made is still given to who waits for it.
func (m *memory) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.all)
	m.bytes = 0
}

// restore puts the answer before k back, which is not given unless it is seen to hold.
func (m *memory) restore(question string, k *kept) {
	switch {
	case m.all[question] != k:
	case k.before != nil:
		m.all[question], k.before = k.before, nil
	default:
		delete(m.all, question)
	}
}

// old reports whether an answer may not be given without a look; one that is being made may.
func (m *memory) old(k *kept) bool {
	now := m.now()
	age := now.Sub(k.at)
	return k.made() && (age > memoryAge || age < 0 || k.basis.over(now))
}

func (k *kept) made() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// remembered answers with what is remembered of the same address, if it is what would be answered now.
func (s *server) remembered(answer func(context.Context, *http.Request) reply, wrong func(*http.Request, error) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if !isWarm(ctx) { // who waits for what Warm has begun has no more patience than others
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, statesTimeout+turnTimeout+answerTimeout)
			defer cancel()
		}
		question := r.URL.Path + "?" + r.URL.Query().Encode()
		a, ok := s.memory.once(ctx, question, func(ctx context.Context, before *kept) made {
			return s.again(ctx, before, func(ctx context.Context) reply { return answer(ctx, r) })
		})
		if !ok && r.Context().Err() == nil {
			a, ok = wrong(r, ctx.Err()), true
		}
		if ok {
			a.write(w)
		}
	}
}
