package notify_test

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/alert/notify/notifytest"
)

const password = "correct-horse-battery"

func mailer(t testing.TB, server, caFile, more string, timeout time.Duration) notify.Channel {
	t.Helper()
	return channel(t, `- {name: post, kind: email, server: "`+server+`", user: robot, password_env: MAIL_PASSWORD, ca_file: `+caFile+
		`, from: "Rolescope <alerts@rolescope.example>", to: ["Zoë <zoe@example.org>", ops@example.org]`+more+`}`,
		map[string]string{"MAIL_PASSWORD": password}, timeout)
}

// TestMail sends by every way that is offered: STARTTLS and TLS from the first byte, AUTH PLAIN and LOGIN.
func TestMail(t *testing.T) {
	t.Parallel()
	ca := notifytest.NewAuthority(t, time.Now())
	for name, c := range map[string]struct {
		server *notifytest.MailServer
		more   string
	}{
		"starttls":       {&notifytest.MailServer{User: "robot", Pass: password}, ""},
		"starttls login": {&notifytest.MailServer{User: "robot", Pass: password, Mechanism: "LOGIN"}, ", tls: starttls"},
		"implicit":       {&notifytest.MailServer{User: "robot", Pass: password, Implicit: true}, ", tls: implicit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := c.server
			server.TLS = ca.For("127.0.0.1")
			server.Start(t, "127.0.0.1:0")
			ch := mailer(t, server.Addr, ca.File, c.more, 0)
			for range 2 { // a repetition is the same mail
				if err := ch.Send(t.Context(), event()); err != nil {
					t.Fatal(err)
				}
			}
			mails := server.Mails()
			if len(mails) != 2 || mails[0].Data != mails[1].Data {
				t.Fatalf("%d mails", len(mails))
			}
			got := mails[0]
			if got.From != "alerts@rolescope.example" || !slices.Equal(got.To, []string{"zoe@example.org", "ops@example.org"}) || got.User != "robot" || !got.Secret {
				t.Errorf("taken from %s for %v, user %q, under TLS %v", got.From, got.To, got.User, got.Secret)
			}
			header, body := readMail(t, got)
			for key, want := range map[string]string{
				"Subject": "rolescope: [firing] New category: prompt engineer", "Message-Id": "<" + event().ID + ".post@rolescope.example>",
				"X-Rolescope-Event-Id": event().ID, "Date": "Wed, 04 Mar 2026 05:06:07 +0000", "To": `Zoë <zoe@example.org>, <ops@example.org>`,
			} {
				if header[key] != want {
					t.Errorf("%s: %q, want %q", key, header[key], want)
				}
			}
			for _, want := range []string{event().Text, `"recent_count": 12`, "SELECT 1", event().URL, event().ID} {
				if !strings.Contains(body, want) {
					t.Errorf("the body does not hold %q:\n%s", want, body)
				}
			}
			if i := slices.IndexFunc(server.Commands(), func(c string) bool { return strings.HasPrefix(c, "MAIL") }); i < 0 {
				t.Error("no MAIL")
			}
		})
	}
}

// readMail reads a mail as a mail program does.
func readMail(t *testing.T, m notifytest.Mail) (header map[string]string, body string) {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	header = map[string]string{}
	for key, values := range msg.Header {
		if len(values) != 1 {
			t.Errorf("%d headers %s", len(values), key)
		}
		if header[key], err = new(mime.WordDecoder).DecodeHeader(values[0]); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
	if err != nil {
		t.Fatal(err)
	}
	return header, string(text)
}

// TestMailHostile: nothing an advert says becomes a header, a recipient, markup or a command.
func TestMailHostile(t *testing.T) {
	t.Parallel()
	ca := notifytest.NewAuthority(t, time.Now())
	server := &notifytest.MailServer{User: "robot", Pass: password, TLS: ca.For("127.0.0.1")}
	server.Start(t, "127.0.0.1:0")
	ch := mailer(t, server.Addr, ca.File, "", 0)
	dots := hostile()
	dots.Text = "one\n.\nQUIT\n..two\n" + strings.Repeat("x", 3000)
	for _, e := range []alert.Event{hostile(), dots} {
		if err := ch.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range server.Mails() {
		header, body := readMail(t, m)
		if len(m.To) != 2 || len(header) != 10 || header["Bcc"] != "" || header["X-Evil"] != "" {
			t.Errorf("for %v with headers %q", m.To, header)
		}
		if s := header["Subject"]; strings.ContainsAny(s, "\r\n\x1b\x00\u202e\u2066\u2028") || !strings.Contains(s, "Prompt =?utf-8?B?QmNjOiB4?= Bcc: victim@example.org <script>") {
			t.Errorf("subject %q", s)
		}
		for _, l := range strings.Split(m.Data, "\n") {
			if len(l) > 78 {
				t.Errorf("a line of %d bytes: %q", len(l), l)
			}
		}
		if strings.Contains(body, "javascript:") || strings.ContainsAny(body, "\x1b\x00\u202e") || !strings.Contains(body, "工程师") {
			t.Errorf("body %q", body)
		}
		if i == 1 && !strings.Contains(body, "one\n.\nQUIT\n..two\n") {
			t.Errorf("lines of dots: %q", body[:200])
		}
	}
	if n := len(server.Mails()); n != 2 {
		t.Errorf("%d mails of 2", n)
	}
}

// TestMailTroubles: what heals is tried again, what cannot is said once and clearly, and no error tells the password.
func TestMailTroubles(t *testing.T) {
	t.Parallel()
	ca, foreign := notifytest.NewAuthority(t, time.Now()), notifytest.NewAuthority(t, time.Now())
	good := ca.For("127.0.0.1")
	answer := func(prefix, line string) func(string) string {
		return func(command string) string {
			if strings.HasPrefix(command, prefix) {
				return line
			}
			return ""
		}
	}
	secrets := []string{password, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "horse"}
	for name, c := range map[string]struct {
		server  *notifytest.MailServer
		more    string
		forGood bool
		words   string
	}{
		"no TLS":             {&notifytest.MailServer{}, "", true, "offers no STARTTLS, and nothing is sent without TLS"},
		"foreign authority":  {&notifytest.MailServer{TLS: foreign.For("127.0.0.1")}, "", true, "is not trusted: x509: certificate signed by unknown authority"},
		"another's name":     {&notifytest.MailServer{TLS: ca.For("mail.example.org")}, "", true, "is not trusted: x509: cannot validate certificate for 127.0.0.1"},
		"expired":            {&notifytest.MailServer{TLS: ca.Expired("127.0.0.1"), Implicit: true}, ", tls: implicit", true, "certificate has expired"},
		"wrong password":     {&notifytest.MailServer{TLS: good, User: "robot", Pass: "other"}, "", true, "answered AUTH with 535 5.7.8 robot may not use ***"},
		"no AUTH":            {&notifytest.MailServer{TLS: good}, "", true, "offers no AUTH PLAIN or LOGIN"},
		"greylisted":         {&notifytest.MailServer{TLS: good, User: "robot", Pass: password, Answer: answer("RCPT TO:<ops", "451 4.7.1 later")}, "", false, "answered RCPT with 451 4.7.1 later"},
		"nobody there":       {&notifytest.MailServer{TLS: good, User: "robot", Pass: password, Answer: answer("RCPT", "550 5.1.1 unknown")}, "", true, "answered RCPT with 550 5.1.1 unknown"},
		"one is not there":   {&notifytest.MailServer{TLS: good, User: "robot", Pass: password, Answer: answer("RCPT TO:<zoe", "550 5.1.1 unknown")}, "", true, "took the mail for 1 of 2 recipients and refused zoe@example.org"},
		"refused as spam":    {&notifytest.MailServer{TLS: good, User: "robot", Pass: password, Answer: answer(".", "554 5.7.1 spam")}, "", true, "answered DATA with 554 5.7.1 spam"},
		"disk full":          {&notifytest.MailServer{TLS: good, User: "robot", Pass: password, Answer: answer(".", "452 4.3.1 full")}, "", false, "answered DATA with 452"},
		"silent":             {&notifytest.MailServer{Silent: true}, "", false, "no answer within 300ms"},
		"silent under TLS":   {&notifytest.MailServer{Silent: true, TLS: good}, ", tls: implicit", false, "no answer within 300ms"},
		"TLS meets STARTTLS": {&notifytest.MailServer{TLS: good}, ", tls: implicit", false, "first record does not look like a TLS handshake"},
		"a flood":            {&notifytest.MailServer{Answer: answer("EHLO", strings.Repeat("250-x\r\n", 100_000)+"250 x")}, "", false, "says too much"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := c.server
			server.Start(t, "127.0.0.1:0")
			timeout := 30 * time.Second
			if server.Silent {
				timeout = 300 * time.Millisecond
			}
			err := mailer(t, server.Addr, ca.File, c.more, timeout).Send(t.Context(), event())
			wantError(t, err, c.forGood, c.words, secrets...)
			took := 0
			if name == "one is not there" {
				took = 1
			}
			if len(server.Mails()) != took {
				t.Errorf("%d mails were taken", len(server.Mails()))
			}
			for _, command := range server.Commands() {
				if server.TLS == nil && (strings.HasPrefix(command, "AUTH") || strings.HasPrefix(command, "MAIL")) {
					t.Errorf("said without TLS: %q", command)
				}
			}
		})
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	wantError(t, mailer(t, nobody.Addr().String(), ca.File, "", 0).Send(t.Context(), event()), false, "connection refused", secrets...)
}
