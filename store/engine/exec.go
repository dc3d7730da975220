package engine

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// baseSettings are set on every session before the request's own: a statement
// must begin with a keyword; an INSERT is acknowledged when it is stored;
// functions that look into the process are off.
const baseSettings = "SET implicit_select = 0, async_insert = 0, allow_introspection_functions = 0"

// execute runs the request in a session of its own (opening one costs 0.1 ms, so
// nothing that one request sets can reach another) and answers it. An error means
// that nothing was answered yet.
func (s *server) execute(ctx context.Context, w http.ResponseWriter, q *request, user string) error {
	if q.kind == kindEmpty {
		return exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query")
	}
	if q.sql == helloQuery && q.format == "Native" {
		return s.answer(w, q, hello(q.protocolVersion, s.version, s.timezone), summary{})
	}
	session, err := s.session(q, user)
	if err != nil {
		return err
	}
	defer session.close()
	mark := "/*rolescope-" + newQueryID() + "*/"
	q.sql += "\n" + mark
	watch := s.killWhenDone(ctx, mark)
	defer watch()
	if q.kind != kindInsert { // its body comes meanwhile, and clients look for answers only when it is sent
		q.stopProgress = s.tellProgress(w, q.progress, mark)
	}
	defer func() { q.stopProgress() }()
	switch {
	case q.kind == kindInsert:
		err = s.insert(w, q, session)
	case q.kind == kindSelect && !q.reaches && q.streams():
		err = s.stream(w, q, session)
	case q.kind == kindSelect && !q.reaches:
		err = s.spool(w, q, session, mark)
	default:
		err = s.whole(w, q, session)
	}
	if user == UserAnalyst {
		err = hideFiles(q, err)
	}
	return without(err, "\n"+mark)
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
func (s *server) session(q *request, user string) (*session, error) {
	session, err := s.engine.open("--path=" + s.path)
	if err != nil {
		return nil, err
	}
	steps := []string{baseSettings}
	if q.database != "" && q.database != "default" {
		steps = append(steps, "USE "+quoteName(q.database))
	}
	for _, setting := range q.settings {
		if user == UserAnalyst && (setting.name == "readonly" || isAnalystLimit(setting.name)) {
			continue
		}
		steps = append(steps, "SET "+setting.name+" = "+quoteText(setting.value))
	}
	if user == UserAnalyst {
		steps = append(steps, analystSteps(q)...)
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
// until the handler has returned, for it may not have begun yet.
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

// whole runs a statement in one call and answers with its whole output.
func (s *server) whole(w http.ResponseWriter, q *request, session *session) error {
	r, err := session.query(q.sql, q.format, q.params)
	if err != nil {
		return err
	}
	defer r.destroy()
	return s.answer(w, q, r.bytes(), q.summary(r))
}

// stream answers a SELECT piece by piece. The first piece is held back until the
// second or the end has come, so that most errors still get their status.
func (s *server) stream(w http.ResponseWriter, q *request, session *session) (err error) {
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
		return s.answer(w, q, s.emptyResult(q, session), q.summary(first))
	}
	second, err := stream.fetch()
	if err != nil {
		return err
	}
	sum := q.summary(first, second)
	if len(second.bytes()) == 0 {
		second.destroy()
		finished = true
		return s.answer(w, q, first.bytes(), sum)
	}
	out, err := s.begin(w, q, sum, sizeUnknown)
	if err != nil {
		second.destroy()
		return err
	}
	if _, err := out.Write(first.bytes()); err != nil {
		second.destroy()
		return nil // the client left
	}
	finished = s.rest(out, q, stream, second)
	return nil
}

// rest sends the pieces from the second on. It reports whether the stream ended by itself.
func (s *server) rest(out *output, q *request, stream *stream, piece result) (finished bool) {
	for {
		bytes := piece.bytes()
		if len(bytes) == 0 {
			piece.destroy()
			out.Close() //nolint:errcheck // the client left
			return true
		}
		_, err := out.Write(skipHeader(bytes, q.format))
		piece.destroy()
		if err != nil {
			return false
		}
		if piece, err = stream.fetch(); err != nil {
			out.breakOff(err)
			return false
		}
	}
}
