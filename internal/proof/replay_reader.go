package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// readPause is between two questions: the replay shall have the machine, too.
	readPause = 100 * time.Millisecond
	// readTimeout is for a question to servers that were killed.
	readTimeout = 30 * time.Second
)

// readQuestion is which versions an answer of two views is made of, how many postings it has, and how
// often the skill that only the second tagger knows.
const readQuestion = `SELECT arrayStringConcat(arraySort(groupUniqArray(version)), ' '), sum(postings), sum(proofs) FROM (
	SELECT toString(tagger_version) AS version, 1 AS postings, has(skills, '` + proofID + `') AS proofs FROM v_postings
	UNION ALL SELECT toString(tagger_version), 0, skill = '` + proofID + `' FROM v_posting_skills) FORMAT TSV`

// reader asks all the time, and finds fault with an answer of two versions, with one whose tags are not
// of the version it names, with one that lacks postings, and with one of the old version after the new.
type reader struct {
	was, now string

	mu       sync.Mutex
	sql, web string // addresses; empty before there are any
	postings string // that the first answer had
	last     string // version of the last answer
	answers  int
	trends   int
	refused  int
	fault    error

	stop context.CancelFunc
	done sync.WaitGroup
}

func newReader(was, now string) *reader {
	ctx, stop := context.WithCancel(context.Background())
	r := &reader{was: was, now: now, stop: stop}
	r.done.Go(func() { r.loop(ctx, r.askSQL) })
	r.done.Go(func() { r.loop(ctx, r.askTrend) })
	return r
}

// ask says where the servers are.
func (r *reader) ask(sql, web string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sql, r.web = sql, web
}

// end stops asking and says how many answers there were, and what was wrong with one.
func (r *reader) end() (answers, trends, refused int, err error) {
	r.stop()
	r.done.Wait()
	return r.answers, r.trends, r.refused, r.fault
}

// seen waits until an answer is of a version.
func (r *reader) seen(version string) error {
	tick := time.NewTicker(readPause)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		r.mu.Lock()
		last, fault := r.last, r.fault
		r.mu.Unlock()
		if fault != nil || last == version {
			return fault
		}
		select {
		case <-tick.C:
		case <-late:
			return fmt.Errorf("the last answer is of version %q", last)
		}
	}
}

func (r *reader) loop(ctx context.Context, ask func(context.Context, string, string) error) {
	tick := time.NewTicker(readPause)
	defer tick.Stop()
	for ctx.Err() == nil {
		r.mu.Lock()
		sql, web := r.sql, r.web
		r.mu.Unlock()
		if sql != "" {
			if err := ask(ctx, sql, web); err != nil {
				r.mu.Lock()
				r.fault = err
				r.mu.Unlock()
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (r *reader) askSQL(ctx context.Context, sql, _ string) error {
	body, ok := r.get(ctx, sql+"/?query="+url.QueryEscape(readQuestion))
	if !ok {
		return nil
	}
	cells := strings.Split(strings.TrimSpace(body), "\t")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers++
	if len(cells) != 3 {
		return fmt.Errorf("answer %q", body)
	}
	if r.postings == "" {
		r.postings = cells[1]
	}
	switch isNew := cells[0] == r.now; {
	case cells[0] != r.was && !isNew:
		return fmt.Errorf("an answer is of versions %q", cells[0])
	case (cells[2] != "0") != isNew:
		return fmt.Errorf("an answer of version %s has the proof's skill %s times", cells[0], cells[2])
	case cells[1] != r.postings || cells[1] == "0":
		return fmt.Errorf("an answer has %s postings, the first had %s", cells[1], r.postings)
	case r.last == r.now && !isNew:
		return fmt.Errorf("an answer of version %s after one of %s", cells[0], r.last)
	}
	r.last = cells[0]
	return nil
}

var trendVersion = regexp.MustCompile(`"tagger_version": ?"([^"]*)"`)

func (r *reader) askTrend(ctx context.Context, _, web string) error {
	body, ok := r.get(ctx, web+"/api/v1/skills?from=2011-01-01&to=2026-01-01")
	if !ok {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trends++
	found := trendVersion.FindStringSubmatch(body)
	if found == nil {
		return fmt.Errorf("a trend without a version: %.200s", body)
	}
	if has := strings.Contains(body, proofID); has != (found[1] == r.now) {
		return fmt.Errorf("a trend of version %s that has the proof's skill: %t", found[1], has)
	}
	return nil
}

// get is the answer's body, if there is an answer.
func (r *reader) get(ctx context.Context, address string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			defer resp.Body.Close()
			var body []byte
			body, err = io.ReadAll(resp.Body)
			if err == nil && resp.StatusCode == http.StatusOK {
				return string(body), true
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused++
	return "", false
}
