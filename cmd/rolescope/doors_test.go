package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/trend"
)

// testDoors: what the dashboard shows of a role is what trend prints of it, on the panel and on all boards.
func testDoors(t *testing.T, bin, dir, dashboard string) {
	t.Helper()
	for _, boards := range []string{"panel", "all"} {
		var volume trend.VolumesAnswer
		answerInDemo(t, &volume, bin, dir, "trend", "volume", "--boards", boards, "--json")
		sums := map[string]uint64{}
		largest := ""
		for _, r := range volume.Rows {
			if sums[r.Group] += r.Active; r.Group != "unknown" && r.Group != "other" && sums[r.Group] > sums[largest] {
				largest = r.Group
			}
		}
		answerInDemo(t, &volume, bin, dir, "trend", "volume", "--boards", boards, "--role", largest, "--json")
		page := get(t, dashboard+"/roles/"+largest+"?boards="+boards, http.StatusOK)
		want, got := map[string]uint64{}, map[string]uint64{}
		for _, r := range volume.Rows {
			want["Active "+r.Period.Format("2006-01")] = r.Active
			if r.Period.After(volume.Guards.SeenFrom) { // what was new before is unknown
				want["New "+r.Period.Format("2006-01")] = r.New
			}
		}
		_, block, _ := strings.Cut(page, `id="data-volume">`)
		block, _, _ = strings.Cut(block, "</script>")
		var drawn struct {
			X      []int64
			Series []struct {
				Label string
				Y     []*uint64
			}
		}
		if err := json.Unmarshal([]byte(block), &drawn); err != nil {
			t.Fatal(err, page)
		}
		for _, s := range drawn.Series {
			for i, y := range s.Y {
				if y != nil {
					got[s.Label+" "+time.Unix(drawn.X[i], 0).UTC().Format("2006-01")] = *y
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 4 {
			t.Errorf("vacancies of %s, %s: the command line says, and the dashboard:\n%s", largest, boards, diff)
		}
		testSkillsDoors(t, bin, dir, boards, largest, page)
	}
}

// skillRow is a skill with its share and its vacancies in a role's page.
var skillRow = regexp.MustCompile(`<a href="/skills/([^"]+)">[^<]*</a></th><td class="num">([^<]*)</td>\n<td class="wide">.*</td>\n<td class="num">([^<]*)</td>`)

func testSkillsDoors(t *testing.T, bin, dir, boards, role, page string) {
	t.Helper()
	var skills trend.SharesAnswer
	answerInDemo(t, &skills, bin, dir, "trend", "skills", "--boards", boards, "--role", role, "--json")
	want, got := map[string]string{}, map[string]string{}
	least := 0
	for _, m := range skillRow.FindAllStringSubmatch(page, -1) {
		got[m[1]] = m[2] + ", " + m[3]
		if _, err := fmt.Sscan(m[3], &least); err != nil { // they fall
			t.Fatal(err)
		}
	}
	for _, r := range skills.Rows {
		if !strings.Contains(page, "mention the skill, "+r.Period.Format("2006-01")) || r.Share.Value == nil || r.Mentioning < least {
			continue
		}
		if _, shown := got[r.Skill]; shown || r.Mentioning > least { // of those with the least the page has room for some
			want[r.Skill] = fmt.Sprintf("%.1f %%, %d", 100**r.Share.Value, r.Mentioning)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 5 {
		t.Errorf("skills of %s, %s: the command line says, and the dashboard:\n%s", role, boards, diff)
	}
}

// answerInDemo reads what a command prints as JSON of the demo's data.
func answerInDemo(t *testing.T, to any, bin, dir string, args ...string) {
	t.Helper()
	if err := json.Unmarshal([]byte(inDemo(t, bin, dir, args...)), to); err != nil {
		t.Fatal(err)
	}
}
