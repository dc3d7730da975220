package enrich

import "github.com/rolescope/rolescope/posting"

func locations(rec posting.Record, doc document) []posting.Location { return nil }
