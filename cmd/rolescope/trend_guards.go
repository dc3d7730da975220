package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// namesMax is how many boards or roles a line under a table names; JSON names all.
const namesMax = 4

// guardLines says under a table what was done so that its figures mean what they seem to.
func (a *app) guardLines(asked trend.Asked) error {
	g := asked.Guards
	lines := []string{a.basisLine(asked)}
	if g.Panel.Applied {
		line := fmt.Sprintf("panel: %d of %d boards, seen healthy in %s", g.Panel.Healthy, g.Panel.Boards, periodsText(g.Panel.Periods))
		if n := len(g.Panel.LeftOut); n > 0 {
			var names []string
			for _, b := range g.Panel.LeftOut[:min(n, namesMax)] {
				names = append(names, fmt.Sprintf("%s/%s (%s)", plain(b.Source), plain(b.Board), b.Why))
			}
			line += "; left out: " + strings.Join(names, ", ") + more(n) + "; --boards all asks all"
		}
		lines = append(lines, line)
	} else if g.Panel.Why != "" {
		lines = append(lines, "no panel: "+g.Panel.Why)
	}
	left := []string{fmt.Sprintf("%s postings are %s vacancies", count(g.Postings), count(g.Vacancies))}
	if g.SeveralRoles > 0 {
		left = append(left, fmt.Sprintf("%s vacancies of several roles left out", count(g.SeveralRoles)))
	}
	if g.WithoutRole > 0 {
		left = append(left, fmt.Sprintf("%s whose title states none", count(g.WithoutRole)))
	}
	if g.Unnamed > 0 {
		left = append(left, fmt.Sprintf("%s whose employer nobody knows, left out of slopes", count(g.Unnamed)))
	}
	if g.Censored > 0 {
		left = append(left, fmt.Sprintf("%s were open before we looked: never new", count(g.Censored)))
	}
	if g.Mentions > 0 {
		left = append(left, fmt.Sprintf("boilerplate made %s of %s mentions (%.1f %%), left out", count(g.Boilerplate), count(g.Mentions), 100*float64(g.Boilerplate)/float64(g.Mentions)))
	}
	lines = append(lines, strings.Join(left, "; "))
	lines = append(lines, suppressedLines(g)...)
	if len(g.Partial) > 0 {
		lines = append(lines, "* only a part of it was watched")
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(a.painted(styleDim, wrapped(line, a.columns())) + "\n")
	}
	_, err := fmt.Fprint(a.stdout, "\n"+b.String())
	return err
}

// suppressedLines names what was suppressed, with how little there was.
func suppressedLines(g trend.Guards) (lines []string) {
	var few, none []string
	for _, s := range g.Suppressed {
		if s.Shown {
			few = append(few, fmt.Sprintf("%s (%d)", s.What, s.Employers))
		} else {
			none = append(none, fmt.Sprintf("%s (%d)", s.What, s.Vacancies))
		}
	}
	if n := len(few); n > 0 {
		lines = append(lines, fmt.Sprintf("no interval, under %d employers: ", g.EmployersMin)+strings.Join(few[:min(n, namesMax)], ", ")+more(n))
	}
	if n := len(none); n > 0 {
		lines = append(lines, fmt.Sprintf("not shown, under %d vacancies: ", g.Floor)+strings.Join(none[:min(n, namesMax)], ", ")+more(n))
	}
	return lines
}

func (a *app) basisLine(asked trend.Asked) string {
	g := asked.Guards
	basis := map[trend.Basis]string{
		trend.Active: "vacancies active in the period", trend.New: "vacancies new in the period", trend.Claimed: "vacancies claimed by their source to be posted in the period",
	}[g.Basis]
	line := fmt.Sprintf("%s to %s; %s; tagger version %s", asked.From.Format("2006-01"), asked.To.AddDate(0, 0, -1).Format("2006-01"), basis, asked.TaggerVersion)
	if !g.DataCut.IsZero() {
		line += "; recorded up to " + g.DataCut.UTC().Format(time.DateTime)
	}
	return line + "; --json has all figures, --sql the statements"
}

// painted is styled text where colour is wanted.
func (a *app) painted(s style, text string) string {
	if !a.wantColour() || s == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func periodsText(n int) string {
	if n == 1 {
		return "the span"
	}
	return fmt.Sprintf("the first and the last of %d periods and in three quarters of them", n)
}

func more(n int) string {
	if n <= namesMax {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-namesMax)
}

// headline prints what the answer says in a sentence, if it may say any.
func (a *app) headline(text string) {
	if text != "" {
		fmt.Fprintln(a.stdout, a.painted(styleBold, wrapped(text, a.columns()))+"\n")
	}
}

// periodName is a period as a column's head; a star marks one of which only a part was watched.
func periodName(asked trend.Asked, at time.Time) string {
	name := at.Format("2006-01")
	switch asked.Period {
	case trend.Week:
		name = at.Format(time.DateOnly)
	case trend.Quarter:
		name = fmt.Sprintf("%dQ%d", at.Year(), (at.Month()+2)/3)
	}
	for _, p := range asked.Guards.Partial {
		if p.Equal(at) {
			return name + "*"
		}
	}
	return name
}

// pointsOf is a share in per cent; a dash when it is suppressed.
func pointsOf(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", 100**v)
}

func figureOf(format string, v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, *v)
}

// intervalOf is an interval as text; empty when there is none. One that is open at an end says so.
func intervalOf(format string, e trend.Estimate, factor float64) string {
	if e.Low == nil && e.High == nil {
		return ""
	}
	bound := func(v *float64) string {
		if v == nil {
			return "?"
		}
		return fmt.Sprintf(format, *v*factor)
	}
	return bound(e.Low) + " to " + bound(e.High)
}

// cells of a CSV: empty when undefined or suppressed.
func csvFloat(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.6f", *v)
}

func csvEstimate(e trend.Estimate) []string {
	return []string{csvFloat(e.Value), csvFloat(e.Low), csvFloat(e.High)}
}
