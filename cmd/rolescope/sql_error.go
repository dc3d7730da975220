package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolescope/rolescope/store"
)

// Codes of ClickHouse's exceptions that have something to add.
const (
	codeIllegalType       = 43
	codeUnknownFunction   = 46
	codeUnknownIdentifier = 47
	codeTypeMismatch      = 53
	codeUnknownTable      = 60
	codeSyntax            = 62
	codeUnknownFormat     = 73
	codeArrayFromText     = 130
	codeTooManyRows       = 158
	codeTimeout           = 159
	codeReadonly          = 164
	codeAggregation       = 184
	codeTooManyQueries    = 202
	codeMemory            = 241
	codeResultTooLarge    = 396
)

var (
	failedAt   = regexp.MustCompile(`(?s)failed at position (\d+)`)
	inScope    = regexp.MustCompile(`(?s)[.:]? [Ii]n scope .*?(\. Maybe you meant|\.?$)`)
	namedThing = regexp.MustCompile("(?i:identifier|name) [`']([^`']+)[`']")
	expected   = regexp.MustCompile(`(?s)Expected one of: (.*?)\.? *$`)
	ownMark    = regexp.MustCompile(`\s*/\*rolescope-sql-[0-9a-f]+\*/`)
	executing  = regexp.MustCompile(`(?s): while executing function .*`)
	inQuery    = regexp.MustCompile(`(?s):? ?\(in query: .*\)`)
	versionTag = regexp.MustCompile(` ?\(version [0-9.]+\)\.?`)
	ownAlias   = regexp.MustCompile("([a-zA-Z]+\\(.*?\\)) AS `?([a-zA-Z_0-9]+)`? is found in")
	codeTag    = regexp.MustCompile(`[.\s]*\(([A-Z_]{3,})\)\s*$`)
)

// explained makes an exception readable: what is wrong, where in the query, and what to do.
func explained(ctx context.Context, s *store.Store, q sqlQuestion, err error) error {
	code, whole, ok := store.Exception(err)
	if !ok || ctx.Err() != nil {
		return err
	}
	message, name := shortMessage(whole)
	message = plainLines(message) // it may quote an advert
	subject := ""
	if m := namedThing.FindStringSubmatch(message); m != nil {
		subject = m[1]
	}
	if code == codeUnknownFormat {
		if all, err := outputFormats(ctx, s); err == nil {
			return unknownFormat(q.format, all)
		}
	}
	text := message
	if name != "" {
		text += " (" + name + ")"
	}
	if place := errorPlace(code, whole, q.statement, subject); place >= 0 {
		text += "\n" + pointAt(q.statement, place)
	}
	out := fmt.Errorf("%s", text)
	if hint := errorHint(ctx, s, q, code, message, subject); hint != "" {
		return &hinted{out, hint}
	}
	return out
}

// shortMessage leaves out what repeats the query, and all but the first things that a parser expected.
func shortMessage(text string) (message, name string) {
	message = versionTag.ReplaceAllString(ownMark.ReplaceAllString(text, ""), "")
	for {
		m := codeTag.FindStringSubmatchIndex(message)
		if m == nil {
			break
		}
		name, message = message[m[2]:m[3]], message[:m[0]]
	}
	message = executing.ReplaceAllString(message, "")
	message = inScope.ReplaceAllString(inQuery.ReplaceAllString(message, ""), "$1")
	if m := failedAt.FindStringIndex(message); m != nil {
		want := expected.FindStringSubmatch(message)
		message = strings.TrimRight(message[:m[0]], " :")
		if strings.Contains(text, "Unmatched parentheses") {
			message += ": unmatched parentheses"
		}
		if want != nil {
			words := strings.Split(want[1], ", ")
			if len(words) > 8 {
				words = append(words[:8:8], cutMark)
			}
			message += ": expected " + strings.Join(words, ", ")
		}
	}
	return strings.TrimRight(strings.TrimSpace(message), ".?"), name
}

// errorPlace is the byte of the statement that an exception is about, -1 when it does not tell.
func errorPlace(code int, message, statement, subject string) int {
	if m := failedAt.FindStringSubmatch(message); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil && n >= 1 {
			return min(n-1, len(statement))
		}
	}
	switch code {
	case codeUnknownFunction, codeUnknownIdentifier, codeUnknownTable:
	default:
		return -1
	}
	first := subject
	if i := strings.LastIndexByte(subject, '.'); i >= 0 {
		first = subject[i+1:]
	}
	for _, t := range sqlTokens(statement) {
		if (t.kind == sqlWord || t.kind == sqlName) && strings.Trim(t.text(statement), "`\"") == first {
			return t.start
		}
	}
	return -1
}

// placeWidth is how much of a line is shown around a place.
const placeWidth = 72

// pointAt shows the line of a place and points at it.
func pointAt(statement string, place int) string {
	number := strings.Count(statement[:place], "\n") + 1
	start := strings.LastIndexByte(statement[:place], '\n') + 1
	end := len(statement)
	if n := strings.IndexByte(statement[place:], '\n'); n >= 0 {
		end = place + n
	}
	before, after := []rune(plain(statement[start:place])), []rune(plain(statement[place:end]))
	if len(before) > placeWidth/2 {
		before = append([]rune(cutMark), before[len(before)-placeWidth/2:]...)
	}
	if len(before)+len(after) > placeWidth {
		after = append(after[:placeWidth-len(before):placeWidth-len(before)], []rune(cutMark)...)
	}
	label := "  "
	if strings.Contains(statement, "\n") {
		label = fmt.Sprintf("  line %d: ", number)
	}
	return label + string(before) + string(after) + "\n" + strings.Repeat(" ", len(label)+textWidth(string(before))) + "^"
}

// errorHint is what to do about an exception, "" when its message says it.
func errorHint(ctx context.Context, s *store.Store, q sqlQuestion, code int, message, subject string) string {
	describe, list := `rolescope sql "DESCRIBE NAME" for its columns`, `rolescope sql "SHOW TABLES"`
	if q.prompt {
		describe, list = `\d NAME for its columns`, `\d`
	}
	switch code {
	case codeUnknownTable:
		names, err := tableNames(ctx, s)
		if err != nil {
			return list
		}
		views := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, "v_") })
		if near := nearest(subject, views); len(near) > 0 { // what ClickHouse means may be a table, which may change
			return strings.Join(near, " or ")
		}
		if near := nearest(subject, names); len(near) > 0 && !strings.Contains(message, "Maybe you meant") {
			return strings.Join(near, " or ")
		}
		return "one of " + strings.Join(views, ", ")
	case codeUnknownIdentifier:
		if strings.HasSuffix(subject, "vacancy_id") && slices.Contains(tablesIn(q.statement), "v_posting_skills") {
			return "JOIN v_postings AS p ON p.posting_id = v_posting_skills.posting_id, which has p.vacancy_id: v_posting_skills has none"
		}
		if hint := columnFor(subject[strings.LastIndexByte(subject, '.')+1:], tablesIn(q.statement)); hint != "" && slices.ContainsFunc(tablesIn(q.statement), func(name string) bool { return name == "v_postings" || name == "v_vacancies" }) {
			return hint
		}
		if strings.Contains(message, "Maybe you meant") {
			return ""
		}
		tables := tablesIn(q.statement)
		if len(tables) == 0 {
			return ""
		}
		return strings.ReplaceAll(describe, "NAME", tables[0])
	case codeAggregation:
		if m := ownAlias.FindStringSubmatch(message); m != nil && strings.Contains(m[1], m[2]) {
			return otherAlias(m[1], m[2])
		}
		return "HAVING for what is computed over the rows, WHERE for the rows"
	case codeIllegalType:
		if column := arrayIn(q.statement); column != "" && strings.Contains(message, "Array(") {
			return "has(" + column + ", '...'): " + column + " is an array"
		}
		if strings.Contains(message, "Decimal") {
			return "toFloat64(...) around the column: salaries are Decimal, of which this function makes nothing"
		}
		return aliasHint(q.statement)
	case codeTypeMismatch:
		return aliasHint(q.statement)
	case codeArrayFromText:
		if column := arrayIn(q.statement); column != "" {
			return "has(" + column + ", '...'): " + column + " is an array"
		}
	case codeReadonly:
		if slices.Contains(readingWords(), firstWord(q.statement)) {
			return ""
		}
		return "SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS: questions are asked as a user who only reads"
	case codeTimeout, codeMemory, codeTooManyRows, codeResultTooLarge:
		return "a smaller question: fewer columns, a WHERE on first_seen or observed_at, or a GROUP BY; a large export in parts by date"
	case codeTooManyQueries:
		return "again in a moment; others ask, too, and each of their questions takes a place until it ends"
	}
	return ""
}

func otherAlias(expression, alias string) string {
	return "another alias than " + alias + ", which hides the column of this name in WHERE, too: " + expression + " AS the_" + alias
}

// aliasHint is about the first alias of a call that has the name of a column in the call, "" without one: where
// the types do not fit, what was meant for the column has met the alias.
func aliasHint(statement string) string {
	tokens := slices.DeleteFunc(sqlTokens(statement), func(t sqlToken) bool { return t.kind == sqlComment })
	for i := 1; i+1 < len(tokens); i++ {
		name := tokens[i+1]
		if !tokens[i].is(statement, "AS") || name.kind != sqlWord || !tokens[i-1].is(statement, ")") {
			continue
		}
		hides, depth, from := false, 0, i-1
		for ; from >= 0; from-- {
			t := tokens[from]
			switch {
			case t.is(statement, ")"):
				depth++
			case t.is(statement, "("):
				depth--
			case t.kind == sqlWord && t.text(statement) == name.text(statement):
				hides = true
			}
			if depth == 0 {
				break
			}
		}
		if hides && from > 0 && tokens[from-1].kind == sqlWord {
			return otherAlias(statement[tokens[from-1].start:tokens[i-1].end], name.text(statement))
		}
	}
	return ""
}

// columnFor is what v_postings and v_vacancies have for a name that people expect there.
func columnFor(name string, tables []string) string {
	switch strings.ToLower(name) {
	case "workplace", "remote":
		if slices.Equal(tables, []string{"v_vacancies"}) {
			return "has(workplaces, 'remote')"
		}
		return "workplace = 'remote' in v_postings, has(workplaces, 'remote') in v_vacancies"
	case "role":
		return "role_title (what the title says) or role_text (what the text describes)"
	case "skill":
		return "has(skills, 'python'), or ARRAY JOIN skills AS skill"
	case "salary", "pay":
		return "salary_min, salary_max, salary_currency and salary_period of v_postings"
	case "country", "city", "location":
		return "has(countries, 'DE'); v_postings has cities and locations, too"
	}
	return ""
}

// arrayIn is the first column of a statement that is an array, "" without one.
func arrayIn(statement string) string {
	for _, t := range sqlTokens(statement) {
		switch name := t.text(statement); name {
		case "skills", "countries", "cities", "workplaces", "roles", "sources":
			return name
		}
	}
	return ""
}

// readingWords begin the statements of those who only read.
func readingWords() []string {
	return []string{"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "("}
}

// firstWord is a statement's first token in capitals, comments left out.
func firstWord(statement string) string {
	for _, t := range sqlTokens(statement) {
		if t.kind != sqlComment {
			return strings.ToUpper(t.text(statement))
		}
	}
	return ""
}

// tablesIn are the names behind FROM and JOIN, and those that are described.
func tablesIn(statement string) []string {
	var out []string
	tokens := slices.DeleteFunc(sqlTokens(statement), func(t sqlToken) bool { return t.kind == sqlComment })
	for i := 0; i+1 < len(tokens); i++ {
		t := tokens[i]
		if !t.is(statement, "FROM") && !t.is(statement, "JOIN") && !t.is(statement, "DESCRIBE") && !t.is(statement, "DESC") && !t.is(statement, "TABLE") {
			continue
		}
		next := tokens[i+1]
		if next.kind != sqlWord && next.kind != sqlName || next.is(statement, "TABLE") {
			continue
		}
		end := next.end
		if i+3 < len(tokens) && tokens[i+2].is(statement, ".") {
			end = tokens[i+3].end
		}
		if name := strings.NewReplacer("`", "", `"`, "").Replace(statement[next.start:end]); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// tableNames are the views and tables of the history.
func tableNames(ctx context.Context, s *store.Store) ([]string, error) {
	var rows []struct {
		Name string `ch:"name"`
	}
	err := s.Ask(ctx, &rows, "SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY startsWith(name, 'v_') DESC, name", nil)
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Name
	}
	return names, err
}
