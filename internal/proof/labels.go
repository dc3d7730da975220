package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// roleLabel is a line of docs/proof/roles.jsonl: what two readers said of one drawn posting. "none" is
// no job, "a,b" several roles in their order. Nothing of the posting but its id is kept.
type roleLabel struct {
	Draw string `json:"draw"` // the hash of the draw
	Of   string `json:"of"`   // title or text: what the readers saw
	ID   string `json:"id"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// labelledRow is a posting with one reader's label, as `rolescope eval roles` reads it.
type labelledRow struct {
	postingRow
	Role   *string `json:"role"` // the first role; null for none
	Reader string  `json:"reader"`
}

// withLabels joins drawn postings with what readers said of them; those without a label are left out.
func withLabels(name, draw, of string, drawn []postingRow) ([]labelledRow, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	labels := map[string]roleLabel{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var l roleLabel
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if l.Draw == draw && l.Of == of {
			labels[l.ID] = l
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var out []labelledRow
	for _, row := range drawn {
		l, ok := labels[row.ID]
		if !ok {
			continue
		}
		for _, said := range []struct{ reader, roles string }{{"a", l.A}, {"b", l.B}} {
			labelled := labelledRow{postingRow: row, Reader: said.reader}
			if role, _, _ := strings.Cut(said.roles, ","); role != "none" {
				labelled.Role = &role
			}
			out = append(out, labelled)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no labels of draw %q by %s", name, draw, of)
	}
	return out, nil
}
