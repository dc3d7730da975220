package engine

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// statementTimeout is how long a held user's statement may run. People wait a minute, not an hour, and
	// no question about postings needs more.
	statementTimeout = time.Minute
	// stuckGrace is how long a held user's statement may go on after its limit, or after its client left. The engine
	// looks whether to stop between two blocks, and a function over long arrays, or the end of a
	// large sort, may keep one for seconds.
	stuckGrace = 10 * time.Second
	// closeGrace is the same when the engine is closing.
	closeGrace = 2 * time.Second
	// restartDrain is how long the writer's statements may take to end when the engine is restarted for
	// one that is stuck: whole inserts, mostly. What is cut off then is as after a crash.
	restartDrain = 5 * time.Second
	// stuckTextBytes of a statement stand in the log.
	stuckTextBytes = 100
)

// job is one statement under way that answers.
type job struct {
	user    *account
	q       *request
	mark    string
	release func() // gives the place back
	// cancel stops it; its client is told the cause, if that is an *Exception.
	cancel context.CancelCauseFunc
	begun  time.Time
	over   chan struct{} // closed when the engine is done with it
}

// ask runs the job, and sends its answer while the engine makes it. It may return before the engine is
// done, when the client has left or nothing stops the statement; the place stays taken until then.
func (s *server) ask(ctx context.Context, w http.ResponseWriter, j *job) error {
	ctx, j.cancel = context.WithCancelCause(ctx)
	defer j.cancel(nil)
	j.begun = time.Now()
	p := newPipe(s.answers, nil)
	if j.user.held {
		p.shelf = s.shelf
	}
	defer p.leave()
	defer p.wake(ctx)()
	s.enter(j)
	defer s.depart(j)
	if j.user.held {
		go s.watch(ctx, j)
	}
	go func() {
		err := s.run(ctx, j, p)
		j.release() // before the client knows, who may ask again at once
		close(j.over)
		p.end(err)
		s.depart(j)
	}()
	j.q.stopProgress = s.tellProgress(w, j.q.progress, j.mark)
	defer func() { j.q.stopProgress() }()
	head, err := p.begun(ctx)
	if err != nil {
		return err
	}
	return s.send(ctx, w, j, p, head)
}

// run is the engine's side of a job.
func (s *server) run(ctx context.Context, j *job, p *pipe) error {
	session, err := s.session(j.q, j.user)
	if err != nil {
		return err
	}
	defer session.close()
	defer s.killWhenDone(ctx, j.mark)()
	switch {
	case j.q.kind == kindSelect && !j.q.reaches && j.q.streams():
		err = s.stream(j.q, session, p)
	case j.q.kind == kindSelect && !j.q.reaches:
		err = s.document(j.q, session, j.mark, p)
	default:
		err = s.whole(j.q, session, p)
	}
	if j.user.held {
		err = hideFiles(j.q, err)
	}
	return without(err, "\n"+j.mark)
}

// enter has the job known until both sides of it have departed.
func (s *server) enter(j *job) {
	s.jobsMu.Lock()
	defer s.jobsMu.Unlock()
	s.jobs[j] = 2
	if s.ending != nil && j.user.held {
		j.cancel(s.ending)
	}
}

func (s *server) depart(j *job) {
	s.jobsMu.Lock()
	defer s.jobsMu.Unlock()
	if s.jobs[j]--; s.jobs[j] == 0 {
		delete(s.jobs, j)
	}
}

// watch reports a job that nothing stops.
func (s *server) watch(ctx context.Context, j *job) {
	timer := time.NewTimer(s.timeout(j.q) + s.grace)
	defer timer.Stop()
	select {
	case <-j.over:
		return
	case <-timer.C:
	case <-ctx.Done():
		timer.Reset(s.grace)
		select {
		case <-j.over:
			return
		case <-timer.C:
		}
	}
	select {
	case s.stuck <- j:
	default: // the engine ends for another
	}
}

// leave stops the statements of held users and takes no more of them, because the engine is ended: for
// one that is stuck, or, with nil, because it is closed.
func (s *server) leave(stuck *job) {
	cause := exceptionf(codeAborted, "ABORTED", "The engine is being closed")
	if stuck != nil {
		cause = exceptionf(codeAborted, "ABORTED", "The engine is being restarted, because nothing else stops another statement. Ask again")
	}
	s.jobsMu.Lock()
	defer s.jobsMu.Unlock()
	s.ending = cause
	for j := range s.jobs {
		switch {
		case j == stuck:
			j.cancel(exceptionf(codeTimeout, "TIMEOUT_EXCEEDED", "Timeout exceeded: the statement took no notice of its limit, so the engine is being restarted to stop it. Ask for less at once: a function over shorter arrays, fewer rows"))
		case j.user.held:
			j.cancel(cause)
		}
	}
}

// idle reports whether the engine is done with every job within d.
func (s *server) idle(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	s.jobsMu.Lock()
	var left []*job
	for j := range s.jobs {
		left = append(left, j)
	}
	s.jobsMu.Unlock()
	for _, j := range left {
		select {
		case <-j.over:
		case <-timer.C:
			return false
		}
	}
	return true
}

// excerpt is the beginning of the job's statement for a log, without its texts, which may be anybody's.
func (j *job) excerpt() string {
	var b strings.Builder
	l := &lexer{src: j.q.sql}
	end := 0
	for t := l.next(); t.kind != tokenEnd && b.Len() < stuckTextBytes; t = l.next() {
		if t.start > end {
			b.WriteByte(' ')
		}
		if end = t.end; t.kind == tokenText || t.kind == tokenBroken {
			b.WriteString("'...'")
			continue
		}
		b.WriteString(l.text(t))
	}
	return strings.Trim(strconv.QuoteToGraphic(b.String()[:min(b.Len(), stuckTextBytes)]), `"`)
}

// leftBehind is an error that only says that the client has left.
func leftBehind(err error) bool {
	return errors.Is(err, errLeft) || errors.Is(err, context.Canceled)
}
