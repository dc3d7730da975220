package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine"
)

// prepare makes the directory, or reads how far the one that is there has come. One that holds anything
// else is refused: invented postings must not get among real ones.
func (b *benchStore) prepare() (err error) {
	b.state = benchState{Seed: b.o.seed}
	if b.o.dir == "" {
		if b.o.dir, err = os.MkdirTemp("", "rolescope-bench-query"); err != nil {
			return fmt.Errorf("make a directory for the invented data: %w", err)
		}
	} else if err := os.MkdirAll(b.o.dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for the invented data: %w", err)
	}
	text, err := os.ReadFile(b.statePath())
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &b.state); err != nil {
			return fmt.Errorf("read %s: %w", b.statePath(), err)
		}
		if b.state.Seed != b.o.seed {
			return usageError{fmt.Errorf("--data %s holds the market of seed %d: use --seed %d or another directory", b.o.dir, b.state.Seed, b.state.Seed)}
		}
		if b.state.Postings > b.o.sizes[0] {
			return usageError{fmt.Errorf("--data %s holds %s postings already: --postings begins there", b.o.dir, count(b.state.Postings))}
		}
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("read how far the invented data has come: %w", err)
	}
	if files, err := os.ReadDir(b.o.dir); err != nil || len(files) > 0 {
		return errors.Join(err, usageError{fmt.Errorf("--data %s is not empty, and no bench query has filled it", b.o.dir)})
	}
	return b.save()
}

// save writes how far the data has come.
func (b *benchStore) save() error {
	text, err := json.Marshal(b.state)
	if err != nil {
		return fmt.Errorf("write %s: %w", b.statePath(), err)
	}
	if err := os.WriteFile(b.statePath(), text, 0o600); err != nil {
		return fmt.Errorf("keep how far the invented data has come: %w", err)
	}
	return nil
}

// open starts an engine on the directory.
func (b *benchStore) open(ctx context.Context) error {
	lib, err := b.app.engineLib(ctx, b.config)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program's own file: %w", err)
	}
	writer, err := newSecret()
	if err != nil {
		return err
	}
	readers, err := newSecret()
	if err != nil {
		return err
	}
	b.store, err = store.Open(ctx, store.Config{
		Engine: engine.Options{
			Exe: exe, Args: []string{"engine", "serve"}, Lib: lib, DataDir: filepath.Join(b.o.dir, "clickhouse"),
			WriterPassword: writer, ReaderPassword: readers, MemoryBytesMax: b.config.EngineMemoryMiB << 20, Logger: b.app.logger(),
		},
		Logger: b.app.logger(), Now: time.Now, Measure: roleMeasure(),
	})
	return err
}

// stop stops the engine, if it runs.
func (b *benchStore) stop() error {
	if b.store == nil {
		return nil
	}
	err := b.store.Close()
	b.store = nil
	return err
}

func (b *benchStore) close() error {
	err := b.stop()
	if b.o.keep {
		fmt.Fprintf(b.app.stderr, "rolescope: the invented data is kept in %s\n", b.o.dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(b.o.dir))
}

// fill writes what is missing to a number of postings. All but the last hundredth is merged.
func (b *benchStore) fill(ctx context.Context, size int) error {
	if b.store == nil {
		if err := b.open(ctx); err != nil {
			return err
		}
	}
	bar := b.app.newProgress(int64(size), "inventing", false)
	defer bar.done()
	for b.state.Boards < store.InventedEmployers {
		to := min(b.state.Boards+benchBoards, store.InventedEmployers)
		if err := b.store.InventCrawls(ctx, b.o.seed, uint64(b.state.Boards), uint64(to)); err != nil {
			return err
		}
		b.state.Boards = to
		if err := b.save(); err != nil {
			return err
		}
	}
	settled := size - size/100
	for b.state.Postings < size {
		to := min(b.state.Postings+benchChunk, size)
		if b.state.Postings < settled {
			to = min(to, settled)
		}
		if err := b.store.Invent(ctx, b.o.seed, uint64(b.state.Postings), uint64(to)); err != nil {
			return err
		}
		b.state.Postings = to
		bar.set(int64(to))
		if to == settled {
			if err := b.store.Settle(ctx); err != nil {
				return err
			}
		}
		if err := b.save(); err != nil {
			return err
		}
	}
	return nil
}

// benchLate is the number of the first advert that comes late: above any size.
const benchLate = 1_000_000_000

// late writes an advert that touches one month of the past.
func (b *benchStore) late(ctx context.Context) error {
	n, err := b.store.InventedBrief(ctx, b.o.seed, max(benchLate, b.state.Late+1))
	if err != nil {
		return err
	}
	if err := b.store.Invent(ctx, b.o.seed, n, n+1); err != nil {
		return err
	}
	b.state.Late = n
	return b.save()
}
