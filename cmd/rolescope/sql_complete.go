package main

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/store"
)

// sqlCatalogue is what can be named in a query.
type sqlCatalogue struct {
	tables    []string            // views first
	columns   map[string][]string // of each table
	functions []string
	formats   []string
}

// sqlKeywords are those of questions; ClickHouse knows 600 more.
func sqlKeywords() []string {
	return strings.Split("SELECT,DISTINCT,FROM,WHERE,PREWHERE,GROUP BY,ORDER BY,HAVING,QUALIFY,LIMIT,OFFSET,WITH,AS,AND,OR,NOT,IN,LIKE,ILIKE,BETWEEN,IS NULL,IS NOT NULL,"+
		"CASE,WHEN,THEN,ELSE,END,JOIN,LEFT JOIN,RIGHT JOIN,INNER JOIN,FULL JOIN,CROSS JOIN,ASOF JOIN,ANY LEFT JOIN,ARRAY JOIN,LEFT ARRAY JOIN,USING,ON,UNION ALL,UNION DISTINCT,INTERSECT,EXCEPT,"+
		"ASC,DESC,NULLS FIRST,NULLS LAST,OVER,PARTITION BY,ROWS BETWEEN,INTERVAL,FINAL,SAMPLE,WITH TOTALS,WITH ROLLUP,WITH CUBE,WITH TIES,WITH FILL,"+
		"DESCRIBE,SHOW TABLES,SHOW CREATE,EXPLAIN,EXISTS,SETTINGS,FORMAT,TRUE,FALSE,NULL", ",")
}

// loadCatalogue asks the store for all names.
func loadCatalogue(ctx context.Context, s *store.Store) (*sqlCatalogue, error) {
	c := &sqlCatalogue{columns: map[string][]string{}}
	var err error
	if c.tables, err = tableNames(ctx, s); err != nil {
		return nil, err
	}
	if c.formats, err = outputFormats(ctx, s); err != nil {
		return nil, err
	}
	var columns []struct {
		Table string `ch:"table"`
		Name  string `ch:"name"`
	}
	if err := s.Ask(ctx, &columns, "SELECT table, name FROM system.columns WHERE database = currentDatabase() ORDER BY table, position", nil); err != nil {
		return nil, err
	}
	for _, r := range columns {
		c.columns[r.Table] = append(c.columns[r.Table], r.Name)
	}
	var functions []struct {
		Name string `ch:"name"`
	}
	if err := s.Ask(ctx, &functions, "SELECT name FROM system.functions WHERE alias_to = '' AND NOT startsWith(name, '_') ORDER BY name", nil); err != nil {
		return nil, err
	}
	for _, r := range functions {
		c.functions = append(c.functions, r.Name)
	}
	return c, nil
}

// complete offers names for the word that ends at pos, in a line that follows the lines before.
func (c *sqlCatalogue) complete(before, line string, pos int) (head string, found []string, tail string) {
	runes := []rune(line)
	left, tail := string(runes[:pos]), string(runes[pos:])
	start := len(left)
	for start > 0 {
		r, size := utf8.DecodeLastRuneInString(left[:start])
		if r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		start -= size
	}
	head, word := left[:start], left[start:]
	if strings.TrimSpace(left) == "" { // a tab in a pasted text
		return head, []string{"    "}, tail
	}
	if before == "" && strings.HasPrefix(left, `\`) {
		return c.completeCommand(left, tail)
	}
	names := c.namesFor(before+"\n"+left[:start], before+"\n"+line, word)
	return head, matching(word, names), tail
}

// completeCommand offers commands of the prompt and what they take.
func (c *sqlCatalogue) completeCommand(left, tail string) (head string, found []string, _ string) {
	command, argument, ok := strings.Cut(left, " ")
	if !ok {
		var names []string
		for _, known := range promptCommands() {
			names = append(names, known.name)
		}
		return "", matching(command, names), tail
	}
	head = left[:len(left)-len(argument)]
	switch command {
	case `\d`:
		return head, matching(argument, c.tables), tail
	case `\format`:
		return head, matching(argument, slices.Concat(shortFormats(), c.formats)), tail
	}
	return head, nil, tail
}

// namesFor are the names that may stand behind left; statement is the whole text, which may name tables.
func (c *sqlCatalogue) namesFor(left, statement, word string) []string {
	tokens := slices.DeleteFunc(sqlTokens(left), func(t sqlToken) bool { return t.kind == sqlComment })
	if n := len(tokens); n > 0 {
		if tokens[n-1].kind == sqlBroken {
			return nil // in a text
		}
		switch strings.ToUpper(tokens[n-1].text(left)) {
		case "FROM", "JOIN", "DESCRIBE", "DESC", "TABLE":
			return c.tables
		case "FORMAT":
			return c.formats
		}
	}
	if prefix, _, ok := strings.Cut(word, "."); ok {
		var out []string
		for _, column := range c.columns[tableOf(statement, prefix)] {
			out = append(out, prefix+"."+column)
		}
		return out
	}
	var out []string
	for _, table := range tablesIn(statement) {
		out = append(out, c.columns[table]...)
	}
	if word == "" {
		return unique(out)
	}
	if len(out) == 0 {
		for _, table := range c.tables {
			if strings.HasPrefix(table, "v_") {
				out = append(out, c.columns[table]...)
			}
		}
	}
	out = append(out, c.tables...)
	for _, keyword := range sqlKeywords() {
		if word == strings.ToLower(word) {
			keyword = strings.ToLower(keyword)
		}
		out = append(out, keyword)
	}
	for _, function := range c.functions {
		out = append(out, function+"(")
	}
	return unique(out)
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// tableOf is the table that an alias stands for, or the name itself.
func tableOf(statement, alias string) string {
	tokens := slices.DeleteFunc(sqlTokens(statement), func(t sqlToken) bool { return t.kind == sqlComment || t.is(statement, "AS") })
	for i := 2; i < len(tokens); i++ {
		if behind := tokens[i-2]; (behind.is(statement, "FROM") || behind.is(statement, "JOIN")) && tokens[i].is(statement, alias) {
			return tokens[i-1].text(statement)
		}
	}
	return alias
}

// matching are the names that begin with the word, in its own case if any does. They share at least
// the word's length, for what they share replaces the word.
func matching(word string, names []string) []string {
	var exact, folded []string
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, word):
			exact = append(exact, name)
		case len(name) >= len(word) && strings.EqualFold(name[:len(word)], word):
			if len(folded) == 0 || strings.HasPrefix(name, folded[0][:len(word)]) {
				folded = append(folded, name)
			}
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return folded
}
