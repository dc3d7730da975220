package notifytest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// Mail is one that a MailServer took.
type Mail struct {
	From, Data string // Data with line ends as they came
	To         []string
	User       string // who it was taken from; empty without AUTH
	Secret     bool   // the conversation was under TLS
}

// MailServer speaks as much SMTP (RFC 5321, 3207, 4954) as a client needs to hand over mails. Set its fields
// before Start.
type MailServer struct {
	TLS        *tls.Config // nil offers none
	Implicit   bool        // TLS from the first byte, else by STARTTLS
	User, Pass string      // if set, AUTH is required
	Mechanism  string      // of AUTH; empty is PLAIN
	Silent     bool        // accepts connections and says nothing
	// Answer, if set, may answer a command ("RCPT TO:<a@b>", "." for the end of a mail) in the server's
	// stead with a line such as "550 no such user"; empty lets the server answer.
	Answer func(command string) string

	Addr string // host:port, after Start

	mu       sync.Mutex
	mails    []Mail
	commands []string
	arrived  chan struct{}
	listener net.Listener
	conns    map[net.Conn]bool
	all      sync.WaitGroup
}

// Start listens on addr, such as "127.0.0.1:0", until Stop or the end of the test.
func (m *MailServer) Start(t testing.TB, addr string) {
	t.Helper()
	var err error
	if m.listener, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	m.Addr, m.arrived, m.conns = m.listener.Addr().String(), make(chan struct{}, 1000), map[net.Conn]bool{}
	m.all.Go(func() {
		for {
			conn, err := m.listener.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.conns[conn] = true
			m.mu.Unlock()
			m.all.Go(func() {
				defer conn.Close()
				m.serve(conn)
			})
		}
	})
	t.Cleanup(m.Stop)
}

// Stop ends it; it may be called twice.
func (m *MailServer) Stop() {
	_ = m.listener.Close()
	m.mu.Lock()
	for conn := range m.conns {
		_ = conn.Close()
	}
	m.mu.Unlock()
	m.all.Wait()
}

// Arrived gets a value for each mail that is taken.
func (m *MailServer) Arrived() <-chan struct{} { return m.arrived }

// Mails are those taken so far.
func (m *MailServer) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Mail(nil), m.mails...)
}

// Commands are the lines that clients sent, those of mails left out.
func (m *MailServer) Commands() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.commands...)
}

// talk is one conversation.
type talk struct {
	server *MailServer
	conn   net.Conn
	text   *textproto.Conn
	mail   Mail
	user   string
	secret bool
}

func (m *MailServer) serve(conn net.Conn) {
	if m.Silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	if m.Implicit {
		conn = tls.Server(conn, m.TLS)
	}
	t := &talk{server: m, conn: conn, text: textproto.NewConn(conn), secret: m.Implicit}
	t.say("220 test ESMTP")
	for {
		command, err := t.text.ReadLine()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.commands = append(m.commands, command)
		m.mu.Unlock()
		if m.Answer != nil {
			if own := m.Answer(command); own != "" {
				t.say(own)
				continue
			}
		}
		if !t.answer(command) {
			return
		}
	}
}

func (t *talk) say(line string) { _ = t.text.PrintfLine("%s", line) }

// answer answers a command and reports whether the conversation goes on.
func (t *talk) answer(command string) bool {
	m := t.server
	verb, rest, _ := strings.Cut(command, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		t.hello()
	case "HELO", "RSET", "NOOP":
		t.say("250 ok")
	case "STARTTLS":
		if m.TLS == nil || t.secret {
			t.say("503 no")
			return true
		}
		t.say("220 go on")
		t.conn, t.secret = tls.Server(t.conn, m.TLS), true
		t.text = textproto.NewConn(t.conn)
	case "AUTH":
		t.auth(rest)
	case "MAIL":
		if m.User != "" && t.user == "" {
			t.say("530 5.7.0 authentication required")
			return true
		}
		t.mail = Mail{From: address(rest), User: t.user, Secret: t.secret}
		t.say("250 ok")
	case "RCPT":
		t.mail.To = append(t.mail.To, address(rest))
		t.say("250 ok")
	case "DATA":
		return t.data()
	case "QUIT":
		t.say("221 bye")
		return false
	default:
		t.say("502 what?")
	}
	return true
}

func (t *talk) hello() {
	lines := []string{"test"}
	if t.server.TLS != nil && !t.secret {
		lines = append(lines, "STARTTLS")
	}
	if t.server.User != "" {
		mechanism := t.server.Mechanism
		if mechanism == "" {
			mechanism = "PLAIN"
		}
		lines = append(lines, "AUTH "+mechanism)
	}
	for i, l := range append(lines, "8BITMIME") {
		mark := "-"
		if i == len(lines) {
			mark = " "
		}
		t.say("250" + mark + l)
	}
}

func (t *talk) auth(rest string) {
	mechanism, first, _ := strings.Cut(rest, " ")
	ask := func(prompt string) string {
		t.say("334 " + base64.StdEncoding.EncodeToString([]byte(prompt)))
		line, _ := t.text.ReadLine()
		return decoded(line)
	}
	var user, pass string
	switch mechanism {
	case "PLAIN":
		if parts := strings.Split(decoded(first), "\x00"); len(parts) == 3 {
			user, pass = parts[1], parts[2]
		}
	case "LOGIN":
		user, pass = ask("Username:"), ask("Password:")
	}
	if !t.secret || user != t.server.User || pass != t.server.Pass {
		t.say(fmt.Sprintf("535 5.7.8 %s may not use %s", user, pass)) // as the rudest server might
		return
	}
	t.user = user
	t.say("235 welcome")
}

func (t *talk) data() bool {
	t.say("354 go on")
	var text strings.Builder
	raw := bufio.NewReader(t.text.DotReader())
	if _, err := io.Copy(&text, raw); err != nil {
		return false
	}
	m := t.server
	if m.Answer != nil {
		if own := m.Answer("."); own != "" {
			t.say(own)
			return true
		}
	}
	t.mail.Data = text.String()
	m.mu.Lock()
	m.mails = append(m.mails, t.mail)
	m.mu.Unlock()
	t.say("250 taken")
	m.arrived <- struct{}{}
	return true
}

func address(rest string) string {
	_, after, _ := strings.Cut(rest, "<")
	inner, _, _ := strings.Cut(after, ">")
	return inner
}

func decoded(s string) string {
	b, _ := base64.StdEncoding.DecodeString(s)
	return string(b)
}
