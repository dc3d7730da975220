package main

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// missingParameters names what a statement asks for and was not given; the hint is how to give it.
func missingParameters(statement string, given map[string]string, give func(sqlParameter) string) error {
	var missing, hints []string
	all := sqlParameters(statement)
	for _, p := range all {
		if _, ok := given[p.name]; !ok {
			missing, hints = append(missing, p.name), append(hints, give(p))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &hinted{fmt.Errorf("no value for %s; the query asks for %s", strings.Join(missing, ", "), parameterNames(all)), strings.Join(hints, " ")}
}

func parameterNames(all []sqlParameter) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.name + " (" + p.typ + ")"
	}
	return strings.Join(names, ", ")
}

// unusedParameters names what was given and a statement does not ask for: a misspelt name, most likely.
func unusedParameters(statement string, given map[string]string) error {
	all := sqlParameters(statement)
	has := parameterNames(all)
	if has == "" {
		has = "none"
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(all, func(p sqlParameter) bool { return p.name == name }) {
			return fmt.Errorf("the query has no parameter %s: it has %s", name, has)
		}
	}
	return nil
}

// unfitParameters refuses values that the engine would bend silently until they fit their type: it reads
// 300 as a UInt8 as 44, and the 30th of February as the 2nd of March.
func unfitParameters(statement string, given map[string]string) error {
	for _, p := range sqlParameters(statement) {
		if problem := unfit(p.typ, given[p.name]); problem != "" {
			return fmt.Errorf("the value of %s does not fit %s: %s", p.name, p.typ, problem)
		}
	}
	return nil
}

var (
	wrappingType = regexp.MustCompile(`^(Nullable|LowCardinality|Array)\((.*)\)$`)
	wholeType    = regexp.MustCompile(`^(U?)Int(8|16|32|64|128|256)$`)
	timeType     = regexp.MustCompile(`^(Date|Date32|DateTime|DateTime64)(?:\(.*\))?$`)
	dayText      = regexp.MustCompile(`^(\d{4})(?:[-/](\d{1,2})[-/](\d{1,2})|(\d{2})(\d{2})$)`)
	clockText    = regexp.MustCompile(`[ T](\d{2}):(\d{2}):(\d{2})`)
)

// unfit says why a value is outside of what a type can hold, "" when it is not, or when that is the
// engine's to say: what cannot be read at all is an error there. Tuples and maps are not looked into.
func unfit(typ, value string) string {
	typ = strings.TrimSpace(typ)
	if m := wrappingType.FindStringSubmatch(typ); m != nil {
		values := []string{value}
		if m[1] == "Array" {
			values = strings.Split(value, ",")
		}
		for _, v := range values {
			if problem := unfit(m[2], strings.Trim(v, " []'")); problem != "" {
				return problem
			}
		}
		return ""
	}
	switch m := timeType.FindStringSubmatch(typ); {
	case wholeType.MatchString(typ):
		return unfitWhole(typ, value)
	case m != nil:
		return unfitTime(m[1], value)
	case typ == "Float32" || typ == "Float64":
		bits, _ := strconv.Atoi(typ[len("Float"):])
		if _, err := strconv.ParseFloat(value, bits); errors.Is(err, strconv.ErrRange) {
			return value + " is too large"
		}
	}
	return ""
}

func unfitWhole(typ, value string) string {
	n, ok := new(big.Int).SetString(value, 10)
	if !ok {
		return ""
	}
	m := wholeType.FindStringSubmatch(typ)
	bits, _ := strconv.Atoi(m[2])
	least, most := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(bits))
	if m[1] == "" {
		most.Rsh(most, 1)
		least.Neg(most)
	}
	most.Sub(most, big.NewInt(1))
	if n.Cmp(least) >= 0 && n.Cmp(most) <= 0 {
		return ""
	}
	return fmt.Sprintf("%s is not from %d to %d", value, least, most)
}

// unfitTime knows the days that there are, and those that each type can hold.
func unfitTime(typ, value string) string {
	const day = "2006-01-02"
	from, until := "1900-01-01", "2299-12-31"
	switch typ {
	case "Date":
		from, until = "1970-01-01", "2149-06-06"
	case "DateTime":
		from, until = "1970-01-01", "2106-02-07"
	}
	m := dayText.FindStringSubmatch(value)
	if m == nil {
		if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && typ == "DateTime" && seconds > 1<<32-1 {
			return value + " seconds are after " + until
		}
		return ""
	}
	if m[4] != "" && typ != "Date" && typ != "Date32" { // eight digits are seconds to the others
		return ""
	}
	text := fmt.Sprintf("%s-%02s-%02s", m[1], m[2]+m[4], m[3]+m[5])
	if _, err := time.Parse(day, text); err != nil {
		return "there is no day " + text
	}
	if text < from || text > until {
		return fmt.Sprintf("%s is not from %s to %s", text, from, until)
	}
	if c := clockText.FindStringSubmatch(value); c != nil && (c[1] > "23" || c[2] > "59" || c[3] > "59") {
		return "there is no time" + c[0]
	}
	return ""
}
