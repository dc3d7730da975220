package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// is a board whose answers do not depend on it.
func is(h http.HandlerFunc) func(*foe) http.HandlerFunc {
	return func(*foe) http.HandlerFunc { return h }
}

func rules(text string) func(*foe) http.HandlerFunc {
	return is(says(http.StatusOK, "text/plain", text))
}

const (
	forbids = "User-agent: *\nDisallow: /v1/"
	decade  = 87_600 * time.Hour
)

func troubles() []trouble {
	out := pageTroubles()
	out = append(out, answerTroubles()...)
	out = append(out, slowTroubles()...)
	out = append(out, clockTroubles()...)
	return append(out, wayTroubles()...)
}

// pageTroubles are about what an answer that can be read lists.
func pageTroubles() []trouble {
	return []trouble{
		{
			name: "the total only on page one", kind: "workday", size: 25, outcome: "ok", complete: true, says: "-",
			serve: is(workday(numbered(25), func(_ http.ResponseWriter, offset, total *int) bool {
				if *offset > 0 {
					*total = 0
				}
				return false
			})),
		},
		{
			name: "every page is the first", kind: "smartrecruiters", size: 110, outcome: "partial", exit: true, note: "the board says 110 postings, the payload has 100",
			serve: is(paged(numbered(110), func(_ http.ResponseWriter, offset, _ *int) bool { *offset = 0; return false })),
		},
		{
			name: "pages overlap by one", kind: "workday", size: 25, outcome: "ok", complete: true, says: "-",
			serve: is(workday(numbered(25), func(_ http.ResponseWriter, offset, _ *int) bool { *offset = *offset * 19 / 20; return false })),
		},
		{
			name: "a posting slips between two pages", kind: "workday", size: 25, outcome: "partial", exit: true, note: "the board says 25 postings, the payload has 24",
			serve: is(workday(numbered(25), func(_ http.ResponseWriter, offset, _ *int) bool { *offset += min(*offset, 1); return false })),
		},
		{
			name: "the total shrinks between two pages", kind: "workday", size: 25, outcome: "partial", exit: true, note: "the total changed from 25 to 24",
			serve: is(workday(numbered(25), func(_ http.ResponseWriter, offset, total *int) bool { *total -= min(*offset, 1); return false })),
		},
		{
			name: "a page fails in the middle", kind: "workday", size: 45, outcome: "partial", exit: true, note: "page 2: unexpected status (400)",
			serve: is(workday(numbered(45), func(w http.ResponseWriter, offset, _ *int) bool {
				if *offset == 20 {
					w.WriteHeader(http.StatusBadRequest)
				}
				return *offset == 20
			})),
		},
		{name: "500 of 1,400", size: 1400, serve: is(capped(1400, numbered(500)...)), outcome: "partial", exit: true, note: "the board says 1400 postings, the payload has 500"},
		{name: "a posting flaps", serve: is(jobs(numbered(12, 3)...)), outcome: "ok", complete: true, closed: 1, open: 11, says: "-"},
		{name: "everything gone but one", serve: is(jobs("1")), outcome: "ok", complete: true, suspect: true, left: secondDay, says: "suspect: would have closed most"},
		{name: "200 with no postings", serve: is(capped(0)), outcome: "empty", complete: true, says: "closes nothing unless"},
		{
			name: "ids change with one answer", serve: is(jobs(numbered(112)[100:]...)), outcome: "ok", complete: true, suspect: true, open: 24, made: 12, left: secondDay,
			says: "suspect: would have closed most",
		},
		{
			// What two answers in a row do not list is closed: no crawler can tell it from a board
			// that is new. Both runs are suspect, and it all comes back with the ids.
			name: "ids change with every answer", serve: changing, times: 2, outcome: "ok", complete: true, closed: 12, suspect: true, open: 24, made: 12, left: secondDay,
			past: numbered(112)[100:], says: "suspect: would have closed most",
		},
	}
}

// answerTroubles are answers that are no listing.
func answerTroubles() []trouble {
	return []trouble{
		{name: "200 with null", serve: is(says(http.StatusOK, "application/json", `{"jobs":null,"meta":{"total":0}}`)), outcome: "error", exit: true, note: "read greenhouse payload: want an object"},
		{name: "200 with an empty body", serve: is(says(http.StatusOK, "application/json", "")), outcome: "error", exit: true, note: "read greenhouse payload: it is empty"},
		{name: "200 with HTML", serve: is(says(http.StatusOK, "text/html", "<!doctype html><html><body>Back soon</body></html>")), outcome: "error", exit: true, note: "read greenhouse payload: got an HTML page"},
		{name: "404 for a day", serve: is(fails(http.StatusNotFound)), times: 4, outcome: "gone", exit: true, note: "not there (404)", says: "closes nothing unless"},
		{name: "429 for an hour", serve: is(says(http.StatusTooManyRequests, "text/plain", "", "Retry-After", "3600")), outcome: "blocked", exit: true, host: true, note: "asked to slow down (429), next try after 1h0m0s"},
		{name: "429 without a time", serve: is(fails(http.StatusTooManyRequests)), outcome: "blocked", exit: true, host: true, note: "asked to slow down (429), next try after 1m0s"},
		{name: "403", serve: is(fails(http.StatusForbidden)), outcome: "blocked", exit: true, host: true, note: "refused by the host (403)"},
		{name: "an answer cut off", serve: is(cut), outcome: "error", exit: true, host: true, note: "connection failed: unexpected EOF"},
		{name: "a body said to have 500 MB", serve: flood(500 << 20), outcome: "error", exit: true, note: "answer too large (200): over 64 MiB"},
		{name: "a body of 500 MB", serve: flood(0), outcome: "error", exit: true, note: "answer too large (200): over 64 MiB"},
		{
			name: "a gzip body of 500 MB", outcome: "error", exit: true, note: "answer too large (200): over 64 MiB",
			serve: func(*foe) http.HandlerFunc {
				return says(http.StatusOK, "application/json", string(zipped(500)), "Content-Encoding", "gzip")
			},
		},
		{name: "an entity bomb", kind: "personio", serve: is(feed(laughs(), numbered(12), "&e9;")), outcome: "error", exit: true, note: "read personio payload: the XML has a document type"},
	}
}

// slowTroubles are about boards that keep a crawler waiting. Only those that say nothing take time,
// two seconds; a drip is as slow as it says.
func slowTroubles() []trouble {
	mute := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	return []trouble{
		{name: "a slow drip", serve: drip, outcome: "error", exit: true, host: true, note: "too slow: the body trickles"},
		{name: "no answer", serve: is(mute), hasty: true, fresh: true, outcome: "error", exit: true, host: true, note: "too slow: net/http: timeout awaiting response headers"},
		{
			name: "silence in the middle", hasty: true, fresh: true, outcome: "error", exit: true, host: true, note: "too slow: nothing came for too long",
			serve: is(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, `{"jobs":[`)
				w.(http.Flusher).Flush()
				mute(w, r)
			}),
		},
		{name: "robots.txt times out", robots: is(mute), hasty: true, fresh: true, outcome: "error", exit: true, host: true, note: "too slow: robots.txt cannot be read, so nothing is allowed"},
		{name: "robots.txt times out and was read before", robots: is(mute), hasty: true, outcome: "not_modified", says: "-"},
		{name: "robots.txt forbids from the first day", never: true, serve: is(unasked), robots: rules(forbids), outcome: "blocked", exit: true, note: "refused by the host: robots.txt disallows it"},
		{name: "robots.txt appears and forbids", serve: is(unasked), robots: rules(forbids), outcome: "blocked", exit: true, note: "refused by the host: robots.txt disallows it"},
	}
}

// clockTroubles are clocks that jump for a day, the crawler's and the server's.
func clockTroubles() []trouble {
	ahead := time.Now().UTC().Truncate(24 * time.Hour).Add(400 * 24 * time.Hour)
	return []trouble{
		{name: "the crawler's clock a month behind", at: firstDay.AddDate(0, -1, 0), serve: is(jobs(numbered(12, 3)...)), outcome: "ok", complete: true, says: "-"},
		{
			name: "the crawler's clock a year ahead", at: ahead, serve: is(jobs(numbered(12, 3)...)), outcome: "ok", complete: true,
			closed: 1, open: 12, future: "3", says: "runs dated ahead of this clock are not shown (1, up to 20",
		},
		{
			name: "the server's clock ten years ahead", outcome: "ok", complete: true, says: "-",
			serve: is(modified(secondDay.Add(decade), numbered(12)...)), after: is(modified(thirdDay, numbered(12, 2)...)),
		},
		{
			name: "429 until a date by such a clock", outcome: "blocked", exit: true, host: true, note: "asked to slow down (429), next try after 2m0s",
			serve: is(says(http.StatusTooManyRequests, "text/plain", "", "Date", secondDay.Add(decade).Format(http.TimeFormat),
				"Retry-After", secondDay.Add(decade+2*time.Minute).Format(http.TimeFormat))),
		},
	}
}

// wayTroubles are about where a request leads.
func wayTroubles() []trouble {
	return []trouble{
		{
			name: "a redirect to itself", outcome: "error", exit: true, note: "redirect not followed: to itself",
			serve: is(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }),
		},
		{
			name: "a loop of redirects", outcome: "error", exit: true, note: "redirect not followed: too many redirects",
			serve: is(func(w http.ResponseWriter, r *http.Request) {
				n, _ := strconv.Atoi(r.URL.Query().Get("n"))
				http.Redirect(w, r, fmt.Sprintf("%s?n=%d", r.URL.Path, 1-n), http.StatusFound)
			}),
		},
		{
			name: "a redirect to a private address", outcome: "error", exit: true, note: "address not public: 127.0.0.2:",
			serve: func(b *foe) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, fmt.Sprintf("http://%s:%d%s", privateAddr, b.port, r.URL.Path), http.StatusFound)
				}
			},
		},
		{
			name: "a redirect to a cloud's metadata", outcome: "error", exit: true, note: "address not public: 169.254.169.254:80",
			serve: is(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
			}),
		},
		{
			name: "its name has become a private one", named: true, outcome: "error", exit: true, note: "address not public: 127.0.0.2:",
			serve: func(b *foe) http.HandlerFunc { b.move(privateAddr); return unasked },
		},
		{
			name: "its name becomes private after robots.txt", named: true, outcome: "error", exit: true, note: "address not public: 127.0.0.2:",
			serve: is(unasked),
			robots: func(b *foe) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					b.move(privateAddr)
					http.NotFound(w, r)
				}
			},
		},
	}
}

// unasked would close everything but one.
func unasked(w http.ResponseWriter, r *http.Request) { jobs("1")(w, r) }

// changing lists 101 to 112, then 201 to 212, and so on.
func changing(*foe) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		from := 100 * int(n.Add(1))
		jobs(numbered(from + 12)[from:]...)(w, r)
	}
}

// cut promises more than it sends.
func cut(w http.ResponseWriter, _ *http.Request) {
	body := mustJSON(map[string]any{"jobs": []any{map[string]any{"id": 1, "title": "Machine Learning Engineer"}}})
	w.Header().Set("Content-Length", strconv.Itoa(2*len(body)))
	_, _ = io.WriteString(w, body)
}

// flood sends 500 MiB, and says so when length is not 0.
func flood(length int64) func(*foe) http.HandlerFunc {
	return func(b *foe) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if length > 0 {
				w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
			}
			some := bytes.Repeat([]byte(" "), 1<<20)
			for range 500 {
				n, err := w.Write(some)
				b.sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}
	}
}

// drip sends a byte a second, by the crawler's clock.
func drip(b *foe) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_ = b.clock.wait(r.Context(), time.Second)
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
}

// laughs defines an entity that would expand to a billion words.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE bomb [<!ENTITY e0 "ha">`)
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, `<!ENTITY e%d "%s">`, i, strings.Repeat(fmt.Sprintf("&e%d;", i-1), 10))
	}
	return b.String() + "]>"
}

// modified answers as a server that only knows when its board changed last, whatever the clock that
// told it so.
func modified(at time.Time, ids ...string) http.HandlerFunc {
	whole := capped(len(ids), ids...)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", at.Format(http.TimeFormat))
		w.Header().Set("Last-Modified", at.Format(http.TimeFormat))
		if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !at.After(since) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		whole(w, r)
	}
}
