package enrich

import "github.com/rolescope/rolescope/posting"

func workplace(rec posting.Record, doc document) string { return "" }
