package enrich

import (
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// The values of Posting.Workplace.
const (
	workplaceOnsite = "onsite"
	workplaceHybrid = "hybrid"
	workplaceRemote = "remote"
)

func workplaceWord(s string) string { return strings.ToLower(s) }

func workplace(rec posting.Record, doc document) string { return "" }
