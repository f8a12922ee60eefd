package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"awsmfa/completions"
	"awsmfa/internal/shelltest"
)

// A typingShell is a shell at whose prompt a person types. Its start-up code loads the completion, makes the command
// that is entered record its words in the file OUT (completion itself runs the program), and records there that it is
// ready, before each prompt.
type typingShell struct {
	argv   []string
	setup  []string
	quotes string // the quotes that a word may begin with
}

var typingShells = map[string]typingShell{
	"bash": {
		argv: []string{"bash", "--noprofile", "--norc"},
		setup: []string{
			`eval "$(awsmfa completion bash)"`,
			`complete -W "green gray" gg`, `cc() { COMPREPLY=("${COMP_LINE// /_},$COMP_POINT,$COMP_CWORD,$1,$2,$3"); }`,
			`complete -o filenames -F cc cc`,
			`complete -C "does out=xyz" dd`,
			`awsmfa() { show "$@" >>"$OUT"; }`,
			`PROMPT_COMMAND='echo ready >>"$OUT"'`,
		},
		quotes: `'"`,
	},
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
}

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

// typing is a shell on a terminal.
type typing struct {
	t      *testing.T
	person *os.File
	out    string

	mu   sync.Mutex
	seen bytes.Buffer
}

func sitAtShell(t *testing.T, shell typingShell) *typing {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	s := &typing{t: t, out: filepath.Join(home, "out")}
	var config strings.Builder
	for _, name := range hostileNames {
		config.WriteString("[profile " + name + "]\nregion = us-east-1\n")
	}
	for _, name := range []string{"prod", "p1", "p2"} {
		config.WriteString("[profile " + name + "]\nregion = us-east-1\n")
	}
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var program *os.File
	s.person, program = openTerminal(t)
	size := &unix.Winsize{Col: 200, Row: 50}
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell.argv[0], shell.argv[1:]...)
	cmd.Dir = home
	cmd.Env = []string{
		"HOME=" + home, "OUT=" + s.out, "PATH=" + dir + ":" + os.Getenv("PATH"), "TERM=xterm",
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_STATE_HOME=" + home,
	}
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
			if err != nil {
				return
			}
		}
	}()
	for i, line := range shell.setup {
		s.types(line + "\r")
		if i == len(shell.setup)-1 {
			s.recorded("ready\n")
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

// recorded waits until OUT ends with text, and returns and empties it.
func (s *typing) recorded(text string) string {
	s.t.Helper()
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		out, err := os.ReadFile(s.out)
		if err == nil && strings.HasSuffix(string(out), text) {
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
	for _, line := range strings.Split(s.recorded("ready\n"), "\n") {
		if word, ok := strings.CutPrefix(line, "arg "); ok {
			words = append(words, word)
		}
	}
	return words
}

// At each shell's prompt Tab inserts commands, flags, values and profiles, and each is one word for the shell, whatever
// is in its name. After exec's -- it completes the command as if it stood alone.
func TestCompletionAtThePrompt(t *testing.T) {
	for name, shell := range typingShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, ok := shelltest.For(name)
			if !ok {
				t.Fatal(name)
			}
			l.Need(t)
			s := sitAtShell(t, shell)
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
				check("awsmfa env "+begin, "env", profile)
				check("awsmfa env --profile="+begin, "env", "--profile="+profile)
				for _, quote := range shell.quotes {
					check("awsmfa exec -p "+string(quote)+begin, "exec", "-p", profile)
				}
			}
			check("awsmfa exec prod -- gg gre", "exec", "prod", "--", "gg", "green")
			check("awsmfa exec prod -- authenticat", "exec", "prod", "--", "authenticator")
			if name == "bash" {
				check("awsmfa env aa:", "env", "aa:bb=cc")
				check("awsmfa env aa:bb=", "env", "aa:bb=cc")
				check("awsmfa exec prod -- dd x", "exec", "prod", "--", "dd", "xyz")
				check("FOO=1 awsmfa exec -- cc one tw", "exec", "--", "cc", "one", "cc_one_tw,9,2,cc,tw,one")
			}
		})
	}
}

// Every shell that has a script is tested.
func TestEveryCompletionIsProved(t *testing.T) {
	t.Parallel()
	for _, name := range completions.Shells() {
		if _, typed := typingShells[name]; !typed {
			t.Errorf("no test completes in %s", name)
		}
	}
}
