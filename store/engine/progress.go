package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// progressPeriod is ClickHouse's default of http_headers_progress_interval_ms.
	progressPeriod = 100 * time.Millisecond
	// progressPeriodMin keeps a client from having the engine asked without pause.
	progressPeriodMin = 50 * time.Millisecond
)

// progress is what X-ClickHouse-Progress says.
type progress struct {
	ReadRows        uint64 `json:"read_rows,string"`
	ReadBytes       uint64 `json:"read_bytes,string"`
	TotalRowsToRead uint64 `json:"total_rows_to_read,string"`
	ElapsedNS       uint64 `json:"elapsed_ns,string"`
	MemoryUsage     uint64 `json:"memory_usage,string"`
}

// parseProgress reads how often the client wants to hear of progress; 0 is never.
func parseProgress(get func(string) string) time.Duration {
	if !on(get("send_progress_in_http_headers")) {
		return 0
	}
	ms, err := strconv.Atoi(cmp.Or(get("http_headers_progress_interval_ms"), "100"))
	if err != nil || ms < 0 {
		return progressPeriod
	}
	return max(time.Duration(ms)*time.Millisecond, progressPeriodMin)
}

// tellProgress sends X-ClickHouse-Progress until stop is called, before which nobody else may touch
// the answer. ClickHouse writes it among the headers of an answer whose status it has already sent;
// here it comes as interim answers (100 Continue) before the one that counts, whose status stays
// open and whose headers hold the last progress too. The library itself tells of no progress: the
// engine's list of processes does.
func (s *server) tellProgress(w http.ResponseWriter, period time.Duration, mark string) (stop func()) {
	if period == 0 {
		return func() {}
	}
	control := http.NewResponseController(w)
	over, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
			}
			if text, err := s.progressOf(mark); err != nil {
				s.log.Debug("ask for progress", "error", err)
			} else {
				control.SetWriteDeadline(time.Now().Add(stallTimeout)) //nolint:errcheck // the answer's own writes will tell
				setHeader(w.Header(), headerProgress, text)
				w.WriteHeader(http.StatusContinue)
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(over)
		<-finished
	})
}

var errNoProgress = errors.New("the statement is not among the engine's processes")

func (s *server) progressOf(mark string) (string, error) {
	row, err := s.scalar("SELECT read_rows, read_bytes, total_rows_approx, toUInt64(elapsed * 1e9), toUInt64(greatest(memory_usage, 0)) " +
		"FROM system.processes WHERE endsWith(query, " + quoteText(mark) + ") LIMIT 1")
	if err != nil {
		return "", err
	}
	var p progress
	if _, err := fmt.Fscan(strings.NewReader(row), &p.ReadRows, &p.ReadBytes, &p.TotalRowsToRead, &p.ElapsedNS, &p.MemoryUsage); err != nil {
		return "", errNoProgress
	}
	text, err := json.Marshal(p)
	return string(text), err
}
