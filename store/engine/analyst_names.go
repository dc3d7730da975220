package engine

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// analystShows are the second words that an analyst's SHOW may have; the others tell
// of users, of this machine or of others' statements.
var analystShows = []string{
	"TABLES", "FULL", "EXTENDED", "TEMPORARY", "DATABASES", "SCHEMAS", "CREATE", "TABLE", "COLUMNS", "FIELDS", "INDEX", "INDEXES", "INDICES", "KEYS",
	"DICTIONARIES", "FUNCTIONS", "SETTING", "SETTINGS", "CHANGED",
}

// analystSystemTables are the system's tables that an analyst may read: what there is
// to ask, and with which words. Every tool that shows a list of tables reads some of them.
var analystSystemTables = []string{
	"one", "numbers", "numbers_mt", "zeros", "zeros_mt", "primes",
	"databases", "tables", "columns", "views", "constraints", "dictionaries", "data_skipping_indices", "projections",
	"functions", "aggregate_function_combinators", "table_functions", "table_engines", "data_type_families", "formats", "keywords", "collations",
	"completions", "documentation", "time_zones", "settings", "licenses", "contributors", "build_options", "current_roles", "enabled_roles",
}

// machineFunctions tell of the machine that the engine runs on, or of its configuration. An alias or
// a column of such a name is no call.
var machineFunctions = []string{
	"hostname", "fullhostname", "fqdn", "tcpport", "uptime", "getoskernelversion", "serveruuid", "buildid", "showcertificate", "zookeepersessionuptime", "connectionid", "connection_id",
}

// machineScalars do, too, and take an argument, so that a mere name may call them: arrayMap(getMacro, ...).
var machineScalars = []string{
	"getserversetting", "getserverport", "getmacro", "getclienthttpheader", "filesystemavailable", "filesystemcapacity", "filesystemunreserved",
}

// checkAnalystNames looks at what the statement names. It is the first of two walls: the
// second are the role and the row policies of usersConfig, which no spelling gets round.
func checkAnalystNames(q *request) error {
	l := &lexer{src: q.sql}
	var last, before token // the token in hand is the third
	for t := l.next(); t.kind != tokenEnd; last, before, t = t, last, l.next() {
		name := unquoted(l.text(t))
		switch {
		case l.symbol(last, '.') && strings.EqualFold(unquoted(l.text(before)), "system") && !slices.Contains(analystSystemTables, strings.ToLower(name)):
			return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may not read system.%s; of the system's tables it may read %s", q.user, name, strings.Join(analystSystemTables, ", "))
		case l.is(last, "SHOW") && before.kind == tokenEnd && !slices.Contains(analystShows, strings.ToUpper(name)):
			return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may not use SHOW %s", q.user, strings.ToUpper(name))
		case t.kind != tokenText && tellsOfMachine(name, l.symbol(l.peek(), '(')):
			return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may not ask %s of this machine", q.user, name)
		case q.keyword == "EXISTS" && t.kind != tokenWord && t.kind != tokenSymbol && slashed(name):
			return errFileName
		case l.is(t, "SETTINGS") && !l.symbol(last, '.') && beginsSettings(*l):
			return exceptionf(codeReadonly, "READONLY", "User %s may not change settings in a statement: leave the SETTINGS clause out (what the output looks like can be set in the URL)", q.user)
		case l.is(t, "Identifier") && l.symbol(last, ':') && l.symbol(l.peek(), '}'):
			if err := checkIdentifier(q, unquoted(l.text(before))); err != nil {
				return err
			}
		}
	}
	return nil
}

func tellsOfMachine(name string, called bool) bool {
	name = strings.ToLower(name)
	return slices.Contains(machineScalars, name) || called && slices.Contains(machineFunctions, name)
}

// beginsSettings says whether a SETTINGS clause begins behind that word. The engine refuses one
// by itself at the end of a read-only session's statement, but not inside of one: there even
// readonly = 0 counts. l is a copy, to look ahead with.
func beginsSettings(l lexer) bool {
	name, after := l.next(), l.next()
	if name.kind == tokenSymbol || name.kind == tokenEnd { // a column of that name
		return l.symbol(name, '{')
	}
	if l.is(name, "DESC") || l.is(name, "ASC") || l.is(name, "END") { // ORDER BY settings DESC, CASE ... settings END
		return false
	}
	return after.kind == tokenEnd || after.kind == tokenSymbol && strings.IndexByte("=,).;", l.src[after.start]) >= 0
}

// errFileName answers a table's name that is a path, whether there is such a file or not.
var errFileName error = exceptionf(60, "UNKNOWN_TABLE", "Unknown table: a name with a slash in it names no table")

// checkIdentifier refuses a parameter that stands for a name and is no plain one: nobody
// would have looked at it.
func checkIdentifier(q *request, name string) error {
	for _, p := range q.params {
		if p.name == name && (!settingName.MatchString(p.value) || strings.EqualFold(p.value, "system") || slices.Contains(hostScalars, strings.ToLower(p.value)) || tellsOfMachine(p.value, true)) {
			return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may only give plain names of tables and columns for {%s:Identifier}", q.user, name)
		}
	}
	return nil
}

func unquoted(name string) string { return strings.Trim(name, "`\"'\u201c\u201d\u2018\u2019") }

// slashed says whether a name or text may hold a slash; a backslash may be a spelling of one.
func slashed(text string) bool { return strings.ContainsAny(text, `/\`) }

// hideFiles answers an analyst's statement that failed on a table whose name is a path
// always the same: the library takes such a name for a file of this machine, and the
// error, if not the file's content, would tell whether it exists.
func hideFiles(q *request, err error) error {
	var exception *Exception
	if !errors.As(err, &exception) || !slices.Contains(fileCodes, exception.Code) {
		return err
	}
	m := unknownTable.FindStringSubmatch(exception.Text)
	if m != nil && !slashed(m[1]) || m == nil && exception.Code == codeUnknownIdentifier {
		return err // a slip of the pen
	}
	for _, p := range q.params {
		if slashed(p.value) {
			return errFileName
		}
	}
	l := &lexer{src: q.sql}
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if (t.kind == tokenName || t.kind == tokenText) && slashed(l.text(t)) {
			return errFileName
		}
	}
	return err
}

// fileCodes are how a statement can fail on a table that is a file, and on one that is not there.
var fileCodes = []int{codeUnknownIdentifier, 60, 76, 107, 390, codeAccessDenied}

var unknownTable = regexp.MustCompile("Unknown (?:expression or )?table expression identifier ['`]([^'`]*)['`]")
