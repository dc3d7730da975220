package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rolescope/rolescope/alert"
)

const (
	// subjectRunesMax keeps a subject to what mail programs show.
	subjectRunesMax = 180
	// mailTextMax and mailQueryMax, in runes, keep a mail to a page or two: the whole event is in the store.
	mailTextMax  = 8000
	mailQueryMax = 16_000
	// wordBytes is how much of a header's text one encoded word takes: 60 characters of base64 and 12
	// around them stay below the 75 of RFC 2047.
	wordBytes = 45
)

// mailer sends mails through one server.
type mailer struct {
	server   string // host:port
	host     string
	implicit bool // TLS from the first byte, else STARTTLS
	trust    *tls.Config
	user     string
	password string
	from     *mail.Address
	to       []*mail.Address
	name     string // the channel's
	now      func() time.Time
}

func (c Config) openEmail(password string, o Options) (sender, []string, error) {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, nil, fmt.Errorf("server: %w", err)
	}
	m := mailer{
		server: c.Server, host: host, implicit: c.TLS == "implicit" || c.TLS == "" && port == "465",
		user: c.User, password: password, name: c.Name, now: o.Now,
	}
	if m.trust, err = c.tlsConfig(); err != nil {
		return nil, nil, err
	}
	m.trust.ServerName = host
	if m.from, err = mailbox(c.From); err != nil {
		return nil, nil, fmt.Errorf("from: %w", err)
	}
	for _, to := range c.To {
		a, err := mailbox(to)
		if err != nil {
			return nil, nil, fmt.Errorf("to: %w", err)
		}
		m.to = append(m.to, a)
	}
	encoded := base64.StdEncoding.EncodeToString
	return m, []string{password, encoded([]byte(password)), encoded([]byte("\x00" + c.User + "\x00" + password))}, nil
}

func (m mailer) send(ctx context.Context, e alert.Event) error {
	msg, err := m.compose(e)
	if err != nil {
		return err
	}
	return m.submit(ctx, msg)
}

// compose writes the mail: headers that are ours or encoded, and a body of plain text. The Message-ID is made of
// the event and the channel, so a repetition has the same and most mailboxes show it once.
func (m mailer) compose(e alert.Event) ([]byte, error) {
	var out bytes.Buffer
	domain := m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:]
	recipients := make([]string, len(m.to))
	for i, to := range m.to {
		recipients[i] = to.String()
	}
	for _, h := range [][2]string{
		{"From", m.from.String()},
		{"To", strings.Join(recipients, ",\r\n ")},
		{"Subject", headerText(line("rolescope: "+headline(e), subjectRunesMax))},
		{"Date", m.now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + e.ID + "." + m.name + "@" + domain + ">"},
		{HeaderEventID, e.ID},
		{"Auto-Submitted", "auto-generated"}, // so that no absence note answers
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		out.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	_, err := body.Write([]byte(mailText(e)))
	if err == nil {
		err = body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	out.WriteString("\r\n")
	return out.Bytes(), nil
}

// headerText encodes text for a header (RFC 2047) unless it is short plain ASCII that reads as itself.
func headerText(text string) string {
	plain := len(text) < wordBytes && !strings.Contains(text, "=?")
	for _, r := range text {
		plain = plain && r >= ' ' && r < 0x7f
	}
	if plain {
		return text
	}
	var words []string
	room := wordBytes - 9 // beside the header's name
	for text != "" {
		end := 0
		for end < len(text) {
			_, size := utf8.DecodeRuneInString(text[end:])
			if end+size > room {
				break
			}
			end += size
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:end]))+"?=")
		text, room = text[end:], wordBytes
	}
	return strings.Join(words, "\r\n ") // the space between encoded words is not shown
}

func mailText(e alert.Event) string {
	evidence, err := json.MarshalIndent(e.Evidence, "", "  ")
	if err != nil {
		evidence = []byte("(cannot be written)")
	}
	parts := []string{
		line(headline(e), subjectRunesMax),
		block(e.Text, mailTextMax),
	}
	if link := dashboard(e.URL); link != "" {
		parts = append(parts, link)
	}
	parts = append(parts, "Evidence:\n"+block(string(evidence), mailTextMax))
	if e.Query != "" {
		parts = append(parts, "The query that derives it again, for rolescope sql:\n"+block(e.Query, mailQueryMax))
	}
	parts = append(parts, fmt.Sprintf("rule %s, %s since %s, evaluated %s\nevent %s, alert %s",
		line(e.Rule, 100), line(string(e.State), 20), e.Onset.UTC().Format(time.DateTime), e.At.UTC().Format(time.DateTime), e.ID, line(e.AlertID, 64)))
	return strings.Join(parts, "\n\n") + "\n"
}
