package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/peterh/liner"

	"github.com/rolescope/rolescope/store"
)

const (
	promptFirst = "rolescope> "
	promptNext  = "        -> "
)

// sqlPrompt is the prompt of `rolescope sql`.
type sqlPrompt struct {
	app     *app
	session *sqlSession
	line    *liner.State
	history history

	catalogue atomic.Pointer[sqlCatalogue] // nil until it is loaded
	cancel    atomic.Pointer[func()]       // of the query that runs

	buffer string // the lines of a statement that has no semicolon yet
	last   string // the statement asked last
	format string // as chosen by \format; "" is the table
	output string // file of the next answer
	force  bool   // it may replace one
	params map[string]string
}

// sqlPrompt asks and answers until Ctrl-D.
func (a *app) sqlPrompt(ctx context.Context, o sqlOptions) error {
	if !isTerminal(a.stdout) {
		return usageError{hintf(`rolescope sql "SELECT ..." > FILE, or without > for a prompt`, "a query is needed: there is no prompt where answers go into a file or a pipe")}
	}
	p := &sqlPrompt{
		app: a, session: &sqlSession{app: a, ctx: ctx}, history: openHistory(a.environ),
		params: maps.Clone(o.params), format: o.format, force: o.force,
	}
	if err := p.setFormat(o.format); err != nil {
		return usageError{err}
	}
	if o.output != "" {
		if err := p.setOutput(o.output); err != nil {
			return usageError{err}
		}
	}
	var held heldStore
	err := p.session.use(ctx, func(ctx context.Context, s *store.Store) (err error) {
		held, err = askHeld(ctx, s)
		return err
	})
	if err != nil {
		return errors.Join(err, p.session.close())
	}
	fmt.Fprintf(a.stdout, "ClickHouse %s, read-only. \\? helps, \\d shows the views, Ctrl-D leaves.\nA query ends with a semicolon. The data: %s.\n", held.Version, a.storeLine(ctx, held))
	if held.empty() {
		p.say("%s", wrapped("Try: "+a.emptyHint(), a.terminalWidth()))
	}
	err = p.converse(ctx)
	return errors.Join(err, p.session.close())
}

// converse reads and answers. When ctx ends it leaves a read of the terminal behind, which nothing ends.
func (p *sqlPrompt) converse(ctx context.Context) error {
	interrupted := func() {
		if cancel := p.cancel.Load(); cancel != nil {
			(*cancel)()
		}
	}
	p.app.interrupt.Store(&interrupted)
	defer p.app.interrupt.Store(nil)
	p.openLine()
	defer p.line.Close() //nolint:errcheck // it gives the terminal back as far as it can
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go p.session.watch(ctx)
	go p.loadNames(ctx)
	done := make(chan error, 1)
	go func() { done <- p.loop(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (p *sqlPrompt) openLine() {
	p.line = liner.NewLiner()
	p.line.SetCtrlCAborts(true)
	p.line.SetMultiLineMode(true)
	p.line.SetTabCompletionStyle(liner.TabPrints)
	p.line.SetWordCompleter(func(line string, pos int) (string, []string, string) {
		c := p.catalogue.Load()
		if c == nil {
			c = &sqlCatalogue{}
		}
		return c.complete(p.buffer, line, pos)
	})
	lines, err := p.history.load()
	if err != nil {
		p.say("%v", err)
	}
	for _, line := range lines {
		p.line.AppendHistory(line)
	}
}

// loadNames is behind the first prompt, which does not wait for it.
func (p *sqlPrompt) loadNames(ctx context.Context) {
	err := p.session.use(ctx, func(ctx context.Context, s *store.Store) error {
		c, err := loadCatalogue(ctx, s)
		p.catalogue.Store(c)
		return err
	})
	if err != nil {
		p.app.logger().Info("load names for completion", "error", err)
	}
}

// say tells something that is no answer.
func (p *sqlPrompt) say(format string, args ...any) { fmt.Fprintf(p.app.stderr, format+"\n", args...) }

// complain tells what went wrong and what to do about it.
func (p *sqlPrompt) complain(err error) {
	p.say("%v", err)
	if hint := hintOf(err); hint != "" {
		p.say("%s", wrapped("Try: "+hint, p.app.terminalWidth()))
	}
}

// errLeave ends the prompt.
var errLeave = errors.New("leave")

func (p *sqlPrompt) loop(ctx context.Context) error {
	for {
		prompt := promptFirst
		if p.buffer != "" {
			prompt = promptNext
		}
		line, err := p.line.Prompt(prompt)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			p.buffer = ""
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(p.app.stdout)
			return nil
		case err != nil:
			return fmt.Errorf("read from the terminal: %w", err)
		}
		if err := p.take(ctx, line); errors.Is(err, errLeave) {
			return nil
		} else if err != nil {
			p.complain(err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// take reads one line: a command, or a piece of a statement, which is run when it is whole.
func (p *sqlPrompt) take(ctx context.Context, line string) error {
	word := strings.ToLower(strings.TrimRight(strings.TrimSpace(line), "; "))
	switch {
	case p.buffer == "" && word == "":
		return nil
	case p.buffer == "" && (word == "exit" || word == "quit"):
		return errLeave
	case p.buffer == "" && word == "help":
		return p.command(ctx, `\?`)
	case strings.HasPrefix(strings.TrimSpace(line), `\`) && !openText(p.buffer):
		if p.buffer == "" {
			p.remember(strings.TrimSpace(line))
		}
		return p.command(ctx, strings.TrimSpace(line))
	case strings.TrimSpace(line) == "" && !openText(p.buffer):
		p.say("(; runs it, Ctrl-C drops it)")
		return nil
	}
	if p.buffer != "" {
		p.buffer += "\n"
	}
	p.buffer += line
	return p.runWhole(ctx)
}

// openText reports whether a text or a comment has begun and not ended.
func openText(s string) bool {
	tokens := sqlTokens(s)
	return len(tokens) > 0 && tokens[len(tokens)-1].kind == sqlBroken
}

// runWhole runs what the buffer holds once it ends with a semicolon, or with \G for whole values.
func (p *sqlPrompt) runWhole(ctx context.Context) error {
	text, vertical := strings.CutSuffix(strings.TrimRight(p.buffer, " \t\n"), `\G`)
	vertical = vertical && !openText(text)
	if !vertical {
		text = p.buffer
	}
	statements, closed := sqlStatements(text)
	if !vertical && !closed {
		return nil
	}
	p.buffer = ""
	for _, statement := range statements {
		format := p.format
		ending := ";"
		if vertical {
			format, ending = formatVertical, `\G`
		}
		p.last = statement
		p.remember(flatStatement(statement) + ending)
		if err := p.ask(ctx, statement, format, p.params); err != nil {
			return err
		}
	}
	return nil
}

func (p *sqlPrompt) remember(line string) {
	p.line.AppendHistory(line)
	if err := p.history.add(line); err != nil {
		p.app.logger().Info("remember", "error", err)
	}
}

// ask runs one statement; Ctrl-C stops it and keeps the prompt.
func (p *sqlPrompt) ask(ctx context.Context, statement, format string, params map[string]string) error {
	if err := missingParameters(statement, params, func(param sqlParameter) string { return `\set ` + param.name + " VALUE" }); err != nil {
		return err
	}
	if formatOfFile(p.output) != "" { // the file's name says more of that answer than \format, which is for all
		format = ""
	}
	if err := unfitParameters(statement, params); err != nil {
		return err
	}
	q, err := p.app.question(statement, format, p.output)
	if err != nil {
		p.output = ""
		return &hinted{err, `\format NAME or FORMAT in the query, or \o FILE with a name that ends with ` + strings.Join(fileExtensions(), ", ")}
	}
	q.params, q.prompt, q.describes = params, true, statement == describeAll || statement == describeOne
	if p.output == "" && binaryFormat(q.format) {
		return hintf(`\o FILE first`, "%s is no text for a terminal", q.format)
	}
	if p.output != "" {
		if err := refuseExisting(p.output, p.force); err != nil {
			p.output = ""
			return err
		}
	}
	asked, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := func() { cancel() }
	p.cancel.Store(&stop)
	defer p.cancel.Store(nil)
	err = p.session.use(asked, func(ctx context.Context, s *store.Store) error {
		err := p.app.answer(ctx, s, q, p.output)
		if err != nil {
			err = explained(ctx, s, q, err)
		}
		return err
	})
	if asked.Err() != nil && ctx.Err() == nil {
		p.say("Stopped.")
		return nil
	}
	if err == nil {
		p.output = ""
	}
	return err
}
