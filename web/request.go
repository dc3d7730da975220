package web

import (
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/rolescope/rolescope/trend"
)

// value is a parameter of the address, bounded and valid.
func value(r *http.Request, name string) (string, error) {
	v := r.URL.Query().Get(name)
	return v, checkValue(name, v)
}

func checkValue(name, v string) error {
	if len(v) > valueBytesMax || !utf8.ValidString(v) {
		return badRequest("%s is longer than %d bytes or not UTF-8", name, valueBytesMax)
	}
	for _, c := range v {
		if unwanted(c) || c == '\n' || c == '\t' {
			return badRequest("%s has a control character in it", name)
		}
	}
	return nil
}

// values are all values of a repeatable parameter, without empty ones.
func values(r *http.Request, name string) ([]string, error) {
	var out []string
	all := r.URL.Query()[name]
	if len(all) > valuesMax {
		return nil, badRequest("%s is given more than %d times", name, valuesMax)
	}
	for _, v := range all {
		if err := checkValue(name, v); err != nil {
			return nil, err
		}
		if v != "" {
			out = append(out, v)
		}
	}
	return out, nil
}

// day reads YYYY-MM-DD or YYYY-MM; an empty parameter is the zero time.
func day(r *http.Request, name string) (time.Time, error) {
	v, err := value(r, name)
	if err != nil || v == "" {
		return time.Time{}, err
	}
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, nil
		}
	}
	return time.Time{}, badRequest("%s %q: want YYYY-MM-DD or YYYY-MM", name, v)
}

// number reads a whole number between least and most; an empty parameter is least.
func number(r *http.Request, name string, least, most int) (int, error) {
	v, err := value(r, name)
	if err != nil || v == "" {
		return least, err
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, badRequest("%s %q: want a number from %d to %d", name, v, least, most)
	}
	return n, nil
}

// scope reads the parameters that every question takes.
func scope(r *http.Request) (f trend.Scope, err error) {
	if f.Roles, err = values(r, "role"); err != nil {
		return f, err
	}
	if f.Companies, err = values(r, "company"); err != nil {
		return f, err
	}
	if f.From, err = day(r, "from"); err != nil {
		return f, err
	}
	if f.To, err = day(r, "to"); err != nil {
		return f, err
	}
	boards, err := value(r, "boards")
	if err != nil {
		return f, err
	}
	switch boards {
	case "", "panel":
	case "all":
		f.AllBoards = true
	default:
		return f, badRequest("boards %q: want panel or all", boards)
	}
	period, err := value(r, "period")
	f.Period = trend.Period(period)
	if f.Period == trend.Whole {
		return f, badRequest("period %q is none of week, month, quarter", period)
	}
	if f.Period == "" {
		f.Period = trend.Month
	}
	return f, err
}
