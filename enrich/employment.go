package enrich

import "github.com/rolescope/rolescope/posting"

func employmentType(rec posting.Record, doc document) string { return "" }
