package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// column is one column of one table or view, with its comment.
type column struct {
	Table, TableComment, Name, Type, Comment string
}

const columnsQuery = `SELECT c.table AS Table, t.comment AS TableComment, c.name AS Name, c.type AS Type, c.comment AS Comment
FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() AND startsWith(c.table, 'v_') ORDER BY c.table, c.position FORMAT JSONEachRow`

// TestSchemaReference keeps the data dictionary true to what the engine says of itself.
func TestSchemaReference(t *testing.T) {
	t.Parallel()
	answer := output(t, command(binary(t), filepath.Join(t.TempDir(), "data"), "sql", columnsQuery))
	var page bytes.Buffer
	page.WriteString("# Data dictionary\n\nThe views that queries may rely on, with every column. Tables without `v_` may change. Generated from the comments in the\ndatabase, which `DESCRIBE v_postings` shows too: do not edit.\n")
	table := ""
	lines := bufio.NewScanner(strings.NewReader(answer))
	for lines.Scan() {
		var c column
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Table != table {
			fmt.Fprintf(&page, "\n## %s\n\n%s\n\n| column | type | meaning |\n|---|---|---|\n", c.Table, c.TableComment)
			table = c.Table
		}
		cell := strings.NewReplacer("|", `\|`, "\n", " ")
		fmt.Fprintf(&page, "| `%s` | `%s` | %s |\n", c.Name, cell.Replace(c.Type), cell.Replace(c.Comment))
	}
	if table == "" {
		t.Fatal("the engine names no views")
	}
	const path = "../../docs/reference/schema.md"
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page.Bytes()) {
		t.Errorf("%s is out of date: go test ./cmd/rolescope -run Reference -update", path)
	}
}
