package enrich

func minYears(doc document) *int    { return nil }
func degree(doc document) string    { return "" }
