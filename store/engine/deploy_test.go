package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServersUsersHaveTheSameLimits compares deploy/clickhouse/users.sql with an embedded
// engine's analyst. That the statements can be read, TestServersUsersParse tells.
func TestServersUsersHaveTheSameLimits(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "clickhouse", "users.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range heldLimits(statementTimeout, 512<<20) {
		want := fmt.Sprintf("%s = %.0f MIN 1 MAX %.0f CHANGEABLE_IN_READONLY", l.setting, l.most, l.most)
		if !strings.Contains(string(text), want) {
			t.Errorf("users.sql lacks %q", want)
		}
	}
}
