package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rolescope": main, "small-demo": smallDemo, "second-tagger": secondTagger, "alert-sender": alertSender, "alert-again": alertAgain})
}

// TestScripts runs the program as users meet it: every script is a fresh data directory, the real
// NATS and the real engine.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("drives whole processes: runs without -short, also in CI")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", home) // the engine is cached per user
			env.Setenv("ROLESCOPE_DATA_DIR", filepath.Join(env.WorkDir, "data"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"make": makeFile,
		},
		RequireExplicitExec: true,
	})
}

// makeFile is the script command "make KIND FILE": inputs that cannot be written in a script.
func makeFile(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: make KIND FILE")
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close()
	job := func(id, title, html string) string {
		return fmt.Sprintf(`{"jobs":[{"id":%q,"title":%s,"isListed":true,"descriptionHtml":%s}],"apiVersion":"1"}`, id, strconv.Quote(title), strconv.Quote(html))
	}
	switch args[0] {
	case "bomb": // 2 GiB of spaces in 2 MB
		_, err = f.Write(zipped(2050))
	case "brackets": // 100 MB of nested arrays
		block := bytes.Repeat([]byte("["), 1<<20)
		for range 100 {
			_, err := f.Write(block)
			ts.Check(err)
		}
	case "long-lines":
		_, err = io.WriteString(f, "\xef\xbb\xbf{\"id\":\"a\",\"title\":\"t\"}\n{\"id\":\"long\",\"description\":\""+strings.Repeat("y", 6_000_000)+"\"}\n{\"id\":\"c\",\"title\":\"t\"}")
	case "long-title":
		_, err = io.WriteString(f, job("long", strings.Repeat("t", 1<<20), "<p>text</p>"))
	case "wordy-title": // below every cap of ingest, above the tagger's
		_, err = io.WriteString(f, job("wordy", strings.Repeat("title ", 2500), "<p>text</p>"))
	case "over-cap":
		_, err = io.WriteString(f, job("huge", "Engineer", "<p>"+strings.Repeat("words ", 200_000)+"</p>"))
	case "bad-bytes":
		_, err = io.WriteString(f, "{\"jobs\":[{\"id\":\"b1\",\"title\":\"ML \xff\xfe Engineer\",\"isListed\":true,\"descriptionHtml\":\"<p>Py\\u0000Torch \x80 and \\ud800 Go</p>\"}],\"apiVersion\":\"1\"}")
	default:
		ts.Fatalf("make: unknown kind %q", args[0])
	}
	ts.Check(err)
}
