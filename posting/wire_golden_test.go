package posting_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the code does now")

// messages is one message of each type with every field set. A field that is missing here is not
// held to its name on the wire, so add each new one. Everything in it is invented.
func messages(t testing.TB) map[string]any {
	t.Helper()
	at := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	run := posting.NewRun("greenhouse", "acme robotics.io", "Acme Robotics", posting.ProofFull, at.Add(-time.Minute), at)
	run.Outcome, run.Expected, run.Fetched, run.Complete, run.Rejected = posting.OutcomePartial, 3, 2, true, 1
	run.Note = "page 2: <timeout>"
	run.Confirms = posting.RunID(run.Source, run.Board, at.Add(-24*time.Hour))
	run.Listing = []posting.Listed{
		{ExternalID: "1", ContentHash: strings.Repeat("ab", 32), At: at.Add(-time.Hour)},
		{ExternalID: "2", ContentHash: strings.Repeat("cd", 32)},
	}
	remote, track, years := false, 420, 3
	raw, err := posting.NewRaw(run, "greenhouse/1", posting.Record{
		ExternalID: "1", Title: "ML Engineer & more", Company: "Acme", Description: "<p>Go & \u2028 Zürich</p>",
		Department: "Research", Team: "Vision", Places: []posting.Place{{Text: "Zürich, CH", City: "Zürich", Region: "ZH", Country: "Switzerland"}},
		Remote: &remote, Workplace: "on-site", Employment: "FullTime",
		Pay:      []posting.Pay{{Min: 100000.5, Max: 120000, Currency: "CHF", Interval: "1 YEAR", Text: "100'000.50 - 120'000"}},
		Language: "de-CH", URL: "https://jobs.example.com/1?a=b&c=d", Requisition: "R-1",
		PostedAt: at.Add(-48 * time.Hour), ValidUntil: at.Add(48 * time.Hour), Extra: json.RawMessage(`{"x":[1,2]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	tagged := posting.Posting{
		ID: posting.TagID(raw.ID, "1"), RawID: raw.ID, PostingID: raw.PostingID, Source: raw.Source, Board: raw.Board,
		ExternalID: "1", ContentHash: raw.ContentHash, ObservedAt: at, TaggerVersion: "1",
		VacancyID: posting.VacancyID("acme", "ml engineer", "go"), Company: "Acme", CompanyKey: "acme",
		Title: "ML Engineer & more", Description: "We use Go & Zürich", TitleNormalised: "ml engineer", Language: "de",
		RoleTitle: "ml_engineer", RoleText: "software_engineer", RoleReason: "title: ml engineer", ONETCode: "15-2051.00", ESCOCode: "258e46f9-0075-4a2e-adae-1ff0477e0f30", Roles: []string{"ml_engineer", "data_engineer"},
		Seniority: "senior", Track: &track, Team: "Vision", Workplace: "onsite", EmploymentType: "full_time",
		Locations: []posting.Location{{Country: "CH", Region: "ZH", City: "Zürich", Remote: true, Scope: "EMEA", Text: "Zürich, CH"}},
		Salaries:  []posting.Salary{{Min: 100000.5, Max: 120000, Currency: "CHF", Period: "year", Text: "100'000.50", Source: "structured"}},
		MinYears:  &years, Degree: "master",
		Skills: []posting.Skill{{
			ID: "go", Label: "Go", Kind: "language", Field: "description", Start: 7, End: 9, Text: "Go",
			Section: "requirements", Strength: "required", ParagraphHash: "0011", Rule: "alias", Unlisted: true,
		}},
		URL: "https://jobs.example.com/1", PostedClaim: at.Add(-48 * time.Hour),
	}
	return map[string]any{
		posting.TypeSlot: posting.Slot{
			Kind: "board", Source: "greenhouse", Board: "acme robotics.io", Company: "Acme Robotics", PlannedAt: at, ObservedAt: at.Add(time.Second),
			ExternalID: "1", Ref: "/job/1", Row: strings.Repeat("ab", 32),
		},
		posting.TypeDelivery: posting.Delivery{
			EventID: "0a1b", Channel: "ops", Rule: "new categories", Event: json.RawMessage(`{"id":"0a1b","title":"R&D <b>"}`),
		},
		posting.TypeRaw: raw, posting.TypeRun: run.Split()[0], posting.TypePosting: tagged,
		posting.TypeDead: posting.Dead{
			ID: posting.DeadID("sink", raw.ID), Stage: "sink", Origin: raw.ID, Subject: "raw.greenhouse.acme=20robotics=2Eio",
			Type: posting.TypeRaw, Reason: "refused", Size: 3, SHA256: strings.Repeat("ef", 32), Head: "{}\x00", Body: []byte("{}\x00"),
			FailedAt: at, Source: raw.Source, Board: raw.Board, RunID: raw.RunID, PostingID: raw.PostingID, ContentHash: raw.ContentHash,
		},
	}
}

// golden is what a golden file holds: the header and the body as they travel.
type golden struct {
	ID   string          `json:"Nats-Msg-Id"`
	Type string          `json:"Rolescope-Type"`
	Data json.RawMessage `json:"data"`
}

// TestGolden holds each message type to the bytes it had when its version was first released. A
// difference here means that processes of two versions do not understand each other: add fields
// with omitempty, or make a new version.
func TestGolden(t *testing.T) {
	t.Parallel()
	for typ, value := range messages(t) {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			m, err := posting.Encode(value)
			if err != nil {
				t.Fatal(err)
			}
			if m.Type != typ {
				t.Fatalf("encoded as %s", m.Type)
			}
			file := filepath.Join("testdata", typ+".json")
			if *update {
				writeGolden(t, file, golden{m.ID, m.Type, m.Data})
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want golden
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want.Data), string(m.Data)); diff != "" {
				t.Errorf("bytes (-golden +now):\n%s", diff)
			}
			if want.ID != m.ID {
				t.Errorf("id %s, golden %s: what was sent before would be sent again", m.ID, want.ID)
			}
			got, err := posting.Decode(want.Type, want.Data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(value, got); diff != "" {
				t.Errorf("decoded golden (-now +golden):\n%s", diff)
			}
		})
	}
}

func writeGolden(t *testing.T, file string, g golden) {
	t.Helper()
	// One line: the encoder would otherwise indent the data too, whose very bytes matter.
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(g); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGoldenComplete has every field of every type set, so that none escapes the golden files.
func TestGoldenComplete(t *testing.T) {
	t.Parallel()
	for typ, value := range messages(t) {
		for _, name := range zeroFields(value) {
			// The first part of a listing has number 0, and only a long listing has others.
			if name != "Part" {
				t.Errorf("%s: field %s is not set", typ, name)
			}
		}
	}
}
