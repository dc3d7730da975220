package alert

import (
	"errors"
	"strings"
	"testing"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := ReadRules(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]bool{}
	for _, r := range c.Rules {
		kinds[r.Kind] = true
		if r.Schedule == "" || r.For < 1 {
			t.Errorf("rule %s is not complete: %+v", r.Name, r)
		}
	}
	for _, k := range Kinds() {
		if !kinds[k] && k != KindLevel { // whose level somebody has to choose
			t.Errorf("no rule of kind %s", k)
		}
	}
}

func TestRulesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rules: [{name: a, kind: level, role: r, skill: s, abov: 1}]":            "abov",
		"rules: [{name: a, kind: level, role: r, skill: s}]":                     "above or below",
		"rules: [{name: a, kind: level, role: r, skill: s, above: 1, below: 0}]": "above or below",
		"rules: [{name: a, kind: level, role: r, above: 1}]":                     "role and skill",
		"rules: [{name: a, kind: level, similarity: [x], above: 1}]":             "two roles",
		"rules: [{name: a, kind: level, similarity: [x, y], role: r, above: 1}]": "neither role nor skill",
		"rules: [{name: A b, kind: emerging}]":                                   "name",
		"rules: [{name: a, kind: emerging}, {name: a, kind: backlog}]":           "two of the name",
		"rules: [{name: a, kind: weather}]":                                      "none of",
		"rules: [{name: a, kind: emerging, unit: day}]":                          "neither week nor month",
		"rules: [{name: a, kind: volume_drop, drop: 1.5}]":                       "drop",
		"rules: [{name: a, kind: board_silent, after: 1s}]":                      "after",
		"rules: [{name: a, kind: emerging, for: -1}]":                            "for",
		"rules: [{name: a, kind: backlog, least: -1}]":                           "least",
		"rules: {": "",
		"rules: [" + strings.Repeat("{name: a, kind: emerging},", rulesMax+1) + "]": "over the limit",
		"rules: [{name: a, kind: level, role: r, skill: s, above: 1, months: 100}]": "months",
		"rules: [{name: a, kind: dead_letters, within: 1m}]":                        "within",
		"schedule: x\nschedule: y\n":                                                "",
		"# " + strings.Repeat("x", RulesBytesMax):                                   "over the limit",
		"rules: [{name: " + strings.Repeat("a", 65) + ", kind: emerging}]":          "name",
	} {
		_, err := ReadRules([]byte(text))
		if !errors.Is(err, ErrRules) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want ErrRules with %q", text, err, want)
		}
	}
}

func FuzzReadRules(f *testing.F) {
	f.Add(Defaults())
	f.Add([]byte("rules: [{name: a, kind: level, similarity: [x, y], below: 0.5}]\nchannels: [{kind: file}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadRules(data)
		if err != nil {
			return
		}
		for _, r := range c.Rules {
			if !ruleName.MatchString(r.Name) || r.For < 1 || r.Schedule == "" {
				t.Errorf("%+v passed", r)
			}
		}
	})
}
