package notify

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The kinds of channels.
const (
	KindWebhook = "webhook"
	KindSlack   = "slack"
	KindEmail   = "email"
	KindNATS    = "nats"
	KindFile    = "file"
)

// Config is one entry of `channels:` in the alerts file. Secrets are not in it, but the names of
// the environment's variables that hold them.
type Config struct {
	Name string `yaml:"name"` // lower-case letters, digits, '-' and '_'; rules refer to it
	Kind string `yaml:"kind"`

	// URL is where webhook and slack post to; URLEnv names the variable that holds it where the address
	// is itself a secret, as Slack's is.
	URL       string `yaml:"url"`
	URLEnv    string `yaml:"url_env"`
	SecretEnv string `yaml:"secret_env"` // variable with the key a webhook's bodies are signed with
	CAFile    string `yaml:"ca_file"`    // certificates (PEM) to trust instead of the system's

	Server      string   `yaml:"server"` // host:port of the mail server
	TLS         string   `yaml:"tls"`    // "starttls" or "implicit"; empty is implicit on port 465
	User        string   `yaml:"user"`
	PasswordEnv string   `yaml:"password_env"`
	From        string   `yaml:"from"`
	To          []string `yaml:"to"`

	Path string `yaml:"path"` // of the file events are appended to, absolute

	line int
}

// settings are the keys each kind may have beside name and kind.
func settings(kind string) []string {
	return map[string][]string{
		KindWebhook: {"url", "url_env", "secret_env", "ca_file"},
		KindSlack:   {"url", "url_env", "ca_file"},
		KindEmail:   {"server", "tls", "user", "password_env", "from", "to", "ca_file"},
		KindNATS:    {},
		KindFile:    {"path"},
	}[kind]
}

func kinds() []string { return []string{KindWebhook, KindSlack, KindEmail, KindNATS, KindFile} }

const (
	// channelsMax bounds what one event is sent to.
	channelsMax = 50
	// keyBytesMin is the least length of a signing key: 128 bits in hex are 32, a good passphrase is 16.
	keyBytesMin = 16
	// caBytesMax bounds a file of certificates; all that browsers trust are a quarter of it.
	caBytesMax = 1 << 20
)

var (
	channelName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	variable    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
)

// Parse reads the list under the key `channels` of an alerts file and leaves the other keys to others.
// Errors name the line, the channel and what to write instead. It reads no secret: Open does.
func Parse(data []byte) ([]Config, error) {
	var file struct {
		Channels []yaml.Node `yaml:"channels"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	if len(file.Channels) > channelsMax {
		return nil, fmt.Errorf("read channels: %d of them, over the cap of %d", len(file.Channels), channelsMax)
	}
	out := make([]Config, 0, len(file.Channels))
	for i := range file.Channels {
		c, err := parseChannel(&file.Channels[i])
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o Config) bool { return o.Name == c.Name }) {
			return nil, c.errorf("there is another of that name")
		}
		out = append(out, c)
	}
	return out, nil
}

func parseChannel(node *yaml.Node) (Config, error) {
	if node.Kind != yaml.MappingNode {
		return Config{}, fmt.Errorf("read channels: line %d: a channel is a mapping such as {name: ops, kind: webhook, ...}", node.Line)
	}
	var c Config
	if err := node.Decode(&c); err != nil {
		return c, fmt.Errorf("read channels: line %d: %w", node.Line, err)
	}
	c.line = node.Line
	if !channelName.MatchString(c.Name) {
		return c, c.errorf("name: lower-case letters, digits, '-' and '_', at most 64")
	}
	if !slices.Contains(kinds(), c.Kind) {
		return c, c.errorf("kind: one of %s", strings.Join(kinds(), ", "))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if err := c.checkKey(node.Content[i].Value); err != nil {
			return c, err
		}
	}
	return c, c.check()
}

func (c Config) checkKey(key string) error {
	known := append([]string{"name", "kind"}, settings(c.Kind)...)
	switch {
	case slices.Contains(known, key):
		return nil
	case slices.Contains(known, key+"_env"): // the value is not repeated: it is a secret
		return c.errorf("%s: a secret does not stand in this file: name the variable that holds it, %s_env: SOME_NAME", key, key)
	}
	return c.errorf("a channel of kind %s has no setting %q, only %s", c.Kind, line(key, 40), strings.Join(known, ", "))
}

// check holds what is written to what each kind needs.
func (c Config) check() error {
	for _, env := range []struct{ key, name string }{{"url_env", c.URLEnv}, {"secret_env", c.SecretEnv}, {"password_env", c.PasswordEnv}} {
		switch {
		case env.name == "":
		case !variable.MatchString(env.name):
			// Not repeated: it may be the secret itself.
			return c.errorf("%s: the name of an environment variable: letters, digits and '_'", env.key)
		case strings.HasPrefix(env.name, "ROLESCOPE_"):
			return c.errorf("%s: names that begin with ROLESCOPE_ are this program's settings: choose another than %s", env.key, env.name)
		}
	}
	switch c.Kind {
	case KindWebhook, KindSlack:
		return c.checkPost()
	case KindEmail:
		return c.checkEmail()
	case KindFile:
		if !filepath.IsAbs(c.Path) {
			return c.errorf("path: the absolute path of a file")
		}
	}
	return nil
}

func (c Config) checkPost() error {
	if (c.URL == "") == (c.URLEnv == "") {
		return c.errorf("one of url and url_env (the variable that holds the address, where it is a secret)")
	}
	if c.URL != "" {
		if _, err := address(c.URL); err != nil {
			return c.errorf("url: %w", err)
		}
	}
	if c.Kind == KindWebhook && c.SecretEnv == "" {
		return c.errorf("secret_env: the variable that holds the key by which the receiver knows that a body is ours")
	}
	return nil
}

// address reads where to post to. Its errors do not repeat it.
func address(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("an address such as https://alerts.example.org/hook")
	case u.User != nil:
		return nil, errors.New("no user or password in the address; where it is secret as a whole, use url_env")
	}
	return u, nil
}

func (c Config) checkEmail() error {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil || host == "" || port == "" {
		return c.errorf("server: host and port of the mail server, such as mail.example.org:587")
	}
	if !slices.Contains([]string{"", "starttls", "implicit"}, c.TLS) {
		return c.errorf("tls: starttls or implicit; nothing is sent without")
	}
	if (c.User == "") != (c.PasswordEnv == "") {
		return c.errorf("user and password_env: both, or neither")
	}
	if strings.ContainsAny(c.User, "\r\n\x00") {
		return c.errorf("user: one line")
	}
	if len(c.To) == 0 || len(c.To) > channelsMax {
		return c.errorf("to: 1 to %d addresses", channelsMax)
	}
	for _, a := range append([]string{c.From}, c.To...) {
		if _, err := mailbox(a); err != nil {
			return c.errorf("from, to: %w", err)
		}
	}
	return nil
}

// mailbox reads an address of ASCII; what is beyond needs servers that few have.
func mailbox(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("%q is no e-mail address", line(s, 80))
	}
	for _, r := range a.Address {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"\\", r) {
			return nil, fmt.Errorf("%q: an address of ASCII letters, without quotes", line(s, 80))
		}
	}
	return a, nil
}

func (c Config) errorf(format string, args ...any) error {
	where := "read channels"
	if c.line > 0 {
		where += fmt.Sprintf(": line %d", c.line)
	}
	return fmt.Errorf(where+": channel "+line(c.Name, 64)+": "+format, args...)
}

// open makes the sender with its secrets.
func (c Config) open(o Options) (sender, []string, error) {
	secret := func(key, name string) (string, error) {
		if name == "" {
			return "", nil
		}
		v, ok := o.Lookup(name)
		if v = strings.TrimSpace(v); !ok || v == "" {
			return "", fmt.Errorf("%s: the environment has no %s: set it before the start", key, name)
		}
		return v, nil
	}
	switch c.Kind {
	case KindWebhook, KindSlack:
		at, err := secret("url_env", c.URLEnv)
		if err != nil {
			return nil, nil, err
		}
		key, err := secret("secret_env", c.SecretEnv)
		if err != nil {
			return nil, nil, err
		}
		return c.openPost(at, key, o)
	case KindEmail:
		password, err := secret("password_env", c.PasswordEnv)
		if err != nil {
			return nil, nil, err
		}
		return c.openEmail(password, o)
	case KindNATS:
		if o.Announce == nil {
			return nil, nil, errors.New("no bus is open")
		}
		return announcer(o.Announce), nil, nil
	case KindFile:
		return appender{c.Path}, nil, nil
	}
	return nil, nil, fmt.Errorf("kind: one of %s", strings.Join(kinds(), ", "))
}

// tlsConfig verifies the receiver's certificate, always.
func (c Config) tlsConfig() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return t, nil
	}
	info, err := os.Stat(c.CAFile)
	if err == nil && info.Size() > caBytesMax {
		err = fmt.Errorf("%s has %d bytes, over the cap of %d", c.CAFile, info.Size(), caBytesMax)
	}
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(bytes.TrimSpace(pem)) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM form", c.CAFile)
	}
	return t, nil
}
