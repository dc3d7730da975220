package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
)

const (
	// answerBytesMax is how much of a receiver's answer is read: nobody needs more than its status.
	answerBytesMax = 16 << 10
	// headerBytesMax bounds the headers of an answer.
	headerBytesMax = 64 << 10
	// chatTitleMax and chatTextMax, in runes, stay below the 4,000 characters that Slack asks for.
	chatTitleMax = 200
	chatTextMax  = 3000
)

// poster sends bodies to one address by HTTP. It follows no redirect: an event goes where the
// operator said, and nowhere a receiver says.
type poster struct {
	client *http.Client
	url    string
	agent  string
}

func (c Config) openPost(secretURL, key string, o Options) (sender, []string, error) {
	u, err := address(first(secretURL, c.URL))
	if err != nil {
		return nil, nil, fmt.Errorf("url_env: %w", err)
	}
	if c.Kind == KindWebhook && len(key) < keyBytesMin {
		return nil, nil, fmt.Errorf("secret_env: %s holds %d characters: a key has at least %d (openssl rand -hex 32 makes one)", c.SecretEnv, len(key), keyBytesMin)
	}
	trust, err := c.tlsConfig()
	if err != nil {
		return nil, nil, err
	}
	p := poster{
		url: u.String(), agent: "rolescope/" + o.Version,
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy: o.Proxy, TLSClientConfig: trust, ForceAttemptHTTP2: true,
				MaxResponseHeaderBytes: headerBytesMax, DisableCompression: true,
				DisableKeepAlives: true, // alerts are rare
			},
		},
	}
	if c.Kind == KindSlack {
		return slack{p}, pathSecrets(u, secretURL != ""), nil
	}
	return webhook{p, []byte(key), o.Now}, append(pathSecrets(u, secretURL != ""), key), nil
}

// pathSecrets are the parts of an address that errors must not show: of one that is a secret
// everything behind the host, and of any its query.
func pathSecrets(u *url.URL, secret bool) []string {
	out := []string{u.RawQuery}
	for _, values := range u.Query() {
		out = append(out, values...)
	}
	if secret {
		out = append(out, u.String(), u.RequestURI(), u.EscapedPath(), u.Path)
		for part := range strings.SplitSeq(u.Path, "/") {
			out = append(out, part)
		}
	}
	return out
}

// plainAnswer is what may be repeated of an answer: a word or two, such as Slack's no_service, and not
// a page that quotes the address it was asked for.
var plainAnswer = regexp.MustCompile(`^[a-z][a-z_ ]{0,59}$`)

func (p poster) post(ctx context.Context, header http.Header, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return refusedf("the address cannot be asked")
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", p.agent)
	res, err := p.client.Do(req)
	if err != nil {
		return unreachable(req.URL.Host, err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, answerBytesMax))
	return judge(res.StatusCode, strings.TrimSpace(string(answer)))
}

// judge tells from the answer whether the event was taken, and if not whether it may be later.
func judge(status int, answer string) error {
	said := ""
	if plainAnswer.MatchString(answer) {
		said = " (" + answer + ")"
	}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return refusedf("the receiver answered %d, a redirect, which is not followed: give the final address", status)
	case status == http.StatusRequestTimeout, status == http.StatusLocked, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return fmt.Errorf("the receiver answered %d %s%s", status, http.StatusText(status), said)
	}
	return refusedf("the receiver answered %d %s%s", status, http.StatusText(status), said)
}

// unreachable words an error of a connection without the address, which may be a secret. A
// certificate that is not trusted is not asked for again and again.
func unreachable(host string, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if reason := badCertificate(err); reason != "" {
		return refusedf("the certificate of %s is not trusted: %s", host, reason)
	}
	return fmt.Errorf("reach %s: %w", host, err)
}

// badCertificate is why a certificate was refused, or empty.
func badCertificate(err error) string {
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return bad.Err.Error()
	}
	return ""
}

// webhook posts the event's JSON with a signature.
type webhook struct {
	poster
	key []byte
	now func() time.Time
}

// The headers of a webhook.
const (
	HeaderSignature = "X-Rolescope-Signature"
	HeaderEventID   = "X-Rolescope-Event-Id"
)

// Sign is the value of HeaderSignature: t is the time of sending in seconds since 1970, which lets a
// receiver refuse old copies, and v1 the HMAC-SHA256 over that number, a full stop and the body.
func Sign(key []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func (w webhook) send(ctx context.Context, e alert.Event) error {
	body, err := encode(e)
	if err != nil {
		return err
	}
	header := http.Header{}
	header.Set(HeaderEventID, e.ID)
	header.Set(HeaderSignature, Sign(w.key, w.now(), body))
	return w.post(ctx, header, body)
}

// slack posts a message in the form of Slack's incoming webhooks, which other chats take too. Only
// `text` is used, because not all of them know more.
type slack struct{ poster }

func (s slack) send(ctx context.Context, e alert.Event) error {
	body, err := json.Marshal(map[string]any{
		"text":   chatText(e),
		"mrkdwn": false, "unfurl_links": false, "unfurl_media": false,
	})
	if err != nil {
		return err
	}
	header := http.Header{}
	header.Set(HeaderEventID, e.ID)
	return s.post(ctx, header, body)
}

func chatText(e alert.Event) string {
	lines := []string{chat(line(headline(e), chatTitleMax)), chat(block(e.Text, chatTextMax))}
	if link := dashboard(e.URL); link != "" {
		lines = append(lines, "<"+strings.ReplaceAll(link, "&", "&amp;")+">")
	}
	lines = append(lines, chat(line("rule "+e.Rule+", event "+e.ID, chatTitleMax)))
	return strings.Join(lines, "\n")
}

// headline is the event in one line: its state and title.
func headline(e alert.Event) string { return "[" + string(e.State) + "] " + e.Title }

// dashboard is the event's address if it can be nothing else, written so that no mark in it ends a link.
func dashboard(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "\"", "%22", " ", "%20").Replace(u.String())
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// announcer publishes the event's JSON on a NATS subject.
type announcer func(ctx context.Context, rule, id string, event []byte) error

func (a announcer) send(ctx context.Context, e alert.Event) error {
	body, err := encode(e)
	if err != nil {
		return err
	}
	return a(ctx, e.Rule, e.ID, body)
}
