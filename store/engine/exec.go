package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// baseSettings are set on every session before the request's own: a statement
// must begin with a keyword; an INSERT is acknowledged when it is stored;
// functions that look into the process are off; the list of processes, which cuts statements
// at 100 kB by itself, has them whole, for the mark by which they are stopped is at their end.
const baseSettings = "SET implicit_select = 0, async_insert = 0, allow_introspection_functions = 0, log_queries_cut_to_length = 16777216"

// execute runs the request in a session of its own (opening one costs 0.1 ms, so
// nothing that one request sets can reach another) and answers it. An error means
// that nothing was answered yet.
func (s *server) execute(r *http.Request, w http.ResponseWriter, q *request, user *account) error {
	if q.kind == kindEmpty {
		return exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query")
	}
	if q.sql == helloQuery && q.format == "Native" { // takes no place: clients greet before they can wait for one
		return s.answer(w, q, hello(q.protocolVersion, s.version, s.timezone), summary{})
	}
	release, err := user.acquire(r.Context())
	if err != nil {
		return err
	}
	mark := "/*rolescope-" + newQueryID() + "*/"
	q.sql += "\n" + mark
	if q.kind == kindInsert {
		defer release()
		return without(s.insert(r.Context(), w, q, user, mark), "\n"+mark)
	}
	j := &job{user: user, q: q, mark: mark, release: release, over: make(chan struct{})}
	return s.ask(r.Context(), w, j)
}

// without takes what we added to the statement out of an error that quotes it, or the beginning of it.
func without(err error, added string) error {
	var exception *Exception
	if !errors.As(err, &exception) {
		return err
	}
	text := strings.ReplaceAll(exception.Text, added, "")
	if begins, _, cut := strings.Cut(added, "'"); cut { // the engine quotes no more than some bytes
		if i := strings.Index(text, begins+"'"); i >= 0 {
			rest := text[i:]
			end := strings.Index(rest, ". ")
			if end < 0 {
				end = len(rest)
			}
			text = text[:i] + rest[end:]
		}
	}
	return &Exception{exception.Code, text}
}

// session opens one with the request's database and settings.
func (s *server) session(q *request, user *account) (*session, error) {
	session, err := s.engine.open("--path=" + s.path)
	if err != nil {
		return nil, err
	}
	steps := []string{baseSettings}
	switch user.name {
	case UserWriter:
		steps = append(steps, writerPriority)
	case UserAnalyst:
		steps = append(steps, analystPriority)
	}
	if q.database != "" && q.database != "default" {
		steps = append(steps, "USE "+quoteName(q.database))
	}
	for _, setting := range q.settings {
		if user.held && (setting.name == "readonly" || isHeldLimit(setting.name)) {
			continue
		}
		steps = append(steps, "SET "+setting.name+" = "+quoteText(setting.value))
	}
	if user.held {
		steps = append(steps, s.heldSteps(q)...)
	} else if q.readonly {
		steps = append(steps, "SET readonly = 2")
	}
	for _, step := range steps {
		if err := session.run(step); err != nil {
			session.close()
			return nil, err
		}
	}
	return session, nil
}

func quoteText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

// killWhenDone stops the marked statement once ctx ends. No handle exists while
// a statement computes its first row, so it is killed by its mark, and again
// until it is over, for it may not have begun yet.
func (s *server) killWhenDone(ctx context.Context, mark string) (stop func()) {
	over := make(chan struct{})
	finished := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(finished)
		ticker := time.NewTicker(killInterval)
		defer ticker.Stop()
		for {
			s.kill(mark)
			select {
			case <-over:
				return
			case <-ticker.C:
			}
		}
	})
	return func() {
		close(over)
		if !unwatch() {
			<-finished
		}
	}
}

// kill stops the marked statement, if it has begun.
func (s *server) kill(mark string) {
	s.controlMu.Lock()
	defer s.controlMu.Unlock()
	if err := s.control.run("KILL QUERY WHERE endsWith(query, " + quoteText(mark) + ") ASYNC"); err != nil {
		s.log.Warn("kill statement", "error", err)
	}
}

// whole runs a statement in one call.
func (s *server) whole(q *request, session *session, p *pipe) error {
	r, err := session.query(q.sql, q.format, q.params)
	if err != nil {
		return err
	}
	defer r.destroy()
	return p.whole(r.bytes(), q.summary(r))
}

// stream answers a SELECT piece by piece. The first piece is held back until the
// second or the end has come, so that most errors still get their status.
func (s *server) stream(q *request, session *session, p *pipe) (err error) {
	stream, err := session.stream(q.sql, q.format, q.params)
	if err != nil {
		return err
	}
	finished := false
	defer func() { stream.close(finished) }()
	first, err := stream.fetch()
	if err != nil {
		return err
	}
	defer first.destroy()
	if len(first.bytes()) == 0 {
		finished = true
		return p.whole(s.emptyResult(q, session), q.summary(first))
	}
	piece, err := stream.fetch()
	if err != nil {
		return err
	}
	defer func() { piece.destroy() }()
	sum := q.summary(first, piece)
	if len(piece.bytes()) == 0 {
		finished = true
		return p.whole(first.bytes(), sum)
	}
	if err := p.start(sum, sizeUnknown, first.bytes()); err != nil {
		return err
	}
	for len(piece.bytes()) > 0 {
		if err := p.write(skipHeader(piece.bytes(), q.format)); err != nil {
			return err
		}
		next, err := stream.fetch()
		if err != nil {
			return err
		}
		piece.destroy()
		piece = next
	}
	finished = true
	return nil
}

// document answers a SELECT whose format is one document, such as JSON or Parquet, when it has ended: the
// engine writes it to a file, for in memory it might not fit.
func (s *server) document(q *request, session *session, mark string, p *pipe) error {
	if p.shelf != nil {
		if err := p.shelf.add(); err != nil {
			return err
		}
	}
	path := filepath.Join(s.answers, newQueryID())
	defer os.Remove(path)
	clause := "\nINTO OUTFILE " + quoteText(path) + " FORMAT " + q.format + " "
	over := s.boundDocument(path, mark, p)
	r, err := session.query(q.body+clause+q.tail+"\n"+mark, q.format, q.params)
	grown, excess := over()
	drop := func() {
		if p.shelf != nil {
			p.shelf.remove(grown)
		}
	}
	if err == nil {
		defer r.destroy()
	}
	if err = errors.Join(excess, without(err, clause)); err != nil {
		drop()
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		drop()
		return fmt.Errorf("read the answer: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		p.adopt(file, info.Size(), grown, q.summary(r))
		return nil
	}
	file.Close() //nolint:errcheck // there is nothing in it
	drop()
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return p.whole(s.emptyResult(q, session), q.summary(r)) // Native, which the library writes without columns
}

// boundDocument watches the file that the engine writes, and stops the marked statement when there is no
// room for more of it: what a format makes of a limited result can be a thousand times as long. over ends
// the watch and says how long the file was when last seen, and why it may not be longer, if so.
func (s *server) boundDocument(path, mark string, p *pipe) (over func() (grown int64, excess error)) {
	ended, watched := make(chan struct{}), make(chan struct{})
	var grown int64
	var excess error
	go func() {
		defer close(watched)
		ticker := time.NewTicker(killInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			if excess == nil {
				excess = p.room(info.Size()-grown, info.Size())
			}
			if excess != nil {
				s.kill(mark)
				continue
			}
			grown = info.Size()
		}
	}()
	return func() (int64, error) {
		close(ended)
		<-watched
		return grown, excess
	}
}
