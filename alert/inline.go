package alert

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/trend"
)

// parameter is a server-side parameter of a statement: {name:Type}.
var parameter = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*):([^{}]+)\}`)

// inline is a statement with its parameters' values in their places, so that it runs as it stands.
func inline(a trend.Audit) string {
	literal := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\x00", `\0`)
	names := slices.Collect(maps.Keys(a.Params))
	return strings.TrimSpace(parameter.ReplaceAllStringFunc(a.SQL, func(p string) string {
		m := parameter.FindStringSubmatch(p)
		if !slices.Contains(names, m[1]) {
			return p
		}
		value := "'" + literal.Replace(a.Params[m[1]]) + "'"
		if typ := strings.TrimSpace(m[2]); typ != "String" {
			return "CAST(" + value + ", '" + literal.Replace(typ) + "')"
		}
		return value
	}))
}
