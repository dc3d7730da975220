package engine

import "fmt"

// HintError is an error with the ways out, for a person to read.
type HintError struct {
	Err error
	// Hint is one or more whole sentences.
	Hint string
}

func (e *HintError) Error() string { return e.Err.Error() }
func (e *HintError) Unwrap() error { return e.Err }

// damaged is a library that does not load.
func damaged(path string, err error) error {
	return &HintError{
		Err:  fmt.Errorf("the engine's library %s does not work: %w", path, err),
		Hint: "Run `rolescope engine install --force` to fetch it anew. " + otherWays,
	}
}

// otherWays is what to do where the library cannot be had.
const otherWays = "Or set ROLESCOPE_ENGINE_LIB to a libchdb of your own, or CLICKHOUSE_URL to a ClickHouse server."
