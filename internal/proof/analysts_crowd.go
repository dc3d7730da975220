package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// analystStatements cost an engine most, or reach for what is not an analyst's. {dir} is a directory
// of the host.
var analystStatements = []struct{ sql, format string }{
	// Processors.
	{"SELECT count() FROM numbers(1000000000) WHERE sipHash64(number) % 3 = 0", "TSV"},
	{"SELECT number % 1000 AS k, avg(sipHash64(number)), quantileExact(0.5)(number % 977) FROM numbers(20000000) GROUP BY k ORDER BY k", "JSON"},
	{"SELECT max(sipHash128(randomPrintableASCII(1000))) FROM numbers(1000000)", "TSV"},
	// Memory.
	{"SELECT uniqExact(sipHash64(number)) FROM numbers(200000000)", "TSV"},
	{"SELECT groupArray(toString(sipHash64(number))) FROM numbers(50000000)", "JSON"},
	{"SELECT DISTINCT sipHash64(number) FROM numbers(100000000)", "TSV"},
	// Cross joins and joins.
	{"SELECT count(), sum(cityHash64(a.description, b.description)) FROM v_posting_texts a CROSS JOIN v_posting_texts b", "TSV"},
	{"SELECT a.posting_id, count() AS n FROM v_posting_skills a JOIN v_posting_skills b USING (skill) GROUP BY a.posting_id ORDER BY n DESC LIMIT 10", "JSON"},
	{"SELECT count() FROM v_postings a, v_postings b, v_postings c WHERE a.title != b.title AND b.title != c.title", "TSV"},
	// Sorts.
	{"SELECT number FROM numbers(100000000) ORDER BY sipHash64(number) LIMIT 5 BY number % 100000 LIMIT 100", "TSV"},
	{"SELECT * FROM v_posting_texts ORDER BY reverse(description), sipHash64(description)", "JSON"},
	{"SELECT title, row_number() OVER (PARTITION BY seniority ORDER BY sipHash64(title)) FROM v_postings", "CSV"},
	// Deep recursion, and what works for long within one block.
	{"WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 1000000) SELECT max(n) FROM t", "TSV"},
	{"WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t, numbers(10) WHERE n < 8) SELECT count() FROM t", "TSV"},
	{"SELECT arrayReduce('sum', arrayMap(x -> sipHash64(x, number), range(10000))) FROM numbers(100000)", "TSV"},
	{"SELECT length(replaceRegexpAll(description, '(a|e|i|o|u)+?.*?(s|t|n)', '<\\\\1>')) FROM v_posting_texts", "TSV"},
	{"SELECT editDistance(a.d, b.d) FROM (SELECT substring(description, 1, 3000) AS d FROM v_posting_texts) a, (SELECT substring(description, 1, 3000) AS d FROM v_posting_texts LIMIT 10) b", "TSV"},
	// Long answers.
	{"SELECT number, toString(sipHash64(number)) FROM numbers(10000000)", "TSV"},
	{"SELECT number, randomPrintableASCII(100) FROM numbers(3000000)", "Parquet"},
	{"SELECT * FROM v_postings CROSS JOIN numbers(20)", "JSONEachRow"},
	// The parser and the planner.
	{"SELECT " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), "TSV"},
	{"SELECT 1 WHERE 1 IN (" + strings.Repeat("1,", 15000) + "1)", "TSV"},
	// What is not theirs.
	{"SELECT * FROM file('{dir}/canary1.csv')", "TSV"},
	{"SELECT 1 INTO OUTFILE '{dir}/outfile.csv'", "TSV"},
	{"INSERT INTO FUNCTION file('{dir}/canary2.csv') SELECT 1", "TSV"},
	{"DROP TABLE posting_versions", "TSV"},
	{"SYSTEM STOP MERGES", "TSV"},
}

// attackBegins is how long a statement works until the crowd counts as at work.
const attackBegins = 500 * time.Millisecond

// crowd is analysts at work.
type crowd struct {
	url, password, host string

	stop context.CancelFunc
	done sync.WaitGroup
	mu   sync.Mutex
	// answers are counted by status and ClickHouse's code; those cut off at the end are "cut".
	answers map[string]int
}

// newCrowd begins, and returns when all are at work.
func newCrowd(ctx context.Context, url, password, host string, analysts int, seed uint64) *crowd {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{url: url, password: password, host: host, stop: stop, answers: map[string]int{}}
	for i := range analysts {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		c.done.Go(func() {
			for ctx.Err() == nil {
				for _, n := range rng.Perm(len(analystStatements)) {
					if c.ask(ctx, analystStatements[n].sql, analystStatements[n].format); ctx.Err() != nil {
						return
					}
				}
			}
		})
	}
	<-time.After(attackBegins)
	return c
}

// end stops the crowd and adds what its statements came to.
func (c *crowd) end(answers map[string]int) {
	c.stop()
	c.done.Wait()
	for status, count := range c.answers {
		answers[status] += count
	}
}

func (c *crowd) ask(ctx context.Context, sql, format string) {
	status := "cut"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/?default_format="+format, strings.NewReader(strings.ReplaceAll(sql, "{dir}", c.host)))
	if err == nil {
		req.Header.Set("X-ClickHouse-User", "analyst")
		req.Header.Set("X-ClickHouse-Key", c.password)
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			status = strconv.Itoa(resp.StatusCode)
			if code := resp.Header.Get("X-ClickHouse-Exception-Code"); code != "" {
				status += " code " + code
			}
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	if err != nil && status == "200" {
		status = "200, then broken off"
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		status = "cut"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[status]++
}
