package cli_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/completions"
	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// A typingShell is a shell at whose prompt a person types. Its start-up code loads the completion, makes the command
// that is entered record its words in the file OUT (completion itself runs the program), and records there that it is
// ready, before each prompt.
type typingShell struct {
	argv   []string
	setup  []string
	quotes string // the quotes that a word may begin with
	accept bool   // Enter may only accept the candidate that Tab shows
}

var bashSetup = []string{
	`eval "$(awsmfa completion bash)"`,
	`complete -W "green gray" gg`, `cc() { COMPREPLY=("${COMP_LINE// /_},$COMP_POINT,$COMP_CWORD,$1,$2,$3"); }`,
	`complete -o filenames -F cc cc`,
	`complete -C "does out=xyz" dd`,
	`awsmfa() { show "$@" >>"$OUT"; }`,
	`PROMPT_COMMAND='echo ready >>"$OUT"'`,
}

var typingShells = map[string]typingShell{
	"bash":    {argv: []string{"bash", "--noprofile", "--norc"}, setup: bashSetup, quotes: `'"`},
	"bash3.2": {argv: []string{"bash3.2", "--noprofile", "--norc"}, setup: bashSetup, quotes: `'"`},
	"zsh": {
		argv: []string{"zsh", "-f"},
		setup: []string{
			`autoload -Uz compinit; compinit -u -D`, `source <(awsmfa completion zsh)`,
			`compdef '_arguments "*:color:(green gray)"' gg`,
			`awsmfa() { show "$@" >>"$OUT"; }`,
			`precmd() { echo ready >>"$OUT"; }`,
		},
		quotes: `'"`,
	},
	"fish": {
		argv: []string{"fish", "--no-config"},
		setup: []string{
			`awsmfa completion fish | source`,
			`complete -c gg -f -a 'green gray'`,
			`function awsmfa; show $argv >>$OUT; end`,
			`function ready --on-event fish_prompt; echo ready >>$OUT; end`,
		},
		quotes: `'"`,
	},
	"elvish": {
		argv: []string{"elvish", "-norc"},
		setup: []string{
			`eval (awsmfa completion elvish | slurp)`,
			`set edit:completion:arg-completer[gg] = {|@w| put green gray }`,
			`fn awsmfa {|@a| e:show $@a >>$E:OUT }`,
			`set edit:before-readline = [$@edit:before-readline { echo ready >>$E:OUT }]`,
		},
		quotes: `'"`,
		accept: true,
	},
	"tcsh": {
		argv: []string{"tcsh", "-f"},
		setup: []string{
			`set backslash_quote; unset autolist; unset correct`,
			`awsmfa completion tcsh >c.tcsh; source c.tcsh`,
			`complete gg 'c/--/(one two)/' 'n/-f/f/' 'n/{-x,-y}/(xy)/' 'N/-z/x:nothing/' 'p@2-3@` + "`" +
				`echo z_$COMMAND_LINE:as/ /_/` + "`" + `@' 'p/*/(green gray)/'`,
			`alias awsmfa 'show \!* >>$OUT'`,
			`alias precmd 'echo ready >>$OUT'`,
		},
		quotes: `'`,
	},
}

// programmedShells are asked by a program for the completion of lines.
var programmedShells = []string{"pwsh", "nu", "xonsh"}

// hostileNames are names of profiles, each with a beginning that no shell interprets.
var hostileNames = map[string]string{
	"my":   "my profile",
	"it":   "it's",
	"he":   `he said "no"`,
	"aa":   "aa:bb=cc",
	"mail": "mail@example.com",
	"v":    "v$HOME",
	"cm":   "cm`id`$(id)",
	"we":   "we!rd*?[x]{y}",
	"ba":   `ba\ck`,
	"se":   "se;mi&<|>",
	"ti":   "ti~",
	"本":    "本番 環境",
}

// writeHostileNames writes a config file with hostileNames, prod and a few others.
func writeHostileNames(t *testing.T, dir string) {
	t.Helper()
	var config strings.Builder
	for _, name := range append(slices.Collect(maps.Values(hostileNames)), "prod", "p1", "p2") {
		config.WriteString("[profile " + name + "]\nregion = us-east-1\n")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// typing is a shell on a terminal.
type typing struct {
	t      *testing.T
	person *os.File
	out    string
	accept bool

	mu   sync.Mutex
	seen bytes.Buffer
}

// sitAtShell starts a shell on a terminal, in a home directory and with variables of its own.
func sitAtShell(t *testing.T, shell typingShell, home string, environ ...string) *typing {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &typing{t: t, out: filepath.Join(home, "out"), accept: shell.accept}
	var program *os.File
	s.person, program = openTerminal(t)
	size := &unix.Winsize{Col: 200, Row: 50}
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell.argv[0], shell.argv[1:]...)
	cmd.Dir = home
	cmd.Env = append([]string{
		"HOME=" + home, "OUT=" + s.out, "PATH=" + dir + ":" + os.Getenv("PATH"), "TERM=xterm",
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_STATE_HOME=" + home,
	}, environ...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := s.person.Read(buf)
			s.mu.Lock()
			s.seen.Write(buf[:n])
			s.mu.Unlock()
			if bytes.Contains(buf[:n], []byte("\x1b[6n")) { // where is the cursor?
				s.person.WriteString("\x1b[1;1R")
			}
			if err != nil {
				return
			}
		}
	}()
	for i, line := range shell.setup {
		s.types(line + "\r")
		if i == len(shell.setup)-1 {
			s.recorded("", "ready\n")
		}
	}
	return s
}

func (s *typing) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

func (s *typing) types(text string) {
	s.t.Helper()
	if _, err := s.person.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// recorded waits until OUT has a text and ends with another, and returns and empties it.
func (s *typing) recorded(has, end string) string {
	s.t.Helper()
	for late := time.Now().Add(longest); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		out, err := os.ReadFile(s.out)
		if err == nil && strings.Contains(string(out), has) && strings.HasSuffix(string(out), end) {
			time.Sleep(50 * time.Millisecond) // the prompt follows
			if err := os.Remove(s.out); err != nil {
				s.t.Fatal(err)
			}
			return string(out)
		}
	}
	s.t.Fatalf("the shell recorded nothing; the terminal shows %q", s.screen())
	return ""
}

// words types a line, Tab and Enter, and returns the words that awsmfa got.
func (s *typing) words(line string) (words []string) {
	s.t.Helper()
	s.types(line + "\t")
	time.Sleep(20 * time.Millisecond)
	s.types("\r")
	if s.accept {
		time.Sleep(400 * time.Millisecond)
		if _, err := os.Stat(s.out); err != nil {
			s.types("\r")
		}
	}
	for _, line := range strings.Split(s.recorded("arg ", "ready\n"), "\n") {
		if word, ok := strings.CutPrefix(line, "arg "); ok {
			words = append(words, word)
		}
	}
	return words
}

// At each shell's prompt Tab inserts commands, flags, values and profiles, and each is one word for the shell, whatever
// is in its name. After exec's -- it completes the command as if it stood alone.
func TestCompletionAtThePrompt(t *testing.T) {
	t.Parallel()
	for name, shell := range typingShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, ok := shelltest.For(name)
			if !ok {
				t.Fatal(name)
			}
			l.Need(t)
			home := t.TempDir()
			writeHostileNames(t, filepath.Join(home, ".aws"))
			if err := os.WriteFile(filepath.Join(home, "team x.ini"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			s := sitAtShell(t, shell, home)
			check := func(line string, want ...string) {
				t.Helper()
				if got := s.words(line); !slices.Equal(got, want) {
					t.Errorf("%s: the words are %q, not %q", line, got, want)
				}
			}
			check("awsmfa dev", "device")
			check("awsmfa device rem", "device", "remove")
			check("awsmfa env --uns", "env", "--unset")
			check("awsmfa policy --partition aws-c", "policy", "--partition", "aws-cn")
			check("awsmfa env --shell=el", "env", "--shell=elvish")
			check("awsmfa completion fi", "completion", "fish")
			check("awsmfa env pro", "env", "prod")
			check("awsmfa env nosuch", "env", "nosuch")
			for begin, profile := range hostileNames {
				if name == "tcsh" && strings.ContainsAny(profile, " *~") { // it would split or expand them
					check("awsmfa env "+begin, "env", begin)
					continue
				}
				check("awsmfa env "+begin, "env", profile)
				check("awsmfa env --profile="+begin, "env", "--profile="+profile)
				for _, quote := range shell.quotes {
					check("awsmfa exec -p "+string(quote)+begin, "exec", "-p", profile)
				}
			}
			if name != "tcsh" && name != "bash3.2" {
				check("awsmfa profile import te", "profile", "import", "team x.ini")
				check("awsmfa device add --qr-png ./te", "device", "add", "--qr-png", "./team x.ini")
			}
			check("awsmfa exec prod -- gg gre", "exec", "prod", "--", "gg", "green")
			check("awsmfa exec prod -- authenticat", "exec", "prod", "--", "authenticator")
			if name == "tcsh" { // each kind of rule
				check("awsmfa exec -- gg a b c d e gre", "exec", "--", "gg", "a", "b", "c", "d", "e", "green")
				check("awsmfa exec -- gg --on", "exec", "--", "gg", "--one")
				check("awsmfa exec -- gg -y x", "exec", "--", "gg", "-y", "xy")
				check("awsmfa exec -- gg -z a gr", "exec", "--", "gg", "-z", "a", "gr")
				check("awsmfa exec -- gg a b z_", "exec", "--", "gg", "a", "b", "z_gg_a_b_z_")
				check("awsmfa exec -- gg -f .aw", "exec", "--", "gg", "-f", ".aws/config")
				check("awsmfa exec -- ls .aws/c", "exec", "--", "ls", ".aws/config")
			}
			if l.Shell == "bash" {
				check("awsmfa env aa:", "env", "aa:bb=cc")
				check("awsmfa env aa:bb=", "env", "aa:bb=cc")
				check("awsmfa exec prod -- dd x", "exec", "prod", "--", "dd", "xyz")
				check("awsmfa exec -- cc one tw", "exec", "--", "cc", "one", "cc_one_tw,9,2,cc,tw,one")
			}
			if name == "bash" { // 3.2 completes nothing behind an assignment
				check("FOO=1 awsmfa exec -- cc one tw", "exec", "--", "cc", "one", "cc_one_tw,9,2,cc,tw,one")
			}
		})
	}
}

// Every shell that has a script is tested.
func TestEveryCompletionIsProved(t *testing.T) {
	t.Parallel()
	for _, name := range completions.Shells() {
		if _, typed := typingShells[name]; !typed && !slices.Contains(programmedShells, name) {
			t.Errorf("no test completes in %s", name)
		}
	}
}

// A completedLine is a line up to the cursor, and the words of the command after the only candidate is inserted; nil if
// there is none.
type completedLine struct {
	line string
	want []string
}

// completedLines returns lines for a shell that is asked by a program.
func completedLines(t *testing.T, shell shells.Shell) (all []completedLine) {
	t.Helper()
	add := func(line string, want ...string) { all = append(all, completedLine{line, want}) }
	add("awsmfa dev", "device")
	add("awsmfa device rem", "device", "remove")
	add("awsmfa env --uns", "env", "--unset")
	add("awsmfa policy --partition aws-c", "policy", "--partition", "aws-cn")
	add("awsmfa env --shell=el", "env", "--shell=elvish")
	add("awsmfa env --refresh pro", "env", "--refresh", "prod")
	file := "own.cfg"
	if shell.Name == "pwsh" {
		file = "./" + file
	}
	add("awsmfa profile import ow", "profile", "import", file)
	for begin, name := range hostileNames {
		if _, err := shell.Word(name); err != nil {
			add("awsmfa env " + begin)
			continue
		}
		add("awsmfa env "+begin, "env", name)
		add("awsmfa env --profile="+begin, "env", "--profile="+name)
		if shell.Name != "nu" { // it finds no completer in a script with quotes that are not closed
			add("awsmfa exec -p '"+begin, "exec", "-p", name)
			add(`awsmfa exec -p "`+begin, "exec", "-p", name)
		}
	}
	return all
}

// completing are scripts that complete the lines of the file "lines", and run each with envdump in place of awsmfa.
var completing = map[string]string{
	"pwsh": `
awsmfa completion pwsh | Out-String | Invoke-Expression
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Register-ArgumentCompleter -Native -CommandName gg -ScriptBlock {
  param($word) 'green', 'gray' | Where-Object { $_ -like "$word*" }
}
foreach ($line in [IO.File]::ReadAllLines("$PWD/lines")) {
  $r = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
  if ($r.CompletionMatches.Count -eq 1) {
    $line = $line.Remove($r.ReplacementIndex, $r.ReplacementLength).Insert($r.ReplacementIndex,
      $r.CompletionMatches[0].CompletionText)
    Invoke-Expression ($line -replace '^awsmfa', 'envdump')
  } else { envdump none }
}
`,
	"xonsh": `
execx($(awsmfa completion xonsh))
from xonsh.completer import Completer
from xonsh.completers.completer import add_one_completer
from xonsh.completers.tools import contextual_command_completer_for
@contextual_command_completer_for("gg")
def gg(context):
    return {w for w in ("green", "gray") if w.startswith(context.prefix)}
add_one_completer("gg", gg, "start")
for line in open("lines", encoding="utf-8").read().splitlines():
    found, length = Completer().complete_line(line)
    if len(found) == 1:
        length = getattr(found[0], "prefix_len", None) or length
        execx("envdump" + (line[:len(line) - length] + found[0])[len("awsmfa"):] + "\n")
    else:
        envdump none
`,
}

// PowerShell and xonsh complete lines for a program that asks them.
func TestCompletionForPrograms(t *testing.T) {
	t.Parallel()
	for name, script := range completing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, ok := shelltest.For(name)
			if !ok {
				t.Fatal(name)
			}
			l.Need(t)
			shell, ok := shells.Lookup(name)
			if !ok {
				t.Fatal(name)
			}
			lines := completedLines(t, shell)
			lines = append(lines,
				completedLine{"awsmfa exec prod -- gg gre", []string{"exec", "prod", "--", "gg", "green"}})
			dir := t.TempDir()
			var text strings.Builder
			for _, c := range lines {
				text.WriteString(c.line + "\n")
			}
			if err := os.WriteFile(filepath.Join(dir, "lines"), []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			r := l.Run(t, dir, completionEnviron(t, dir), script)
			if len(r.Dumps) != len(lines) {
				t.Fatalf("%d of %d lines: %s%s", len(r.Dumps), len(lines), r.Stdout, r.Stderr)
			}
			for i, c := range lines {
				want := c.want
				if want == nil {
					want = []string{"none"}
				}
				if !slices.Equal(r.Dumps[i].Args, want) {
					t.Errorf("%s: the words are %q, not %q", c.line, r.Dumps[i].Args, want)
				}
			}
		})
	}
}

func completionEnviron(t *testing.T, dir string) []string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	writeHostileNames(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "own.cfg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + bin, "AWS_CONFIG_FILE=" + filepath.Join(dir, "config")}
}

// Nushell completes lines for an editor that asks it.
func TestCompletionInNu(t *testing.T) {
	t.Parallel()
	l, ok := shelltest.For("nu")
	if !ok {
		t.Fatal("no nu")
	}
	l.Need(t)
	shell, ok := shells.Lookup("nu")
	if !ok {
		t.Fatal("no nu")
	}
	dir := t.TempDir()
	env := completionEnviron(t, dir)
	if r := l.Run(t, dir, env, "awsmfa completion nu | save c.nu\n"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	environ := append(os.Environ(), env[1], env[0]+":"+os.Getenv("PATH"), "HOME="+dir)
	var script strings.Builder
	lines := completedLines(t, shell)
	for _, c := range lines {
		text := "source c.nu\n" + c.line
		if err := os.WriteFile(filepath.Join(dir, "line.nu"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("nu", "--no-config-file", "--ide-complete", strconv.Itoa(len(text)), "line.nu")
		cmd.Dir, cmd.Env = dir, environ
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		// It is no JSON where a candidate has quotation marks.
		only := regexp.MustCompile(`\A\{"completions": \["(.*)"\]\}\s*\z`).FindStringSubmatch(string(out))
		if only == nil || strings.Contains(only[1], `", "`) {
			script.WriteString("envdump none\n")
			continue
		}
		before := c.line[:strings.LastIndex(c.line, " ")+1]
		script.WriteString("envdump" + strings.TrimPrefix(before, "awsmfa") + only[1] + "\n")
	}
	r := l.Run(t, dir, nil, script.String())
	if len(r.Dumps) != len(lines) {
		t.Fatalf("%d of %d lines: %s%s", len(r.Dumps), len(lines), r.Stdout, r.Stderr)
	}
	for i, c := range lines {
		want := c.want
		if want == nil {
			want = []string{"none"}
		}
		if !slices.Equal(r.Dumps[i].Args, want) {
			t.Errorf("%s: the words are %q, not %q", c.line, r.Dumps[i].Args, want)
		}
	}
}

// After exec's -- Nushell asks the person's own completer for the command's words. Nushell 0.116 gives a completer a
// record, earlier ones a list; the person's completer may be written for either in 0.116.
func TestCompletionOfTheCommandInNu(t *testing.T) {
	t.Parallel()
	l, ok := shelltest.For("nu")
	if !ok {
		t.Fatal("no nu")
	}
	dir := t.TempDir()
	env := completionEnviron(t, dir)
	load := "source " + filepath.Join(dir, "c.nu") + "\n"
	if r := l.Run(t, dir, env, "awsmfa completion nu | save c.nu\n"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	const (
		list   = "[awsmfa exec prod -- tool sub wo]"
		record = "{command: " + list + ", cursor: 29, target: {start: 27, end: 29}, kind: external-arg}"
	)
	for _, test := range []struct{ completer, place string }{
		{`{|spans| [($spans | str join "+")] }`, list},
		{`{|spans| [($spans | str join "+")] }`, record},
		{`{|spans: list<string>| [($spans | str join "+")] }`, record},
		{`{|place| [($place.command | str join "+")] }`, record},
	} {
		r := l.Run(t, dir, env, load+"$env.config.completions.external.completer = "+test.completer+
			"\nenvdump ...(nu-complete awsmfa "+test.place+")\n")
		if len(r.Dumps) != 1 || !slices.Equal(r.Dumps[0].Args, []string{"tool+sub+wo"}) {
			t.Errorf("%s of %s: %v, %s", test.completer, test.place, r.Dumps, r.Stderr)
		}
	}
	for _, place := range []string{list, record} {
		place = strings.Replace(place, "exec prod -- tool sub wo", "env pro", 1)
		r := l.Run(t, dir, env, load+"envdump ...(nu-complete awsmfa "+place+" | get value)\n")
		if len(r.Dumps) != 1 || !slices.Equal(r.Dumps[0].Args, []string{"prod"}) {
			t.Errorf("%s: %v, %s", place, r.Dumps, r.Stderr)
		}
	}
}
