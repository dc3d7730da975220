package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rolescope/rolescope/trend"
)

// errNoPage and errBusy are told with their own status.
var (
	errNoPage = errors.New("there is no such page")
	errBusy   = errors.New("all turns are taken")
)

// problem is an error as a reader sees it.
type problem struct {
	Title string `json:"error"`
	Text  string `json:"text"`
	Cause string `json:"cause,omitempty"`
}

// causeBytesMax is what of an error's own text is shown: ClickHouse's may hold a whole query.
const causeBytesMax = 600

// badRequest is a parameter that cannot be used.
func badRequest(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{trend.ErrQuestion}, args...)...)
}

// notFound names what is not there.
type notFound struct{ what string }

func (n notFound) Error() string { return n.what }

// tell decides the status of an error and what a reader is told.
func tell(err error) (problem, int) {
	var missing notFound
	cause := short(causeBytesMax, err.Error())
	switch {
	case errors.As(err, &missing):
		return problem{"Not found", missing.what, ""}, http.StatusNotFound
	case errors.Is(err, trend.ErrNoPosting):
		return problem{"Not found", "There is no posting of that id.", ""}, http.StatusNotFound
	case errors.Is(err, errNoPage):
		return problem{"Not found", "There is no such page.", ""}, http.StatusNotFound
	case errors.Is(err, trend.ErrQuestion), errors.Is(err, trend.ErrTooLarge):
		return problem{"This cannot be asked", "A part of the address is not what this page understands.", cause}, http.StatusBadRequest
	case errors.Is(err, errBusy):
		return problem{"Busy", "Too many questions are being answered at this moment. Try again in a few seconds.", ""}, http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		return problem{"Too slow", fmt.Sprintf("The database did not answer within %s. Try a shorter time or fewer roles.", answerTimeout), cause}, http.StatusGatewayTimeout
	}
	return problem{"No answer", "The database could not be asked. /readyz says whether it runs.", cause}, http.StatusServiceUnavailable
}
