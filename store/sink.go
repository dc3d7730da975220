package store

import (
	"context"
	"fmt"

	"github.com/rolescope/rolescope/posting"
)

// Limits of one insert. Ten thousand rows cost a fifth of the CPU per row that a thousand do, and
// more gain nothing; the bytes keep the client's copy of a block in bounds.
const (
	insertRowsMax  = 10_000
	insertBytesMax = 48 << 20
)

// Write stores a batch of Raw, Posting, Run and Dead and returns one error or nil for each, in
// order, after ClickHouse has answered. Writing anything again, in any order and any company,
// changes nothing: every key is made of the content's ids, and repeats collapse.
//
// An error that wraps posting.ErrInvalid says that ClickHouse refused this very row (or that it is
// none of the four): it never will be stored. Any other error may pass; the row may or may not be
// stored, and is to be written again.
func (s *Store) Write(ctx context.Context, batch []any) []error {
	errs := make([]error, len(batch))
	var (
		raws     group[archived]
		postings group[posting.Posting]
		letters  group[posting.Dead]
		runs     group[posting.Run]
	)
	for i, v := range batch {
		switch v := v.(type) {
		case posting.Raw:
			a, err := archive(v)
			raws.add(a, i, err, errs)
		case posting.Posting:
			postings.add(v, i, checkPosting(v), errs)
		case posting.Dead:
			letters.add(v, i, nil, errs)
		case posting.Run:
			runs.add(v, i, checkRun(v), errs)
		default:
			errs[i] = fmt.Errorf("write %T: %w: not a row of the store", v, posting.ErrInvalid)
		}
	}
	write(ctx, raws, func(r *archived) int { return len(r.record) }, s.putRaws, errs)
	write(ctx, postings, func(p *posting.Posting) int { return len(p.Description) + 100*len(p.Skills) }, s.putPostings, errs)
	write(ctx, letters, func(d *posting.Dead) int { return len(d.Body) + len(d.Head) }, s.putDead, errs)
	// Runs come last: what they list is then already visible to whoever sees them.
	s.writeRuns(ctx, runs, errs)
	return errs
}

func checkRun(r posting.Run) error {
	if r.Digest == "" {
		return fmt.Errorf("run %s: %w: its listing has no digest", r.ID, posting.ErrInvalid)
	}
	return nil
}

// group is the rows of one type with their places in the batch.
type group[T any] struct {
	rows []T
	at   []int
}

func (g *group[T]) add(row T, at int, err error, errs []error) {
	if err != nil {
		errs[at] = err
		return
	}
	g.rows, g.at = append(g.rows, row), append(g.at, at)
}

// write puts a group in inserts within the limits.
func write[T any](ctx context.Context, g group[T], weigh func(*T) int, put func(context.Context, []T) error, errs []error) {
	for start := 0; start < len(g.rows); {
		end, size := start+1, weigh(&g.rows[start])
		for end < len(g.rows) && end-start < insertRowsMax {
			if size += weigh(&g.rows[end]); size > insertBytesMax {
				break
			}
			end++
		}
		bisect(ctx, g.rows[start:end], g.at[start:end], put, errs)
		start = end
	}
}

// bisect puts rows; when ClickHouse refuses them it puts each half, down to the row at fault. One
// bad row among n costs 2 log2(n) inserts, and its neighbours are stored.
func bisect[T any](ctx context.Context, rows []T, at []int, put func(context.Context, []T) error, errs []error) {
	err := put(ctx, rows)
	if err == nil {
		return
	}
	if !refused(err) {
		for _, i := range at {
			errs[i] = err
		}
		return
	}
	if len(rows) == 1 {
		errs[at[0]] = fmt.Errorf("%w: %w", posting.ErrInvalid, err)
		return
	}
	half := len(rows) / 2
	bisect(ctx, rows[:half], at[:half], put, errs)
	bisect(ctx, rows[half:], at[half:], put, errs)
}

func (s *Store) putRaws(ctx context.Context, rows []archived) error {
	return rawTable().insert(ctx, s, rows)
}

// putPostings writes the version last: the views read from it, so a posting is seen with its text
// and skills or not at all.
func (s *Store) putPostings(ctx context.Context, rows []posting.Posting) error {
	for _, t := range []table[posting.Posting]{textTable(), skillTable(), recordTable(), versionTable()} {
		if err := t.insert(ctx, s, rows); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putDead(ctx context.Context, rows []posting.Dead) error {
	return deadTable(s.cfg.Now()).insert(ctx, s, rows)
}

// putRuns writes the listings first: a part that is seen has its listing.
func (s *Store) putRuns(ctx context.Context, rows []posting.Run) error {
	var listed []listedRow
	for i := range rows {
		for _, l := range rows[i].Listing {
			listed = append(listed, listedRow{&rows[i], l})
		}
	}
	for start := 0; start < len(listed); start += listedRowsMax {
		end := min(start+listedRowsMax, len(listed))
		if err := listingTable().insert(ctx, s, listed[start:end]); err != nil {
			return err
		}
	}
	return runTable().insert(ctx, s, rows)
}

// listedRowsMax is how many listing entries one insert carries: they are short.
const listedRowsMax = 100_000

// writeRuns stores runs and then recomputes the spells of their boards. A run is written when its
// board's spells are: until then its message is not acknowledged, and a crash in between has it
// delivered, stored and folded again.
func (s *Store) writeRuns(ctx context.Context, g group[posting.Run], errs []error) {
	if len(g.rows) == 0 {
		return
	}
	write(ctx, g, func(r *posting.Run) int { return listedBytes * len(r.Listing) }, s.putRuns, errs)
	var boards []board
	for k, i := range g.at {
		if errs[i] == nil {
			boards = append(boards, boardOf(g.rows[k]))
		}
	}
	began := s.cfg.Now()
	failed := s.fold(ctx, boards)
	if s.cfg.Folded != nil {
		s.cfg.Folded(s.cfg.Now().Sub(began))
	}
	for k, i := range g.at {
		if errs[i] == nil {
			errs[i] = failed[boardOf(g.rows[k])]
		}
	}
}

// listedBytes is about what one listing entry takes in a block.
const listedBytes = 200
