package enrich

func language(doc document, claim string) string { return "" }
