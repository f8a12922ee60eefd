package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"awsmfa/completions"
	"awsmfa/internal/partition"
	"awsmfa/shells"
)

// offered returns the values of the candidates for current after the words before it, for a user with these AWS files.
func offered(t *testing.T, home string, before []string, current string) []string {
	t.Helper()
	a := &app{System: System{Args: []string{"awsmfa"}, Getenv: func(string) string { return "" }, Home: home}}
	all, err := a.candidates(typedLine{before: before, current: current})
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, c := range all {
		values = append(values, c.value)
	}
	return values
}

// Every command and every flag of the table is offered, with its help.
func TestCompletionOfTheTable(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	model, err := Model()
	if err != nil {
		t.Fatal(err)
	}
	top := offered(t, home, nil, "")
	for _, c := range commands() {
		if slices.Contains(top, c.name) == c.hidden {
			t.Errorf("offered is %q: %s is hidden: %v", top, c.name, c.hidden)
		}
	}
	flags := 0
	nodes := model.Children
	for len(nodes) > 0 {
		node := nodes[0]
		nodes = append(nodes[1:], node.Children...)
		if node.Hidden {
			continue
		}
		path := strings.Fields(node.FullPath())[1:]
		last := len(path) - 1
		if got := offered(t, home, path[:last], path[last]); !slices.Contains(got, path[last]) {
			t.Errorf("%q: offered is %q", path, got)
		}
		if got := offered(t, home, append([]string{"help"}, path[:last]...), ""); !slices.Contains(got, path[last]) {
			t.Errorf("help %q: offered is %q", path, got)
		}
		if path[0] == "help" {
			continue
		}
		got := offered(t, home, path, "--")
		for _, f := range append(node.Flags, model.Flags...) {
			if f.Hidden {
				continue
			}
			flags++
			if !slices.Contains(got, "--"+f.Name) {
				t.Errorf("%q --%s: offered is %q", path, f.Name, got)
			}
			if again := offered(t, home, append(path, "--"+f.Name+"=x"), "--"); slices.Contains(again, "--"+f.Name) {
				t.Errorf("%q --%s is offered twice", path, f.Name)
			}
		}
	}
	if flags < 100 {
		t.Errorf("only %d flags", flags)
	}
}

// The values of flags and arguments are offered, and a profile wherever one is expected.
func TestCompletionOfValues(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "[profile prod]\n[profile dev]\nrole_arn = x\n[sso-session company]\n[services local]\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range shells.All() {
		names = append(names, s.Name)
	}
	profiles := []string{"prod", "dev"}
	for _, test := range []struct {
		before  []string
		current string
		want    []string
	}{
		{[]string{"env"}, "", profiles},
		{[]string{"env"}, "p", []string{"prod"}},
		{[]string{"env"}, "nobody", nil},
		{[]string{"env", "--region", "env"}, "", profiles},
		{[]string{"env", "-d", "1h"}, "d", []string{"dev"}},
		{[]string{"--debug", "env", "--refresh"}, "d", []string{"dev"}},
		{[]string{"exec"}, "", profiles},
		{[]string{"exec", "prod", "--"}, "", nil},
		{[]string{"exec", "-p"}, "", profiles},
		{[]string{"doctor"}, "", profiles},
		{[]string{"device", "remove"}, "", profiles},
		{[]string{"device", "add", "--profile"}, "d", []string{"dev"}},
		{[]string{"setup"}, "--profile=", []string{"--profile=prod", "--profile=dev"}},
		{[]string{"setup"}, "--profile=d", []string{"--profile=dev"}},
		{[]string{"env", "--code"}, "", nil},
		{[]string{"env", "--shell"}, "", names},
		{[]string{"env"}, "--shell=fi", []string{"--shell=fish"}},
		{[]string{"policy", "--partition"}, "", partition.Names()},
		{[]string{"policy"}, "--no-such=", nil},
		{[]string{"completion"}, "", completions.Shells()},
		{[]string{"nonsense"}, "--deb", []string{"--debug"}},
		{[]string{"help"}, "exe", []string{"exec"}},
		{nil, "comp", []string{"completion"}},
	} {
		if got := offered(t, home, test.before, test.current); !slices.Equal(got, test.want) {
			t.Errorf("%q %q: offered is %q, not %q", test.before, test.current, got, test.want)
		}
	}
}

// Lines as bash passes them on. What is printed is only the end of the word that readline replaces.
func TestSplitLine(t *testing.T) {
	t.Parallel()
	const breaks = " \t\n\"'@><=;|&(:"
	for _, test := range []struct {
		line   string
		before []string
		rest   string
	}{
		{"awsmfa ", nil, `a:b\ \'\"\$c`},
		{"awsmfa env a", []string{"env"}, `a:b\ \'\"\$c`},
		{"awsmfa env a:", []string{"env"}, `b\ \'\"\$c`},
		{`awsmfa env a\:`, []string{"env"}, `a:b\ \'\"\$c`},
		{"awsmfa  env\t'a:", []string{"env"}, `a:b '\''"$c`},
		{`awsmfa env "a:`, []string{"env"}, `a:b '\"\$c`},
		{`awsmfa env "a":`, []string{"env"}, `b\ \'\"\$c`},
		{`awsmfa 'a b' "c\"\d" e\ f '' a:b\ `, []string{"a b", `c"\d`, "e f", ""}, `b\ \'\"\$c`},
	} {
		l, ok := splitLine(test.line, breaks)
		got := strings.TrimSuffix(l.render(lookup(t, "bash"), []candidate{{value: `a:b '"$c`}}), "\n")
		if !ok || !slices.Equal(l.before, test.before) || got != test.rest {
			t.Errorf("%s: %v, %q, %s", test.line, ok, l.before, got)
		}
	}
	for _, line := range []string{"", "awsmfa", `awsmfa env a\`, "awsmfa env $HO", `awsmfa env "$HO`, "awsmfa env `a"} {
		if l, ok := splitLine(line, breaks); ok {
			t.Errorf("%s: %q", line, l)
		}
	}
}

// A name that ends with a quotation mark closes the quotes itself: readline does not.
func TestClosedQuotes(t *testing.T) {
	t.Parallel()
	for quote, want := range map[rune]string{'"': `a\""` + "\n", '\'': `a"` + "\n", 0: `a\"` + "\n"} {
		if got := (typedLine{quote: quote}).render(lookup(t, "bash"), []candidate{{value: `a"`}}); got != want {
			t.Errorf("%q: %s", quote, got)
		}
	}
}

// What the files say cannot tell the terminal what to do: no control character of a name or a role reaches the shell.
func TestCompletionWithoutControls(t *testing.T) {
	t.Parallel()
	all := []candidate{{value: "ok", help: "role a\x1b[31mb\u009bc"}, {value: "e\x1b]0;vil\x07"}}
	for _, name := range completions.Shells() {
		got := typedLine{}.render(lookup(t, name), all)
		if !strings.Contains(got, "ok") || strings.Contains(got, "vil") ||
			strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }) ||
			strings.Contains(strings.ToLower(got), `\u001b`) || strings.Contains(got, `\u009b`) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func lookup(t *testing.T, name string) shells.Shell {
	t.Helper()
	s, ok := shells.Lookup(name)
	if !ok {
		t.Fatal(name)
	}
	return s
}
