package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is the C interface of libchdb, bound without cgo. Every handle it
// gives out must be destroyed; the wrappers below keep to the rule "whoever
// gets a handle destroys it on every path".
//
// All calls block their OS thread until the engine answers.
type library struct {
	setSignalHandlers func(enabled int32)
	version           func() string
	connect           func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn         func(conn unsafe.Pointer)
	shutdown          func() int32

	queryParams  func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	streamParams func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	streamFetch  func(conn, stream unsafe.Pointer) unsafe.Pointer
	streamCancel func(conn, stream unsafe.Pointer)

	insertParams  func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) unsafe.Pointer
	insertAppend  func(stream, data unsafe.Pointer, length uintptr) int32
	insertDone    func(stream unsafe.Pointer) unsafe.Pointer
	insertCancel  func(stream unsafe.Pointer)
	insertError   func(stream unsafe.Pointer) string
	destroyInsert func(stream unsafe.Pointer)

	resultBuffer  func(result unsafe.Pointer) unsafe.Pointer
	resultLength  func(result unsafe.Pointer) uintptr
	resultError   func(result unsafe.Pointer) string
	rowsWritten   func(result unsafe.Pointer) uint64
	bytesWritten  func(result unsafe.Pointer) uint64
	rowsRead      func(result unsafe.Pointer) uint64
	bytesRead     func(result unsafe.Pointer) uint64
	storageRows   func(result unsafe.Pointer) uint64
	storageBytes  func(result unsafe.Pointer) uint64
	destroyResult func(result unsafe.Pointer)
}

// loadLibrary maps the engine into this process, once, and keeps the engine
// from installing signal handlers of its own: they would fight the Go runtime.
func loadLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library %s: %w", path, err)
	}
	l := &library{}
	for name, fn := range map[string]any{
		"chdb_set_signal_handlers_enabled": &l.setSignalHandlers,
		"chdb_version":                     &l.version,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_shutdown":                    &l.shutdown,
		"chdb_query_with_params_n":         &l.queryParams,
		"chdb_stream_query_with_params_n":  &l.streamParams,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_stream_insert_with_params_n": &l.insertParams,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_cancel_insert":        &l.insertCancel,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.destroyInsert,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_error":                &l.resultError,
		"chdb_result_rows_written":         &l.rowsWritten,
		"chdb_result_bytes_written":        &l.bytesWritten,
		"chdb_result_rows_read":            &l.rowsRead,
		"chdb_result_bytes_read":           &l.bytesRead,
		"chdb_result_storage_rows_read":    &l.storageRows,
		"chdb_result_storage_bytes_read":   &l.storageBytes,
		"chdb_destroy_query_result":        &l.destroyResult,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("find %s in %s (is it libchdb %s?): %w", name, path, Version, err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	l.setSignalHandlers(0)
	return l, nil
}

// session is one connection of the engine. It runs one statement at a time;
// the caller serialises.
type session struct {
	lib *library
	// handle is what chdb_connect returned: a pointer to the connection.
	handle unsafe.Pointer
}

// open connects to the data directory. All sessions of a process must name the same one.
func (l *library) open(args ...string) (*session, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]unsafe.Pointer, 0, len(args)+2)
	for _, arg := range append([]string{"clickhouse"}, args...) {
		text := append([]byte(arg), 0)
		pin.Pin(&text[0])
		argv = append(argv, unsafe.Pointer(&text[0]))
	}
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	handle := l.connect(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	if handle == nil || *(*unsafe.Pointer)(handle) == nil {
		return nil, fmt.Errorf("open engine session with %q: the engine gave no connection", args)
	}
	return &session{lib: l, handle: handle}, nil
}

func (s *session) conn() unsafe.Pointer { return *(*unsafe.Pointer)(s.handle) }

func (s *session) close() {
	if s.handle != nil {
		s.lib.closeConn(s.handle)
		s.handle = nil
	}
}

// param is one {name:Type} value in the engine's escaped text form (the form
// that ClickHouse's HTTP interface takes for param_name).
type param struct{ name, value string }

// call is the memory of one statement's arguments, held still while C reads it.
type call struct {
	pin                                runtime.Pinner
	sql, format                        unsafe.Pointer
	names, nameLens, values, valueLens unsafe.Pointer
	sqlLen, formatLen, count           uintptr
}

func newCall(sql, format string, params []param) *call {
	c := &call{sqlLen: uintptr(len(sql)), formatLen: uintptr(len(format)), count: uintptr(len(params))}
	c.sql, c.format = c.text(sql), c.text(format)
	if len(params) == 0 {
		return c
	}
	names, values := make([]unsafe.Pointer, len(params)), make([]unsafe.Pointer, len(params))
	nameLens, valueLens := make([]uintptr, len(params)), make([]uintptr, len(params))
	for i, p := range params {
		names[i], nameLens[i] = c.text(p.name), uintptr(len(p.name))
		values[i], valueLens[i] = c.text(p.value), uintptr(len(p.value))
	}
	c.pin.Pin(&names[0])
	c.pin.Pin(&values[0])
	c.pin.Pin(&nameLens[0])
	c.pin.Pin(&valueLens[0])
	c.names, c.values = unsafe.Pointer(&names[0]), unsafe.Pointer(&values[0])
	c.nameLens, c.valueLens = unsafe.Pointer(&nameLens[0]), unsafe.Pointer(&valueLens[0])
	return c
}

// text pins a copy that ends in NUL, so that an empty string is a valid pointer too.
func (c *call) text(s string) unsafe.Pointer {
	b := append([]byte(s), 0)
	c.pin.Pin(&b[0])
	return unsafe.Pointer(&b[0])
}

// result is a chunk of formatted output, owned by the engine until destroy.
type result struct {
	lib    *library
	handle unsafe.Pointer
}

// bytes is valid until destroy.
func (r result) bytes() []byte {
	n := r.lib.resultLength(r.handle)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.handle)), n)
}

func (r result) err() error {
	if text := r.lib.resultError(r.handle); text != "" {
		return parseException(text)
	}
	return nil
}

func (r result) destroy() {
	if r.handle != nil {
		r.lib.destroyResult(r.handle)
	}
}

var errNoResult = errors.New("the engine gave no result handle")

// query runs one statement and returns its whole output. The caller destroys the result.
func (s *session) query(sql, format string, params []param) (result, error) {
	c := newCall(sql, format, params)
	defer c.pin.Unpin()
	h := s.lib.queryParams(s.conn(), c.sql, c.sqlLen, c.format, c.formatLen, c.names, c.nameLens, c.values, c.valueLens, c.count)
	return s.checked(h)
}

// run executes a statement whose output is not wanted.
func (s *session) run(sql string) error {
	r, err := s.query(sql, "Null", nil)
	if err != nil {
		return err
	}
	r.destroy()
	return nil
}

func (s *session) checked(handle unsafe.Pointer) (result, error) {
	if handle == nil {
		return result{}, errNoResult
	}
	r := result{lib: s.lib, handle: handle}
	if err := r.err(); err != nil {
		r.destroy()
		return result{}, err
	}
	return r, nil
}

// stream is a SELECT whose output is fetched in pieces.
type stream struct {
	session *session
	handle  result
}

func (s *session) stream(sql, format string, params []param) (*stream, error) {
	c := newCall(sql, format, params)
	defer c.pin.Unpin()
	h := s.lib.streamParams(s.conn(), c.sql, c.sqlLen, c.format, c.formatLen, c.names, c.nameLens, c.values, c.valueLens, c.count)
	r, err := s.checked(h)
	if err != nil {
		return nil, err
	}
	return &stream{session: s, handle: r}, nil
}

// fetch returns the next piece; one without bytes and rows is the end. The caller destroys it.
func (s *stream) fetch() (result, error) {
	return s.session.checked(s.session.lib.streamFetch(s.session.conn(), s.handle.handle))
}

// close ends the query wherever it stands and frees it.
func (s *stream) close(finished bool) {
	if !finished {
		s.session.lib.streamCancel(s.session.conn(), s.handle.handle)
	}
	s.handle.destroy()
}

// insertion is an INSERT whose data arrive in pieces.
type insertion struct {
	lib    *library
	handle unsafe.Pointer
}

// insert begins an INSERT; sql carries neither FORMAT clause nor data. The caller calls destroy.
func (s *session) insert(sql, format string, params []param) (*insertion, error) {
	c := newCall(sql, format, params)
	defer c.pin.Unpin()
	h := s.lib.insertParams(s.conn(), c.sql, c.sqlLen, c.format, c.formatLen, c.names, c.nameLens, c.values, c.valueLens, c.count)
	if h == nil {
		return nil, errNoResult
	}
	i := &insertion{lib: s.lib, handle: h}
	if err := i.err(); err != nil {
		i.destroy()
		return nil, err
	}
	return i, nil
}

func (i *insertion) err() error {
	if text := i.lib.insertError(i.handle); text != "" {
		return parseException(text)
	}
	return nil
}

// append copies the chunk into the engine and may block while the engine is behind.
func (i *insertion) append(chunk []byte) error {
	if len(chunk) == 0 {
		return nil
	}
	state := i.lib.insertAppend(i.handle, unsafe.Pointer(&chunk[0]), uintptr(len(chunk)))
	runtime.KeepAlive(chunk)
	if state == 0 {
		return nil
	}
	if err := i.err(); err != nil {
		return err
	}
	return errors.New("append to insert: the engine refused the data without a reason")
}

// done commits. It returns the written rows and bytes.
func (i *insertion) done() (rows, bytes uint64, err error) {
	h := i.lib.insertDone(i.handle)
	if h == nil {
		return 0, 0, errNoResult
	}
	r := result{lib: i.lib, handle: h}
	defer r.destroy()
	if err := r.err(); err != nil {
		return 0, 0, err
	}
	return i.lib.rowsWritten(h), i.lib.bytesWritten(h), nil
}

func (i *insertion) cancel()  { i.lib.insertCancel(i.handle) }
func (i *insertion) destroy() { i.lib.destroyInsert(i.handle) }
