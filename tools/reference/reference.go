// Command reference writes docs/reference.md: the commands and their options, from the grammar that --help prints, and
// the environment variables, from variables.md beside this file; docs/errors.md, from awsapi's table of AWS's errors;
// and the names of the manual pages into .goreleaser.yaml. With -man it writes the reference and docs/config.md as
// manual pages into a directory.
//
//	go run ./tools/reference
//	go run ./tools/reference -man DIR -version 1.2.3 -date 2026-01-31
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"awsmfa/internal/cli"
)

//go:embed variables.md
var variables string

func main() {
	dir := flag.String("man", "", "write manual pages into this `directory`, instead of docs/reference.md")
	var e edition
	flag.StringVar(&e.version, "version", "", "the version that the manual pages describe")
	flag.StringVar(&e.date, "date", "", "the date of the version, as 2026-01-31")
	flag.Parse()
	err := writeReference
	if *dir != "" {
		err = func() error { return e.write(*dir) }
	}
	if err := err(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func writeReference() error {
	all, err := pages(".")
	for path, text := range all {
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
	}
	return err
}

const (
	intro = `# Reference

<!-- make reference writes this page from the grammar of the command line and tools/reference/variables.md -->

All commands, their options, and the environment variables. ` + "`awsmfa COMMAND --help`" + ` prints the same options,
except ` + "`env --renew`" + `, which is for [the function](shells.md#the-function).
The exit codes are in [scripts.md](scripts.md#exit-codes).
`
	width = 120 // of a line of prose
)

// An option is a flag or an argument of a command.
type option struct{ name, spelling, help string }

// A group is a set of options that the same commands have.
type group struct {
	title    string
	commands []string
	options  []option
}

// titles are the titles of the groups, under the name of an option in each.
var titles = map[string]string{
	"debug":   "Options of every command",
	"profile": "Options for the profile",
	"code":    "Options for the session",
	"qr-png":  "Options for a new device",
}

// pages returns the files that this program writes, by their paths.
func pages(root string) (map[string]string, error) {
	reference, err := page()
	if err != nil {
		return nil, err
	}
	release := filepath.Join(root, ".goreleaser.yaml")
	packed, err := withManual(release, filepath.Join(root, "docs"))
	return map[string]string{
		filepath.Join(root, "docs", "reference.md"): reference,
		filepath.Join(root, "docs", "errors.md"):    errorsPage(),
		release:                                     packed,
	}, err
}

// page returns the text of docs/reference.md.
func page() (string, error) {
	model, err := cli.Model()
	if err != nil {
		return "", err
	}
	commands := model.Leaves(true)
	shared, err := groups(model)
	if err != nil {
		return "", err
	}

	var b strings.Builder
	b.WriteString(intro + "\n## Commands\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", c.FullPath(), prose(c.Help))
		if !strings.HasPrefix(c.Detail, "  awsmfa ") { // else it begins with a usage line of its own
			fmt.Fprintf(&b, "\n```\nawsmfa %s\n```\n", c.Summary())
		}
		if c.Detail != "" {
			b.WriteString("\n" + prose(c.Detail) + "\n")
		}
		b.WriteString(table(own(c, shared)))
		b.WriteString("\n" + wrap("Other options: "+strings.Join(links(c, shared), ", ")) + "\n")
	}
	for _, g := range shared {
		fmt.Fprintf(&b, "\n## %s\n", g.title)
		if g.commands != nil {
			b.WriteString("\n" + wrap("Commands: "+strings.Join(g.commands, ", ")) + "\n")
		}
		b.WriteString(table(g.options))
	}
	b.WriteString("\n" + variables)
	return b.String(), nil
}

// options returns the flags and arguments that belong to the command itself.
func options(node *kong.Node) (list []option) {
	for _, v := range node.Positional {
		list = append(list, option{"<" + v.Name + ">", "`" + strings.Trim(v.Summary(), "[]") + "`", v.Help})
	}
	for _, f := range node.Flags {
		spelling := "`--" + f.Name + "`"
		if !f.IsBool() {
			spelling = "`--" + f.Name + " " + f.FormatPlaceHolder() + "`"
		}
		if f.Short != 0 {
			spelling = fmt.Sprintf("`-%c`, %s", f.Short, spelling)
		}
		list = append(list, option{f.Name, spelling, f.Help})
	}
	return list
}

// own returns the options that no other command has.
func own(command *kong.Node, shared []group) []option {
	return slices.DeleteFunc(options(command), func(o option) bool {
		return slices.ContainsFunc(shared, func(g group) bool { return slices.Contains(g.options, o) })
	})
}

// groups returns the options that more than one command has, those of the same commands together, and last those of
// every command.
func groups(model *kong.Application) (all []group, err error) {
	var order []option
	owners := map[option][]string{}
	for _, c := range model.Leaves(true) {
		for _, o := range options(c) {
			if owners[o] == nil {
				order = append(order, o)
			}
			owners[o] = append(owners[o], "`"+c.Path()+"`")
		}
	}
	for _, o := range order {
		if len(owners[o]) == 1 {
			continue
		}
		i := slices.IndexFunc(all, func(g group) bool { return slices.Equal(g.commands, owners[o]) })
		if i < 0 {
			i = len(all)
			all = append(all, group{commands: owners[o]})
		}
		all[i].options = append(all[i].options, o)
		if title, ok := titles[o.name]; ok {
			all[i].title = title
		}
	}
	for _, g := range all {
		if g.title == "" {
			return nil, fmt.Errorf("a title is missing for --%s, which %s have",
				g.options[0].name, strings.Join(g.commands, ", "))
		}
	}
	return append(all, group{title: titles["debug"], options: options(model.Node)}), nil
}

// has reports whether the command has the group's options.
func (g group) has(command *kong.Node) bool {
	return g.commands == nil || slices.Contains(g.commands, "`"+command.Path()+"`")
}

// links returns links to the shared options of a command.
func links(command *kong.Node, shared []group) (list []string) {
	for _, g := range shared {
		if g.has(command) {
			anchor := strings.ReplaceAll(strings.ToLower(g.title), " ", "-")
			list = append(list, fmt.Sprintf("[%s](#%s)", strings.TrimPrefix(g.title, "Options "), anchor))
		}
	}
	return list
}

func table(list []option) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| option | |\n|---|---|\n")
	for _, o := range list {
		fmt.Fprintf(&b, "| %s | %s |\n", o.spelling, strings.ReplaceAll(code(o.help), "|", `\|`))
	}
	return b.String()
}

// prose returns a help text as Markdown: indented lines become code, the others paragraphs.
func prose(help string) string {
	var parts []string
	for _, part := range strings.Split(strings.Trim(help, "\n"), "\n\n") {
		if lines := strings.Split(part, "\n"); strings.HasPrefix(part, "  ") {
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], "  ")
			}
			parts = append(parts, "```\n"+strings.Join(lines, "\n")+"\n```")
		} else {
			parts = append(parts, wrap(code(strings.Join(lines, " "))))
		}
	}
	return strings.Join(parts, "\n\n")
}

// literal is an option, a variable or a setting.
var literal = regexp.MustCompile(`--[a-z][a-z-]+|\b[A-Z]+(?:_[A-Z]+)+\b|\b[a-z]+(?:_[a-z]+)+\b`)

func code(text string) string { return literal.ReplaceAllString(text, "`$0`") }

// word is a word of prose; code with blanks stays on one line.
var word = regexp.MustCompile("`[^`]*`\\S*|\\S+")

func wrap(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range word.FindAllString(text, -1) {
		length := len([]rune(word))
		switch {
		case column == 0:
		case column+1+length > width:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}
