package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runPages are the pages whose commands testdata/pages.txtar must run.
var runPages = []string{
	"README.md", "docs/ja/README.md", "docs/uninstall.md", "docs/lost-phone.md", "docs/second-device.md",
	"docs/new-laptop.md", "docs/first-day.md", "docs/ja/first-day.md", "docs/ja/shells.md",
}

// Every command that a page names is one that this version understands, and every command in the code blocks of
// runPages runs in testdata/pages.txtar.
func TestCommandsOfPages(t *testing.T) {
	t.Parallel()
	ran := commandsOfScript(t, filepath.Join("testdata", "pages.txtar"))
	root := filepath.Join("..", "..")
	pages := []string{"README.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		switch page, relErr := filepath.Rel(root, path); {
		case err != nil || relErr != nil:
			return err
		case page == filepath.Join("docs", "ja", "messages.md"): // messages, of which some begin with awsmfa
			return nil
		case filepath.Ext(path) == ".md":
			pages = append(pages, filepath.ToSlash(page))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		mustRun := slices.Contains(runPages, page)
		commands := commandsOfBlocks(string(text))
		if mustRun && len(commands) == 0 {
			t.Errorf("%s has no command", page)
		}
		total += len(commands)
		for _, args := range append(commandsOfText(string(text)), commands...) {
			if err := parses(t, args); err != nil {
				t.Errorf("%s: awsmfa %s: %v", page, strings.Join(args, " "), err)
			}
		}
		for _, args := range commands {
			if mustRun && !slices.ContainsFunc(ran, func(run []string) bool { return isRunOf(run, args) }) {
				t.Errorf("%s: testdata/pages.txtar does not run awsmfa %s", page, strings.Join(args, " "))
			}
		}
	}
	for _, page := range runPages {
		if !slices.Contains(pages, page) {
			t.Errorf("there is no %s", page)
		}
	}
	if total < 80 { // there are more than a hundred
		t.Errorf("only %d commands were found", total)
	}
}

// parses returns the error of the command line, which is read as the program reads it and not run.
func parses(t *testing.T, args []string) (err error) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	defer func() {
		if r := recover(); r != nil && r != any(exit(exitOK)) { // 0 after --help
			panic(r)
		}
	}()
	a := &app{System: System{
		Args: append([]string{"awsmfa"}, args...), Getenv: func(string) string { return "" },
		Stdout: null, Stderr: null,
	}}
	_, err = a.parse()
	return err
}

// answers are the options that answer a question of the command. A run may have them, where the page shows a command
// that asks.
var answers = map[string]bool{ // true: with a value
	"--access-key-id": true, "--code": true, "--codes-from": true, "--region": true, "--yes": false,
}

// isRunOf reports whether run is the command of the page, perhaps with answers behind it.
func isRunOf(run, page []string) bool {
	if len(run) < len(page) || !slices.EqualFunc(run[:len(page)], page, func(run, page string) bool {
		return run == page || page == "AKIA…" || page == "PROGRAM" // stand for what the reader has
	}) {
		return false
	}
	for rest := run[len(page):]; len(rest) > 0; {
		value, ok := answers[rest[0]]
		if !ok || value && len(rest) < 2 {
			return false
		}
		rest = rest[1:]
		if value {
			rest = rest[1:]
		}
	}
	return true
}

// commandsOfScript returns the commands that a script runs, not only on Windows, and whose success it requires.
func commandsOfScript(t *testing.T, path string) (all [][]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "-- ") { // the files of the script
			break
		}
		_, command, ok := strings.Cut(line, "gives 0 ")
		if ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "[windows]") {
			all = append(all, commandsOfLine(command)...)
		}
	}
	return all
}

var (
	block     = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```$")
	inText    = regexp.MustCompile("`(awsmfa [^`]+)`")
	continued = regexp.MustCompile(`\\\n *`)
	comment   = regexp.MustCompile(`(^|\s)# .*`)
	// start matches what stands before a command: nothing, a blank, a bracket, a quote, the prompt, a directory.
	start = regexp.MustCompile(`(?:^|[\s("'` + "`" + `^/])awsmfa `)
	// word matches a word up to what ends a command in some shell: a bracket, a pipe, a quote that stood before it.
	word = regexp.MustCompile(`^ *('[^']*'|"[^"]*"|[^\s'"()|;&<>{}` + "`" + `]+)`)
	// parameters are all arguments of a function, in some shell; the grammar's own placeholder for options.
	parameters = regexp.MustCompile(`"\$@"|\$@a|\$argv|@args|\.\.\.\$a|\\!\*|@\(args\)|\[flags\]`)
	usage      = regexp.MustCompile(`<(profile|command|shell)>`)
)

// commandsOfText returns the arguments of the commands in the text of a page, outside of its code blocks.
func commandsOfText(text string) (all [][]string) {
	for _, found := range inText.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		for _, args := range commandsOfLine(found[1]) {
			if args[0] != "COMMAND" && args[0] != "…" { // stands for every command
				all = append(all, args)
			}
		}
	}
	return all
}

// commandsOfBlocks returns the arguments of every awsmfa command in the code blocks of a page.
func commandsOfBlocks(text string) (all [][]string) {
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(continued.ReplaceAllString(found[1], " ")) {
			if strings.HasPrefix(line, "awsmfa: ") { // a message
				continue
			}
			all = append(all, commandsOfLine(comment.ReplaceAllString(strings.TrimSuffix(line, "\n"), ""))...)
		}
	}
	return all
}

// commandsOfLine returns the arguments of the awsmfa commands in a line of some shell.
func commandsOfLine(line string) (all [][]string) {
	line = usage.ReplaceAllString(parameters.ReplaceAllString(line, ""), "$1")
	for _, at := range start.FindAllStringIndex(line, -1) {
		var args []string
		for rest := line[at[1]:]; ; {
			found := word.FindStringSubmatch(rest)
			if found == nil {
				break
			}
			rest = rest[len(found[0]):]
			args = append(args, strings.Trim(found[1], `'"`))
		}
		if len(args) > 0 {
			all = append(all, args)
		}
	}
	return all
}

// The commands are found in every shell's way to run them.
func TestCommandsOfLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`eval "$(awsmfa env prod)"`:                                         "env prod",
		`Invoke-Expression (awsmfa env prod)`:                               "env prod",
		`for /f "delims=" %i in ('awsmfa env prod') do @%i`:                 "env prod",
		"eval `awsmfa env prod`":                                            "env prod",
		`awsmfa env prod | source`:                                          "env prod",
		`  mfa() { eval "$(awsmfa env "$@")"; }`:                            "env",
		`awsmfa exec prod -- sh -c 'a b' > x`:                               "exec prod -- sh -c a b",
		`credential_process = /usr/bin/awsmfa credential-process "my prod"`: "credential-process my prod",
		`cp awsmfa`: "",
	} {
		got := ""
		for _, args := range commandsOfLine(line) {
			got += strings.Join(args, " ")
		}
		if got != want {
			t.Errorf("%s: %q, not %q", line, got, want)
		}
	}
}

// Each Japanese page has the headings of the English one, level by level, and the commands of its code blocks.
// shells.md has some of its sections only.
func TestJapanesePages(t *testing.T) {
	t.Parallel()
	headings := regexp.MustCompile(`(?m)^#+ `)
	for page, english := range map[string]string{
		"README.md": "README.md", "first-day.md": "docs/first-day.md", "troubleshooting.md": "docs/troubleshooting.md",
		"shells.md": "docs/shells.md",
	} {
		var levels [2][]string
		var commands [2][]string
		for i, path := range []string{"docs/ja/" + page, english} {
			text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
			if err != nil {
				t.Fatal(err)
			}
			levels[i] = headings.FindAllString(block.ReplaceAllString(string(text), ""), -1)
			for _, args := range commandsOfBlocks(string(text)) {
				commands[i] = append(commands[i], strings.Join(args, " "))
			}
		}
		if page == "shells.md" {
			levels[1], commands[1] = levels[0], slices.DeleteFunc(commands[1], func(c string) bool {
				return !slices.Contains(commands[0], c)
			})
		}
		for i := range commands {
			slices.Sort(commands[i])
			commands[i] = slices.Compact(commands[i])
		}
		if !slices.Equal(levels[0], levels[1]) {
			t.Errorf("docs/ja/%s has other headings than %s: %q, %q", page, english, levels[0], levels[1])
		}
		if !slices.Equal(commands[0], commands[1]) {
			t.Errorf("docs/ja/%s has other commands than %s: %q, %q", page, english, commands[0], commands[1])
		}
	}
}
