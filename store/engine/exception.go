package engine

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// ClickHouse's error codes that this room raises or reads itself.
const (
	codeUnknownIdentifier = 47
	codeNotImplemented    = 48
	codeSyntaxError       = 62
	codeUnknownFormat     = 73
	codeTimeout           = 159
	codeReadonly          = 164
	codeTooManyQueries    = 202
	codeCannotDecompress  = 271
	codeNetworkError      = 210
	codeQueryTooLarge     = 229
	codeAborted           = 236
	codeNoSpace           = 243
	codeTooManyBytes      = 396
	codeAccessDenied      = 497
	codeAuthentication    = 516
	codeRequiredPassword  = 194
)

// Exception is an error the engine raised, in ClickHouse's own words.
type Exception struct {
	// Code is ClickHouse's error code; 0 when the text names none.
	Code int
	// Text is the whole message, "Code: 62. DB::Exception: ...".
	Text string
}

func (e *Exception) Error() string { return e.Text }

// exceptionf is an exception of our own, in ClickHouse's form: code, text, name.
func exceptionf(code int, name, format string, args ...any) *Exception {
	return &Exception{Code: code, Text: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}

var exceptionCode = regexp.MustCompile(`Code: (\d{1,6})\.`)

// parseException reads the code out of the engine's text. The engine wraps some
// errors two or three times; the outermost code comes first and is the statement's.
func parseException(text string) *Exception {
	e := &Exception{Text: text}
	if m := exceptionCode.FindStringSubmatch(text); m != nil {
		e.Code, _ = strconv.Atoi(m[1])
	}
	return e
}

// status is the HTTP status that ClickHouse 26 gives this error.
func (e *Exception) status() int {
	switch e.Code {
	case codeRequiredPassword:
		return http.StatusUnauthorized
	case 192, 193, codeAuthentication, codeAccessDenied, 512:
		return http.StatusForbidden
	case 6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676:
		return http.StatusBadRequest
	case 46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511:
		return http.StatusNotFound
	case codeQueryTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	case 76, 209, 439:
		return http.StatusServiceUnavailable
	case codeTimeout:
		return http.StatusRequestTimeout
	case 381:
		return http.StatusLengthRequired
	case 779:
		return http.StatusUnsupportedMediaType
	}
	return http.StatusInternalServerError
}
