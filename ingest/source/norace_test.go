//go:build !race

package source

// recordedStep of one reads every recorded payload.
const recordedStep = 1
