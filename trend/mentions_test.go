package trend_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/trend"
)

type asking struct {
	at          time.Time
	role, skill string
}

// TestMentionsAgreeWithShares: on every basis and period, on the panel and on all boards, from the rollup and from
// vacancies, the shares are those of Shares, which counts per employer; one skill has them with zeros.
func TestMentionsAgreeWithShares(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	var everybody []string
	for e := range 16 {
		everybody = append(everybody, fmt.Sprintf("e%02d", e))
	}
	compared, zeros, few := 0, 0, 0
	for _, scope := range []trend.Scope{
		{},
		{AllBoards: true},
		{Companies: everybody},
		{Basis: trend.New},
		{Period: trend.Quarter},
		{Basis: trend.New, Period: trend.Quarter},
		{Period: trend.Week, Roles: []string{"alpha"}},
		{Basis: trend.Claimed},
		{Roles: []string{"beta"}, Companies: []string{"e01", "e02"}},
	} {
		shares, err1 := trend.Shares(t.Context(), q, trend.SharesQuestion{Scope: scope})
		all, err2 := trend.Mentions(t.Context(), q, trend.MentionsQuestion{Scope: scope})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		want, got, of := map[asking]trend.MentionsRow{}, map[asking]trend.MentionsRow{}, map[string]map[asking]trend.MentionsRow{}
		for _, r := range shares.Rows {
			row := trend.MentionsRow{Period: r.Period, Role: r.Role, Skill: r.Skill, Mentioning: uint64(r.Mentioning), Vacancies: uint64(r.Vacancies), Share: r.Share.Value, AllBoards: r.AllBoards}
			k := asking{r.Period, r.Role, r.Skill}
			if of[r.Skill] == nil {
				of[r.Skill] = map[asking]trend.MentionsRow{}
			}
			if row.Vacancies > 0 {
				of[r.Skill][k] = row
			}
			if row.Mentioning > 0 {
				want[k] = row
			}
		}
		for _, r := range all.Rows {
			got[asking{r.Period, r.Role, r.Skill}] = r
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", scope, diff)
		}
		for skill, rows := range of {
			one, err := trend.Mentions(t.Context(), q, trend.MentionsQuestion{Scope: scope, Skill: skill})
			if err != nil {
				t.Fatal(err)
			}
			got := map[asking]trend.MentionsRow{}
			for _, r := range one.Rows {
				if _, ok := rows[asking{r.Period, r.Role, skill}]; !ok && r.Mentioning == 0 {
					continue // of a role that never asks for it
				}
				got[asking{r.Period, r.Role, r.Skill}] = r
				if r.Mentioning == 0 {
					zeros++
				}
				if r.Share == nil {
					few++
				}
			}
			if diff := gocmp.Diff(rows, got); diff != "" {
				t.Errorf("%+v, %s: %s", scope, skill, diff)
			}
			break // one of them: each is ten statements
		}
		compared += len(want)
	}
	if compared < 100 || zeros == 0 || few == 0 {
		t.Errorf("%d cells, %d zeros, %d under the floor: the test shows little", compared, zeros, few)
	}
}
