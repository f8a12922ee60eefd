package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"awsmfa/internal/cli"
	"awsmfa/internal/shelltest"
)

// A reader is a program that shows manual pages, with its options to check a page and to show it.
type reader struct {
	program     string
	check, show []string
}

func readers(t *testing.T) []reader {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the readers of other systems have other options")
	}
	list := []reader{
		{"mandoc", []string{"-T", "lint", "-W", "warning"}, []string{"-T", "utf8"}},
		{"man", []string{"--warnings", "-l"}, []string{"-l"}},
	}
	for _, r := range list {
		if _, err := exec.LookPath(r.program); err != nil {
			shelltest.NotInstalled(t, r.program)
		}
	}
	return list
}

// read returns the page as the reader shows it, squeezed. What the reader has to complain of fails the test.
func (r reader) read(t *testing.T, file, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args []string) (stdout, stderr string) {
		cmd := exec.Command(r.program, append(args, path)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "MANWIDTH=80"}
		var out, complaints bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaints
		if err := cmd.Run(); err != nil {
			t.Errorf("%s %s: %v", r.program, file, err)
		}
		return out.String(), complaints.String()
	}
	lint, complaints := run(r.check)
	if r.program == "mandoc" { // it prints its complaints on stdout
		complaints += lint
	}
	if complaints != "" {
		t.Errorf("%s: %s", r.program, complaints)
	}
	shown, _ := run(r.show)
	return squeezed(regexp.MustCompile(".\b").ReplaceAllString(shown, ""))
}

// squeezed returns the text without blanks and line ends, which the reader chooses.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

var (
	linkOfPage = regexp.MustCompile(`\[([^]]+)\]\([^):]+\)`)
	tableHead  = regexp.MustCompile(`(?m)^\|.*\n\|---.*\n`)
)

// unmarked returns Markdown's text without the marks, and without what a manual page has no place for: the targets of
// links, and the headings of tables.
func unmarked(markdown string) string {
	text := tableHead.ReplaceAllString(linkOfPage.ReplaceAllString(markdown, "$1"), "")
	return strings.NewReplacer("`", "", "**", "").Replace(text)
}

// man and mandoc read every page without a complaint, and show each command's whole help.
func TestManualShowsHelp(t *testing.T) {
	t.Parallel()
	model, err := cli.Model()
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join("..", "..", "docs")
	pages, err := edition{"1.2.3-next", "2026-01-31"}.manual(docs)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, c := range model.Leaves(true) {
		name, _, _ := strings.Cut(c.Path(), " ")
		file := "awsmfa-" + name + ".1"
		want[file] = append(append(want[file], c.Help[1:]), strings.Split(c.Detail, "\n\n")...)
		for _, o := range options(c) {
			want[file] = append(want[file], unmarked(o.spelling)+o.help)
		}
		want["awsmfa.1"] = append(want["awsmfa.1"], "awsmfa-"+name+"(1)")
	}
	for page, file := range map[string]string{
		filepath.Join(docs, "config.md"): "awsmfa-config.5", "variables.md": "awsmfa.1",
	} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(unmarked(string(text))) {
			switch {
			case strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "|"):
				want[file] = append(want[file], cells(line)...)
			default:
				want[file] = append(want[file], strings.TrimPrefix(line, "- "))
			}
		}
	}
	for _, r := range readers(t) {
		for file, text := range pages {
			shown := r.read(t, file, text)
			if len(want[file]) == 0 {
				t.Errorf("nothing is known of %s", file)
			}
			for _, part := range append(want[file], "awsmfa1.2.3-next", "2026-01-31") {
				if !strings.Contains(shown, squeezed(part)) {
					t.Errorf("%s shows %s without: %s", r.program, file, part)
				}
			}
		}
	}
}

// The characters that roff reads as its own are shown as they are.
func TestManualEscapes(t *testing.T) {
	t.Parallel()
	text := []string{
		`.TH at the beginning of a line, \fB in it, 'quotes' and "quotes" --dashes`,
		"'br at the beginning of a line", `\" no comment`, `C:\new\.aws\config ~/.aws ^C`, "✓ 本番 … –",
	}
	var page strings.Builder
	page.WriteString(edition{"1", "2026-01-31"}.header("odd", 1) + roff(name("odd", "odd")))
	for _, line := range text {
		code := "`" + line + "`"
		page.WriteString(roff("## \"A\" .section\n\n" + code + " in prose\n\n- " + code + "\n\n" +
			"```\n" + line + "\n```\n\n" +
			"| | | |\n|---|---|---|\n| " + code + " | " + code + " | " + code + " |\n"))
	}
	if !strings.Contains(page.String(), `\(dq \-\-dashes`) {
		t.Error("a hyphen of code is not written as one: some readers show another character")
	}
	for _, r := range readers(t) {
		shown := r.read(t, "odd.1", page.String())
		for _, line := range text {
			if n := strings.Count(shown, squeezed(line)); n != 6 {
				t.Errorf("%s shows this %d times, not 6: %s", r.program, n, line)
			}
		}
	}
}
