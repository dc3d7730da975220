package engine

import (
	"sync"
	"time"
)

const (
	// attendance is how long after the pipeline's last insert analysts' statements go on giving way. Between
	// two batches it parses, tags and publishes, which needs the processors as much as the insert did.
	attendance = 2 * time.Second
	// attendQuery never ends by itself, and costs nothing: the engine makes some blocks and waits until
	// somebody fetches them.
	attendQuery = "SELECT number FROM system.numbers"
)

// attendant keeps a statement of the writer's priority under way while the pipeline inserts, so that
// analysts' statements give way between its statements too.
type attendant struct {
	open func() (stop func(), err error) // begins and ends the statement
	fail func(error)

	mu     sync.Mutex
	over   func()      // ends the statement under way; nil without one
	timer  *time.Timer // that ends it
	closed bool
}

// attend notes an insert: from now on, for some time, the statement is under way.
func (a *attendant) attend() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	if a.over != nil {
		a.timer.Reset(attendance)
		return
	}
	over, err := a.open()
	if err != nil { // the insert goes on: it only costs speed
		a.fail(err)
		return
	}
	a.over = over
	if a.timer == nil {
		a.timer = time.AfterFunc(attendance, a.rest)
	} else {
		a.timer.Reset(attendance)
	}
}

// rest ends the statement.
func (a *attendant) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over != nil {
		a.over()
		a.over = nil
	}
}

// close ends the statement for good.
func (a *attendant) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.rest()
}

// present begins the statement that analysts' statements give way to.
func (s *server) present() (stop func(), err error) {
	session, err := s.session(&request{}, s.accounts[UserWriter])
	if err != nil {
		return nil, err
	}
	stream, err := session.stream(attendQuery, "RowBinary", nil)
	if err != nil {
		session.close()
		return nil, err
	}
	end := func() {
		stream.close(false)
		session.close()
	}
	piece, err := stream.fetch() // one that was never asked for anything cannot be cancelled
	if err != nil {
		end()
		return nil, err
	}
	piece.destroy()
	return end, nil
}
