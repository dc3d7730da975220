package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// account is a user of the endpoint.
type account struct {
	name   string
	secret [32]byte // hash of the password
	// held says that it may only read, within limits.
	held bool
	// places are its statements under way; more wait.
	places chan struct{}
	// until is when it may ask again; see Engine.hold.
	until time.Time
}

const (
	// writerPlaces is how many of the pipeline's statements run at once.
	writerPlaces = 16
	// readerPlaces: one for a page of the dashboard and one for the person at the prompt.
	readerPlaces = 2
	// placeWait is how long a statement waits for a place.
	placeWait = 30 * time.Second
)

// analystPlaces is how many statements of analysts run at once, each on one thread. Half of the
// processors, and no more than four, leave the pipeline its own.
func analystPlaces() int { return max(1, min(4, runtime.GOMAXPROCS(0)/2)) }

const (
	// memoryDefault stands for the engine's memory where nobody bounds it.
	memoryDefault = 2 << 30
	// memoryMin is less than which no statement of ours can do with.
	memoryMin = 64 << 20
)

// heldMemory bounds one statement of a user who is held, so that all of them at once leave the
// pipeline a quarter of the engine's memory: with 2 GiB and three places a statement has 512 MiB.
func heldMemory(engine int64) int64 {
	if engine <= 0 {
		engine = memoryDefault
	}
	return max(memoryMin, engine/4*3/int64(analystPlaces()+readerPlaces))
}

func newAccounts(config childConfig) map[string]*account {
	accounts := map[string]*account{}
	for _, a := range []struct {
		name, password string
		held           bool
		places         int
	}{
		{UserWriter, config.WriterPassword, false, writerPlaces},
		{UserReader, config.ReaderPassword, true, readerPlaces},
		{UserAnalyst, config.AnalystPassword, true, analystPlaces()},
	} {
		if a.password != "" {
			accounts[a.name] = &account{a.name, sha256.Sum256([]byte(a.password)), a.held, make(chan struct{}, a.places), time.Now().Add(config.Holds[a.name])}
		}
	}
	return accounts
}

// authenticate takes the user from X-ClickHouse-User and -Key, basic
// authentication or the URL, but from one of them only, as ClickHouse does.
func (s *server) authenticate(r *http.Request) (*account, error) {
	user, password := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	name, secret, basic := r.BasicAuth()
	query := r.URL.Query()
	inURL := query.Has("user") || query.Has("password")
	if inHeaders := user != "" || password != ""; inHeaders && (basic || inURL) || basic && inURL {
		return nil, exceptionf(codeAuthentication, "AUTHENTICATION_FAILED", "Invalid authentication: give user and password in one way only (basic authentication, X-ClickHouse-User and X-ClickHouse-Key, or the URL)")
	}
	switch {
	case basic:
		user, password = name, secret
	case inURL:
		user, password = query.Get("user"), query.Get("password")
	}
	if user == "" {
		return nil, exceptionf(codeRequiredPassword, "REQUIRED_PASSWORD", "Authentication is required: send user and password (basic authentication, X-ClickHouse-User and X-ClickHouse-Key, or user and password in the URL)")
	}
	asked := user
	if user == userDefault {
		user = UserAnalyst
	}
	var want [32]byte
	account, known := s.accounts[user]
	if known {
		want = account.secret
	}
	got := sha256.Sum256([]byte(password))
	if equal := subtle.ConstantTimeCompare(want[:], got[:]) == 1; !known || !equal {
		return nil, exceptionf(codeAuthentication, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", strconv.Quote(asked))
	}
	return account, nil
}

// acquire waits for one of the user's places.
func (a *account) acquire(ctx context.Context) (release func(), err error) {
	if wait := time.Until(a.until); wait > 0 {
		return nil, a.tooMany(fmt.Sprintf("the engine had to be restarted for a statement of this user that nothing stopped. It may ask again in %s", wait.Round(time.Second)+time.Second))
	}
	timer := time.NewTimer(placeWait)
	defer timer.Stop()
	select {
	case a.places <- struct{}{}:
		return func() { <-a.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, a.tooMany(fmt.Sprintf("other statements have all of its places (%d), and none became free within %s. Ask again later", cap(a.places), placeWait))
	}
}

func (a *account) tooMany(why string) error {
	return exceptionf(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries for user %s: %s", a.name, why)
}
