package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// smtpBytesMax bounds what a mail server may say in one conversation.
const smtpBytesMax = 256 << 10

// limited is a connection that gives at most so many bytes.
type limited struct {
	net.Conn
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errors.New("the server says too much")
	}
	n, err := l.Conn.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// submit hands a mail to the server, under TLS or not at all.
func (m mailer) submit(ctx context.Context, msg []byte) error {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.server)
	if err != nil {
		return unreachable(m.server, err)
	}
	defer raw.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := raw.SetDeadline(deadline); err != nil {
			return err
		}
	}
	defer context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })()
	conn := net.Conn(&limited{raw, smtpBytesMax})
	if m.implicit {
		secure := tls.Client(conn, m.trust)
		if err := secure.HandshakeContext(ctx); err != nil {
			return unreachable(m.server, err)
		}
		conn = secure
	}
	c, err := smtp.NewClient(conn, m.host)
	if err != nil {
		return m.word("greet", err)
	}
	if err := m.prepare(c); err != nil {
		return err
	}
	refused, err := m.transfer(c, msg)
	if err != nil {
		return err
	}
	_ = c.Quit() // the mail is taken: an error now is no failure
	if len(refused) > 0 {
		return refusedf("the mail server took the mail for %d of %d recipients and refused %s", len(m.to)-len(refused), len(m.to), strings.Join(refused, "; "))
	}
	return nil
}

// prepare makes the conversation secret and says who we are.
func (m mailer) prepare(c *smtp.Client) error {
	// A name of our own network would tell receivers about it; servers want something with a dot.
	if err := c.Hello(m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:]); err != nil {
		return m.word("EHLO", err)
	}
	if !m.implicit {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return refusedf("mail server %s offers no STARTTLS, and nothing is sent without TLS", m.server)
		}
		if err := c.StartTLS(m.trust); err != nil {
			return m.word("STARTTLS", err)
		}
	}
	if m.user == "" {
		return nil
	}
	ok, mechanisms := c.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(mechanisms))
	var auth smtp.Auth
	switch {
	case ok && slices.Contains(offered, "PLAIN"):
		auth = smtp.PlainAuth("", m.user, m.password, m.host)
	case ok && slices.Contains(offered, "LOGIN"):
		auth = &login{m.user, m.password}
	default:
		return refusedf("mail server %s offers no AUTH PLAIN or LOGIN, and a user is given", m.server)
	}
	if err := c.Auth(auth); err != nil {
		return m.word("AUTH", err)
	}
	return nil
}

// transfer sends the mail to those whom the server takes it for. It returns those it refused for good,
// unless they are all, which is an error.
func (m mailer) transfer(c *smtp.Client, msg []byte) (refused []string, err error) {
	if err := c.Mail(m.from.Address); err != nil {
		return nil, m.word("MAIL", err)
	}
	var last error
	for _, to := range m.to {
		err := m.word("RCPT", c.Rcpt(to.Address))
		var permanent *refusal
		switch {
		case errors.As(err, &permanent):
			refused, last = append(refused, to.Address+": "+permanent.text), err
		case err != nil:
			return nil, err // greylisting, for instance: nobody gets it before all can
		}
	}
	if len(refused) == len(m.to) {
		return nil, last
	}
	w, err := c.Data()
	if err != nil {
		return nil, m.word("DATA", err)
	}
	if _, err := w.Write(msg); err != nil {
		return nil, m.word("DATA", err)
	}
	return refused, m.word("DATA", w.Close())
}

// word says what the server answered to a step. Its answers of the five hundreds are final.
func (m mailer) word(step string, err error) error {
	if err == nil {
		return nil
	}
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return unreachable(m.server, err)
	}
	text := fmt.Sprintf("mail server %s answered %s with %d %s", m.server, step, answer.Code, line(answer.Msg, 200))
	if answer.Code >= 500 {
		return refusedf("%s", text)
	}
	return errors.New(text)
}

// login is the mechanism that servers without PLAIN offer. It is only used under TLS.
type login struct{ user, password string }

func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("no TLS")
	}
	return "LOGIN", nil, nil
}

func (l *login) Next(prompt []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if strings.HasPrefix(strings.ToLower(string(prompt)), "user") {
		return []byte(l.user), nil
	}
	return []byte(l.password), nil
}
