package engine

import "slices"

// Limits of an analyst's statement. People wait a minute, not an hour, and no
// question about postings needs more.
const (
	analystSecondsMax = "60"
	analystRowsMax    = "10000000"
	analystBytesMax   = "4294967296"
	// analystMemoryMax of one statement leaves the pipeline its share of the engine's 2 GiB.
	analystMemoryMax = "1073741824"
)

// analystStatements are the first words an analyst's statement may have. KILL
// and SYSTEM, which readonly = 1 lets through, are not among them.
var analystStatements = []string{"SELECT", "WITH", "FROM", "(", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"}

// analystSettings may be given in the URL by an analyst: the output's looks only.
var analystSettings = []string{
	"output_format_json_quote_64bit_integers", "output_format_json_quote_denormals", "output_format_json_named_tuples_as_objects",
	"output_format_pretty_max_rows", "output_format_pretty_color", "output_format_pretty_row_numbers",
	"output_format_csv_crlf_end_of_line", "output_format_tsv_crlf_end_of_line", "format_csv_delimiter",
	"output_format_parquet_string_as_string", "date_time_output_format", "extremes", "max_threads", "readonly",
}

// checkAnalyst refuses what an analyst's session would not refuse by itself.
func checkAnalyst(q *request) error {
	if q.kind != kindEmpty && (q.kind == kindInsert || !slices.Contains(analystStatements, q.keyword)) {
		return exceptionf(codeReadonly, "READONLY", "User %s may only read: %s is not allowed", UserAnalyst, q.keyword)
	}
	if q.reaches {
		return exceptionf(codeReadonly, "READONLY", "User %s may only read tables: no OUTFILE, no INFILE, no functions that reach files, programs or other machines", UserAnalyst)
	}
	for _, setting := range q.settings {
		if !slices.Contains(analystSettings, setting.name) {
			return exceptionf(codeReadonly, "READONLY", "User %s may not change setting %s", UserAnalyst, setting.name)
		}
	}
	return nil
}
