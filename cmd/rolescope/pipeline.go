package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// Batches of the stages that write to ClickHouse: 10,000-row inserts cost a fifth of the CPU of
// 1,000-row ones. The age bounds how stale an answer is while little arrives; the bytes bound memory.
const (
	sinkBatchRows  = 10_000
	sinkBatchBytes = 64 << 20
	sinkBatchAge   = 500 * time.Millisecond
	// An enrichment batch is small so that several workers share what there is.
	enrichBatchRows = 256
	enrichBatchAge  = 50 * time.Millisecond
	enrichBytesMax  = 8 << 20
)

// stages is the data path from RAW to the store. Each is a plain function; the bus runs it.
func (s *system) stages(tagger tagger) []bus.Stage {
	sink := bus.Stage{Workers: 1, BatchRows: sinkBatchRows, BatchBytes: sinkBatchBytes, BatchAge: cmp.Or(s.batchAge, sinkBatchAge), Handle: s.write}
	archive, store, bury := sink, sink, sink
	archive.Name, archive.Stream = bus.StageArchive, bus.StreamRaw
	store.Name, store.Stream = bus.StageSink, bus.StreamPosting
	bury.Name, bury.Stream = bus.StageBury, bus.StreamDead
	archive.Handle = s.archive
	return []bus.Stage{
		archive, store, bury,
		{
			Name: bus.StageEnrich, Stream: bus.StreamRaw, Workers: s.config.Workers,
			BatchRows: enrichBatchRows, BatchBytes: enrichBytesMax, BatchAge: enrichBatchAge,
			Handle: enrichBatch(tagger),
		},
	}
}

// enrichBatch turns each Raw into a Posting and passes each Run on.
func enrichBatch(tagger tagger) func(context.Context, []any) []bus.Result {
	return func(_ context.Context, batch []any) []bus.Result {
		out := make([]bus.Result, len(batch))
		for i, v := range batch {
			switch v := v.(type) {
			case posting.Raw:
				p, err := tagger.Enrich(v)
				out[i] = bus.Result{Out: []any{p}, Err: err}
				if err != nil {
					out[i].Out = nil
				}
			case posting.Run:
				out[i].Out = []any{v}
			default:
				out[i].Err = fmt.Errorf("enrich %T: %w", v, posting.ErrInvalid)
			}
		}
		return out
	}
}

// archive stores raw postings. Runs reach the store through POSTING.
func (s *system) archive(ctx context.Context, batch []any) []bus.Result {
	raws, where := make([]any, 0, len(batch)), make([]int, 0, len(batch))
	for i, v := range batch {
		if _, isRun := v.(posting.Run); !isRun {
			raws, where = append(raws, v), append(where, i)
		}
	}
	out := make([]bus.Result, len(batch))
	for j, r := range s.write(ctx, raws) {
		out[where[j]] = r
	}
	return out
}

func (s *system) write(ctx context.Context, batch []any) []bus.Result {
	out, began := make([]bus.Result, len(batch)), time.Now()
	for i, err := range s.store.Write(ctx, batch) {
		out[i].Err = err
	}
	s.app.metrics.stored(batch, out, time.Since(began))
	return out
}

// errDrained ends the stages once their work is done.
var errDrained = errors.New("drained")

// process runs the stages while produce publishes, and on until everything published has been
// stored or dead-lettered. waiting is called while the rest is stored with what is left, in messages.
func (s *system) process(ctx context.Context, produce func(context.Context) error, waiting func(left uint64)) error {
	tagger, err := s.app.newTagger()
	if err != nil {
		return err
	}
	s.sayVersions()
	return s.runStages(ctx, s.stages(tagger), func(ctx context.Context) error {
		if err := produce(ctx); err != nil {
			return err
		}
		if err := s.drain(ctx, waiting); err != nil {
			return err
		}
		s.freshen(ctx)
		return nil
	})
}

// runStages runs stages until work has returned.
func (s *system) runStages(ctx context.Context, stages []bus.Stage, work func(context.Context) error) error {
	stageCtx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	group, stageCtx := errgroup.WithContext(stageCtx)
	for _, stage := range stages {
		group.Go(func() error { return s.bus.Run(stageCtx, stage) })
	}
	group.Go(func() error { return s.watchEngine(stageCtx) })
	group.Go(func() error {
		defer stop(errDrained)
		return work(stageCtx)
	})
	err := group.Wait()
	if err == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// drainPoll is how often the rest is counted for the progress line.
const drainPoll = 200 * time.Millisecond

// drain waits until the streams hold nothing, and meanwhile tells waiting how much is left.
func (s *system) drain(ctx context.Context, waiting func(left uint64)) error {
	drained := make(chan error, 1)
	go func() { drained <- s.bus.Drained(ctx) }()
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for {
		select {
		case err := <-drained:
			return err
		case <-tick.C:
			if streams, err := s.bus.Pending(ctx); err == nil {
				waiting(streams[bus.StreamRaw].Messages + streams[bus.StreamPosting].Messages)
			}
		}
	}
}

// watchEngine ends the pipeline with the engine's own error when its supervisor has given up.
func (s *system) watchEngine(ctx context.Context) error {
	if s.store == nil || s.store.Engine() == nil {
		return nil
	}
	e := s.store.Engine()
	select {
	case <-ctx.Done():
		return nil
	case <-e.Done():
		return e.Err()
	}
}
