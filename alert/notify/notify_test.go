package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/posting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var sentAt = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// event is an invented one.
func event() alert.Event {
	onset := sentAt.Add(-48 * time.Hour)
	ratio := 4.5
	return alert.Event{
		ID:      alert.EventID("emerging_category", "prompt engineer", onset, alert.Firing, "emerging"),
		AlertID: alert.AlertID("emerging_category", "prompt engineer", onset),
		Rule:    "emerging_category", Kind: alert.KindEmerging, Subject: "prompt engineer", State: alert.Firing, Stage: "emerging", Class: "novel",
		At: sentAt, Onset: onset, Title: "New category: prompt engineer", Text: "12 employers look for a prompt engineer.\nIt was 1 a year ago.",
		Evidence: alert.Evidence{RecentCount: 12, RecentTotal: 900, BaseCount: 1, BaseTotal: 5000, Ratio: &ratio, Members: []string{"prompt engineer"}},
		Query:    "SELECT 1", URL: "http://127.0.0.1:8080/alerts?rule=a&subject=b",
	}
}

// hostile has in every text what a stranger might put into an advert.
func hostile() alert.Event {
	e := event()
	bad := "Prompt =?utf-8?B?QmNjOiB4?=\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script> <!channel> @here @channel <https://evil.example|click> " +
		"[click](https://evil.example) ![x](http://evil.example/x.png) \x1b[31m\u202eevil\u2066 \x00 \u2028 Zürich 工程师 \xff"
	e.Title, e.Text, e.Subject = bad, bad+strings.Repeat(" long", 5000), bad
	e.Rule, e.AlertID, e.URL = "r\r\nX-Evil: 1", "a\r\n\r\nb", "javascript:alert(1)"
	e.Evidence.Members, e.Evidence.Companies, e.Query = []string{bad}, []string{bad}, "SELECT '"+bad+"'"
	return e
}

// channel opens the one channel of a configuration or fails.
func channel(t testing.TB, config string, env map[string]string, timeout time.Duration) notify.Channel {
	t.Helper()
	configs, err := notify.Parse([]byte("channels:\n" + config))
	if err != nil {
		t.Fatal(err)
	}
	channels, err := notify.Open(configs, options(env, timeout))
	if err != nil {
		t.Fatal(err)
	}
	return channels[0]
}

func options(env map[string]string, timeout time.Duration) notify.Options {
	return notify.Options{
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Now:    func() time.Time { return sentAt }, Timeout: timeout, Version: "test",
	}
}

// wantError holds an error to its class and words, and to what must never be in it.
func wantError(t *testing.T, err error, forGood bool, words string, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %q", words)
		return
	}
	if errors.Is(err, posting.ErrInvalid) != forGood {
		t.Errorf("%q: never again: %v, want %v", err, !forGood, forGood)
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("%q does not say %q", err, words)
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("%q tells the secret %q", err, s)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	ch := channel(t, `- {name: log, kind: file, path: `+path+`}`, nil, 0)
	send := func(e alert.Event) {
		t.Helper()
		if err := ch.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	send(event())
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(`{"id":"half of a li`) // as a full disk leaves it
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	send(hostile())
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want the first, the torn one and the last", len(lines))
	}
	for _, i := range []int{0, 2} {
		var e alert.Event
		if err := json.Unmarshal([]byte(lines[i]), &e); err != nil || e.ID != event().ID {
			t.Errorf("line %d: id %q, %v", i, e.ID, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	dir := channel(t, `- {name: log, kind: file, path: `+t.TempDir()+`}`, nil, 0)
	wantError(t, dir.Send(t.Context(), event()), true, "not a regular file")
	gone := channel(t, `- {name: log, kind: file, path: `+filepath.Join(t.TempDir(), "gone", "x")+`}`, nil, 0)
	wantError(t, gone.Send(t.Context(), event()), false, "no such file or directory")
}

func TestNATS(t *testing.T) {
	t.Parallel()
	configs, err := notify.Parse([]byte("channels: [{name: bus, kind: nats}]"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(nil, 0)
	if _, err := notify.Open(configs, o); err == nil {
		t.Error("opened without a bus")
	}
	var got alert.Event
	o.Announce = func(_ context.Context, rule, id string, data []byte) error {
		if rule != "emerging_category" || id != event().ID {
			t.Errorf("rule %q, id %q", rule, id)
		}
		return json.Unmarshal(data, &got)
	}
	channels, err := notify.Open(configs, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := channels[0].Send(t.Context(), event()); err != nil || got.Title != event().Title {
		t.Errorf("%+v, %v", got, err)
	}
}

// fake is a channel that keeps what it is given.
type fake struct {
	name string
	sent []alert.Event
}

func (f *fake) Name() string { return f.name }

func (f *fake) Send(_ context.Context, e alert.Event) error {
	f.sent = append(f.sent, e)
	return nil
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	left, right := &fake{name: "left"}, &fake{name: "right"}
	channels := []notify.Channel{left, right}
	d, err := notify.Delivery(hostile(), "right")
	if err != nil {
		t.Fatal(err)
	}
	if err := notify.Deliver(t.Context(), channels, d); err != nil {
		t.Fatal(err)
	}
	want := hostile()
	for _, s := range []*string{&want.Title, &want.Text, &want.Subject, &want.Query, &want.Evidence.Members[0], &want.Evidence.Companies[0]} {
		*s = strings.ToValidUTF8(*s, "\uFFFD") // JSON has no other
	}
	if diff := cmp.Diff([]alert.Event{want}, right.sent); diff != "" || len(left.sent) > 0 {
		t.Errorf("%d on the left; on the right (-want +got):\n%s", len(left.sent), diff)
	}
	foreign, gone, empty := d, d, d
	foreign.EventID, gone.Channel, empty.Event = "another", "gone", nil
	wantError(t, notify.Deliver(t.Context(), channels, foreign), true, "holds event")
	wantError(t, notify.Deliver(t.Context(), channels, gone), false, "no such channel")
	wantError(t, notify.Deliver(t.Context(), channels, empty), true, "read event")
	big := event()
	big.Text = strings.Repeat("x", notify.EventBytesMax)
	if _, err := notify.Delivery(big, "left"); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("an event over the cap: %v", err)
	}
	wantError(t, channel(t, "- {name: log, kind: file, path: /nowhere/never}", nil, 0).Send(t.Context(), alert.Event{ID: "a\r\nb"}), true, "id")
}
