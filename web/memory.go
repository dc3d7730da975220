package web

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Limits on the memory of answers: the same page asked by many at once, or again by the impatient,
// is made once. Crawls change pages by the hour, so some seconds make none of them old.
const (
	memoryAge = 5 * time.Second
	// keptMax answers of at most keptBytesMax each bound what is held at 16 MiB. The largest page of
	// two years of weeks is a fifth of that; an answer of the API that is larger is not kept.
	keptMax      = 32
	keptBytesMax = 512 << 10
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

// memory holds answers by the question. Readers of one that is being made wait for it together.
type memory struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*kept
}

// kept is an answer, made or being made.
type kept struct {
	done    chan struct{} // closed when there is a reply
	reply   reply
	at      time.Time       // when it was done
	readers int             // who wait for it
	ctx     context.Context // of the work: it ends when no reader is left
	cancel  context.CancelFunc
}

// once is the answer that is remembered, or being made for somebody else, or else made now. It is
// false for a reader who left meanwhile.
func (m *memory) once(ctx context.Context, question string, answer func(context.Context) reply) (reply, bool) {
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

// join counts a reader; first is who has to make the answer.
func (m *memory) join(ctx context.Context, question string) (k *kept, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.all[question]
	if ok && !m.old(k) {
		k.readers++
		return k, false
	}
	k = &kept{done: make(chan struct{}), readers: 1}
	k.ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	m.all[question] = k
	return k, true
}

// leave ends the work for which nobody waits any more.
func (m *memory) leave(question string, k *kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k.readers--; k.readers == 0 && !k.made() {
		k.cancel()
		m.forget(question, k)
	}
}

// work makes the answer. When that panics, who waits for it gets an error too.
func (m *memory) work(question string, k *kept, answer func(context.Context) reply) {
	k.reply = reply{status: http.StatusInternalServerError, kind: plainText, body: []byte("This answer could not be made. The log says why.\n")}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		k.cancel()
		k.at = m.now()
		close(k.done)
		if k.reply.status != http.StatusOK || len(k.reply.body) > keptBytesMax {
			m.forget(question, k)
		}
		m.tidy()
	}()
	k.reply = answer(k.ctx)
}

// tidy forgets what is old and, of more than keptMax, the oldest.
func (m *memory) tidy() {
	made, oldest := 0, ""
	for question, k := range m.all {
		switch {
		case !k.made():
		case m.old(k):
			delete(m.all, question)
		default:
			if made++; made == 1 || k.at.Before(m.all[oldest].at) {
				oldest = question
			}
		}
	}
	if made > keptMax {
		delete(m.all, oldest)
	}
}

// clear forgets every answer; what is being made is still given to who waits for it.
func (m *memory) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.all)
}

func (m *memory) forget(question string, k *kept) {
	if m.all[question] == k {
		delete(m.all, question)
	}
}

// old reports whether an answer may not be given any more; one that is being made may.
func (m *memory) old(k *kept) bool {
	age := m.now().Sub(k.at)
	return k.made() && (age > memoryAge || age < 0)
}

func (k *kept) made() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// remembered answers with what is remembered of the same address.
func (s *server) remembered(answer func(context.Context, *http.Request) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		question := r.URL.Path + "?" + r.URL.Query().Encode()
		if a, ok := s.memory.once(r.Context(), question, func(ctx context.Context) reply { return answer(ctx, r) }); ok {
			a.write(w)
		}
	}
}
