package enrich

// headingSection is the section a heading announces, sectionNone when it announces none we know.
func headingSection(string) section { return sectionNone }

func assignSections(*document) {}
