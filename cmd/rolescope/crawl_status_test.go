package main

import (
	"errors"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// TestCrawlStatus checks that a crawl ends as an import does: partial when any posting was rejected,
// though every board was read.
func TestCrawlStatus(t *testing.T) {
	t.Parallel()
	good := crawlRun{Outcome: posting.OutcomeOK, Listed: 4}
	bad := crawlRun{Outcome: posting.OutcomeOK, Listed: 4, Rejected: 1}
	for _, c := range []struct {
		report crawlReport
		want   error
	}{
		{crawlReport{Runs: []crawlRun{good, good}}, nil},
		{crawlReport{Runs: []crawlRun{good, bad}}, exitStatus(exitPartial)},
		{crawlReport{Runs: []crawlRun{good}, Failed: 1}, exitStatus(exitPartial)},
	} {
		if err := c.report.status(); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.report, err, c.want)
		}
	}
}
