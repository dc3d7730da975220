package store

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Similarity is how alike two roles are in one month, on one basis: a row of role_similarities, whose columns'
// comments say what each value is. A struct with the same fields, in this order, converts to it.
type Similarity struct {
	Basis           string   `ch:"basis"`
	RoleA           string   `ch:"role_a"`
	RoleB           string   `ch:"role_b"`
	VacanciesA      uint32   `ch:"vacancies_a"`
	VacanciesB      uint32   `ch:"vacancies_b"`
	EmployersA      uint32   `ch:"employers_a"`
	EmployersB      uint32   `ch:"employers_b"`
	SharedSkills    uint32   `ch:"shared_skills"`
	Cosine          *float64 `ch:"cosine"`
	CosineLow       *float64 `ch:"cosine_low"`
	CosineHigh      *float64 `ch:"cosine_high"`
	WeightedJaccard float64  `ch:"weighted_jaccard"`
	JaccardN        uint32   `ch:"jaccard_n"`
	JaccardAtN      *float64 `ch:"jaccard_at_n"`
	JaccardSelfA    *float64 `ch:"jaccard_self_a"`
	JaccardSelfB    *float64 `ch:"jaccard_self_b"`
	JaccardRelative *float64 `ch:"jaccard_relative"`
	Divergence      *float64 `ch:"divergence"`
	SetJaccard      *float64 `ch:"set_jaccard"`
	Overlap         *float64 `ch:"overlap"`
	Suppressed      string   `ch:"suppressed"`
}

// similarityRow is a Similarity in a revision of a month.
type similarityRow struct {
	TaggerVersion string    `ch:"tagger_version"`
	Month         time.Time `ch:"month"`
	Revision      uint32    `ch:"revision"`
	RevisedAt     time.Time `ch:"revised_at"`
	Similarity
}

// Measure computes the similarities that Refresh keeps beside the counts. The arithmetic is not the store's.
type Measure struct {
	// Version changes when Similarities does: every month's are then computed again.
	Version string
	// Similarities are those of one month, of the rollups of one tagger version as s has them now.
	Similarities func(ctx context.Context, s *Store, taggerVersion string, month time.Time) ([]Similarity, error)
}

// monthRecord is a row of rollup_months.
type monthRecord struct {
	Month       time.Time `ch:"month"`
	Fingerprint uint64    `ch:"fingerprint"`
	BuiltAt     time.Time `ch:"built_at"`
	Vacancies   uint64    `ch:"vacancies"`
	Mentions    uint64    `ch:"mentions"`
	Boilerplate uint64    `ch:"boilerplate"`
	Similarity  string    `ch:"similarity"`
	Revision    uint32    `ch:"revision"`
	RevisedAt   time.Time `ch:"revised_at"`
}

// similar computes the similarities of a month, and when they are others than those of the revision that is
// shown, puts them in place as the next one.
func (r *rollup) similar(ctx context.Context, m *monthRecord) error {
	if r.cfg.Measure == nil {
		m.Similarity = ""
		return nil
	}
	rows, err := r.cfg.Measure.Similarities(ctx, r.Store, r.version, m.Month)
	if err != nil {
		return fmt.Errorf("compute the similarities of %s: %w", m.Month.Format("2006-01"), err)
	}
	m.Similarity = r.cfg.Measure.Version
	var kept []similarityRow
	err = r.read(ctx, &kept, "SELECT * FROM role_similarities WHERE tagger_version = {version:String} AND month = {month:Date}",
		clickhouse.Named("month", m.Month.Format(time.DateOnly)))
	if err != nil {
		return fmt.Errorf("read the similarities of %s: %w", m.Month.Format("2006-01"), err)
	}
	if m.Revision > 0 && sameSimilarities(rows, kept, m.Revision) {
		return nil
	}
	now := r.cfg.Now().UTC().Truncate(time.Millisecond)
	m.Revision, m.RevisedAt = nextRevision(*m, now), now
	kept = slices.DeleteFunc(kept, func(s similarityRow) bool { return s.Revision >= m.Revision })
	for _, row := range rows {
		kept = append(kept, similarityRow{r.version, m.Month, m.Revision, now, row})
	}
	if len(kept) == 0 { // ClickHouse refuses to replace by nothing
		return r.dropPartition(ctx, "role_similarities", m.Month)
	}
	if err := r.createScratch(ctx, "role_similarities"); err != nil {
		return err
	}
	if err := r.insertSimilarities(ctx, kept); err != nil {
		return err
	}
	return r.place(ctx, "role_similarities", m.Month)
}

// nextRevision is the number of a month's next revision. What is shown is replaced, not kept beside it, as
// long as the month was not over when it was made, and when it is a later revision of the same day: a month
// has as many revisions as there were days on which it was revised.
func nextRevision(m monthRecord, now time.Time) uint32 {
	unfinished := m.RevisedAt.Before(m.Month.AddDate(0, 1, 0))
	sameDay := m.RevisedAt.UTC().Truncate(24 * time.Hour).Equal(now.Truncate(24 * time.Hour))
	if m.Revision > 0 && (unfinished || m.Revision > 1 && sameDay) {
		return m.Revision
	}
	return m.Revision + 1
}

// sameSimilarities reports whether the revision that is kept says what rows say.
func sameSimilarities(rows []Similarity, kept []similarityRow, revision uint32) bool {
	var shown []Similarity
	for _, k := range kept {
		if k.Revision == revision {
			shown = append(shown, k.Similarity)
		}
	}
	order := func(a, b Similarity) int {
		return cmp.Or(strings.Compare(a.Basis, b.Basis), strings.Compare(a.RoleA, b.RoleA), strings.Compare(a.RoleB, b.RoleB))
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, order)
	slices.SortFunc(shown, order)
	return len(rows) == len(shown) && (len(rows) == 0 || reflect.DeepEqual(rows, shown))
}

func (r *rollup) insertSimilarities(ctx context.Context, rows []similarityRow) error {
	batch, err := r.conn.PrepareBatch(ctx, r.sql("INSERT INTO {role_similarities}"))
	if err != nil {
		return fmt.Errorf("store similarities: %w", serverError(err))
	}
	defer batch.Close() //nolint:errcheck // Send has reported what matters
	for i := range rows {
		if err := batch.AppendStruct(&rows[i]); err != nil {
			return fmt.Errorf("store similarities: %w", err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("store similarities: %w", serverError(err))
	}
	return nil
}
