//go:build race

package source

// recordedStep is how many recorded payloads are passed over: parsing runs on one goroutine, so the
// race detector learns nothing from reading all of them at a tenth of the speed.
const recordedStep = 25
