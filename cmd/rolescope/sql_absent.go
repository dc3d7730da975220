package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/store"
)

// comparison is a literal that a statement compares a column of ids with.
type comparison struct{ column, value string }

// absentMax is how many literals that never occur are told of: one mistake is made in all of them.
const absentMax = 3

// listedMax is up to how many values are listed in full where none resembles what was asked for.
const listedMax = 30

// idColumn is a column whose values nobody can guess.
type idColumn struct {
	of    string // what has the value: posting, run or mention
	query string // finds all values as id, with their names for display as label
}

// idColumns are the columns of ids, and of names that have to be written as they are.
func idColumns() map[string]idColumn {
	values := func(of, view, value string) idColumn {
		return idColumn{of, "SELECT DISTINCT toString(" + value + ") AS id, '' AS label FROM " + view + " WHERE id != '' ORDER BY id"}
	}
	out := map[string]idColumn{
		"skill": {"posting", "SELECT DISTINCT toString(skill) AS id, toString(label) AS label FROM v_posting_skills ORDER BY id, label"},
	}
	out["skills"] = out["skill"]
	for column, of := range map[string]string{
		"role_title": "role_title", "role": "role_title", "role_a": "role_title", "role_b": "role_title", "role_text": "role_text",
		"seniority": "seniority", "workplace": "workplace", "workplaces": "workplace", "employment_type": "employment_type",
		"salary_currency": "salary_currency", "salary_period": "salary_period", "degree": "degree", "language": "language",
		"company": "company", "company_key": "company_key", "countries": "arrayJoin(countries)", "cities": "arrayJoin(cities)",
	} {
		out[column] = values("posting", "v_postings", of)
	}
	for _, column := range []string{"source", "board", "outcome"} {
		out[column] = values("run", "v_runs", column)
	}
	for _, column := range []string{"kind", "field", "strength"} {
		out[column] = values("mention", "v_posting_skills", column)
	}
	return out
}

// singular is a column's name for one of its values.
func singular(column string) string {
	switch {
	case strings.HasSuffix(column, "ies"):
		return strings.TrimSuffix(column, "ies") + "y"
	}
	return strings.TrimSuffix(column, "s")
}

// comparisons finds column = 'x', column IN ('x', ...) and has(column, 'x'), with parameters in place of
// literals, too. What else a statement may do with a column is not looked at.
func comparisons(statement string, params map[string]string) []comparison {
	columns := idColumns()
	columns["month"] = idColumn{}
	tokens := slices.DeleteFunc(sqlTokens(statement), func(t sqlToken) bool { return t.kind == sqlComment })
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return strings.ToUpper(tokens[i].text(statement))
	}
	var out []comparison
	for i, t := range tokens {
		column := t.text(statement)
		if _, ok := columns[column]; t.kind != sqlWord || !ok {
			continue
		}
		next := i + 1
		switch {
		case at(next) == "=":
			for next++; at(next) == "="; next++ { // == is =
			}
		case at(next) == "IN" && (at(next+1) == "(" || at(next+1) == "["):
			next += 2
		case at(next) == "," && slices.ContainsFunc([]int{i - 2, i - 4}, func(j int) bool { return strings.HasPrefix(at(j), "HAS") && at(j+1) == "(" }):
			for next++; at(next) == "["; next++ {
			}
		default:
			continue
		}
		for ; next < len(tokens); next++ {
			value, behind, ok := literalAt(statement, tokens, next, params)
			if !ok {
				break
			}
			if c := (comparison{column, value}); value != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
			if next = behind; at(next) != "," {
				break
			}
		}
	}
	return out
}

// literalAt is the text that a literal or a parameter stands for, and the token behind it.
func literalAt(statement string, tokens []sqlToken, i int, params map[string]string) (value string, behind int, ok bool) {
	text := tokens[i].text(statement)
	switch {
	case tokens[i].kind == sqlText && strings.HasPrefix(text, "'") && !strings.Contains(text, `\`):
		return strings.ReplaceAll(text[1:len(text)-1], "''", "'"), i + 1, true
	case text == "{" && i+4 < len(tokens) && tokens[i+2].is(statement, ":") && tokens[i+4].is(statement, "}"):
		value, ok = params[tokens[i+1].text(statement)]
		return value, i + 5, ok
	}
	return "", i, false
}

// idOf is an id or a name without what people write differently.
func idOf(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" _-/.,", r) })
	return strings.NewReplacer("machine_learning", "ml", "artificial_intelligence", "ai").Replace(strings.Join(words, "_"))
}

// otherWord is the id of a grade that people call otherwise.
func otherWord(name string) string {
	switch name {
	case "junior", "jr", "graduate":
		return "entry"
	case "sr":
		return "senior"
	case "in_office", "office":
		return "onsite"
	}
	return ""
}

// nearestID are the ids that a text may have meant; labels are their names for display.
func nearestID(text string, ids, labels []string) []string {
	byName := map[string]string{}
	for i := range slices.Backward(ids) { // of equal names, the first id's
		if labels[i] != "" {
			byName[idOf(labels[i])] = ids[i]
		}
	}
	for _, id := range ids {
		byName[idOf(id)] = id
	}
	wanted := idOf(text)
	if id := otherWord(wanted); slices.Contains(ids, id) {
		return []string{id}
	}
	if id, ok := byName[wanted]; ok {
		return []string{id}
	}
	var out []string
	for _, name := range nearest(wanted, slices.Sorted(maps.Keys(byName))) {
		if id := byName[name]; !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// traps says what in a statement can never be true, whatever the store holds.
func traps(statement string, asked []comparison) []string {
	var out []string
	tokens := slices.DeleteFunc(sqlTokens(statement), func(t sqlToken) bool { return t.kind == sqlComment })
	for i := range max(0, len(tokens)-1) {
		if tokens[i].is(statement, "=") && tokens[i+1].is(statement, "NULL") {
			out = append(out, "Nothing is = NULL or != NULL: IS NULL, or IS NOT NULL.")
			break
		}
	}
	pair := map[string][]string{}
	for _, c := range asked {
		pair[c.column] = append(pair[c.column], c.value)
		if day, err := time.Parse(time.DateOnly, c.value); c.column == "month" && err == nil && day.Day() != 1 {
			out = append(out, "A month is its first day: '"+c.value[:len("2006-01")]+"-01'.")
		}
	}
	if a, b := pair["role_a"], pair["role_b"]; len(a) == 1 && len(b) == 1 && a[0] > b[0] {
		out = append(out, fmt.Sprintf("A pair is in the order of the alphabet: role_a = '%s' AND role_b = '%s'.", plain(b[0]), plain(a[0])))
	}
	return out
}

// absences says of each literal of a statement that its column never holds it, and what was meant perhaps.
// It is for answers with nothing in them: an id that is not known is no error to the database.
func absences(ctx context.Context, s *store.Store, q sqlQuestion) ([]string, error) {
	if !ofHistory(q.statement) {
		return nil, nil
	}
	asked := comparisons(q.statement, q.params)
	out := traps(q.statement, asked)
	columns := idColumns()
	for _, c := range asked {
		column, ok := columns[c.column]
		if !ok || len(out) >= absentMax {
			continue
		}
		var rows []struct {
			ID    string `ch:"id"`
			Label string `ch:"label"`
		}
		if err := s.Ask(ctx, &rows, column.query, nil); err != nil {
			return out, fmt.Errorf("look for %s: %w", c.value, err)
		}
		ids, labels := make([]string, len(rows)), make([]string, len(rows))
		for i, r := range rows {
			ids[i], labels[i] = r.ID, r.Label
		}
		if len(ids) == 0 || slices.Contains(ids, c.value) {
			continue // an empty history has nothing to compare with
		}
		line := fmt.Sprintf("No %s has the %s '%s'", column.of, singular(c.column), plain(c.value))
		if near := nearestID(c.value, ids, labels); len(near) > 0 {
			line += "; try " + plain(strings.Join(near, " or "))
		} else if len(ids) <= listedMax {
			line += ", but " + plain(strings.Join(ids, ", "))
		}
		out = append(out, line+".")
	}
	return out, nil
}

// sayAbsent tells why there is nothing in an answer of one row, which may be a count, or of none.
func (r *sqlRun) sayAbsent(ctx context.Context) {
	rows := r.rows.count()
	if r.table != nil {
		rows = int64(r.table.rows)
	}
	if rows < 0 || rows > 1 {
		return
	}
	lines, err := absences(ctx, r.store, r.q)
	if err != nil {
		r.app.logger().Debug("look for ids that never occur", "error", err)
	}
	for _, line := range lines {
		fmt.Fprintln(r.app.stderr, wrapped(line, max(r.app.terminalWidth(), 80)))
	}
	if len(lines) > 0 && !isTerminal(r.app.stderr) { // a terminal has been told: perhaps it is another store
		r.app.sayStore(ctx, r.store, true)
	}
}
