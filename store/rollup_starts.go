package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// startsTable is not among those that are placed: a month may have nothing in it.
const startsTable = "vacancy_starts"

const (
	// titleWordsMax is how many words of a part of a title count. A title of more is a text.
	titleWordsMax = 24
	// titleTermWords is how many words a term of a title has at most.
	titleTermWords = 4
)

// stopWords neither begin nor end a term of a title. They are those of the languages that boards are in.
func stopWords() []string {
	return []string{
		"a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "of", "on", "or", "our", "that", "the", "this", "to", "us", "via", "we", "with", "you", "your",
		"am", "auf", "bei", "das", "der", "die", "ein", "eine", "fur", "im", "mit", "oder", "und", "von", "zu", "zum", "zur",
		"au", "aux", "dans", "de", "des", "du", "en", "et", "la", "le", "les", "ou", "par", "pour", "sur", "un", "une",
		"con", "del", "el", "las", "los", "para", "por", "het", "een", "van", "voor", "met",
	}
}

// attributeWords are words of titles that tell what other fields of a vacancy hold - workplace, place, visa, hours, pay,
// season of an investor - or that it is a vacancy at all. They neither begin nor end a term: that more adverts
// decorate their titles is no new job.
func attributeWords() []string {
	return []string{
		"remote", "remotely", "onsite", "hybrid", "local", "location", "locations", "relocate", "relocating", "relocation", "worldwide", "anywhere",
		"visa", "visas", "h1b", "sponsor", "sponsors", "sponsorship",
		"fulltime", "parttime", "time", "permanent", "intern", "interns", "internship", "internships", "junior", "senior",
		"salary", "equity", "stock", "bonus", "compensation", "usd", "eur", "gbp", "chf", "cad", "aud", "sek",
		"hiring", "seeking", "wanted", "role", "roles", "position", "positions", "opening", "openings", "job", "jobs", "vacancy", "vacancies", "multiple", "various", "several",
		"yc",
	}
}

// amountWords are figures ("120k", "3+") and seasons of an investor ("s15", "ycw18"), which neither begin nor end a
// term either; "3d" and "2d" are something else.
const amountWords = `^(\d[\d.,+]*(k\p{L}*|m|\p{Sc})?|(yc)?[ws]\d\d)$`

// startsSQL takes the new vacancies of the months that were built. Their words are letters, digits and the signs
// +#. of "c++", "c#" and "node.js"; no term crosses the border between two parts of a title. Phrases are what the tagger
// found without the taxonomy; the hyphens that join the words of their ids are blanks here, as in titles.
const startsSQL = `INSERT INTO {vacancy_starts}
WITH
	arrayMap(part -> arraySlice(arrayFilter(w -> w != '', arrayMap(w -> trim(BOTH '.' FROM w), extractAll(lowerUTF8(part), '[\\p{L}\\p{N}+#.]+'))), 1, {words_max:UInt8}),
		splitByString(', ', p.title_normalised)) AS parts,
	arrayMap((words, bounds) -> arrayMap(n -> arrayMap(i -> arrayStringConcat(arraySlice(words, i, n), ' '),
		arrayFilter(i -> bounds[i] AND bounds[i + n - 1], range(1, toUInt32(greatest(toInt32(length(words)) - n + 2, 1))))), range(1, {term_words:UInt8} + 1)),
		parts, arrayMap(words -> arrayMap(w -> NOT has({stop_words:Array(String)}, w) AND NOT has({attribute_words:Array(String)}, w) AND match(w, '\\p{L}') AND NOT match(w, {amount_words:String}), words), parts)) AS terms
SELECT
	m.tagger_version, m.month, v.first.first_seen, m.vacancy_id, v.first.posting_id, m.source, m.board, m.employer, m.company, m.role, p.title,
	arraySort(arrayDistinct(arrayFlatten(terms))), m.skills, k.phrases, m.fingerprint
FROM (SELECT * FROM {vacancy_months} WHERE is_new) AS m
INNER JOIN
(
	SELECT vacancy_id, arraySort(c -> (c.first_seen, c.source, c.board, c.posting_id), copies)[1] AS first
	FROM {vacancies}
	WHERE has({months:Array(Date)}, new_in)
) AS v ON v.vacancy_id = m.vacancy_id
INNER JOIN
(
	SELECT posting_id, content_hash, title, title_normalised
	FROM posting_versions FINAL
	PREWHERE (source, board, posting_id) IN
		(
			SELECT c.source, c.board, c.posting_id FROM (SELECT arrayJoin(copies) AS c FROM {vacancies} WHERE has({months:Array(Date)}, new_in))
		)
	WHERE tagger_version = {version:String}
) AS p ON p.posting_id = v.first.posting_id AND p.content_hash = v.first.content_hash
LEFT JOIN
(
	SELECT posting_id, content_hash, arraySort(arrayDistinct(arrayMap(id -> replaceAll(id, '-', ' '), arrayFilter((id, u) -> u, ids, unlisted)))) AS phrases
	FROM posting_skills FINAL
	PREWHERE (source, board, posting_id) IN
		(
			SELECT c.source, c.board, c.posting_id FROM (SELECT arrayJoin(copies) AS c FROM {vacancies} WHERE has({months:Array(Date)}, new_in))
		)
	WHERE tagger_version = {version:String} AND has(unlisted, true)
) AS k ON k.posting_id = v.first.posting_id AND k.content_hash = v.first.content_hash`

// buildStarts fills the scratch table of the vacancies that are new in the months, which are in scratch already,
// and returns the months that have any.
func (r *rollup) buildStarts(ctx context.Context, months []any) ([]time.Time, error) {
	if err := r.createScratch(ctx, startsTable); err != nil {
		return nil, err
	}
	err := r.run(ctx, startsSQL, append(slices.Clone(months), clickhouse.Named("words_max", uint8(titleWordsMax)),
		clickhouse.Named("term_words", uint8(titleTermWords)), clickhouse.Named("stop_words", stopWords()),
		clickhouse.Named("attribute_words", attributeWords()), clickhouse.Named("amount_words", amountWords))...)
	if err != nil {
		return nil, fmt.Errorf("list new vacancies: %w", err)
	}
	var rows []struct {
		Month time.Time `ch:"month"`
	}
	if err := r.read(ctx, &rows, "SELECT DISTINCT month FROM {vacancy_starts}"); err != nil {
		return nil, fmt.Errorf("list new vacancies: %w", err)
	}
	out := make([]time.Time, len(rows))
	for i, row := range rows {
		out[i] = row.Month
	}
	return out, nil
}

// placeStarts puts a month of new vacancies in place; a month without any has no partition, which ClickHouse
// refuses to replace by.
func (r *rollup) placeStarts(ctx context.Context, month time.Time, with []time.Time) error {
	if slices.ContainsFunc(with, month.Equal) {
		return r.place(ctx, startsTable, month)
	}
	return r.dropPartition(ctx, startsTable, month)
}
