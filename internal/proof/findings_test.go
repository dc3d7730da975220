package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFindingsPage holds the page to the answers: no number on it was written by hand.
func TestFindingsPage(t *testing.T) {
	t.Parallel()
	answers, err := os.ReadFile("../../docs/proof/findings.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := findingsPage(answers)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(page)); diff != "" {
		t.Errorf("docs/findings.md is not that of its answers; run `go run ./internal/proof findings -render`:\n%s", diff)
	}
}

// TestFindingsFollowAnswers changes one answer: the page changes with it.
func TestFindingsFollowAnswers(t *testing.T) {
	t.Parallel()
	answers, err := os.ReadFile("../../docs/proof/findings.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := findingsPage(answers)
	if err != nil {
		t.Fatal(err)
	}
	other, err := findingsPage(bytes.Replace(answers, []byte(`"effective": `), []byte(`"effective": 9`), 1))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(page, other) {
		t.Error("the page is the same after an answer changed")
	}
	for _, bad := range []string{"<nil>", "NaN", "0xc0", "%!"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page says %q", bad)
		}
	}
}
