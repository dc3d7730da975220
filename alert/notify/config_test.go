package notify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/alert/notify"
)

func TestParse(t *testing.T) {
	t.Parallel()
	configs, err := notify.Parse([]byte(`
rules: [{name: x, kind: whatever, anything: 1}]
channels:
  - {name: ops, kind: webhook, url: "https://alerts.example.org/hook", secret_env: HOOK_KEY}
  - {name: chat, kind: slack, url_env: CHAT_URL}
  - name: post
    kind: email
    server: mail.example.org:587
    user: robot
    password_env: MAIL_PASSWORD
    from: Rolescope <alerts@example.org>
    to: [ops@example.org]
  - {name: bus, kind: nats}
  - {name: log, kind: file, path: /var/log/rolescope/alerts.jsonl}
`))
	if err != nil || len(configs) != 5 || configs[2].To[0] != "ops@example.org" || configs[1].URLEnv != "CHAT_URL" {
		t.Errorf("%+v, %v", configs, err)
	}
	for _, none := range []string{"", "rules: []", "channels:", "channels: []"} {
		if configs, err := notify.Parse([]byte(none)); err != nil || len(configs) != 0 {
			t.Errorf("%q: %v, %v", none, configs, err)
		}
	}
}

// TestParseRefuses: each mistake is named with its line and what to write, and a secret that was written into the
// file is not repeated.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const mail = "kind: email, server: 'm.example.org:25', from: a@example.org, to: [b@example.org]"
	for config, want := range map[string]string{
		`- ops`:                                 "line 2: a channel is a mapping",
		`- {name: "Big Ops", kind: nats}`:       "channel Big Ops: name: lower-case",
		`- {name: ops, kind: pager}`:            "kind: one of webhook, slack, email, nats, file",
		`- {name: ops, kind: nats, subject: x}`: `a channel of kind nats has no setting "subject", only name, kind`,
		`- {name: ops, kind: nats}` + "\n" + `- {name: ops, kind: nats}`:                              "line 3: channel ops: there is another",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret: S3CRET}`:                     "secret_env: SOME_NAME",
		`- {name: ops, kind: email, password: S3CRET}`:                                                "password_env: SOME_NAME",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: "S3CRET!"}`:              "secret_env: the name of an environment variable",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: ROLESCOPE_KEY}`:          "choose another than ROLESCOPE_KEY",
		`- {name: ops, kind: webhook, url: "https://a.example/"}`:                                     "secret_env: the variable that holds the key",
		`- {name: ops, kind: webhook, secret_env: K}`:                                                 "one of url and url_env",
		`- {name: ops, kind: webhook, url: "https://a.example/", url_env: U, secret_env: K}`:          "one of url and url_env",
		`- {name: ops, kind: slack, url: "ftp://a.example/"}`:                                         "url: an address such as https://",
		`- {name: ops, kind: slack, url: "https://u:S3CRET@a.example/"}`:                              "no user or password in the address",
		`- {name: ops, kind: slack, url: "https://a.example/%zzS3CRET"}`:                              "url: an address such as https://",
		`- {name: ops, kind: email, server: mail, from: a@example.org, to: [b@example.org]}`:          "server: host and port",
		`- {name: ops, kind: email, server: "m:25", tls: none, from: a@b.example, to: [b@b.example]}`: "tls: starttls or implicit",
		`- {name: ops, ` + mail + `, user: x}`:                                                        "user and password_env: both",
		`- {name: ops, ` + mail + `, user: "x\r\nQUIT", password_env: P}`:                             "user: one line",
		`- {name: ops, kind: email, server: "m:25", from: a@b.example}`:                               "to: 1 to 50 addresses",
		`- {name: ops, kind: email, server: "m:25", from: "a b", to: [c@d.example]}`:                  `"a b" is no e-mail address`,
		`- {name: ops, kind: email, server: "m:25", from: a@b.example, to: ["zoë@d.example"]}`:        "an address of ASCII letters",
		`- {name: ops, kind: email, server: "m:25", from: a@b.example, to: ["\"x>\\r\"@d.example"]}`:  "from, to:",
		`- {name: log, kind: file, path: alerts.jsonl}`:                                               "path: the absolute path",
		`- {name: log, kind: file, path: [a]}`:                                                        "line 2",
		strings.Repeat("- {name: ops, kind: nats}\n", 51):                                             "51 of them",
	} {
		_, err := notify.Parse([]byte("channels:\n" + config))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3CRET") {
			t.Errorf("%s\n got %v\nwant %s", config, err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SHORT": "S3CRET", "BLANK": " \n", "KEY": signingKey, "BAD_URL": "hooks.example.org/S3CRET"}
	for config, want := range map[string]string{
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: ABSENT}`:                      "channel ops: secret_env: the environment has no ABSENT",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: BLANK}`:                       "the environment has no BLANK",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: SHORT}`:                       "SHORT holds 6 characters: a key has at least 16",
		`- {name: ops, kind: slack, url_env: BAD_URL}`:                                                     "url_env: an address such as https://",
		`- {name: ops, kind: slack, url: "https://a.example/", ca_file: /nowhere/ca.pem}`:                  "ca_file: stat /nowhere/ca.pem",
		`- {name: ops, kind: webhook, url: "https://a.example/", secret_env: KEY, ca_file: ` + empty + `}`: "holds no certificate",
	} {
		configs, err := notify.Parse([]byte("channels:\n" + config))
		if err != nil {
			t.Fatal(err)
		}
		_, err = notify.Open(configs, options(env, 0))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3CRET") {
			t.Errorf("%s\n got %v\nwant %s", config, err, want)
		}
	}
}

// FuzzParse: whatever the file holds, there is an answer, and what is accepted can be opened or says why not.
func FuzzParse(f *testing.F) {
	f.Add("channels: [{name: ops, kind: webhook, url: 'https://a.example/', secret_env: K}]")
	f.Add("channels: [{name: post, kind: email, server: 'm:25', from: a@b.example, to: ['X <c@d.example>']}]")
	f.Add("channels: [{name: a, kind: file, path: /a}, {<<: &x {name: b}, kind: nats}]")
	f.Add("channels: [[], *x, 1]")
	f.Fuzz(func(t *testing.T, text string) {
		configs, err := notify.Parse([]byte(text))
		if err != nil {
			return
		}
		for i := range configs {
			configs[i].CAFile = "" // it may name any file
		}
		_, _ = notify.Open(configs, options(map[string]string{"K": signingKey}, 0))
	})
}
