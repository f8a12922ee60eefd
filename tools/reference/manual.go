package main

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"awsmfa/internal/cli"
)

//go:embed files.md
var files string

// An edition is what every manual page says of itself in its last line.
type edition struct {
	version string
	date    string // as 2026-01-31
}

// manual returns the manual pages, by the names of their files: awsmfa(1), a page for each command, and
// awsmfa-config(5), from the pages below docs.
func (e edition) manual(docs string) (map[string]string, error) {
	model, err := cli.Model()
	if err != nil {
		return nil, err
	}
	settings, err := os.ReadFile(filepath.Join(docs, "config.md"))
	if err != nil {
		return nil, err
	}
	scripts, err := os.ReadFile(filepath.Join(docs, "scripts.md"))
	if err != nil {
		return nil, err
	}
	codes, err := section(string(scripts), "Exit codes")
	if err != nil {
		return nil, err
	}
	shared, err := groups(model)
	if err != nil {
		return nil, err
	}

	commands := slices.DeleteFunc(slices.Clone(model.Children), func(c *kong.Node) bool { return c.Hidden })
	list, also := "", []string{"`awsmfa-config`(5)"}
	pages := map[string]string{}
	for _, c := range commands {
		page := pageName(c)
		also = append(also, "`"+page+"`(1)")
		list += fmt.Sprintf("| `awsmfa %s` | %s |\n", c.Name, c.Help)
		pages[page+".1"] = e.header(page, 1) + roff(commandPage(c, shared))
	}
	what, _, _ := strings.Cut(model.Help, "\n")
	pages["awsmfa.1"] = e.header("awsmfa", 1) + roff(strings.Join([]string{
		name("awsmfa", what),
		"## Synopsis\n\n```\nawsmfa COMMAND [ARGUMENT ...] [flags]\nawsmfa help COMMAND\n```",
		"## Description\n\n" + prose(model.Help),
		"## Commands\n\n| | |\n|---|---|\n" + list,
		"## Options\n" + table(options(model.Node)),
		strings.Replace(variables, "## Variables", "## Environment", 1),
		"## Files\n\n" + files,
		"## Exit status\n\n" + codes,
		"## See also\n\n" + strings.Join(also, ", "),
	}, "\n\n"))
	_, body, _ := strings.Cut(string(settings), "\n")
	pages["awsmfa-config.5"] = e.header("awsmfa-config", 5) + roff(strings.Join([]string{
		name("awsmfa-config", "The settings of the AWS files that awsmfa uses."),
		"## Description\n\n" + body,
		"## See also\n\n`awsmfa`(1), `awsmfa-config`(1)",
	}, "\n\n"))
	return pages, nil
}

var manpages = regexp.MustCompile(`(?m)^    manpages:\n(      - .*\n)*`)

// withManual returns the configuration of the release with the names of the manual pages, which Homebrew wants one by
// one.
func withManual(release, docs string) (string, error) {
	text, err := os.ReadFile(release)
	if err != nil {
		return "", err
	}
	pages, err := edition{}.manual(docs)
	if err != nil {
		return "", err
	}
	list := "    manpages:\n"
	for _, file := range slices.Sorted(maps.Keys(pages)) {
		list += "      - man/" + file + "\n"
	}
	return manpages.ReplaceAllLiteralString(string(text), list), nil
}

// header begins a page. Words are neither hyphenated nor spaced out: a person may copy them.
func (e edition) header(page string, section int) string {
	return fmt.Sprintf(".TH \"%s\" \"%d\" \"%s\" \"awsmfa %s\" \"awsmfa manual\"\n.nr HY 0\n.nh\n.ad l\n",
		escape(strings.ToUpper(page)), section, e.date, escape(e.version))
}

// write writes the pages into the directory, which it makes.
func (e edition) write(dir string) error {
	if _, err := time.Parse(time.DateOnly, e.date); err != nil || e.version == "" {
		return errors.New("-man needs -version and -date")
	}
	pages, err := e.manual("docs")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func pageName(command *kong.Node) string { return "awsmfa-" + command.Name }

// name is the section that apropos reads: in it the dash between name and description must be \-.
func name(page, help string) string {
	help = strings.TrimSuffix(help, ".")
	if unicode.IsLower(rune(help[1])) {
		help = strings.ToLower(help[:1]) + help[1:]
	}
	return "## Name\n\n" + page + " `-` " + help
}

// commandPage returns the page of a command, with its subcommands, as Markdown.
func commandPage(command *kong.Node, shared []group) string {
	usages, description, optionList := "", "", ""
	leaves := command.Leaves(true)
	if len(leaves) == 0 {
		leaves = append(leaves, command)
	}
	for _, c := range leaves {
		usage, detail := "awsmfa "+c.Summary(), c.Detail
		if strings.HasPrefix(detail, "  awsmfa ") { // a usage line of its own
			usage, detail, _ = strings.Cut(strings.TrimSpace(detail), "\n\n")
		}
		usages += usage + "\n"
		if c != command {
			description += "### awsmfa " + c.Path() + "\n\n"
		}
		description += prose(c.Help) + "\n\n" + prose(detail) + "\n\n"
		if c == command {
			optionList = table(own(c, shared))
		} else {
			description += table(own(c, shared)) + "\n"
		}
	}
	for _, g := range shared {
		with := slices.DeleteFunc(slices.Clone(leaves), func(c *kong.Node) bool { return !g.has(c) })
		if len(with) == 0 {
			continue
		}
		optionList += "\n### " + g.title + "\n"
		if len(with) < len(leaves) {
			var paths []string
			for _, c := range with {
				paths = append(paths, "`"+c.Path()+"`")
			}
			optionList += "\nCommands: " + strings.Join(paths, ", ") + "\n"
		}
		optionList += table(g.options)
	}
	return strings.Join([]string{
		name(pageName(command), command.Help),
		"## Synopsis\n\n```\n" + usages + "```",
		"## Description\n\n" + description,
		"## Options\n" + optionList,
		"## See also\n\n`awsmfa`(1), `awsmfa-config`(5)",
	}, "\n\n")
}

// section returns the text below a heading of a page.
func section(page, heading string) (string, error) {
	_, text, ok := strings.Cut(page, "\n## "+heading+"\n")
	if !ok {
		return "", fmt.Errorf("docs/scripts.md has no heading %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return strings.TrimSpace(text), nil
}
