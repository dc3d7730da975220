package notify_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/alert/notify/notifytest"
)

const page = "../../docs/alerts.md"

// blocks are the code blocks of the page in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 {
		t.Fatalf("%s has no block of %s", page, language)
	}
	return out
}

// TestSnippets has the programs of the page judge what a receiver was really sent, what was changed on its way, what is
// old, and what another key signed.
func TestSnippets(t *testing.T) {
	t.Parallel()
	ca := notifytest.NewAuthority(t, time.Now())
	r := newReceiver(t, ca, nil)
	env := map[string]string{"HOOK_KEY": signingKey}
	configs, err := notify.Parse([]byte("channels: [{name: ops, kind: webhook, url: '" + r.URL + "', secret_env: HOOK_KEY, ca_file: " + ca.File + "}]"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(env, 0)
	for _, age := range []time.Duration{0, 10 * time.Minute} {
		o.Now = func() time.Time { return time.Now().Add(-age) }
		channels, err := notify.Open(configs, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := channels[0].Send(t.Context(), hostile()); err != nil {
			t.Fatal(err)
		}
	}
	body, signature := r.bodies[0], r.header[0].Get(notify.HeaderSignature)
	for language, file := range map[string]string{"python": "verify.py", "go": "verify.go"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), file)
			if err := os.WriteFile(path, []byte(blocks(t, language)[0]), 0o600); err != nil {
				t.Fatal(err)
			}
			program := interpreter(t, language, path)
			for name, c := range map[string]struct {
				key, signature, body string
				genuine              bool
			}{
				"as sent":           {signingKey, signature, body, true},
				"changed body":      {signingKey, signature, strings.Replace(body, "firing", "resolved", 1), false},
				"another's key":     {signingKey + "x", signature, body, false},
				"old":               {signingKey, r.header[1].Get(notify.HeaderSignature), r.bodies[1], false},
				"time of another":   {signingKey, regexp.MustCompile(`t=\d+`).ReplaceAllString(signature, "t=1"), body, false},
				"no signature":      {signingKey, "t=1,v1=", body, false},
				"signed for itself": {signingKey, notify.Sign([]byte(signingKey), time.Now(), []byte("{}")), "{}", true},
			} {
				cmd := exec.CommandContext(t.Context(), program[0], append(program[1:], c.signature)...)
				cmd.Env, cmd.Stdin = append(os.Environ(), "HOOK_KEY="+c.key), strings.NewReader(c.body)
				out, err := cmd.CombinedOutput()
				if (err == nil) != c.genuine || c.genuine && !bytes.Equal(bytes.TrimSpace(out), []byte("genuine")) {
					t.Errorf("%s: %v, %s", name, err, out)
				}
			}
		})
	}
}

// interpreter is the command that runs a program of the page.
func interpreter(t *testing.T, language, path string) []string {
	t.Helper()
	if language == "python" {
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("no python3 here: the page's other program is run")
		}
		return []string{python, path}
	}
	out := strings.TrimSuffix(path, ".go")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", out, path)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return []string{out}
}

// TestPageConfiguration: the example of the page is one that can be used as it is.
func TestPageConfiguration(t *testing.T) {
	t.Parallel()
	found := false
	for _, block := range blocks(t, "yaml") {
		if !strings.Contains(block, "channels:") {
			continue
		}
		found = true
		configs, err := notify.Parse([]byte(block))
		if err != nil {
			t.Fatal(err)
		}
		o := options(map[string]string{"HOOK_KEY": signingKey, "CHAT_URL": "https://hooks.example.org/x", "MAIL_PASSWORD": password}, 0)
		o.Announce = func(context.Context, string, string, []byte) error { return nil }
		if _, err := notify.Open(configs, o); err != nil {
			t.Error(err)
		}
	}
	if !found {
		t.Errorf("%s shows no channels", page)
	}
}
