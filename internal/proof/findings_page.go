package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed findings.md.tmpl
var findingsTemplate string

// findingsPage is the page of the answers.
func findingsPage(answers []byte) ([]byte, error) {
	var f findings
	if err := json.Unmarshal(answers, &f); err != nil {
		return nil, fmt.Errorf("decode answers: %w", err)
	}
	t, err := template.New("findings").Option("missingkey=error").Funcs(template.FuncMap{
		"num": number, "signed": signed, "pct": percent, "points": points, "interval": interval, "percentInterval": percentInterval,
		"name": roleName, "names": roleNames, "says": says, "money": money, "quantile": quantile,
		"grid": grid, "matrix": matrix, "yearGrid": yearGrid, "mixGrid": mixGrid, "closedGrid": closedGrid, "top": topSkills, "moves": moves, "share": ratio, "openAfter": openAfter,
		"hundred": func(v float64) float64 { return 100 * v },
		"pct2":    func(v float64) string { return fmt.Sprintf("%.0f", 100*v) },
		"four":    func(a, b string) bool { return isFour(a) && isFour(b) },
		"roles":   func() []string { return strings.Split(sixRoles, ",") },
		"mid":     func(q float64) bool { return q >= 0.25 && q <= 0.75 },
		"whole":   whole, "gap": gap, "growth": growth, "hasWithin": hasWithin,
	}).Parse(findingsTemplate)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, f); err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	return out.Bytes(), nil
}

const none = "-" // what is undefined or not shown

func number(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%.2f", *v)
}

func whole(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%.0f", *v)
}

func isFour(role string) bool { return slices.Contains(strings.Split(fourRoles, ","), role) }

func signed(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%+.3f", *v)
}

func percent(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%.0f %%", 100**v)
}

func points(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%+.0f", 100**v)
}

func ratio(part, of int) string {
	if of == 0 {
		return none
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(of))
}

func interval(format string, e estimate) string {
	if e.Low == nil || e.High == nil {
		return "none"
	}
	return fmt.Sprintf(format+" to "+format, *e.Low, *e.High)
}

func percentInterval(e estimate) string {
	if e.Low == nil || e.High == nil {
		return "none"
	}
	return fmt.Sprintf("%.0f to %.0f", 100**e.Low, 100**e.High)
}

// says is what an interval lets one say of a slope.
func says(e estimate) string {
	switch {
	case e.Low == nil || e.High == nil:
		return "no interval: nothing is claimed"
	case *e.Low > 0:
		return "converge"
	case *e.High < 0:
		return "diverge"
	}
	return "cannot be told from no change"
}

func roleName(role string) string { return strings.ReplaceAll(role, "_", " ") }

func roleNames(list []suppressed) string {
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%s (%d vacancies, %d employers: %s)", roleName(s.What), s.Vacancies, s.Employers, s.Why))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "; ")
}

func money(v *float64) string {
	if v == nil {
		return none
	}
	return fmt.Sprintf("%.0f", *v/1000)
}

// table is a Markdown table.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---:"
	}
	rule[0] = "---"
	line(rule)
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// grid is a volume by group and period: active (+new).
func grid(v volume, layout string) string {
	var periods, groups []string
	cells := map[string]string{}
	for _, r := range v.Rows {
		period := r.Period.Format(layout)
		if r.Partial {
			period += "*"
		}
		if !slices.Contains(periods, period) {
			periods = append(periods, period)
		}
		if !slices.Contains(groups, r.Group) {
			groups = append(groups, r.Group)
		}
		cells[period+"\n"+r.Group] = fmt.Sprintf("%d (+%d)", r.Active, r.New)
	}
	slices.Sort(periods)
	slices.Sort(groups)
	return cross("", periods, groups, cells)
}

// cross is a table of rows by columns; cells are keyed by both, a line each.
func cross(corner string, rows, columns []string, cells map[string]string) string {
	head := []string{corner}
	for _, c := range columns {
		head = append(head, roleName(c))
	}
	var out [][]string
	for _, r := range rows {
		line := []string{roleName(r)}
		for _, c := range columns {
			cell := cells[r+"\n"+c]
			if cell == "" {
				cell = "0"
			}
			line = append(line, cell)
		}
		out = append(out, line)
	}
	return table(head, out)
}

// matrix has the cosine of each pair above the diagonal, and how alike as itself below it.
func matrix(s similar) string {
	var roles []string
	for _, r := range strings.Split(sixRoles, ",") {
		if slices.ContainsFunc(s.Pairs, func(p pair) bool { return p.RoleA == r || p.RoleB == r }) {
			roles = append(roles, r)
		}
	}
	cells := map[string]string{}
	for i, a := range roles {
		cells[a+"\n"+a] = "."
		for _, b := range roles[i+1:] {
			for _, p := range s.Pairs {
				if (p.RoleA != a || p.RoleB != b) && (p.RoleA != b || p.RoleB != a) {
					continue
				}
				cells[a+"\n"+b], cells[b+"\n"+a] = number(p.Cosine.Value), none
				if p.JaccardAt != nil {
					cells[b+"\n"+a] = percent(&p.JaccardAt.Relative)
				}
			}
		}
	}
	return cross("", roles, roles, cells)
}

func yearGrid(rows []yearRole) string {
	var years, roles []string
	cells := map[string]string{}
	for _, r := range rows {
		year := fmt.Sprint(r.Year)
		if !slices.Contains(years, year) {
			years = append(years, year)
		}
		if !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
		cells[year+"\n"+r.Role] = fmt.Sprintf("%d, %d unnamed", r.Vacancies, r.Unnamed)
	}
	slices.Sort(years)
	slices.Sort(roles)
	return cross("year", years, roles, cells)
}

func mixGrid(rows []mix) string {
	var labs, roles []string
	cells := map[string]string{}
	for _, r := range rows {
		if !slices.Contains(labs, r.Company) {
			labs = append(labs, r.Company)
		}
		if !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
		cells[r.Company+"\n"+r.Role] = fmt.Sprint(r.Vacancies)
	}
	slices.Sort(roles)
	return cross("lab", labs, roles, cells)
}

func closedGrid(rows []closed) string {
	var months, roles []string
	cells := map[string]string{}
	for _, r := range rows {
		month := r.Month[:len("2006-01")]
		if !slices.Contains(months, month) {
			months = append(months, month)
		}
		if !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
		cells[month+"\n"+r.Role] = fmt.Sprint(r.Vacancies)
	}
	slices.Sort(roles)
	return cross("closed in", months, roles, cells)
}

// topSkills are a role's most frequent skills.
func topSkills(s shares, role string) string {
	var out []string
	for _, r := range s.Rows {
		if r.Role == role && r.Rank <= 8 {
			out = append(out, fmt.Sprintf("%s %s (%s)", r.Skill, percent(r.Share.Value), percentInterval(r.Share)))
		}
	}
	return strings.Join(out, ", ")
}

// moves keeps the skills whose change has an interval that excludes 0.
func moves(low, high *float64) bool {
	return low != nil && high != nil && (*low > 0 || *high < 0)
}

// quantile shows one quantile of yearly pay in thousands.
func quantile(v, low, high *float64) string {
	text := money(v)
	if low != nil || high != nil {
		text += " (" + money(low) + " to " + money(high) + ")"
	}
	return text
}

func openAfter(e estimate, atRisk int) string {
	return fmt.Sprintf("%s, %d at risk", percent(e.Value), atRisk)
}

// gap says how the four roles compare with each other and with the other two.
func gap(s similar) string {
	var low, high *pair
	for i, p := range s.Pairs {
		if p.Cosine.Value == nil {
			continue
		}
		inside := isFour(p.RoleA) && isFour(p.RoleB)
		if inside && (low == nil || *p.Cosine.Value < *low.Cosine.Value) {
			low = &s.Pairs[i]
		}
		if !inside && (isFour(p.RoleA) || isFour(p.RoleB)) && (high == nil || *p.Cosine.Value > *high.Cosine.Value) {
			high = &s.Pairs[i]
		}
	}
	if low == nil || high == nil {
		return "too few vacancies to compare the four roles."
	}
	told := func(p *pair) string {
		return fmt.Sprintf("%s (%s and %s; 95 %%: %s)", number(p.Cosine.Value), roleName(p.RoleA), roleName(p.RoleB), interval("%.2f", p.Cosine))
	}
	return fmt.Sprintf("the lowest cosine among the four roles is %s, the highest between one of them and data scientist or software engineer %s.", told(low), told(high))
}

// growth is how the active vacancies of each role changed from the first whole month to the last.
func growth(v volume) string {
	first, last := map[string]int{}, map[string]int{}
	var from, to string
	var roles []string
	for _, r := range v.Rows {
		month := r.Period.Format("2006-01")
		if r.Partial || from != "" && month < from {
			continue
		}
		if from == "" {
			from = month
		}
		if month == from {
			first[r.Group] = r.Active
			roles = append(roles, r.Group)
		}
		if month > to { // rows are by period
			to, last = month, map[string]int{}
		}
		last[r.Group] = r.Active
	}
	var out []string
	slices.Sort(roles)
	for _, r := range roles {
		out = append(out, fmt.Sprintf("%s %d to %d", roleName(r), first[r], last[r]))
	}
	return "active vacancies in " + from + " and in " + to + ": " + strings.Join(out, ", ")
}

func hasWithin(slopes []told[slope]) bool {
	return slices.ContainsFunc(slopes, func(s told[slope]) bool { return s.Answer.Within.Low != nil })
}
