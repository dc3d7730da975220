package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// view is how one view is cut into months.
type view struct {
	name string
	// of is what the month is of, in words and as SQL; empty for a view that is one file.
	of, month string
	// owner is the view that month is a column of, if it is another, joined by posting_id.
	owner string
	// private views hold whole texts or heads of messages and are exported only by name.
	private bool
}

// views lists every view of the schema. A test holds it against the database.
var views = []view{
	{name: "v_postings", of: "first_seen", month: "toStartOfMonth(first_seen)"},
	{name: "v_spells", of: "opened_at", month: "toStartOfMonth(opened_at)"},
	{name: "v_runs", of: "observed_at", month: "toStartOfMonth(observed_at)"},
	{name: "v_posting_skills", of: "first_seen of the posting", month: "toStartOfMonth(first_seen)", owner: "v_postings"},
	{name: "v_vacancies", of: "first_seen", month: "toStartOfMonth(first_seen)"},
	{name: "v_vacancy_months", of: ownMonth, month: ownMonth},
	{name: "v_role_skill_month", of: ownMonth, month: ownMonth},
	{name: "v_vacancy_starts", of: ownMonth, month: ownMonth},
	{name: "v_role_similarity", of: ownMonth, month: ownMonth},
	{name: "v_alerts", of: "fired_at", month: "toStartOfMonth(fired_at)"},
	{name: "v_alert_events", of: "at", month: "toStartOfMonth(at)"},
	{name: "v_similarity_revisions", of: ownMonth, month: ownMonth},
	{name: "v_rollups"},
	{name: "v_posting_list", of: "first_seen", month: "toStartOfMonth(first_seen)"},
	{name: "v_posting_counts"},
	{name: "v_boards"},
	{name: "v_board_months", of: ownMonth, month: ownMonth},
	{name: "v_skills"},
	{name: "v_tagger_versions"},
	{name: "v_posting_texts", of: "first_seen of the posting", month: "toStartOfMonth(first_seen)", owner: "v_postings", private: true},
	{name: "v_dead", of: "failed_at", month: "toStartOfMonth(failed_at)", private: true},
}

// ownMonth is the column of views that are by month themselves. The folder's name carries it, so it is
// left out of their files: readers of such folders refuse a column that they find in both.
const ownMonth = "month"

// Names lists the views that are exported unless others are named, and those that have to be named.
func Names() (usual, private []string) {
	for _, v := range views {
		if v.private {
			private = append(private, v.name)
		} else {
			usual = append(usual, v.name)
		}
	}
	return usual, private
}

// Check says what is wrong with the views and the months asked for, without looking at the store.
func (o Options) Check() error {
	_, err := o.views()
	return err
}

// views are the ones asked for, in the order of the list.
func (o Options) views() ([]view, error) {
	for _, name := range o.Views {
		if !slices.ContainsFunc(views, func(v view) bool { return v.name == name }) {
			return nil, fmt.Errorf("export: there is no view %q", name)
		}
	}
	for _, month := range []string{o.Since, o.Until} {
		if _, err := time.Parse("2006-01", month); month != "" && err != nil {
			return nil, fmt.Errorf("export: %q is no month: want one like 2025-10", month)
		}
	}
	if o.Since != "" && o.Until != "" && o.Since >= o.Until {
		return nil, fmt.Errorf("export: no month is since %s and before %s, which is left out", o.Since, o.Until)
	}
	var out []view
	for _, v := range views {
		if len(o.Views) == 0 && !v.private || slices.Contains(o.Views, v.name) {
			out = append(out, v)
		}
	}
	return out, nil
}

// query is the statement behind a file; {month:Date} is its month. All columns make the order, so that it
// is the same however the engine stores the rows.
func (v view) query() string {
	switch {
	case v.month == "":
		return fmt.Sprintf("SELECT * FROM %s ORDER BY ALL", v.name)
	case v.month == ownMonth:
		return fmt.Sprintf("SELECT * EXCEPT %s FROM %s WHERE %s = {month:Date} ORDER BY ALL", ownMonth, v.name, ownMonth)
	case v.owner != "":
		return fmt.Sprintf("SELECT * FROM %s WHERE posting_id IN (SELECT posting_id FROM %s WHERE %s = {month:Date}) ORDER BY ALL", v.name, v.owner, v.month)
	}
	return fmt.Sprintf("SELECT * FROM %s WHERE %s = {month:Date} ORDER BY ALL", v.name, v.month)
}

// exportMonth is the month as a column of a view's rows that are kept for a while.
const exportMonth = "export_month"

// all is the statement whose rows are kept, each with its month.
func (v view) all() string {
	switch {
	case v.month == ownMonth:
		return fmt.Sprintf("SELECT %s AS %s, * EXCEPT %s FROM %s", ownMonth, exportMonth, ownMonth, v.name)
	case v.owner != "":
		return fmt.Sprintf("SELECT v.*, o.%s FROM %s AS v INNER JOIN (SELECT posting_id AS export_posting, %s AS %s FROM %s) AS o ON v.posting_id = o.export_posting",
			exportMonth, v.name, v.month, exportMonth, v.owner)
	}
	return fmt.Sprintf("SELECT %s AS %s, * FROM %s", v.month, exportMonth, v.name)
}

// kept is query over the rows that were kept in a table. It gives the same rows.
func kept(table string) string {
	return fmt.Sprintf("SELECT * EXCEPT %s FROM %s WHERE %s = {month:Date} ORDER BY ALL", exportMonth, table, exportMonth)
}

// asker reads small answers.
type asker struct{ src Source }

// rows appends an answer's rows to dest, a pointer to a slice.
func rows[T any](ctx context.Context, a asker, query string, params map[string]string) ([]T, error) {
	var answer bytes.Buffer
	if err := a.src.Raw(ctx, &answer, query, "JSONEachRow", params); err != nil {
		return nil, err
	}
	var out []T
	for d := json.NewDecoder(&answer); d.More(); {
		var row T
		if err := d.Decode(&row); err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		out = append(out, row)
	}
	return out, nil
}

// jobs are the files of a view: one for each month that it has rows of. table holds its rows; empty
// where they are read from the view itself.
func (a asker) jobs(ctx context.Context, o Options, v view, table string) ([]job, error) {
	if v.month == "" {
		return []job{{view: v, query: v.query()}}, nil
	}
	month, from, query := v.month, v.name, v.query()
	if v.owner != "" {
		from = v.owner
	}
	if table != "" {
		month, from, query = exportMonth, table, kept(table)
	}
	list := fmt.Sprintf("SELECT DISTINCT %s AS first_day FROM %s WHERE first_day >= {since:Date} AND first_day < {until:Date} ORDER BY first_day", month, from)
	params := map[string]string{"since": "1970-01-01", "until": "2149-06-01"} // all that a Date can say
	if o.Since != "" {
		params["since"] = o.Since + "-01"
	}
	if o.Until != "" {
		params["until"] = o.Until + "-01"
	}
	type row struct {
		FirstDay string `json:"first_day"`
	}
	months, err := rows[row](ctx, a, list, params)
	if err != nil {
		return nil, fmt.Errorf("list the months of %s: %w", v.name, err)
	}
	var out []job
	for _, m := range months {
		out = append(out, job{v, query, m.FirstDay})
	}
	return out, nil
}
