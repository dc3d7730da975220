package market

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

func fresh(t testing.TB, cfg Config) *Market {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var demos = [2]func() (*Market, error){
	sync.OnceValues(func() (*Market, error) { return New(Config{}) }),
	sync.OnceValues(func() (*Market, error) { return New(Config{Seed: 1}) }),
}

// demo is the market of the demo with seed 0 or 1, made once for all tests.
func demo(seed uint64) *Market {
	m, err := demos[seed]()
	if err != nil {
		panic(err)
	}
	return m
}

// small is a market that a test affords.
func small(seed uint64) Config { return Config{Seed: seed, Employers: 15, Weeks: 40} }

// digest is a hash over everything a market answers at some moments.
func digest(m *Market) string {
	h := sha256.New()
	for _, at := range m.Crawls() {
		for _, b := range m.Boards() {
			status, body := m.Answer(b.Source, b.Key.Board, at)
			h.Write([]byte{byte(status >> 8), byte(status)})
			h.Write(body)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// TestTheDemosSize: what the demo promises.
func TestTheDemosSize(t *testing.T) {
	t.Parallel()
	m := demo(1)
	if n := len(m.Boards()); n < 60 {
		t.Errorf("%d employers", n)
	}
	lives := m.Lives(m.Seen())
	if len(lives) < 8000 || len(lives) > 9500 {
		t.Errorf("%d adverts seen in %d crawls, want 8,000 and few more", len(lives), len(m.Crawls()))
	}
	kinds, sizes := map[string]int{}, map[Key]int{}
	for _, l := range lives {
		sizes[Key{l.Advert.Source, l.Advert.Board}]++
	}
	var all []int
	for _, b := range m.Boards() {
		kinds[b.Source]++
		all = append(all, sizes[b.Key])
	}
	slices.Sort(all)
	slices.Reverse(all)
	top := 0
	for _, n := range all[:7] {
		top += n
	}
	if 10*top < 3*len(lives) || 2*all[len(all)/2]*len(all) > 2*len(lives) {
		t.Errorf("sizes are not heavy-tailed: the seven largest have %d of %d, the median %d", top, len(lives), all[len(all)/2])
	}
	for _, kind := range []string{"greenhouse", "lever", "ashby"} {
		if kinds[kind] < 10 {
			t.Errorf("%d boards of %s", kinds[kind], kind)
		}
	}
	t.Logf("%d employers %v, %d adverts seen, %d vacancies, sizes %v", len(all), kinds, len(lives), m.vacancies, all)
}

func TestTheAPIsAnswerAsAnswerDoes(t *testing.T) {
	t.Parallel()
	m := fresh(t, small(3))
	at := m.Crawls()[5]
	server := httptest.NewServer(m.Handler(func() time.Time { return at }))
	t.Cleanup(server.Close)
	paths := map[string]string{"greenhouse": "/v1/boards/%s/jobs?content=true", "lever": "/v0/postings/%s?mode=json", "ashby": "/posting-api/job-board/%s?includeCompensation=true"}
	get := func(path, known string) (*http.Response, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-None-Match", known)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp, body.Bytes()
	}
	for _, b := range m.Boards() {
		path := string(bytes.Replace([]byte(paths[b.Source]), []byte("%s"), []byte(b.Key.Board), 1))
		resp, body := get(path, "")
		status, want := m.Answer(b.Source, b.Key.Board, at)
		if resp.StatusCode != status || !bytes.Equal(body, want) {
			t.Errorf("%s/%s: HTTP %d and %d bytes, Answer %d and %d bytes", b.Source, b.Key.Board, resp.StatusCode, len(body), status, len(want))
		}
		if !json.Valid(body) {
			t.Errorf("%s: not JSON", b.Key.Board)
		}
		if status != http.StatusOK {
			continue
		}
		if again, body := get(path, resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s: %d and %d bytes to its own ETag", b.Key.Board, again.StatusCode, len(body))
		}
		if again, _ := get(path, `"other"`); again.StatusCode != http.StatusOK {
			t.Errorf("%s: %d to another ETag", b.Key.Board, again.StatusCode)
		}
	}
	for path, want := range map[string]int{"/v1/boards/nobody/jobs": 404, "/robots.txt": 200, "/elsewhere": 404} {
		if resp, _ := get(path, ""); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}
