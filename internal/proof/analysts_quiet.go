package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksSecond is how many of /proc's ticks a second has; Linux tells programs of no other.
const ticksSecond = 100

// processors is how much time, in ticks, all processors have worked, and how much of it for us.
type processors struct{ busy, own float64 }

// processors reads both: we are this process with what it has waited for, and `up` with its engine.
func (a *analystsProof) processors() (processors, error) {
	var p processors
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return p, err
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return p, fmt.Errorf("read /proc/stat: %w", err)
		}
		if i != 3 && i != 4 && i < 8 { // not idle, nor waiting for a disk; guests' time is in the user's already
			p.busy += n
		}
	}
	for _, pid := range append(childrenOf(a.up.Process.Pid), a.up.Process.Pid) {
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			return p, err
		}
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, field := range fields[11:13] { // user and system time
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return p, fmt.Errorf("read time of process %d: %w", pid, err)
			}
			p.own += n
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(who, &usage); err != nil {
			return p, err
		}
		p.own += ticksSecond * (time.Duration(usage.Utime.Nano()) + time.Duration(usage.Stime.Nano())).Seconds()
	}
	return p, nil
}

// others is how much of a processor others had while f ran, in percent of one.
func (a *analystsProof) others(f func() error) (percent float64, err error) {
	before, err := a.processors()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := f(); err != nil {
		return 0, err
	}
	after, err := a.processors()
	took := time.Since(begun).Seconds() * ticksSecond
	return max(0, 100*((after.busy-before.busy)-(after.own-before.own))/took), err
}

// quiet waits until others leave the machine alone for a second, and says whether they did.
func (a *analystsProof) quiet(until time.Time) (bool, error) {
	for time.Now().Before(until) {
		percent, err := a.others(func() error { <-time.After(time.Second); return nil })
		if err != nil || percent <= a.othersMax {
			return err == nil, err
		}
	}
	return false, nil
}
