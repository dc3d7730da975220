package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// exceptionBytesMax bounds the framed exception at an answer's end: clients look no further back.
const exceptionBytesMax = 15 << 10

// send sends an answer to its client as the engine makes it, or has made it.
func (s *server) send(ctx context.Context, w http.ResponseWriter, j *job, p *pipe, head head) error {
	out, err := s.begin(w, j.q, head.sum, head.size)
	if err != nil {
		return err
	}
	var until time.Time
	if j.user.held {
		until = time.Now().Add(readMax)
		out.wire.until = until
	}
	defer context.AfterFunc(ctx, out.wire.cut)()
	for {
		b, err := p.next(ctx)
		if errors.Is(err, io.EOF) {
			out.Close() //nolint:errcheck // the client left
			return nil
		}
		if err == nil && !until.IsZero() && time.Now().After(until) {
			out.wire.until = time.Time{}
			err = exceptionf(codeTimeout, "TIMEOUT_EXCEEDED", "Timeout exceeded: an answer has to be read within %s", readMax)
		}
		if err == nil {
			_, err = out.Write(b)
			if errors.Is(err, http.ErrBodyNotAllowed) { // HEAD
				return nil
			}
			if err != nil { // the client left, or does not read: it must not take the part for the whole
				panic(http.ErrAbortHandler)
			}
			continue
		}
		if leftBehind(err) {
			panic(http.ErrAbortHandler)
		}
		out.breakOff(err)
	}
}

// onlyReader keeps io.Copy from going past output's time limits.
type onlyReader struct{ io.Reader }

// emptyResult gives an empty Native answer its columns.
func (s *server) emptyResult(q *request, session *session) []byte {
	if q.format != "Native" {
		return nil
	}
	r, err := session.query("DESCRIBE TABLE ("+q.body+"\n)", "JSONCompactEachRow", q.params)
	if err != nil { // then without columns, as the engine has it
		s.log.Debug("describe empty result", "error", err)
		return nil
	}
	defer r.destroy()
	var columns [][2]string
	decoder := json.NewDecoder(bytes.NewReader(r.bytes()))
	for {
		var row []any
		if err := decoder.Decode(&row); errors.Is(err, io.EOF) {
			return emptyNative(columns)
		} else if err != nil || len(row) < 2 {
			return nil
		}
		columns = append(columns, [2]string{fmt.Sprint(row[0]), fmt.Sprint(row[1])})
	}
}

// answer sends a whole output at once.
func (s *server) answer(w http.ResponseWriter, q *request, body []byte, sum summary) error {
	out, err := s.begin(w, q, sum, int64(len(body)))
	if err != nil {
		return err
	}
	if _, err := out.Write(body); err == nil {
		out.Close() //nolint:errcheck // the client left
	}
	return nil
}

// sizeUnknown is the size of an answer that is sent as it is made.
const sizeUnknown = -1

// begin sets the headers of an answer of so many bytes.
func (s *server) begin(w http.ResponseWriter, q *request, sum summary, size int64) (*output, error) {
	q.stopProgress()
	h := w.Header()
	out := &output{wire: &steadyWriter{w: w, control: http.NewResponseController(w)}, tag: strings.ReplaceAll(newQueryID(), "-", "")[:16]}
	var err error
	if out.stages, err = q.packing.pack(out.wire); err != nil {
		return nil, err
	}
	if len(out.stages) == 0 && size != sizeUnknown {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	if q.packing.content != "" {
		h.Set("Content-Encoding", q.packing.content)
	}
	h.Set("Content-Type", contentType(q.format))
	setHeader(h, headerFormat, q.format)
	setHeader(h, headerTag, out.tag)
	sum.ElapsedNS = uint64(time.Since(q.begun))
	if text, err := json.Marshal(sum); err == nil {
		setHeader(h, headerSummary, string(text))
	}
	return out, nil
}

// Names of ClickHouse's headers, spelled as it spells them: some scripts care.
const (
	headerCode     = "X-ClickHouse-Exception-Code"
	headerFormat   = "X-ClickHouse-Format"
	headerName     = "X-ClickHouse-Server-Display-Name"
	headerQueryID  = "X-ClickHouse-Query-Id"
	headerProgress = "X-ClickHouse-Progress"
	headerSummary  = "X-ClickHouse-Summary"
	headerTag      = "X-ClickHouse-Exception-Tag"
	headerZone     = "X-ClickHouse-Timezone"
)

// setHeader is Header.Set without Go's own spelling.
func setHeader(h http.Header, name, value string) { h[name] = []string{value} }

// summary tells what a statement has read and written when its answer begins, as ClickHouse does:
// all of it where the answer is sent whole, the first blocks of it where it is streamed.
type summary struct {
	ReadRows        uint64 `json:"read_rows,string"`
	ReadBytes       uint64 `json:"read_bytes,string"`
	WrittenRows     uint64 `json:"written_rows,string"`
	WrittenBytes    uint64 `json:"written_bytes,string"`
	TotalRowsToRead uint64 `json:"total_rows_to_read,string"`
	ResultRows      uint64 `json:"result_rows,string"`
	ResultBytes     uint64 `json:"result_bytes,string"`
	ElapsedNS       uint64 `json:"elapsed_ns,string"`
}

// summary of a statement's results so far.
func (q *request) summary(results ...result) (sum summary) {
	for _, r := range results {
		sum.ReadRows += r.lib.storageRows(r.handle)
		sum.ReadBytes += r.lib.storageBytes(r.handle)
		sum.WrittenRows += r.lib.rowsWritten(r.handle)
		sum.WrittenBytes += r.lib.bytesWritten(r.handle)
		if q.kind == kindSelect {
			sum.ResultRows += r.lib.rowsRead(r.handle)
			sum.ResultBytes += r.lib.bytesRead(r.handle)
		}
	}
	return sum
}

// output is an answer under way: what is written goes through the stages of compression, last to first.
type output struct {
	wire   *steadyWriter
	stages []packer
	tag    string
}

func (o *output) Write(p []byte) (int, error) {
	if n := len(o.stages); n > 0 {
		return o.stages[n-1].Write(p)
	}
	return o.wire.Write(p)
}

// Close ends the stages; without it, no client takes the answer for whole.
func (o *output) Close() error {
	for i := len(o.stages) - 1; i >= 0; i-- {
		if err := o.stages[i].Close(); err != nil {
			return err
		}
	}
	return nil
}

// breakOff ends an answer that had begun: ClickHouse's framed exception, which
// its clients look for, and then a broken connection, so that no client takes
// the part for the whole. It stands in a block of its own that is not compressed.
func (o *output) breakOff(err error) {
	text := err.Error()
	text = text[:min(len(text), exceptionBytesMax)]
	for i := len(o.stages) - 1; i >= 0; i-- {
		o.stages[i].Flush() //nolint:errcheck // it breaks anyway
		if blocks, ok := o.stages[i].(*blockWriter); ok {
			blocks.method = methodNone
		}
	}
	fmt.Fprintf(o, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", o.tag, text, len(text)+1, o.tag)
	for i := len(o.stages) - 1; i >= 0; i-- {
		o.stages[i].Flush() //nolint:errcheck // it breaks anyway
	}
	o.wire.control.Flush() //nolint:errcheck // it breaks anyway
	panic(http.ErrAbortHandler)
}

// writeBytes is how much must get through within stallTimeout.
const writeBytes = 1 << 20

// cutTimeout is how long an answer that was cut off may take to say so.
const cutTimeout = time.Second

// steadyWriter sends what is written in pieces that each have their own time limit, or all until a time.
type steadyWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	until   time.Time

	mu   sync.Mutex
	ends time.Time // no later than this, if set
}

// cut has whoever writes, even to a client that does not read, end soon.
func (s *steadyWriter) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = time.Now().Add(cutTimeout)
	s.control.SetWriteDeadline(s.ends) //nolint:errcheck // the connection is gone then
}

func (s *steadyWriter) limit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.until
	if at.IsZero() {
		at = time.Now().Add(stallTimeout)
	}
	if !s.ends.IsZero() && s.ends.Before(at) {
		at = s.ends
	}
	return s.control.SetWriteDeadline(at)
}

func (s *steadyWriter) Write(p []byte) (sent int, err error) {
	for sent < len(p) {
		if err := s.limit(); err != nil {
			return sent, err
		}
		n, err := s.w.Write(p[sent:min(len(p), sent+writeBytes)])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}
