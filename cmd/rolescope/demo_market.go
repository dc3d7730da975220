package main

import (
	"fmt"

	simmarket "github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/scheduler"
)

// demoMarket is the market of `rolescope demo`: always the same one.
func demoMarket() (simMarket, error) { return simulated(simmarket.Config{}) }

// simulated is a market with what the simulation needs to know of it. A day after the schedule's
// moment every board of a week has been due, because the scheduler spreads them over a day.
func simulated(c simmarket.Config) (simMarket, error) {
	m, err := simmarket.New(c)
	if err != nil {
		return simMarket{}, err
	}
	out := simMarket{start: m.Crawls()[0].Add(simStep), weeks: m.Config().Weeks, handler: m.Handler}
	for _, b := range m.Boards() {
		schedule, err := scheduler.Parse(b.Schedule)
		if err != nil {
			return simMarket{}, fmt.Errorf("schedule of %s/%s: %w", b.Source, b.Board, err)
		}
		out.boards = append(out.boards, scheduler.Board{Source: b.Source, Board: b.Key.Board, Company: b.Company, Schedule: schedule})
	}
	return out, nil
}
