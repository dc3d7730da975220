package main

import (
	"strings"
	"testing"
)

// TestParameterValues: what the engine would bend until it fits is refused, and nothing that it reads as it is.
func TestParameterValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, fit, unfit string }{
		{"UInt8", "0|255|-|x|1.5", "256|300|99999999999999999999"},
		{"Int8", "-128|127|-0", "-129|128"},
		{"UInt64", "18446744073709551615", "18446744073709551616"},
		{"Int128", "-170141183460469231731687303715884105728", "170141183460469231731687303715884105728"},
		{"UInt256", "1" + strings.Repeat("0", 77), "1" + strings.Repeat("0", 78)},
		{"Nullable(Int16)", "32767|NULL", "32768"},
		{"LowCardinality( UInt8 )", "7", "700"},
		{"Array(UInt8)", "[]|[1, 255]", "[1,300]|[256]"},
		{"Array(Nullable(Int8))", "[1,NULL]", "[NULL,200]"},
		{"Tuple(UInt8, String)", "(300,'x')", ""}, // not looked into
		{"Date", "1970-01-01|2149-06-06|2024-02-29|2025-1-1|20250101|2025/01/31|soon", "1969-12-31|2149-06-07|2025-02-29|2025-13-01|20251301|2025/02/30|2200-01-01"},
		{"Date32", "1900-01-01|2299-12-31", "1899-12-31|3000-01-01"},
		{"DateTime", "2025-01-01|2025-01-01 10:00:00|2025-01-01T23:59:59|1735689600|2106-02-07 06:28:15", "2025-02-30 00:00:00|2025-01-01 25:00:00|2025-01-01 10:61:00|2106-02-08 00:00:00|99999999999|1960-01-01 00:00:00"},
		{"DateTime('UTC')", "2025-01-01 10:00:00", "2200-01-01 00:00:00"},
		{"DateTime64(3, 'UTC')", "1900-01-01 00:00:00.000|2299-12-31 23:59:59.999|1735689600.5", "1899-12-31 00:00:00|2025-02-30 00:00:00.5"},
		{"Array(Date)", "['2025-01-01','2025-01-02']", "['2025-01-01','2200-01-01']"},
		{"Float32", "1.5|inf|nan|1e-50", "1e50"},
		{"Float64", "1e300", "1e999"},
		{"String", "300|2200-01-01", ""},
	} {
		for _, value := range strings.Split(c.fit, "|") {
			if problem := unfit(c.typ, value); problem != "" {
				t.Errorf("%s for %s: %s", value, c.typ, problem)
			}
		}
		if c.unfit == "" {
			continue
		}
		for _, value := range strings.Split(c.unfit, "|") {
			if unfit(c.typ, value) == "" {
				t.Errorf("%s passes for %s", value, c.typ)
			}
		}
	}
}

func TestParametersThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ statement, given, want string }{
		{"SELECT {a:String}, {b:UInt8}", "a b", ""},
		{"SELECT {limit:UInt8}", "limti limit", "the query has no parameter limti: it has limit (UInt8)"},
		{"SELECT 1", "a", "the query has no parameter a: it has none"},
		{"SELECT '{a:String}' -- {a:String}", "a", "the query has no parameter a: it has none"},
	} {
		given := map[string]string{}
		for _, name := range strings.Fields(c.given) {
			given[name] = "1"
		}
		got := ""
		if err := unusedParameters(c.statement, given); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s with %s: %q, want %q", c.statement, c.given, got, c.want)
		}
	}
}
