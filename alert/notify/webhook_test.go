package notify_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/alert/notify/notifytest"
)

const signingKey = "a-key-of-more-than-16-bytes"

// receiver is an HTTPS server and what it got.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	header []http.Header
}

func newReceiver(t testing.TB, ca *notifytest.Authority, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.bodies, r.header = append(r.bodies, string(body)), append(r.header, req.Header.Clone())
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	r.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.TLS = ca.For("127.0.0.1")
	r.StartTLS()
	t.Cleanup(r.Close)
	return r
}

func webhook(t testing.TB, url, caFile string, timeout time.Duration) notify.Channel {
	t.Helper()
	return channel(t, `- {name: ops, kind: webhook, url_env: HOOK_URL, secret_env: HOOK_KEY, ca_file: `+caFile+`}`,
		map[string]string{"HOOK_URL": url, "HOOK_KEY": signingKey}, timeout)
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	ca := notifytest.NewAuthority(t, time.Now())
	r := newReceiver(t, ca, nil)
	ch := webhook(t, r.URL+"/hook", ca.File, 0)
	for _, e := range []alert.Event{event(), event(), hostile()} {
		if err := ch.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if r.bodies[0] != r.bodies[1] {
		t.Error("a repetition has another body")
	}
	for i, body := range r.bodies {
		var e alert.Event
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.ID != event().ID {
			t.Errorf("body %d: id %q, %v", i, e.ID, err)
		}
		h := r.header[i]
		if h.Get("X-Rolescope-Event-Id") != e.ID || h.Get("X-Rolescope-Signature") != notify.Sign([]byte(signingKey), sentAt, []byte(body)) ||
			h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("User-Agent") != "rolescope/test" || h.Get("X-Evil") != "" {
			t.Errorf("headers %v", h)
		}
	}
	// By another program: python3 -c 'import hmac; print(hmac.new(b"a-key-of-more-than-16-bytes", b"1772600767.{}", "sha256").hexdigest())'
	const want = "t=1772600767,v1=46075d66688094b653fa49019157ae6f58c410334c8dfb4098a88a5c031f6cbd"
	if got := notify.Sign([]byte(signingKey), sentAt, []byte("{}")); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// TestWebhookTroubles: as with mails; and a redirect leads nowhere.
func TestWebhookTroubles(t *testing.T) {
	t.Parallel()
	ca, foreign := notifytest.NewAuthority(t, time.Now()), notifytest.NewAuthority(t, time.Now())
	elsewhere := newReceiver(t, ca, nil)
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	echo := func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "Cannot POST "+req.URL.String())
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		forGood bool
		words   string
	}{
		"away for a while": {status(503, ""), false, "the receiver answered 503 Service Unavailable"},
		"too many":         {status(429, ""), false, "429"},
		"unknown address":  {echo, true, "404 Not Found"},
		"Slack's reason":   {status(403, "no_service\n"), true, "403 Forbidden (no_service)"},
		"redirect": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL, http.StatusTemporaryRedirect)
		}, true, "a redirect, which is not followed"},
		"slow": {func(_ http.ResponseWriter, req *http.Request) {
			<-req.Context().Done()
		}, false, "no answer within 300ms"},
		"endless": {func(w http.ResponseWriter, req *http.Request) {
			for req.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, ca, c.answer)
			timeout := 20 * time.Second
			if name == "slow" {
				timeout = 300 * time.Millisecond
			}
			err := webhook(t, r.URL+"/services/T0TOKEN/B0SECRET?token=QSECRET", ca.File, timeout).Send(t.Context(), event())
			if name == "endless" { // the status counts, and the rest is not waited for
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, c.forGood, c.words, "T0TOKEN", "B0SECRET", "QSECRET", signingKey)
		})
	}
	r := newReceiver(t, foreign, nil)
	wantError(t, webhook(t, r.URL+"/B0SECRET", ca.File, 0).Send(t.Context(), event()), true, "is not trusted: x509: certificate signed by unknown authority", "B0SECRET")
	r.Close()
	wantError(t, webhook(t, r.URL+"/B0SECRET", ca.File, 0).Send(t.Context(), event()), false, "connection refused", "B0SECRET")
	if len(r.bodies)+len(elsewhere.bodies) > 0 {
		t.Error("an event went where it should not")
	}
}

// TestSlack: nothing an advert says calls people, links anywhere or looks like ours.
func TestSlack(t *testing.T) {
	t.Parallel()
	ca := notifytest.NewAuthority(t, time.Now())
	r := newReceiver(t, ca, nil)
	ch := channel(t, `- {name: chat, kind: slack, url_env: CHAT_URL, ca_file: `+ca.File+`}`, map[string]string{"CHAT_URL": r.URL}, 0)
	for _, e := range []alert.Event{event(), hostile()} {
		if err := ch.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for _, body := range r.bodies {
		var got struct {
			Text   string `json:"text"`
			Mrkdwn bool   `json:"mrkdwn"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.Mrkdwn {
			t.Errorf("%s: %v", body, err)
		}
		texts = append(texts, got.Text)
	}
	want := "[firing] New category: prompt engineer\n12 employers look for a prompt engineer.\nIt was 1 a year ago.\n" +
		"<http://127.0.0.1:8080/alerts?rule=a&amp;subject=b>\nrule emerging_category, event " + event().ID
	if texts[0] != want {
		t.Errorf("text:\n%s\nwant:\n%s", texts[0], want)
	}
	for _, bad := range []string{"<", ">", "@here", "@channel", "](", "://", "javascript", "\x1b", "\u202e", "\x00"} {
		if strings.Contains(texts[1], bad) {
			t.Errorf("the text holds %q:\n%.600s", bad, texts[1])
		}
	}
	if !strings.Contains(texts[1], "&lt;!channel&gt;") || !strings.Contains(texts[1], "Zürich 工程师") || len([]rune(texts[1])) > 4000 {
		t.Errorf("text of %d characters:\n%.600s", len([]rune(texts[1])), texts[1])
	}
}
