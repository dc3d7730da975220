package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/alert/notify/notifytest"
	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/bus/bustest"
	"github.com/rolescope/rolescope/posting"
)

const (
	alertSenderFile   = "ROLESCOPE_TEST_ALERTS_FILE"
	alertSenderEvents = 6
)

// alertSender is a process that finds the same events at each start, as an evaluation does that is repeated after a
// crash, publishes them for every channel of a file, and delivers until it is killed. It prints a line when nothing
// is left to deliver.
func alertSender() {
	err := func() error {
		ctx := context.Background()
		file, err := os.ReadFile(os.Getenv(alertSenderFile))
		if err != nil {
			return err
		}
		a := &app{environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr, verbose: true}
		url := os.Getenv("NATS_URL")
		b, err := bus.Open(ctx, bus.Config{URL: url, Dir: filepath.Join(os.Getenv("ROLESCOPE_DATA_DIR"), "nats"), AckWait: 300 * time.Millisecond})
		if err != nil {
			return err
		}
		s := &system{app: a, bus: b}
		channels, err := a.openChannels(file, s)
		if err != nil {
			return err
		}
		var events []alert.Event
		for i := range alertSenderEvents {
			e := testEvent(fmt.Sprint("subject ", i), time.Unix(1_700_000_000, 0))
			events = append(events, e)
		}
		if err := s.publishAlerts(ctx, events, func(alert.Event) []string {
			var names []string
			for _, c := range channels {
				names = append(names, c.Name())
			}
			return names
		}); err != nil {
			return err
		}
		stage := s.notifyStage(channels)
		stage.Retry = bus.Retry{DelayMin: 20 * time.Millisecond, DelayMax: 100 * time.Millisecond, Attempts: 1000}
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, stage) }()
		tick := time.NewTicker(20 * time.Millisecond)
		for said := false; ; {
			select {
			case err := <-done:
				return err
			case <-tick.C:
			}
			backlog, err := b.Pending(ctx)
			if err != nil {
				return err
			}
			if backlog[bus.StreamNotify].Unsettled() == 0 && !said {
				said = true
				fmt.Println(backlog[bus.StreamDead].Messages, "dead")
			}
		}
	}()
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// inbox counts what a receiver got, by event.
type inbox struct {
	mu  sync.Mutex
	got map[string]int
}

func (b *inbox) take(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.got == nil {
		b.got = map[string]int{}
	}
	b.got[id]++
}

// counts are how many events came, and how often one of them came again.
func (b *inbox) counts() (events, repeated int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, times := range b.got {
		repeated += times - 1
	}
	return len(b.got), repeated
}

// gate keeps a receiver from answering, once.
type gate struct {
	mu       sync.Mutex
	left     int           // events until it closes; 0 leaves it open
	held     chan struct{} // gets a value when it has closed
	released chan struct{}
}

func (g *gate) closeAfter(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.held, g.released = n, make(chan struct{}, 1), make(chan struct{})
}

func (g *gate) pass() {
	g.mu.Lock()
	g.left--
	closes, held, released := g.left == 0, g.held, g.released
	g.mu.Unlock()
	if closes {
		held <- struct{}{}
		<-released
	}
}

// receivers are the receivers of one test.
type receivers struct {
	t          *testing.T
	ca         *notifytest.Authority
	hook, late inbox
	said       inbox // on NATS
	hookGate   gate
	mailGate   gate
	post       *notifytest.MailServer
	lateAddr   string
	file, log  string // of the channels, and what one of them writes
	url        string // of NATS, if it is not the process's own
}

func newReceivers(t *testing.T, remote bool) *receivers {
	m := &receivers{t: t, ca: notifytest.NewAuthority(t, time.Now()), file: filepath.Join(t.TempDir(), "alerts.yaml"), log: filepath.Join(t.TempDir(), "alerts.jsonl")}
	hook := m.serve(m.ca, "127.0.0.1:0", &m.hook, m.hookGate.pass)
	wrong := m.serve(notifytest.NewAuthority(t, time.Now()), "127.0.0.1:0", &inbox{}, func() { t.Error("an event reached the receiver with the wrong certificate") })
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.lateAddr = nobody.Addr().String()
	_ = nobody.Close()
	m.post = &notifytest.MailServer{TLS: m.ca.For("127.0.0.1"), User: "robot", Pass: testPassword}
	m.post.Answer = func(command string) string {
		if command == "." {
			m.mailGate.pass()
		}
		return ""
	}
	m.post.Start(t, "127.0.0.1:0")
	config := fmt.Sprintf(`channels:
  - {name: hook, kind: webhook, url: "https://%[1]s/", secret_env: HOOK_KEY, ca_file: %[6]s}
  - {name: wrong, kind: webhook, url: "https://%[2]s/", secret_env: HOOK_KEY, ca_file: %[6]s}
  - {name: late, kind: webhook, url: "https://%[3]s/", secret_env: HOOK_KEY, ca_file: %[6]s}
  - {name: post, kind: email, server: "%[4]s", user: robot, password_env: MAIL_PASSWORD, from: a@example.org, to: [b@example.org], ca_file: %[6]s}
  - {name: log, kind: file, path: %[5]s}
`, hook, wrong, m.lateAddr, m.post.Addr, m.log, m.ca.File)
	if remote {
		m.listen()
		config += "  - {name: bus, kind: nats}\n"
	}
	if err := os.WriteFile(m.file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	testKey      = "a-key-of-more-than-16-bytes"
	testPassword = "correct-horse-battery"
)

// serve starts a receiver of webhooks and returns its address.
func (m *receivers) serve(by *notifytest.Authority, addr string, box *inbox, pass func()) string {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		m.t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var e alert.Event
		if err := json.Unmarshal(body, &e); err != nil || e.ID != r.Header.Get(notify.HeaderEventID) {
			m.t.Errorf("event id %q, body %s", r.Header.Get(notify.HeaderEventID), body)
		}
		box.take(e.ID)
		pass()
	}))
	_ = s.Listener.Close()
	s.Listener, s.TLS, s.Config.ErrorLog = listener, by.For("127.0.0.1"), slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	m.t.Cleanup(s.Close)
	return listener.Addr().String()
}

// listen starts a NATS server that outlives the process, and a subscriber.
func (m *receivers) listen() {
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: m.t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	srv.Start()
	m.t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(time.Minute) {
		m.t.Fatal("the NATS server does not start")
	}
	m.url = "nats://" + srv.Addr().String()
	nc, err := nats.Connect(m.url)
	if err == nil {
		m.t.Cleanup(nc.Close)
		_, err = nc.Subscribe("alerts.test", func(msg *nats.Msg) { m.said.take(msg.Header.Get("Nats-Msg-Id")) })
	}
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// sender starts the process. settled gets a line when nothing is left to deliver; kill ends it by kill -9.
func (m *receivers) sender(bin, dir string) (settled <-chan string, kill func()) {
	m.t.Helper()
	cmd := command(bin, dir)
	cmd.Env = append(cmd.Env, alertSenderFile+"="+m.file, "NATS_URL="+m.url, "HOOK_KEY="+testKey, "MAIL_PASSWORD="+testPassword)
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	lines := make(chan string, 10)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-read
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != -1 {
			m.t.Errorf("the process ended by itself: %d\n%s", code, stderr.String())
		}
		for _, secret := range []string{testKey, testPassword} {
			if strings.Contains(stderr.String(), secret) {
				m.t.Errorf("the log tells the secret %s", secret)
			}
		}
	})
	m.t.Cleanup(kill)
	return lines, kill
}

// received is, by channel, how many events came and how often one came again.
func (m *receivers) received() map[string][2]int {
	var post, log inbox
	for _, mail := range m.post.Mails() {
		_, after, _ := strings.Cut(mail.Data, notify.HeaderEventID+": ")
		id, _, _ := strings.Cut(after, "\n")
		post.take(id)
	}
	data, err := os.ReadFile(m.log)
	if err != nil {
		m.t.Error(err)
	}
	for line := range strings.Lines(string(data)) {
		var e alert.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			m.t.Errorf("line %q: %v", line, err)
		}
		log.take(e.ID)
	}
	out := map[string][2]int{}
	for name, box := range map[string]*inbox{"hook": &m.hook, "late": &m.late, "post": &post, "log": &log, "bus": &m.said} {
		if name == "bus" && m.url == "" {
			continue
		}
		events, repeated := box.counts()
		out[name] = [2]int{events, repeated}
	}
	return out
}

// TestAlertsAcrossKills has a process that delivers alerts killed while a webhook and then a mail server are about to
// answer, and once more when all is done. Each channel gets each event; only what was under way at a kill comes
// twice, with its id; a receiver that was down gets its events later, and one with a wrong certificate none.
func TestAlertsAcrossKills(t *testing.T) {
	t.Parallel()
	for name, remote := range map[string]bool{"embedded": false, "remote": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin, dir := binaryAs(t, "alert-sender"), t.TempDir()
			m := newReceivers(t, remote)

			m.hookGate.closeAfter(3)
			m.mailGate.closeAfter(-1)
			_, kill := m.sender(bin, dir)
			await(t, m.hookGate.held, "the webhook to be called")
			kill()
			close(m.hookGate.released)

			m.mailGate.closeAfter(1)
			_, kill = m.sender(bin, dir)
			await(t, m.mailGate.held, "a mail to be sent")
			kill()
			close(m.mailGate.released)

			m.serve(m.ca, m.lateAddr, &m.late, func() {})
			settled, kill := m.sender(bin, dir)
			await(t, settled, "the deliveries to come to an end")
			kill()
			before, repeated := m.received(), 0
			for name, got := range before {
				if got[0] != alertSenderEvents {
					t.Errorf("%s got %d of %d events", name, got[0], alertSenderEvents)
				}
				repeated += got[1]
			}
			if most := 2 * notifyWorkers; before["hook"][1] < 1 || repeated > most {
				t.Errorf("repeated: %v; the webhook that did not answer gets its event again, and no more than %d were under way", before, most)
			}

			settled, kill = m.sender(bin, dir) // evaluates everything again
			await(t, settled, "the deliveries to come to an end")
			kill()
			if diff := cmp.Diff(before, m.received()); diff != "" {
				t.Errorf("after another start (-before +after):\n%s", diff)
			}
			m.checkDead(dir)
		})
	}
}

// checkDead wants the events for the receiver with the wrong certificate, and no others, among the dead letters.
func (m *receivers) checkDead(dir string) {
	b, err := bus.Open(m.t.Context(), bus.Config{URL: m.url, Dir: filepath.Join(dir, "nats")})
	if err != nil {
		m.t.Fatal(err)
	}
	defer b.Close()
	kept := bustest.NewKeep()
	stop := bustest.Start(m.t, b, bus.Stage{Name: bus.StageBury, Handle: kept.Handle})
	letters := map[string]bool{}
	for _, v := range kept.Wait(m.t, alertSenderEvents) {
		d := v.(posting.Dead)
		letters[d.ID] = true
		if d.Stage != bus.StageNotify || d.Source != "wrong" || !strings.Contains(d.Reason, "is not trusted: x509") || strings.Contains(d.Reason+string(d.Body), testKey) {
			m.t.Errorf("letter of %s: %s", d.Source, d.Reason)
		}
	}
	if len(letters) > alertSenderEvents {
		m.t.Errorf("%d letters", len(letters))
	}
	if err := stop(); err != nil {
		m.t.Error(err)
	}
}

// await waits for a value, or fails after a time that only a failing test needs.
func await[T any](t *testing.T, c <-chan T, what string) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case <-c:
	case <-late.C:
		t.Fatal("waited in vain for " + what)
	}
}

// TestAlertChannelTest sends the test event of one channel although another's secret is missing.
func TestAlertChannelTest(t *testing.T) {
	t.Parallel()
	m := &receivers{t: t, ca: notifytest.NewAuthority(t, time.Now())}
	at := m.serve(m.ca, "127.0.0.1:0", &m.hook, func() {})
	file := []byte("channels:\n  - {name: chat, kind: slack, url_env: ABSENT}\n" +
		"  - {name: hook, kind: webhook, url: \"https://" + at + "/\", secret_env: HOOK_KEY, ca_file: " + m.ca.File + "}\n")
	a := &app{environ: []string{"HOOK_KEY=" + testKey}, stdout: io.Discard, stderr: io.Discard}
	for range 2 {
		if err := a.testAlertChannel(t.Context(), file, "hook"); err != nil {
			t.Fatal(err)
		}
	}
	if events, repeated := m.hook.counts(); events != 2 || repeated != 0 {
		t.Errorf("%d events, %d repeated", events, repeated)
	}
	err := a.testAlertChannel(t.Context(), file, "chat")
	if err == nil || !strings.Contains(err.Error(), "the environment has no ABSENT") {
		t.Errorf("without its secret: %v", err)
	}
	err = a.testAlertChannel(t.Context(), file, "pager")
	if err == nil || !strings.Contains(err.Error(), `no channel "pager"`) || !strings.Contains(hintOf(err), "chat, hook") {
		t.Errorf("an unknown channel: %v, %q", err, hintOf(err))
	}
}

// TestDeadRetryDelivers: an alert that could not be delivered is a dead letter, and reaches its receiver when it is
// retried after the cause is gone, without an `up`.
func TestDeadRetryDelivers(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	right, wrong := notifytest.NewAuthority(t, time.Now()), notifytest.NewAuthority(t, time.Now())
	m := &receivers{t: t, ca: right, file: filepath.Join(t.TempDir(), "alerts.yaml")}
	at := m.serve(right, "127.0.0.1:0", &m.hook, func() {})
	write := func(trusted *notifytest.Authority) {
		t.Helper()
		config := "channels:\n  - {name: hook, kind: webhook, url: \"https://" + at + "/\", secret_env: HOOK_KEY, ca_file: " + trusted.File + "}\n"
		if err := os.WriteFile(m.file, []byte(config+"rules: [{name: board_silent, kind: board_silent, after: 72h}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(wrong)
	settled, kill := m.sender(binaryAs(t, "alert-sender"), dir)
	await(t, settled, "the deliveries to come to an end")
	kill()
	importJobs(t, bin, dir, "2026-01-05", `{"id":"ok","title":"ML Engineer","isListed":true,"descriptionHtml":"<p>Go</p>"}`) // buries them
	all := letters(t, bin, dir, "--stage", "notify")
	if len(all) != alertSenderEvents {
		t.Fatalf("letters %+v", all)
	}
	with := func(args ...string) *exec.Cmd {
		cmd := command(bin, dir, args...)
		cmd.Env = append(cmd.Env, "ROLESCOPE_ALERTS="+m.file, "HOOK_KEY="+testKey)
		return cmd
	}
	again := with("dead", "retry", "--json", all[0].ID)
	out, _ := again.Output()
	if code := again.ProcessState.ExitCode(); code != exitPartial || !strings.Contains(string(out), `"failed_again": 1`) {
		t.Errorf("with the cause still there: status %d, %s", code, out)
	}
	write(right)
	args := []string{"dead", "retry", "--json"}
	for _, l := range all {
		args = append(args, l.ID)
	}
	output(t, with(args...))
	if events, repeated := m.hook.counts(); events != alertSenderEvents || repeated != 0 {
		t.Errorf("%d of %d events delivered, %d of them repeated", events, alertSenderEvents, repeated)
	}
	if open := letters(t, bin, dir); len(open) != 0 {
		t.Errorf("open letters %+v", open)
	}
	output(t, with("alert", "test", "hook"))
	if events, _ := m.hook.counts(); events != alertSenderEvents+1 {
		t.Errorf("%d events after the test", events)
	}
}
