package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clockTick is the unit of the kernel's CPU times: a hundredth of a second on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// cpuSoFar is what this process and its children, of which the engine is one, have used so far. 0 where the kernel
// does not tell.
func cpuSoFar() time.Duration {
	out := processTime("self")
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return out
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that ended
		}
		for _, pid := range bytes.Fields(text) {
			out += processTime(string(pid))
		}
	}
	return out
}

// processTime is a process's user and system time: the 14th and 15th field of its stat, of which the second, a name in
// parentheses, may have spaces.
func processTime(pid string) (out time.Duration) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	for _, f := range fields[11:13] {
		if n, err := strconv.ParseInt(string(f), 10, 64); err == nil {
			out += time.Duration(n) * clockTick
		}
	}
	return out
}
