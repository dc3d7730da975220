package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
)

// scheduleDefault is how often a board that somebody adds is crawled: boards change a few times a day.
const scheduleDefault = "0 */6 * * *"

// addOptions are the flags of `source add`.
type addOptions struct {
	company, schedule string
	acceptTerms       bool
	lookInside        bool
}

func newSourceAddCommand(a *app) *cobra.Command {
	var o addOptions
	c := &cobra.Command{
		Use:   "add URL",
		Short: "Add the board behind a career page's address",
		Long: `Recognise the job board behind an address - a career page at Greenhouse, Lever, Ashby, Workday,
SmartRecruiters, Recruitee or Personio, one of its postings, or its API - and append it to
sources.yaml, whose comments and order are kept. Nobody is asked: the address alone tells.

For a page on the employer's own domain add --page: the page is fetched once and searched for the
board that it links to or embeds.

Without a sources.yaml one is made in the working directory, with the boards of the shipped list.` + exitStatusHelp(exitOK, exitError),
		Example: `  rolescope source add https://job-boards.greenhouse.io/anthropic
  rolescope source add https://jobs.lever.co/mistral --company "Mistral AI" --schedule "0 6 * * *"
  ROLESCOPE_CONTACT=you@example.org rolescope source add --page https://acme.example/careers`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig(cmd.Context(), a.environ)
			if err != nil {
				return err
			}
			board, err := a.findBoard(cmd.Context(), c, args[0], o.lookInside)
			if err != nil {
				return err
			}
			return a.addSource(cmd.Context(), c, board, o)
		},
	}
	c.Flags().StringVar(&o.company, "company", "", "employer's name; made from the board's name when empty")
	c.Flags().StringVar(&o.schedule, "schedule", scheduleDefault, "when to crawl it, cron in UTC")
	c.Flags().BoolVar(&o.acceptTerms, "accept-terms", false, "switch on a kind whose terms are doubtful")
	c.Flags().BoolVar(&o.lookInside, "page", false, "fetch the page and look for the board it links to")
	return c
}

// findBoard recognises the board of an address, by the page behind it if asked to.
func (a *app) findBoard(ctx context.Context, c config, address string, lookInside bool) (recognised, error) {
	if board, ok := recogniseBoard(address); ok {
		return board, nil
	}
	if !lookInside {
		return recognised{}, hintf("rolescope source add --page "+shellWord(address)+", which fetches the page and looks for its board",
			"%s is not the address of a job board of a known kind", address)
	}
	if c.Contact == "" {
		return recognised{}, noContact()
	}
	client, err := fetch.New(fetch.Options{
		Version: version, Contact: c.Contact, HostInterval: c.FetchHostInterval, AllowPrivate: c.FetchAllowPrivate, Logger: a.logger(),
	})
	if err != nil {
		return recognised{}, &hinted{err, "ROLESCOPE_CONTACT=you@example.org"}
	}
	defer client.Close()
	page, err := client.Do(ctx, fetch.Request{URL: address, Accept: "text/html"})
	if err != nil {
		return recognised{}, err
	}
	if board, ok := recogniseBoard(page.FinalURL); ok { // a page that only sends on
		return board, nil
	}
	switch found := boardsOfPage(page.Body); len(found) {
	case 0:
		return recognised{}, hintf("open the page in a browser, follow a posting and add that address",
			"%s links to no job board of a known kind", address)
	case 1:
		return found[0], nil
	default:
		var names []string
		for _, f := range found {
			names = append(names, f.String())
		}
		return recognised{}, hintf("rolescope source add with the address of the right one", "%s links to several boards: %s", address, strings.Join(names, ", "))
	}
}

// addSource appends the board to the list and says so.
func (a *app) addSource(ctx context.Context, c config, board recognised, o addOptions) error {
	path := first(c.Sources, sourcesFile)
	target := path
	if linked, err := filepath.EvalSymlinks(path); err == nil {
		target = linked // a link stays a link
	}
	unlock, err := lockBeside(ctx, target)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(path)
	made := errors.Is(err, fs.ErrNotExist)
	switch {
	case made && c.Sources == "":
		old = shippedSources
	case made:
		old = []byte("sources:\n")
	case err != nil:
		return fmt.Errorf("read sources: %w", err)
	}
	updated, added, err := appendSource(path, old, board, o)
	if err != nil {
		return err
	}
	if err := replaceFile(target, updated); err != nil {
		return err
	}
	where := path
	if made {
		where += ", which was made for it"
		if c.Sources == "" {
			where += " with the boards of the shipped list"
		}
	}
	fmt.Fprintf(a.stdout, "added %s (%s) to %s\n", added.Name(), added.Company, where)
	if off := added.Off(); off != "" {
		fmt.Fprintf(a.stdout, "It is %s.\n", off)
		return nil
	}
	fmt.Fprintf(a.stdout, "Try: rolescope source check %s\n", shellWord(added.Name()))
	return nil
}

// appendSource returns the text of a list with one more board at its end. Everything else stays as
// it is, comments included. A board that is listed already is an error.
func appendSource(path string, text []byte, board recognised, o addOptions) ([]byte, boardSource, error) {
	list, err := parseSources(path, text)
	if err != nil {
		return nil, boardSource{}, err
	}
	if have, ok, err := list.has(board); err != nil {
		return nil, boardSource{}, fmt.Errorf("add %s: %w", board.Name(), err)
	} else if ok {
		as := ""
		if have.Name() != board.Name() {
			as = " as " + have.Name()
		}
		return nil, boardSource{}, hintf("rolescope source list", "%s is listed already%s: %s:%d", board.Name(), as, path, have.Line)
	}
	column, err := itemColumn(path, text)
	if err != nil {
		return nil, boardSource{}, err
	}
	var b bytes.Buffer
	b.Write(text)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		b.WriteByte('\n')
	}
	indent := strings.Repeat(" ", column)
	field := func(lead, key string, value any) error {
		if text, ok := value.(string); ok && strings.ContainsFunc(text, unicode.IsControl) {
			return usageError{fmt.Errorf("%s %q: want one line", key, text)}
		}
		scalar, err := yaml.Marshal(value)
		if err != nil {
			return fmt.Errorf("write %s: %w", key, err)
		}
		fmt.Fprintf(&b, "%s%s%s: %s\n", indent, lead, key, bytes.TrimSpace(scalar))
		return nil
	}
	err = errors.Join(field("- ", "kind", board.Kind), field("  ", "board", board.Board),
		field("  ", "company", first(o.company, companyOf(board))), field("  ", "schedule", o.schedule))
	if board.BaseURL != "" {
		err = errors.Join(err, field("  ", "base_url", board.BaseURL))
	}
	if o.acceptTerms {
		err = errors.Join(err, field("  ", "accept_terms", true))
	}
	if err != nil {
		return nil, boardSource{}, err
	}
	// Whatever the text looked like, what is written is a list with exactly one board more.
	updated, err := parseSources(path, b.Bytes())
	if err != nil {
		return nil, boardSource{}, fmt.Errorf("add %s: %w", board.Name(), err)
	}
	added, ok := updated.find(board.Kind, board.Board)
	if !ok || len(updated.boards) != len(list.boards)+1 {
		return nil, boardSource{}, hintf("write the list as one board per line that begins with a dash", "add %s: %s cannot be appended to", board.Name(), path)
	}
	return b.Bytes(), added, nil
}

// itemColumn is the column of the dashes of the list, two when there are none yet. A list in brackets
// has none.
func itemColumn(path string, text []byte) (int, error) {
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 || len(doc.Content[0].Content) < 2 {
		return 2, nil
	}
	list := doc.Content[0].Content[1]
	switch {
	case list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle != 0:
		return 0, hintf("end the line after \"sources:\" and write each board on lines of its own, the first of which begins with a dash",
			"%s:%d: the list stands in brackets and cannot be appended to", path, list.Line)
	case list.Kind != yaml.SequenceNode || len(list.Content) == 0:
		return 2, nil
	}
	return list.Column - 1, nil
}

// has finds the entry of a board, under whichever name.
func (l *sourceList) has(board recognised) (boardSource, bool, error) {
	crawler, err := source.CrawlerByKind(board.Kind)
	if err != nil {
		return boardSource{}, false, err
	}
	if have, ok := l.find(board.Kind, board.Board); ok {
		return have, true, nil
	}
	asks, err := question(crawler, source.Site{Board: board.Board, BaseURL: board.BaseURL})
	if err != nil {
		return boardSource{}, false, err
	}
	i, ok := l.byQuestion[asks]
	if !ok {
		return boardSource{}, false, nil
	}
	return l.boards[i], true, nil
}

// lockWait bounds the wait for others who change the same list: each takes milliseconds.
const lockWait = 10 * time.Second

// lockBeside holds everybody else off a file that is going to be replaced, and so cannot be locked
// itself: it locks the directory.
func lockBeside(ctx context.Context, path string) (unlock func(), err error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = dir.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) || !pause(ctx, 10*time.Millisecond) {
			return nil, fmt.Errorf("lock %s: %w", path, errors.Join(err, dir.Close()))
		}
	}
}

// replaceFile writes a file anew, whole or not at all, with the permissions it had.
func replaceFile(path string, data []byte) error {
	mode := fs.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		mode = st.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
