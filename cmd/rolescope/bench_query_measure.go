package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// measure times every question at the number of postings that is filled.
func (b *benchStore) measure(ctx context.Context, size int) (benchQuerySize, error) {
	s := benchQuerySize{Postings: size, Load: loadAverage()}
	if b.store == nil {
		if err := b.open(ctx); err != nil {
			return s, err
		}
	}
	if b.o.refresh {
		start, cpu := time.Now(), cpuSoFar()
		if _, err := b.store.Refresh(ctx); err != nil {
			return s, err
		}
		s.Refresh, s.RefreshCPU = inMillis(time.Since(start)), inMillis(cpuSoFar()-cpu)
		fmt.Fprintf(b.app.stderr, "rolescope: %s postings: refreshed in %s ms, %s ms of CPU\n", count(size), millis(s.Refresh), millis(s.RefreshCPU))
	}
	status, err := b.store.Status(ctx)
	if err != nil {
		return s, err
	}
	b.engine, s.Vacancies = status.ClickHouse, status.Vacancies
	for _, t := range status.Tables {
		s.DiskMB += t.Bytes / 1e6
	}
	wanted := regexp.MustCompile(b.o.only) // the flag was checked
	for _, q := range benchQuestions() {
		if !wanted.MatchString(q.name) {
			continue
		}
		line, err := b.time(ctx, q)
		if err != nil {
			return s, err
		}
		fmt.Fprintf(b.app.stderr, "rolescope: %s postings: %s: cold %s ms, warm %s ms, %s ms of CPU %s\n", count(size), q.name, millis(line.Cold), millis(line.Warm), millis(line.CPU), printable(line.Error))
		s.Questions = append(s.Questions, line)
	}
	s.LoadAfter = loadAverage()
	return s, nil
}

// time asks one question cold, once more unmeasured where that was left out, and then warm. What a
// question answers with an error is part of the report; an error of this is of the measuring.
func (b *benchStore) time(ctx context.Context, q benchQuestion) (benchQueryLine, error) {
	line := benchQueryLine{Name: q.name}
	if b.o.cold && !q.warm {
		if err := b.stop(); err != nil {
			return line, err
		}
		if err := forgetFiles(b.o.dir); err != nil {
			return line, err
		}
		if err := b.open(ctx); err != nil {
			return line, err
		}
	}
	target, err := b.target(ctx)
	if err != nil {
		return line, err
	}
	var took, used []time.Duration
	began := time.Now()
	for run := range b.o.repeat + 1 {
		if q.before != nil {
			if err := q.before(b, ctx); err != nil {
				return line, err
			}
		}
		start, cpu := time.Now(), cpuSoFar()
		if err := q.ask(ctx, target); err != nil {
			if ctx.Err() != nil {
				return line, ctx.Err()
			}
			line.Error = err.Error()
			return line, nil
		}
		if d := time.Since(start); run > 0 {
			took, used = append(took, d), append(used, cpuSoFar()-cpu)
		} else if b.o.cold && !q.warm {
			line.Cold = inMillis(d)
		}
		if run > 0 && time.Since(began) > benchEnough {
			break
		}
	}
	line.Warm, line.Fastest, line.Slowest, line.Runs = inMillis(median(took)), inMillis(slices.Min(took)), inMillis(slices.Max(took)), len(took)
	line.CPU = inMillis(median(used))
	return line, nil
}

func inMillis(d time.Duration) float64 {
	return cmp.Or(rounded(float64(d.Microseconds())/1000), 0.0001)
}
