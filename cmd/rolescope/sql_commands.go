package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// promptCommand is one of the prompt's own commands.
type promptCommand struct{ name, usage, help string }

func promptCommands() []promptCommand {
	return []promptCommand{
		{`\?`, `\?`, "this help"},
		{`\d`, `\d [NAME]`, "the views, or the columns of one"},
		{`\format`, `\format [NAME]`, "show or choose the format: table, csv, any of ClickHouse's"},
		{`\set`, `\set [NAME [VALUE]]`, "show parameters, give {NAME:Type} a value, take it away"},
		{`\o`, `\o [FILE]`, "write the next answer to a new file, such as a.parquet"},
		{`\i`, `\i FILE`, "run the statements of a file"},
		{`\e`, `\e`, "edit what is typed, or the last query, with $EDITOR"},
		{`\q`, `\q`, "leave, as Ctrl-D does"},
	}
}

func promptHelp() string {
	var b strings.Builder
	b.WriteString("A query may take several lines. It ends with ; or with \\G, which shows each\nvalue whole on a line of its own.\n\n")
	for _, c := range promptCommands() {
		fmt.Fprintf(&b, "  %-20s %s\n", c.usage, c.help)
	}
	b.WriteString(`
Tab completes names, functions, keywords and formats; twice, it shows them.
Up and Ctrl-R find earlier queries. Ctrl-C drops what is typed, or stops the
query that runs.
`)
	return b.String()
}

// command runs one of the prompt's own commands.
func (p *sqlPrompt) command(ctx context.Context, line string) error {
	name, argument, _ := strings.Cut(strings.TrimRight(line, "; "), " ")
	argument = strings.TrimSpace(argument)
	switch name {
	case `\?`, `\h`:
		fmt.Fprint(p.app.stdout, promptHelp())
		return nil
	case `\q`:
		return errLeave
	case `\d`, `\d+`, `\dt`, `\dv`:
		return p.describe(ctx, argument)
	case `\format`:
		if argument == "" {
			fmt.Fprintln(p.app.stdout, first(p.format, formatTable))
			return nil
		}
		return p.setFormat(argument)
	case `\set`:
		return p.setParameter(argument)
	case `\o`:
		return p.setOutput(argument)
	case `\i`:
		return p.runFile(ctx, argument)
	case `\e`:
		return p.edit(ctx)
	}
	return hintf(`\? for all commands`, "there is no command %s", name)
}

const (
	describeAll = `SELECT name, comment FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, 'v_') ORDER BY name`
	describeOne = `SELECT name, replaceRegexpAll(type, '\\s+', ' ') AS type, comment FROM system.columns
WHERE database = if({database:String} = '', currentDatabase(), {database:String}) AND table = {table:String} ORDER BY position`
)

func (p *sqlPrompt) describe(ctx context.Context, name string) error {
	output := p.output
	p.output = ""
	defer func() { p.output = output }()
	if name == "" {
		return p.ask(ctx, describeAll, formatTable, nil)
	}
	name = strings.NewReplacer("`", "", `"`, "").Replace(name)
	database, table, ok := strings.Cut(name, ".")
	if !ok {
		database, table = "", name
	}
	if c := p.catalogue.Load(); c != nil && database == "" && !slices.Contains(c.tables, table) {
		near := nearest(table, c.tables)
		if len(near) == 0 {
			near = []string{`\d alone`}
		}
		return hintf(strings.Join(near, " or "), "there is no view or table %s", table)
	}
	return p.ask(ctx, describeOne, formatTable, map[string]string{"database": database, "table": table})
}

// setFormat chooses the format of all answers that do not choose their own.
func (p *sqlPrompt) setFormat(name string) error {
	if c := p.catalogue.Load(); c != nil && formatNamed(name) == name && !slices.Contains(c.formats, name) && !slices.Contains(shortFormats(), name) {
		return unknownFormat(name, c.formats)
	}
	if binaryFormat(formatNamed(name)) {
		return hintf(`\o FILE, whose name ends with .parquet or the like, or FORMAT in the query`, "%s is no text for a terminal", name)
	}
	p.format = name
	return nil
}

func (p *sqlPrompt) setOutput(file string) error {
	if file != "" {
		if err := refuseExisting(file, p.force); err != nil {
			return err
		}
		format := first(formatOfFile(file), p.format)
		if format == "" {
			format = "JSONEachRow"
			if unknownExtension(file) != "" {
				format = "as the query's FORMAT clause says"
			}
		}
		p.say("The next answer goes to %s, %s.", file, format)
	}
	p.output = file
	return nil
}

func (p *sqlPrompt) setParameter(argument string) error {
	name, value, given := strings.Cut(argument, " ")
	name = strings.TrimSuffix(name, "=")
	switch {
	case argument == "":
		for _, name := range sortedNames(p.params) {
			fmt.Fprintf(p.app.stdout, "%s = %s\n", name, plain(p.params[name]))
		}
	case !given:
		delete(p.params, name)
	default:
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && value[0] == '\'' && value[n-1] == '\'' {
			value = value[1 : n-1]
		}
		p.params[name] = value
	}
	return nil
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (p *sqlPrompt) runFile(ctx context.Context, file string) error {
	if file == "" {
		return errors.New(`\i wants a file`)
	}
	text, err := p.app.statement(nil, file)
	if err != nil {
		return err
	}
	p.buffer = text + "\n;"
	return p.runWhole(ctx)
}

// edit lets an editor change the statement under way, or the last one, and runs it if it is whole.
func (p *sqlPrompt) edit(ctx context.Context) error {
	env := environMap(p.app.environ)
	editor := first(env["VISUAL"], env["EDITOR"], "vi")
	f, err := os.CreateTemp("", "rolescope-*.sql")
	if err != nil {
		return fmt.Errorf("edit: %w", err)
	}
	defer os.Remove(f.Name())
	text := p.buffer
	if text == "" && p.last != "" {
		text = p.last + ";\n"
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("edit: %w", err)
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", f.Name())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.app.stdin, p.app.stdout, p.app.stderr
	if err := cmd.Run(); err != nil {
		return hintf("EDITOR=nano rolescope sql, or another editor", "edit with %s: %w", editor, err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return fmt.Errorf("edit: %w", err)
	}
	p.buffer = strings.TrimRight(string(b), " \t\n")
	if p.buffer != "" {
		fmt.Fprintln(p.app.stdout, p.buffer)
	}
	return p.runWhole(ctx)
}
