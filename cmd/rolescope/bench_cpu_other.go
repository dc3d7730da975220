//go:build !linux

package main

import "time"

// cpuSoFar is not known here.
func cpuSoFar() time.Duration { return 0 }
