package web

import (
	"fmt"
	"strings"

	"github.com/rolescope/rolescope/trend"
)

// boardsNamed is how many boards a page names; the API names all.
const boardsNamed = 4

// boardsText says in a figure's unit whether the panel is counted.
func boardsText(g trend.Guards) string {
	if !g.Panel.Applied {
		return ", on all boards"
	}
	if g.Panel.Healthy == g.Panel.Boards {
		return ""
	}
	return fmt.Sprintf(", on the %d of %d boards seen all the time", g.Panel.Healthy, g.Panel.Boards)
}

// rests are sentences about what an answer rests on: what was done so that its figures mean what they seem to.
func rests(g trend.Guards) (lines []string) {
	if g.SeenUntil.IsZero() {
		lines = append(lines, "Figures are counted by who stores, from time to time: what was stored since may not be in them yet.")
	}
	number := func(n uint64, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return thousands(n) + " " + many
	}
	switch left := g.Panel.LeftOut; {
	case len(left) > 0:
		var names []string
		for _, b := range left[:min(len(left), boardsNamed)] {
			names = append(names, fmt.Sprintf("%s/%s (%s)", b.Source, short(shownMax, b.Board), b.Why))
		}
		more := ""
		if n := len(left) - len(names); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		lines = append(lines, fmt.Sprintf("Boards that were not seen all the time are left out, since what a board brings that joins is no trend: %s%s. Choose all boards to count them.", strings.Join(names, ", "), more))
	case g.Panel.Why != "":
		lines = append(lines, "All boards are counted: "+g.Panel.Why+".")
	}
	if g.Vacancies > 0 {
		lines = append(lines, fmt.Sprintf("%s advertise %s: copies of one job are one.", number(g.Postings, "posting", "postings"), number(g.Vacancies, "vacancy", "vacancies")))
	}
	if n := g.SeveralRoles + g.WithoutRole; n > 0 {
		lines = append(lines, fmt.Sprintf("%s left out of shares: %s of several roles, %s whose title states none.", number(n, "vacancy is", "vacancies are"), thousands(g.SeveralRoles), thousands(g.WithoutRole)))
	}
	if g.Censored > 0 {
		lines = append(lines, fmt.Sprintf("%s open before we looked: never new.", number(g.Censored, "vacancy was", "vacancies were")))
	}
	if g.Boilerplate > 0 {
		lines = append(lines, fmt.Sprintf("Boilerplate made %s of %s mentions of skills, which do not count.", thousands(g.Boilerplate), thousands(g.Mentions)))
	}
	return lines
}
