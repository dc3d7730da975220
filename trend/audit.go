package trend

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Audit is what every answer carries so that anybody can ask it again.
type Audit struct {
	TaggerVersion string            `json:"tagger_version"`
	SQL           string            `json:"sql"`
	Params        map[string]string `json:"params"`
}

// Command is the question as a line for a POSIX shell, in which program stands for rolescope with what
// it needs to find the data, such as "rolescope": its sql reads the statement from its input and the
// values as they stand.
func (a Audit) Command(program string) string {
	var b strings.Builder
	b.WriteString(program + " sql -")
	for _, name := range slices.Sorted(maps.Keys(a.Params)) {
		if strings.Contains(a.SQL, "{"+name+":") {
			fmt.Fprintf(&b, " \\\n  --param %s='%s'", name, strings.ReplaceAll(a.Params[name], "'", `'\''`))
		}
	}
	return b.String() + " <<'SQL'\n" + strings.TrimSpace(a.SQL) + "\nSQL\n"
}
