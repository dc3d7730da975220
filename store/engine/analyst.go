package engine

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// limit is the most that a setting may be for a held user.
type limit struct {
	setting string
	most    float64
}

// heldLimits bound a statement of an analyst or reader.
//
// Tools set some of them by themselves (clickhouse-go max_execution_time, JDBC
// max_result_rows), so they may be asked for: less counts, more is this much.
func heldLimits(timeout time.Duration, memory int64) []limit {
	return []limit{
		{"max_execution_time", math.Ceil(timeout.Seconds())},
		// A billion rows is every version of ten million postings a hundred times.
		{"max_rows_to_read", 1_000_000_000},
		// More than a tool on a desk can show.
		{"max_result_rows", 10_000_000},
		{"max_result_bytes", 4 << 30},
		{"max_memory_usage", float64(memory)},
		// What is grouped, sorted or joined goes to disk in time: the engine's own, half of the memory each, leaves
		// too little for the rest of a statement.
		{"max_bytes_before_external_group_by", float64(memory / spillPart)},
		{"max_bytes_before_external_sort", float64(memory / spillPart)},
		{"max_bytes_before_external_join", float64(memory / spillPart)},
		// Of what is sorted, grouped or joined on disk, which is the store's too.
		{"max_temporary_data_on_disk_size_for_query", 4 << 30},
		// One of the processors each; the pipeline needs them too.
		{"max_threads", 1},
		// A statement longer or deeper than these can only be an attack on the parser.
		{"max_query_size", 1 << 20},
		{"max_parser_depth", 1000},
		{"max_ast_depth", 1000},
		{"max_ast_elements", 20_000},
		{"max_expanded_ast_elements", 100_000},
		{"max_recursive_cte_evaluation_depth", 1000},
	}
}

// spillPart of the memory of a held user's statement may be what is grouped, sorted or joined, before it goes to disk.
const spillPart = 4

// isHeldLimit knows the limits' names.
func isHeldLimit(setting string) bool {
	return slices.ContainsFunc(heldLimits(0, 0), func(l limit) bool { return l.setting == setting })
}

// analystStatements are the first words an analyst's statement may have. KILL
// and SYSTEM, which readonly = 1 lets through, are not among them.
var analystStatements = []string{"SELECT", "WITH", "FROM", "(", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"}

// otherStatements are the first words of what writers and administrators say. A word that is in neither
// list is a slip of the pen.
var otherStatements = []string{
	"INSERT", "CREATE", "REPLACE", "ATTACH", "DETACH", "ALTER", "DROP", "UNDROP", "TRUNCATE", "RENAME", "EXCHANGE", "MOVE", "DELETE", "UPDATE", "OPTIMIZE", "CHECK", "COPY",
	"BACKUP", "RESTORE", "KILL", "SYSTEM", "GRANT", "REVOKE", "SET", "USE", "WATCH", "EXECUTE", "BEGIN", "START", "COMMIT", "ROLLBACK", "PARALLEL",
}

// analystSettings may be given in the URL by an analyst: what an answer looks like, what clients send
// unasked, and whether an answer that is too long is an error or cut (which JDBC asks for).
var analystSettings = []string{
	"http_write_exception_in_output_format", "result_overflow_mode", "session_timezone", "join_use_nulls",
	"output_format_json_quote_decimals", "output_format_native_encode_types_in_binary_format", "output_format_binary_write_json_as_string",
	"output_format_json_quote_64bit_integers", "output_format_json_quote_denormals", "output_format_json_named_tuples_as_objects",
	"output_format_pretty_max_rows", "output_format_pretty_color", "output_format_pretty_row_numbers",
	"output_format_csv_crlf_end_of_line", "output_format_tsv_crlf_end_of_line", "format_csv_delimiter",
	"output_format_parquet_string_as_string", "date_time_output_format", "extremes", "readonly",
}

// checkHeld refuses what a held user's session would not refuse by itself, or would with
// a message that does not help.
func checkHeld(q *request) error {
	if q.kind != kindEmpty && !slices.Contains(analystStatements, q.keyword) {
		if !slices.Contains(otherStatements, q.keyword) {
			word := q.keyword[:min(len(q.keyword), 40)]
			return exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: failed at position %d (%s): no statement begins so. Expected one of: %s", q.start+1, word, strings.Join(analystStatements, ", "))
		}
		return exceptionf(codeReadonly, "READONLY", "User %s may only read: %s is not allowed", q.user, q.keyword)
	}
	if q.reaches {
		return exceptionf(codeReadonly, "READONLY", "User %s may only read tables: no OUTFILE, no INFILE, no functions that reach files, programs or other machines", q.user)
	}
	for _, setting := range q.settings {
		if isHeldLimit(setting.name) {
			if asked, err := strconv.ParseFloat(setting.value, 64); err != nil || !(asked >= 0) {
				return exceptionf(codeReadonly, "READONLY", "Setting %s: %q is no number from 0", setting.name, setting.value)
			}
			continue
		}
		if !slices.Contains(analystSettings, setting.name) {
			return exceptionf(codeReadonly, "READONLY", "User %s may not change setting %s", q.user, setting.name)
		}
	}
	if strings.EqualFold(q.database, "system") {
		return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may not stand in database system: name its tables in full, as in system.columns", q.user)
	}
	return checkAnalystNames(q)
}

// parquetGroupPart of the memory of a held user's statement is for a group of rows of a Parquet file.
const parquetGroupPart = 8

// within is what the request has of a limit: less, if it asks for less. checkHeld has seen the settings;
// 0 is ClickHouse's word for no limit.
func (q *request) within(l limit) float64 {
	value := l.most
	for _, setting := range q.settings {
		if asked, err := strconv.ParseFloat(setting.value, 64); setting.name == l.setting && err == nil && asked > 0 {
			value = min(value, asked)
		}
	}
	return math.Ceil(value) // for none of them may become 0
}

// An analyst's statement gives way: whenever it has made some progress it waits while a statement of the
// writer is under way, but no longer than the wait, so that it ends in its time. While the pipeline
// inserts one always is (see attendant). Without a statement of the writer it runs freely. The reader takes no part (ClickHouse's 0), for a person waits for its pages.
const (
	writerPriority  = "SET priority = 1"
	analystPriority = "SET priority = 2, low_priority_query_wait_time_ms = 1000"
)

// heldSteps end what is set for a held user's statement: the role (see usersConfig), the limits, and
// that nothing else may be set.
func (s *server) heldSteps(q *request) []string {
	steps := "SET "
	for _, l := range s.limits {
		steps += l.setting + " = " + strconv.FormatFloat(q.within(l), 'f', -1, 64) + ", "
	}
	// A group of rows of a Parquet file is made in memory. The engine's own 512 MiB are all there is.
	group := strconv.FormatInt(s.memory/parquetGroupPart, 10)
	return []string{"SET ROLE analyst", steps + "output_format_parquet_row_group_size_bytes = " + group + ", readonly = 1"}
}

// timeout is how long the request's statement may run, as the engine is told.
func (s *server) timeout(q *request) time.Duration {
	for _, l := range s.limits {
		if l.setting == "max_execution_time" {
			return time.Duration(q.within(l)) * time.Second
		}
	}
	return statementTimeout
}
