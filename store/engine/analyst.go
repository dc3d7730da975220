package engine

import (
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Limits of an analyst's statement. People wait a minute, not an hour, and no
// question about postings needs more.
//
// Tools set some of them by themselves (clickhouse-go max_execution_time, JDBC
// max_result_rows), so they may be asked for: less counts, more is this much.
var analystLimits = []struct {
	setting string
	most    float64
}{
	{"max_execution_time", 60},
	// A billion rows is every version of ten million postings a hundred times.
	{"max_rows_to_read", 1_000_000_000},
	// More than a tool on a desk can show.
	{"max_result_rows", 10_000_000},
	{"max_result_bytes", 4 << 30},
	// Of one statement; it leaves the pipeline its share of the engine's 2 GiB.
	{"max_memory_usage", 1 << 30},
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

// analystSessionsMax is how many statements of analysts run at once, each on one thread; more
// wait. Half of the processors, and no more than four, leave the pipeline its own.
func analystSessionsMax() int { return max(1, min(4, runtime.GOMAXPROCS(0)/2)) }

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

// checkAnalyst refuses what an analyst's session would not refuse by itself, or would with
// a message that does not help.
func checkAnalyst(q *request) error {
	if q.kind != kindEmpty && !slices.Contains(analystStatements, q.keyword) {
		if !slices.Contains(otherStatements, q.keyword) {
			word := q.keyword[:min(len(q.keyword), 40)]
			return exceptionf(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: failed at position %d (%s): no statement begins so. Expected one of: %s", q.start+1, word, strings.Join(analystStatements, ", "))
		}
		return exceptionf(codeReadonly, "READONLY", "User %s may only read: %s is not allowed", UserAnalyst, q.keyword)
	}
	if q.reaches {
		return exceptionf(codeReadonly, "READONLY", "User %s may only read tables: no OUTFILE, no INFILE, no functions that reach files, programs or other machines", UserAnalyst)
	}
	for _, setting := range q.settings {
		if isAnalystLimit(setting.name) {
			if asked, err := strconv.ParseFloat(setting.value, 64); err != nil || !(asked >= 0) {
				return exceptionf(codeReadonly, "READONLY", "Setting %s: %q is no number from 0", setting.name, setting.value)
			}
			continue
		}
		if !slices.Contains(analystSettings, setting.name) {
			return exceptionf(codeReadonly, "READONLY", "User %s may not change setting %s", UserAnalyst, setting.name)
		}
	}
	if strings.EqualFold(q.database, "system") {
		return exceptionf(codeAccessDenied, "ACCESS_DENIED", "User %s may not stand in database system: name its tables in full, as in system.columns", UserAnalyst)
	}
	return checkAnalystNames(q)
}

func isAnalystLimit(setting string) bool {
	for _, l := range analystLimits {
		if l.setting == setting {
			return true
		}
	}
	return false
}

// analystSteps end what is set for an analyst's statement: the role (see usersConfig), the limits, and
// that nothing else may be set.
// checkAnalyst has seen the settings; 0 is ClickHouse's word for no limit.
func analystSteps(q *request) []string {
	steps := "SET "
	for _, l := range analystLimits {
		value := l.most
		for _, setting := range q.settings {
			if asked, err := strconv.ParseFloat(setting.value, 64); setting.name == l.setting && err == nil && asked > 0 {
				value = min(value, asked) // rounded up, for none of them may become 0
			}
		}
		steps += l.setting + " = " + strconv.FormatFloat(math.Ceil(value), 'f', -1, 64) + ", "
	}
	return []string{"SET ROLE analyst", steps + "readonly = 1"}
}
