package alert

import (
	"bytes"
	_ "embed" // for the rules that hold where nobody wrote others
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed alerts.yaml
var defaults []byte

// Defaults is the rules file of who has none.
func Defaults() []byte { return slices.Clone(defaults) }

// Limits on a rules file: each rule is a question that is asked again and again.
const (
	RulesBytesMax = 1 << 20
	rulesMax      = 200
	forMax        = 100
)

// ErrRules marks a rules file that cannot be used.
var ErrRules = errors.New("bad rules")

// Config is a rules file: what is looked for, when, and where it is told.
type Config struct {
	// Schedule is when rules without one of their own are evaluated: cron, in UTC.
	Schedule string `yaml:"schedule"`
	// URL is the dashboard's address, such as https://rolescope.example.org: events then carry a link.
	URL   string `yaml:"url"`
	Rules []Rule `yaml:"rules"`
	// Channels is where events are delivered; package notify reads it.
	Channels yaml.Node `yaml:"channels"`
}

// Rule is what to look for. Which of the fields below Kind mean something depends on the kind.
type Rule struct {
	Name     string `yaml:"name"` // a to z, digits and underscores: it is part of a subject
	Kind     Kind   `yaml:"kind"`
	Schedule string `yaml:"schedule"` // empty: the file's
	// Channels are the names of those that its events go to; none is all.
	Channels []string `yaml:"channels"`
	// For is in how many evaluations in a row the condition has to hold before it fires, and not to hold
	// before it is resolved; 0 is 1.
	For int `yaml:"for"`

	// Of level: either the share of a role's vacancies that mention a skill, or the similarity of two roles.
	Role       string   `yaml:"role"`
	Skill      string   `yaml:"skill"`
	Similarity []string `yaml:"similarity"`
	Above      *float64 `yaml:"above"` // fires when the value is at least so much, with its interval
	Below      *float64 `yaml:"below"` // or at most
	Months     int      `yaml:"months"`

	Unit  string        `yaml:"unit"`  // of emerging and new_skill_in_role: week or month; empty: what the boards allow
	Roles []string      `yaml:"roles"` // of new_skill_in_role and volume_drop: only these; none is all
	Drop  float64       `yaml:"drop"`  // of volume_drop: the part of a role's share of all new vacancies that is gone, 0 to 1
	After time.Duration `yaml:"after"` // of board_silent: since the last look that saw the board whole
	// Within is of dead_letters: how far back; Least is how many of them, or of a backlog's messages.
	Within time.Duration `yaml:"within"`
	Least  int           `yaml:"least"`
}

// The defaults of rules.
const (
	defaultSchedule = "30 6 * * *"
	defaultMonths   = 3
	defaultDrop     = 0.5
	defaultAfter    = 72 * time.Hour
	defaultWithin   = 24 * time.Hour
	defaultLetters  = 10
	defaultBacklog  = 100_000
)

// ruleName is what may be a part of a NATS subject, a file's name and an address.
var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// ReadRules reads a rules file strictly: what is not understood is an error, because a misspelt key
// would silently leave a rule without its level. Errors wrap ErrRules.
func ReadRules(data []byte) (Config, error) {
	var c Config
	if len(data) > RulesBytesMax {
		return c, fmt.Errorf("%w: %d bytes, over the limit of %d", ErrRules, len(data), RulesBytesMax)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%w: %w", ErrRules, err)
	}
	if len(c.Rules) > rulesMax {
		return c, fmt.Errorf("%w: %d rules, over the limit of %d", ErrRules, len(c.Rules), rulesMax)
	}
	if c.Schedule == "" {
		c.Schedule = defaultSchedule
	}
	seen := map[string]bool{}
	for i := range c.Rules {
		r := &c.Rules[i]
		if err := r.complete(c.Schedule); err != nil {
			return c, fmt.Errorf("%w: rule %d (%.64q): %w", ErrRules, i+1, r.Name, err)
		}
		if seen[r.Name] {
			return c, fmt.Errorf("%w: rule %d: there are two of the name %s", ErrRules, i+1, r.Name)
		}
		seen[r.Name] = true
	}
	return c, nil
}

// Find is the rule of a name.
func (c Config) Find(name string) (Rule, bool) {
	for _, r := range c.Rules {
		if r.Name == name {
			return r, true
		}
	}
	return Rule{}, false
}

// complete checks a rule and fills in what it leaves open.
func (r *Rule) complete(schedule string) error {
	if !ruleName.MatchString(r.Name) {
		return errors.New("name: want a to z, digits and underscores, a letter first, at most 64")
	}
	if r.For < 0 || r.For > forMax {
		return fmt.Errorf("for: want 1 to %d", forMax)
	}
	if r.Schedule == "" {
		r.Schedule = schedule
	}
	r.For = max(r.For, 1)
	switch r.Kind {
	case KindEmerging, KindNewSkill:
		if !slices.Contains([]string{"", "week", "month"}, r.Unit) {
			return fmt.Errorf("unit: %q is neither week nor month", r.Unit)
		}
	case KindLevel:
		return r.completeLevel()
	case KindVolumeDrop:
		if r.Drop == 0 {
			r.Drop = defaultDrop
		}
		if r.Drop < 0.1 || r.Drop >= 1 {
			return errors.New("drop: want 0.1 to less than 1")
		}
	case KindBoardSilent:
		if r.After == 0 {
			r.After = defaultAfter
		}
		if r.After < time.Hour {
			return errors.New("after: want at least 1h")
		}
	case KindRunSuspect:
	case KindBacklog:
		if r.Least == 0 {
			r.Least = defaultBacklog
		}
	case KindDeadLetters:
		if r.Least == 0 {
			r.Least = defaultLetters
		}
		if r.Within == 0 {
			r.Within = defaultWithin
		}
		if r.Within < time.Hour {
			return errors.New("within: want at least 1h")
		}
	default:
		return fmt.Errorf("kind: %q is none of %v", r.Kind, Kinds())
	}
	if r.Least < 0 {
		return errors.New("least: want 1 or more")
	}
	return nil
}

func (r *Rule) completeLevel() error {
	if r.Months == 0 {
		r.Months = defaultMonths
	}
	switch {
	case (r.Above == nil) == (r.Below == nil):
		return errors.New("want above or below, and one of them")
	case r.Months < 1 || r.Months > 60:
		return errors.New("months: want 1 to 60")
	case len(r.Similarity) == 0 && (r.Role == "" || r.Skill == ""):
		return errors.New("want role and skill, or similarity with two roles")
	case len(r.Similarity) > 0 && (len(r.Similarity) != 2 || r.Role != "" || r.Skill != ""):
		return errors.New("similarity: want two roles, and neither role nor skill")
	}
	return nil
}

// OfPast reports whether the rule can be evaluated as of a moment that has passed: what the market was
// is known, how many messages waited is not.
func (r Rule) OfPast() bool {
	switch r.Kind {
	case KindEmerging, KindNewSkill, KindLevel, KindVolumeDrop:
		return true
	}
	return false
}
