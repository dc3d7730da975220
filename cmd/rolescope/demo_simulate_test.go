package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"

	simmarket "github.com/rolescope/rolescope/internal/market"
)

// smallDemo is the program with a demo of its own size, in boards x weeks.
func smallDemo() {
	if len(os.Args) < 2 || os.Args[1] != "demo" {
		main()
		return
	}
	var boards, weeks int
	if _, err := fmt.Sscanf(os.Getenv("ROLESCOPE_TEST_DEMO"), "%dx%d", &boards, &weeks); err != nil {
		panic(err)
	}
	if path := os.Getenv("ROLESCOPE_TEST_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		_ = pprof.StartCPUProfile(f)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	a := &app{environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}
	err := a.demo(ctx, demoPlan{
		market: func() (simMarket, error) { return simulated(simmarket.Config{Employers: boards, Weeks: weeks}) },
		serve:  slices.Contains(os.Args, "--serve"),
	})
	pprof.StopCPUProfile()
	interrupted := ctx.Err() != nil
	stop()
	os.Exit(a.report(err, interrupted))
}
