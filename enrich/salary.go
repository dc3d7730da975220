package enrich

import "github.com/rolescope/rolescope/posting"

func salaries(rec posting.Record, doc document) []posting.Salary { return nil }
