package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAnalystPassword: it is made once, kept for the user alone, and a person may choose it.
func TestAnalystPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made, err := analystPassword(dir)
	if err != nil || len(made) != 32 {
		t.Fatalf("%q, %v", made, err)
	}
	if again, err := analystPassword(dir); err != nil || again != made {
		t.Errorf("then %q, %v", again, err)
	}
	path := filepath.Join(dir, analystPasswordFile)
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("it's mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if chosen, err := analystPassword(dir); err != nil || chosen != "it's mine" {
		t.Errorf("chosen %q, %v", chosen, err)
	}
	if _, err := analystPassword(filepath.Join(dir, "none")); err == nil {
		t.Error("kept in a directory that is not there")
	}
}
