package shells

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	vars := []Var{
		{Name: "AWS_B", Value: `it's "b" \n`},
		{Name: "AWS_A", Value: "plain"},
		{Name: "AWS_OLD", Unset: true},
	}
	const posix = `export AWS_B='it'\''s "b" \n' &&` + "\nexport AWS_A='plain' &&\nunset AWS_OLD\n"
	simple := []Var{{Name: "AWS_B", Value: "a/b+c=="}, {Name: "AWS_OLD", Unset: true}}
	const object = "{\n  \"AWS_B\": \"it's \\\"b\\\" \\\\n\",\n  \"AWS_A\": \"plain\",\n  \"AWS_OLD\": null\n}\n"
	for _, test := range []struct {
		shell string
		vars  []Var
		want  string
	}{
		{"bash", vars, posix},
		{"zsh", vars, posix},
		{"sh", vars, posix},
		{"ksh", vars, posix},
		{"mksh", vars, posix},
		{"fish", vars, `set -gx AWS_B 'it\'s "b" \\n';` +
			"\nset -gx AWS_A 'plain';\nwhile set -ql AWS_OLD; or set -qg AWS_OLD; set -e AWS_OLD; or break; end;\n"},
		{"pwsh", vars, `$env:AWS_B='it''s "b" \n';$env:AWS_A='plain';$env:AWS_OLD=$null` + "\n"},
		{
			"pwsh",
			[]Var{{Name: "A", Value: "\u3042\U0001F600'\u2019b"}},
			"$env:A=''+[char]0x3042+[char]0xd83d+[char]0xde00+''''+[char]0x2019+'b'\n",
		},
		{"cmd", simple, "set \"AWS_B=a/b+c==\"\r\nset \"AWS_OLD=-\"\r\nset \"AWS_OLD=\"\r\n"},
		{"cmd", []Var{{Name: "A", Value: "a & b ^ (c) <d> |"}}, "set \"A=a & b ^ (c) <d> |\"\r\n"},
		{"tcsh", simple, "setenv AWS_B 'a/b+c==';\nunsetenv AWS_OLD;\n"},
		{"tcsh", []Var{{Name: "A", Value: "it's!"}}, `setenv A 'it'\''s\!';` + "\n"},
		{"elvish", vars, `set-env AWS_B 'it''s "b" \n'` + "\nset-env AWS_A 'plain'\nunset-env AWS_OLD\n"},
		{"nu", vars, object},
		{"xonsh", vars, `$AWS_B = 'it\'s "b" \\n'` + "\n$AWS_A = 'plain'\n${...}.pop('AWS_OLD', None)\n"},
		{"xonsh", []Var{{Name: "A", Value: "あ\n"}}, `$A = '\U00003042\U0000000a'` + "\n"},
		{"json", vars, object},
		{"json", nil, "{}\n"},
		{
			"json",
			[]Var{{Name: "A", Value: "管理。\U0001F600\x7f"}},
			"{\n  \"A\": \"\\u7ba1\\u7406\\u3002\\ud83d\\ude00\\u007f\"\n}\n",
		},
		{"json", []Var{{Name: "A", Value: "<&>\u2028"}}, "{\n  \"A\": \"<&>\\u2028\"\n}\n"},
		{
			"dotenv",
			[]Var{{Name: "A", Value: "a/b+c=="}, {Name: "B", Value: "two words $x"}, {Name: "C", Unset: true}},
			"A=a/b+c==\nB='two words $x'\n",
		},
		{"bash", nil, ""},
		{"pwsh", nil, "$null\n"},
	} {
		s, ok := Lookup(test.shell)
		if !ok {
			t.Fatal(test.shell)
		}
		if got, err := s.Render(test.vars); got != test.want || err != nil {
			t.Errorf("%s: %v\n got: %q\nwant: %q", test.shell, err, got, test.want)
		}
	}
}

// The error has the variable and the reason, and never the value.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		shells, value string
		reason        Reason
	}{
		{"bash zsh sh ksh mksh fish pwsh cmd tcsh elvish nu xonsh json dotenv", "SECRET\x00", HasNUL},
		{"pwsh tcsh elvish nu xonsh json dotenv", "SECRET\xff", NotUTF8},
		{"pwsh cmd", "", EmptyValue},
		{"cmd", "SECRET%", MayBeReplaced},
		{"cmd", `SECRET"`, MayBeReplaced},
		{"cmd", "SECRET!", MayBeReplaced},
		{"cmd", "SECRET\n", NotPrintableASCII},
		{"cmd", "SECRETé", NotPrintableASCII},
		{"cmd", strings.Repeat("SECRET", 1500), TooLong},
		{"tcsh", "SECRET SECRET", MayBeExpanded},
		{"tcsh", "SECRET*", MayBeExpanded},
		{"tcsh", "$SECRET", MayBeExpanded},
		{"tcsh", `SECRET\`, HasBackslash},
		{"dotenv", "SECRET\nX=y", HasControl},
		{"dotenv", "SECRET'", AmbiguousQuoting},
	} {
		for _, name := range strings.Fields(test.shells) {
			s, ok := Lookup(name)
			if !ok {
				t.Fatal(name)
			}
			text, err := s.Render([]Var{{Name: "AWS_OK", Value: "x"}, {Name: "AWS_BAD", Value: test.value}})
			var e *Error
			want := Error{Shell: name, Variable: "AWS_BAD", Reason: test.reason}
			if !errors.As(err, &e) || text != "" || *e != want {
				t.Errorf("%s: %q: %q, %v", name, test.value, text, err)
				continue
			}
			if got := err.Error(); got != "shells: "+name+": AWS_BAD: "+string(test.reason) {
				t.Error(got)
			}
		}
	}
}

func reasonOf(err error) Reason {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Reason
}

func TestNames(t *testing.T) {
	for _, s := range All() {
		for _, name := range []string{"", "1A", "A B", "A-B", "A=B", "é", "A;B", "A\n", "$A", "A.B", "A\x00"} {
			for _, unset := range []bool{false, true} {
				text, err := s.Render([]Var{{Name: name, Value: "x", Unset: unset}})
				if reasonOf(err) != InvalidName || text != "" {
					t.Errorf("%s took the name %q: %q", s.Name, name, text)
				}
			}
		}
		text, err := s.Render([]Var{{Name: "A", Value: "x"}, {Name: "A", Unset: true}})
		if reasonOf(err) != DuplicateName || text != "" {
			t.Errorf("%s took a name twice: %q", s.Name, text)
		}
		if _, err := s.Render([]Var{{Name: "_a1", Value: "x"}}); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if _, err := dotenv().Render([]Var{{Name: "A", Unset: true}}); reasonOf(err) != NothingToSet {
		t.Errorf("dotenv with nothing to set: %v", err)
	}
}

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"bash": "bash", "-bash": "bash", "BASH.EXE": "bash", "/bin/bash": "bash",
		`C:\Program Files\Git\usr\bin\bash.exe`: "bash",

		"sh": "sh", "dash": "sh", "-ash": "sh", "busybox": "sh", "ksh93": "ksh", "mksh": "mksh",
		"-zsh": "zsh", "/usr/bin/fish": "fish", "csh": "tcsh", "-tcsh": "tcsh",
		"pwsh.exe": "pwsh", "PowerShell": "pwsh", "powershell.exe": "pwsh", "cmd.exe": "cmd", "CMD": "cmd",
		"nushell": "nu", "nu": "nu", "elvish": "elvish", "xonsh": "xonsh", "json": "json", "dotenv": "dotenv",
	} {
		if s, ok := Lookup(name); !ok || s.Name != want {
			t.Errorf("%q is %q, want %q", name, s.Name, want)
		}
	}
	for _, name := range []string{"", "-", ".exe", "/", "vim", "bash2", "ba sh"} {
		if s, ok := Lookup(name); ok {
			t.Errorf("%q is %s", name, s.Name)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	var names []string
	for _, s := range All() {
		names = append(append(names, s.Name), s.Aliases...)
		if strings.Count(s.Eval, Placeholder) != 1 {
			t.Errorf("%s: Eval has no place for the command: %q", s.Name, s.Eval)
		}
	}
	for i, n := range names {
		if n != strings.ToLower(n) || slices.Contains(names[:i], n) {
			t.Errorf("%q is not in lower case, or there twice", n)
		}
	}
}

func TestLine(t *testing.T) {
	for name, want := range map[string]string{
		"bash": `eval "$(awsmfa env prod)"`, "zsh": `eval "$(awsmfa env prod)"`, "sh": `eval "$(awsmfa env prod)"`,
		"ksh": `eval "$(awsmfa env prod)"`, "mksh": `eval "$(awsmfa env prod)"`,
		"fish":   "awsmfa env prod | source",
		"pwsh":   "Invoke-Expression (awsmfa env prod)",
		"cmd":    `(for /f "delims=" %i in ('awsmfa env prod') do @%i)`,
		"tcsh":   "eval `awsmfa env prod`",
		"elvish": "eval (awsmfa env prod | slurp)",
		"nu":     "awsmfa env prod | from json | load-env",
		"xonsh":  "execx($(awsmfa env prod))",
		"json":   "awsmfa env prod", "dotenv": "awsmfa env prod",
	} {
		s, ok := Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		if got := s.Line("awsmfa env prod"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got, want := cmd().Line(`"C:\a b\awsmfa.exe" env "x y"`),
		`(for /f "delims=" %i in ('""C:\a b\awsmfa.exe" env "x y""') do @%i)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// docs/shells.md has each shell in a heading, and its line.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "shells.md"))
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, heading := range regexp.MustCompile("(?m)^## .*$").FindAllString(string(page), -1) {
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(heading, -1) {
			s, _ := Lookup(word)
			described[s.Name] = true
		}
	}
	for _, s := range All() {
		if line := s.Line("awsmfa env prod"); !described[s.Name] || !strings.Contains(string(page), "\n"+line) {
			t.Errorf("%s: no heading of docs/shells.md names it, or %s is not there", s.Name, line)
		}
		line := s.InitLine("awsmfa init " + s.Name)
		if _, ok := s.Init(InitOptions{}); ok && !strings.Contains(string(page), "\n"+line) {
			t.Errorf("docs/shells.md does not have the line %s", line)
		}
	}
}

// In a start-up file of PowerShell the path of a program is in ASCII.
func TestStartUpCommand(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "'/山 田/a' init",
		"pwsh": "& ('/'+[char]0x5c71+' '+[char]0x7530+'/a') init",
	} {
		s, _ := Lookup(shell)
		if got, err := s.StartUpCommand("/山 田/a", "init"); got != want || err != nil {
			t.Errorf("%s: %s, %v", shell, got, err)
		}
	}
}

func TestWord(t *testing.T) {
	for _, test := range []struct{ shell, arg, want string }{ // "" is a refusal
		{"bash", "prod", "prod"},
		{"bash", "--shell", "--shell"},
		{"bash", "a/b.c_d-e", "a/b.c_d-e"},
		{"bash", "my prod", "'my prod'"},
		{"bash", "", "''"},
		{"bash", "it's", `'it'\''s'`},
		{"bash", "a!b", `'a'\!'b'`},
		{"bash", "a\nb", ""},
		{"bash", "\xff", ""},
		{"fish", `it's \`, `'it\'s \\'`},
		{"pwsh", "my prod", "'my prod'"},
		{"pwsh", "-a.b", "'-a.b'"},
		{"pwsh", "it's", "'it''s'"},
		{"pwsh", "x\u2019", "'x\u2019\u2019'"},
		{"pwsh", "a,b", "'a,b'"},
		{"pwsh", `say "hi"`, ""},
		{"pwsh", "", ""},
		{"pwsh", `a b\`, ""},
		{"pwsh", `C:\x`, `'C:\x'`},
		{"cmd", "my prod", `"my prod"`},
		{"cmd", "a&b", `"a&b"`},
		{"cmd", "a=b", `"a=b"`},
		{"cmd", "100%", ""},
		{"cmd", `"`, ""},
		{"cmd", `a\`, ""},
		{"tcsh", "a!b", `'a\!b'`},
		{"elvish", "it's", "'it''s'"},
		{"nu", "it's", `"it's"`},
		{"nu", "my prod", "'my prod'"},
		{"xonsh", "my prod", "'my prod'"},
		{"xonsh", "$x", ""},
		{"xonsh", "会社", `'\U00004f1a\U0000793e'`},
	} {
		s, ok := Lookup(test.shell)
		if !ok {
			t.Fatal(test.shell)
		}
		if got, err := s.Word(test.arg); got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: %q is %s, %v; want %s", test.shell, test.arg, got, err, test.want)
		}
	}
}

func TestFailure(t *testing.T) {
	for name, want := range map[string]string{
		"bash":   "false\n",
		"fish":   "false\n",
		"tcsh":   "false\n",
		"pwsh":   "& { $ErrorActionPreference='Stop'; throw 'awsmfa: it''s '+[char]0xe9+' x' }\n",
		"cmd":    "cmd /d /c exit 1\r\n",
		"elvish": "fail 'awsmfa: it''s é x'\n",
		"nu":     "{\"awsmfa\": \"it's \\u00e9 x\"\n",
		"xonsh":  `raise RuntimeError('awsmfa: it\'s \U000000e9 x')` + "\n",
		"json":   "",
		"dotenv": "",
	} {
		s, ok := Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		if got := s.Failure("it's é\nx"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestJSONIsReadBackAsItWas(t *testing.T) {
	s := jsonFormat()
	vars := append(expressible(t, s, hostile()), Var{Name: "GONE", Unset: true})
	text, err := s.Render(vars)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]*string
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for _, v := range vars {
		p, ok := got[v.Name]
		if !ok || v.Unset != (p == nil) || p != nil && *p != v.Value {
			t.Errorf("%q was not read back", v.Value)
		}
	}
}
