package engine

import (
	"slices"
	"strings"
)

// statementKind says by which door of the engine a statement goes.
type statementKind int

const (
	// kindEmpty is nothing but blanks and comments.
	kindEmpty statementKind = iota
	// kindSelect can be streamed: SELECT, WITH ... SELECT, (SELECT ...), FROM ... SELECT.
	kindSelect
	// kindInsert is an INSERT whose data follow the statement.
	kindInsert
	// kindOther runs in one call: DDL, SHOW, INSERT ... SELECT and so on.
	kindOther
)

// statement is what the server must know of a request's SQL before it can run it.
type statement struct {
	kind statementKind
	// keyword is the first word in upper case; "(" for a parenthesised SELECT.
	keyword string
	// start is where the first word begins in the source.
	start int
	// sql is the text to run: no trailing semicolon, and for kindInsert neither
	// VALUES nor FORMAT nor data.
	sql string
	// body and tail are what stands before and behind a kindSelect's FORMAT
	// clause; without one, body is sql.
	body, tail string
	// format is the FORMAT clause's name, "Values" after VALUES, "" when none is given.
	format string
	// implicit says that a kindInsert ended before VALUES or FORMAT: either may still come.
	implicit bool
	// dataStart is where a kindInsert's data begin in the source.
	dataStart int
	// reaches says that the statement reaches, or might, out of the tables; see reachesOut.
	reaches bool
}

// What parseStatement refuses, as ClickHouse says it.
var (
	errManyStatements error = exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed): one request carries one statement")
	errFormatName     error = exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: a format's name is expected behind FORMAT")
	errSemicolonData  error = exceptionf(codeSyntaxError, "SYNTAX_ERROR", "You have excessive ';' symbol before data for INSERT")
)

// parseStatement splits a request's text into statement and data and says what
// it is. It does not check the syntax, which is the engine's own task. An error
// is an *Exception.
func parseStatement(src string) (statement, error) {
	l := &lexer{src: src}
	first := l.peek()
	for l.symbol(first, ';') { // an empty statement before the real one
		l.next()
		first = l.peek()
	}
	var s statement
	var err error
	switch {
	case first.kind == tokenEnd:
		return statement{kind: kindEmpty}, nil
	case l.is(first, "INSERT"):
		s, err = parseInsert(l)
	default:
		s, err = parseOrdinary(l)
	}
	if err != nil {
		return statement{}, err
	}
	s.keyword, s.start = strings.ToUpper(l.text(first)), first.start
	s.reaches = reachesOut(s.sql, l.exotic)
	return s, nil
}

// hostScalars read files of the host or call services, which readonly = 1 does not
// stop. They need no bracket to be called: arrayMap(file, ...), * APPLY file.
var hostScalars = []string{"file", "catboostevaluate", "aiclassify", "aiembed", "aiextract", "aigenerate", "aitranslate"}

// hostFunctions reach files, programs or other machines. readonly = 1 stops them
// in a SELECT, but not in DESCRIBE TABLE; eval() would run a text that nobody lexed, and
// viewIfPermitted() tells what is there by what it leaves out.
var hostFunctions = []string{
	"eval", "viewifpermitted", "filesystem", "cluster", "clusterallreplicas", "oss", "cosn", "filecluster", "url", "urlcluster", "remote", "remotesecure", "executable", "catboostevaluate", "s3", "s3cluster", "gcs",
	"hdfs", "hdfscluster", "mysql", "postgresql", "mongodb", "sqlite", "odbc", "jdbc", "redis", "azureblobstorage", "ytsaurus",
	"iceberg", "icebergs3", "iceberglocal", "icebergazure", "iceberghdfs", "icebergcluster", "icebergs3cluster", "icebergazurecluster", "iceberghdfscluster", "iceberglocalcluster",
	"deltalake", "deltalakes3", "deltalakelocal", "deltalakeazure", "deltalakecluster", "deltalakes3cluster", "deltalakeazurecluster", "hudi", "hudicluster", "azureblobstoragecluster",
	"paimon", "paimons3", "paimonlocal", "paimonazure", "paimonhdfs", "paimoncluster", "paimons3cluster", "paimonazurecluster", "paimonhdfscluster", "python", "arrowflight", "arrowstream",
}

// reachesOut says whether the statement names OUTFILE, INFILE or one of
// hostScalars, or calls one of hostFunctions. It errs on the side of yes: where the text holds comments,
// heredocs or typographic quotes, which versions of ClickHouse read differently,
// the mere bytes are enough.
func reachesOut(src string, exotic bool) bool {
	if lower := strings.ToLower(src); exotic && (strings.Contains(lower, "outfile") || strings.Contains(lower, "infile")) {
		return true
	}
	l := &lexer{src: src}
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if t.kind == tokenText {
			continue
		}
		name := strings.ToLower(strings.Trim(l.text(t), "`\""))
		if name == "outfile" || name == "infile" || slices.Contains(hostScalars, name) {
			return true
		}
		if t.kind != tokenWord && strings.Contains(name, "\\") { // `\x66ile` is file
			return true
		}
		if slices.Contains(hostFunctions, name) && l.symbol(l.peek(), '(') {
			return true
		}
	}
	return false
}

// parseOrdinary reads a statement without data to its end and finds its FORMAT clause.
func parseOrdinary(l *lexer) (statement, error) {
	s := statement{kind: kindOther}
	start := l.peek().start
	first := l.peek()
	if l.is(first, "SELECT") || l.is(first, "WITH") || l.is(first, "FROM") || l.symbol(first, '(') {
		s.kind = kindSelect
	}
	depth, formatStart, formatEnd, end := 0, -1, -1, len(l.src)
	for {
		t := l.next()
		switch {
		case t.kind == tokenEnd:
			s.sql = l.src[start:end]
			s.body = s.sql
			if formatEnd >= 0 {
				s.body, s.tail = l.src[start:formatStart], l.src[formatEnd:end]
			}
			return s, nil
		case end < len(l.src): // behind the semicolon only more of them may follow
			if !l.symbol(t, ';') {
				return s, errManyStatements
			}
		case l.symbol(t, ';'):
			end = t.start
		case l.symbol(t, '('), l.symbol(t, '['), l.symbol(t, '{'):
			depth++
		case l.symbol(t, ')'), l.symbol(t, ']'), l.symbol(t, '}'):
			depth--
		case depth == 0 && l.is(t, "INSERT"): // WITH ... INSERT ... SELECT
			s.kind = kindOther
		case depth == 0 && l.is(t, "FORMAT"):
			if name, ok := formatName(l); ok {
				s.format, formatStart, formatEnd = l.text(name), t.start, name.end
			}
		}
	}
}

// formatName looks behind the word FORMAT: a format's name stands at the end or before SETTINGS.
// So may what follows a column of that name: ORDER BY format DESC, CASE ... THEN format END.
func formatName(l *lexer) (token, bool) {
	pos := l.pos
	defer func() { l.pos = pos }()
	name := l.next()
	if name.kind != tokenWord || l.is(name, "DESC") || l.is(name, "ASC") || l.is(name, "END") {
		return token{}, false
	}
	after := l.next()
	return name, after.kind == tokenEnd || l.symbol(after, ';') || l.is(after, "SETTINGS")
}

// parseInsert reads INSERT INTO [TABLE | FUNCTION] target [(columns)] [SETTINGS ...]
// up to where its data begin, or finds that it brings its own SELECT.
func parseInsert(l *lexer) (statement, error) {
	start := l.next().start
	t := l.next()
	if l.is(t, "INTO") {
		t = l.next()
	}
	if l.is(t, "TABLE") && l.peek().kind != tokenSymbol {
		t = l.next()
	}
	if l.is(t, "FUNCTION") && l.peek().kind != tokenSymbol {
		l.next()
	}
	for l.symbol(l.peek(), '.') { // database.table
		l.next()
		l.next()
	}
	for {
		t := l.next()
		switch {
		case t.kind == tokenEnd || t.kind == tokenBroken:
			return statement{kind: kindInsert, sql: l.src[start:t.start], format: "Values", implicit: true, dataStart: len(l.src)}, nil
		case l.symbol(t, ';'):
			return statement{kind: kindInsert, sql: l.src[start:t.start], format: "Values", dataStart: t.end}, nil
		case l.is(t, "VALUES"):
			return statement{kind: kindInsert, sql: l.src[start:t.start], format: "Values", dataStart: t.end}, nil
		case l.is(t, "FORMAT"):
			return insertFormat(l, start, t.start)
		case l.is(t, "SELECT"), l.is(t, "WITH"), l.is(t, "FROM"), l.is(t, "WATCH"):
			return insertSelect(l, start)
		case l.symbol(t, '('):
			if inner := l.peek(); l.is(inner, "SELECT") || l.is(inner, "WITH") {
				return insertSelect(l, start)
			}
			skipBrackets(l)
		}
	}
}

// skipBrackets moves behind the bracket that closes the one just read.
func skipBrackets(l *lexer) {
	for depth := 1; depth > 0; {
		t := l.next()
		switch {
		case t.kind == tokenEnd:
			return
		case l.symbol(t, '('):
			depth++
		case l.symbol(t, ')'):
			depth--
		}
	}
}

func insertSelect(l *lexer, start int) (statement, error) {
	l.pos = start
	s, err := parseOrdinary(l)
	s.kind = kindOther
	return s, err
}

// insertFormat reads behind INSERT ... FORMAT: the name, then perhaps SETTINGS,
// then blanks and one line end, then the data, byte for byte.
func insertFormat(l *lexer, start, formatStart int) (statement, error) {
	name := l.next()
	if name.kind != tokenWord {
		return statement{}, errFormatName
	}
	s := statement{kind: kindInsert, sql: l.src[start:formatStart], format: l.text(name), dataStart: name.end}
	if end, ok := insertSettings(l); ok {
		s.sql += l.src[name.end:end]
		s.dataStart = end
	}
	rest := l.src[s.dataStart:]
	data := strings.TrimLeft(rest, " \t\f")
	if strings.HasPrefix(data, ";") {
		return s, errSemicolonData
	}
	data = strings.TrimPrefix(data, "\r")
	data = strings.TrimPrefix(data, "\n")
	s.dataStart = len(l.src) - len(data)
	return s, nil
}

// insertSettings reads SETTINGS name = value, ... behind the format's name and
// says where it ends. Data that merely begin with that word are left alone.
func insertSettings(l *lexer) (end int, ok bool) {
	pos := l.pos
	defer func() { l.pos = pos }()
	if !l.is(l.next(), "SETTINGS") {
		return 0, false
	}
	for {
		if name := l.next(); name.kind != tokenWord {
			return 0, false
		}
		if !l.symbol(l.next(), '=') {
			return 0, false
		}
		value := l.next()
		if l.symbol(value, '-') {
			value = l.next()
		}
		if value.kind != tokenWord && value.kind != tokenText {
			return 0, false
		}
		end = l.pos
		if !l.symbol(l.peek(), ',') {
			return end, true
		}
		l.next()
	}
}
