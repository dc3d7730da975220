package store

import (
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/posting"
)

// Codes of ClickHouse's exceptions that decide something here.
const (
	codeUnknownUser          = 192
	codeWrongPassword        = 193
	codeAuthenticationFailed = 516
)

// refusedCode reports whether an exception is about the data of an insert: the same rows would be
// refused again for ever, so the row at fault must be found and buried. Every other error may pass,
// and the whole batch is tried again.
func refusedCode(code int32) bool {
	switch code {
	case 6, 26, 27, 38, 41, 72: // CANNOT_PARSE_TEXT, _QUOTED_STRING, _INPUT_ASSERTION_FAILED, _DATE, _DATETIME, _NUMBER
		return true
	case 53, 70, 117, 130: // TYPE_MISMATCH, CANNOT_CONVERT_TYPE, INCORRECT_DATA, CANNOT_READ_ARRAY_FROM_TEXT
		return true
	case 69, 321, 407: // ARGUMENT_OUT_OF_BOUND, VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE, DECIMAL_OVERFLOW
		return true
	case 128, 131: // TOO_LARGE_ARRAY_SIZE, TOO_LARGE_STRING_SIZE
		return true
	case 190: // SIZES_OF_ARRAYS_DONT_MATCH
		return true
	case 349: // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
		return true
	case 469: // VIOLATED_CONSTRAINT
		return true
	}
	return false
}

// refused reports whether err says that the data itself cannot be stored.
func refused(err error) bool {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return refusedCode(exception.Code)
	}
	return errors.Is(err, posting.ErrInvalid)
}
