package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// insertChunkBytes is how much of an INSERT's body is held at once.
const insertChunkBytes = 1 << 20

// insert pours the request's body into the engine and answers once it is stored.
// A body that breaks off is cancelled: nothing of its last block is stored.
func (s *server) insert(ctx context.Context, w http.ResponseWriter, q *request, user *account, mark string) error {
	s.attendant.attend()
	defer s.attendant.attend()
	session, err := s.session(q, user)
	if err != nil {
		return err
	}
	defer session.close()
	defer s.killWhenDone(ctx, mark)()
	insertion, err := session.insert(q.sql, q.format, q.params)
	if err != nil {
		return err
	}
	defer insertion.destroy()
	if err := insertion.pour(q.data); err != nil {
		insertion.cancel()
		return err
	}
	rows, bytes, err := insertion.done()
	if err != nil {
		return err
	}
	return s.answer(w, q, nil, summary{WrittenRows: rows, WrittenBytes: bytes, ReadRows: rows, ReadBytes: bytes, ResultRows: rows, ResultBytes: bytes})
}

func (i *insertion) pour(data io.Reader) error {
	chunk := make([]byte, insertChunkBytes)
	for {
		n, err := fill(data, chunk)
		if n > 0 {
			if err := i.append(chunk[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
	}
}

// fill reads until the chunk is full or the data end. Unlike io.ReadFull it keeps
// io.EOF, a complete body, apart from io.ErrUnexpectedEOF, one that broke off.
func fill(data io.Reader, chunk []byte) (n int, err error) {
	for n < len(chunk) && err == nil {
		var m int
		m, err = data.Read(chunk[n:])
		n += m
	}
	return n, err
}
