package cli_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// A promptShell is how a person's shell is started for the function, and how it records that it is ready before each
// prompt. Its line for the start-up file follows.
type promptShell struct {
	argv  []string
	setup []string
	show  string // records the variables in the file OUT
	// code records the exit code of the command before. It is "" for a shell that has none, or that Ctrl-C at awsmfa's
	// question interrupts, too: then the exit code is its own.
	code string
	// history is the file of the commands typed, below the home directory, "" if none is written before the shell ends.
	history string
}

var promptShells = map[string]promptShell{
	"bash": {
		argv:    []string{"bash", "--noprofile", "--norc"},
		setup:   []string{`HISTFILE=~/history`, `PROMPT_COMMAND='history -a; echo ready >>"$OUT"'`},
		show:    `show x >>"$OUT"`,
		code:    `echo "code $?" >>"$OUT"`,
		history: "history",
	},
	"bash3.2": {
		argv:    []string{"bash3.2", "--noprofile", "--norc"},
		setup:   []string{`HISTFILE=~/history`, `PROMPT_COMMAND='history -a; echo ready >>"$OUT"'`},
		show:    `show x >>"$OUT"`,
		history: "history",
	},
	"zsh": {
		argv: []string{"zsh", "-f"},
		setup: []string{
			`HISTFILE=~/history HISTSIZE=100 SAVEHIST=100; setopt inc_append_history`,
			`autoload -Uz compinit; compinit -u -D`, `precmd() { echo ready >>"$OUT"; }`,
		},
		show:    `show x >>"$OUT"`,
		history: "history",
	},
	"ksh": {
		argv:    []string{"ksh", "-E"},
		setup:   []string{`PS1='$(echo ready >>"$OUT")> '`},
		show:    `show x >>"$OUT"`,
		history: ".sh_history",
	},
	"mksh": {
		argv:    []string{"mksh"},
		setup:   []string{`HISTFILE=~/history`, `PS1='$(echo ready >>"$OUT")> '`},
		show:    `show x >>"$OUT"`,
		code:    `echo "code $?" >>"$OUT"`,
		history: "history",
	},
	"fish": {
		argv:    []string{"fish"},
		setup:   []string{`function ready --on-event fish_prompt; echo ready >>$OUT; end`},
		show:    `show x >>$OUT`,
		code:    `echo "code $status" >>$OUT`,
		history: "fish/fish_history",
	},
	"elvish": {
		argv:  []string{"elvish", "-norc"},
		setup: []string{`set edit:before-readline = [$@edit:before-readline { echo ready >>$E:OUT }]`},
		show:  `e:show x >>$E:OUT`,
	},
	"tcsh": {
		argv:  []string{"tcsh", "-f"},
		setup: []string{`set backslash_quote; unset autolist; unset correct`, `alias precmd 'echo ready >>$OUT'`},
		show:  `show x >>$OUT`,
	},
	"nu": {
		argv:  []string{"nu"},
		setup: []string{`$env.config.hooks.pre_prompt = [{ "ready\n" | save --append $env.OUT }]`},
		show:  `^show x | save --append $env.OUT`,
		code:  `$"code ($env.LAST_EXIT_CODE)\n" | save --append $env.OUT`,
	},
	"xonsh": {
		argv:  []string{"xonsh", "--no-rc", "--shell-type", "readline"},
		setup: []string{`@events.on_pre_prompt`, `def ready(): open($OUT, "a").write("ready\n")`, ``},
		show:  `show x >> $OUT`,
		code:  `echo code $LAST_RETURN_CODE >> $OUT`,
	},
}

// prompt is a shell that has loaded the function.
type prompt struct {
	*typing
	shell promptShell
	w     *world
}

func sitAtPrompt(t *testing.T, name string, environ ...string) *prompt {
	t.Helper()
	p := promptShells[name]
	w := inWorld(t)
	l, _ := shelltest.For(name)
	shell, ok := shells.Lookup(l.Shell)
	if !ok {
		t.Fatal(name)
	}
	environ = append(slices.DeleteFunc(inShell(t, w), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		// SECRET, because xonsh stores the variables it starts with; the others are those of sitAtShell
		return slices.Contains([]string{"PATH", "HOME", "XDG_DATA_HOME", "SECRET"}, name)
	}), environ...)
	setup := slices.Clone(p.setup)
	if name == "nu" {
		dir := filepath.Join(w.home, "nushell", "vendor", "autoload")
		text, err := os.ReadFile(savedInit(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "awsmfa.nu"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		setup = slices.Insert(setup, len(setup)-1, shell.InitLine("awsmfa init "+shell.Name))
	}
	s := sitAtShell(t, typingShell{argv: p.argv, setup: setup}, w.home, environ...)
	return &prompt{s, p, w}
}

// enters types a line and waits for the next prompt.
func (p *prompt) enters(line string) {
	p.t.Helper()
	p.types(line + "\r")
	p.recorded("", "ready\n")
}

// waits waits until the terminal shows a text after the first n bytes.
func (p *prompt) waits(n int, text string) {
	p.t.Helper()
	for late := time.Now().Add(longest); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(p.screen()[n:], text) {
			return
		}
	}
	p.t.Fatalf("the terminal never showed %q, but %q", text, p.screen()[n:])
}

// profile is the profile of the shell's session.
func (p *prompt) profile() string {
	p.t.Helper()
	p.types(p.shell.show + "\r")
	profile, session := "", false
	for _, line := range strings.Split(p.recorded("arg x\n", "ready\n"), "\n") {
		if name, ok := strings.CutPrefix(line, "AWSMFA_PROFILE="); ok {
			profile = name
		}
		session = session || strings.HasPrefix(line, "AWS_SECRET_ACCESS_KEY=")
	}
	if session != (profile != "") {
		p.t.Errorf("profile %q with a session: %v", profile, session)
	}
	return profile
}

// At each shell's prompt a person sets the session of a profile, chooses one, completes a name with Tab, goes back,
// interrupts the question for a code, and logs out. Neither the terminal nor a file of the shell ever has a secret.
func TestFunctionAtThePrompt(t *testing.T) {
	t.Parallel()
	for name := range promptShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, ok := shelltest.For(name)
			if !ok {
				t.Fatal(name)
			}
			l.Need(t)
			p := sitAtPrompt(t, name)
			check := func(want string) {
				t.Helper()
				if got := p.profile(); got != want {
					t.Errorf("the profile is %q, not %q; the terminal shows %q", got, want, p.screen())
				}
			}
			n := len(p.screen())
			p.types("mfa prod\r")
			p.waits(n, "MFA code for prod")
			p.types("12\x03")
			p.waits(n, "interrupted")
			time.Sleep(300 * time.Millisecond) // tcsh runs no code before this prompt
			if p.shell.code != "" {
				p.types(p.shell.code + "\r")
				if got := p.recorded("code ", "ready\n"); !strings.Contains(got, "code 130\n") {
					t.Errorf("the exit code of what was interrupted: %q, %q", got, p.screen())
				}
			}
			check("")

			n = len(p.screen())
			p.types("mfa prod\r")
			p.waits(n, "MFA code for prod")
			p.types("\x1a") // stops nothing: most shells could not continue it
			time.Sleep(300 * time.Millisecond)
			p.types(p.w.aws.FreshCode(p.w.phone.Serial) + "\r")
			p.recorded("", "ready\n")
			p.waits(n, "lasts until")
			check("prod")

			n = len(p.screen())
			p.types("mfa\r")
			p.waits(n, "prod")
			p.types("dev")
			time.Sleep(500 * time.Millisecond) // fzf looks for it meanwhile
			p.enters("")
			check("dev")

			// Another command of awsmfa asks, and its child reads the terminal.
			n = len(p.screen())
			p.types("mfa exec dev --refresh -- head -n1\r")
			p.waits(n, "MFA code for dev")
			p.types(p.w.aws.FreshCode(p.w.phone.Serial) + "\r")
			p.waits(n, "lasts until")
			p.enters("typed")
			p.waits(n, "typed\r\ntyped\r\n")
			check("dev")

			if _, completes := typingShells[name]; completes {
				p.types("mfa -p pro\t")
				time.Sleep(300 * time.Millisecond)
				p.enters("")
				check("prod")
				p.enters("mfa -")
				check("dev")
			}
			p.enters("mfa -")
			check("prod")
			p.enters("mfa nobody")
			check("prod")
			n = len(p.screen())
			p.enters("mfa status")
			p.waits(n, `profile "prod": session `)
			n = len(p.screen())
			p.enters("mfa --help")
			p.waits(n, "Usage: mfa ")
			p.noSecret()
			p.enters("mfa logout")
			check("")
		})
	}
}

// noSecret checks the terminal, and all files below the home directory but those of AWS and the cache.
func (p *prompt) noSecret() {
	p.t.Helper()
	secrets := p.w.secrets("")
	if len(secrets) < 2 {
		p.t.Fatal("there is no session")
	}
	typed := false
	err := filepath.WalkDir(p.w.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".aws" || d.Name() == "awsmfa") {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, s := range secrets {
			if strings.Contains(string(text), s) {
				p.t.Errorf("%s has a secret", path)
			}
		}
		typed = typed || strings.HasSuffix(path, p.shell.history) && strings.Contains(string(text), "mfa prod")
		return err
	})
	if err != nil {
		p.t.Error(err)
	}
	if p.shell.history != "" && !typed {
		p.t.Error("no history has what was typed")
	}
	for _, s := range secrets {
		if strings.Contains(p.screen(), s) {
			p.t.Error("the terminal shows a secret")
		}
	}
}

// Every shell that has a function is tested at its prompt, and with what shows the commands that it runs. Those are
// named that have no such thing, or show it all the same, and PowerShell, which has tests of its own.
func TestEveryFunctionIsProved(t *testing.T) {
	t.Parallel()
	const atNoPrompt, shown = " sh pwsh ", " tcsh elvish nu xonsh pwsh "
	for _, s := range shells.All() {
		if _, ok := s.Init(shells.InitOptions{}); !ok {
			continue
		}
		if promptShells[s.Name].argv == nil && !strings.Contains(atNoPrompt, " "+s.Name+" ") {
			t.Errorf("no test uses the function at the prompt of %s", s.Name)
		}
		l, ok := shelltest.For(s.Name)
		if !ok || tracings[l.Name] == nil && !strings.Contains(shown, " "+s.Name+" ") {
			t.Errorf("no test traces the function in %s", s.Name)
		}
		if s.HasPrompt() && hookShells[s.Name].argv == nil {
			t.Errorf("no test uses the hook of %s", s.Name)
		}
	}
}

// With a cached session the function, which names its shell, starts no process and looks at none. (The bare line looks
// for its shell, so that would be seen.)
func TestFunctionLooksAtNoProcess(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		shelltest.NotInstalled(t, "strace")
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	w := inWorld(t)
	environ := append(inShell(t, w), w.codes(t, 1)...)
	environ = append(environ, "PATH="+os.Getenv("PATH"))
	looked := func(args ...string) (other, started bool) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "calls")
		cmd := exec.Command("strace", append([]string{
			"-f", "-o", file, "-e", "trace=openat,readlink,readlinkat,fork,vfork,execve", filepath.Join(dir, "awsmfa"),
		}, args...)...)
		cmd.Dir, cmd.Env = w.home, environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		calls, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`"/proc/\d`).Match(calls), strings.Count(string(calls), "execve(") > 1
	}
	looked("env", "prod", "--shell", "bash")
	if other, started := looked("function", "bash", "mfa", "--", "prod"); other || started {
		t.Errorf("it looks at other processes: %v, and starts one: %v", other, started)
	}
	if other, _ := looked("env", "prod"); !other {
		t.Error("the bare line does not look for its shell")
	}
}

// The function runs the program that printed it, even if that is not on the PATH and its directory has a space and
// letters beyond ASCII in its name. The line of --install loads it.
func TestFunctionOffPath(t *testing.T) {
	t.Parallel()
	for _, l := range functionShells() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			u := unpacked(t, w, l)
			dir := filepath.Dir(u.path)
			if err := os.Rename(dir, dir+" 山田"); err != nil {
				t.Fatal(err)
			}
			u.path = filepath.Join(dir+" 山田", filepath.Base(u.path))
			u.environ = append(u.environ, "ENV="+filepath.Join(w.home, ".env"))
			file := u.said(t, `awsmfa: (?:added to )?(/\S+?)(?:;| was written;)`, "init", l.Shell, "--install", "--yes")
			load, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := l.Run(t, w.home, u.environ, strings.Join([]string{
				l.Strict, string(load),
				"mfa prod", "envdump prod", "mfa status", "mfa exec dev -- envdump exec", "mfa -h", "",
			}, "\n"))
			for label, profile := range map[string]string{"prod": "prod", "exec": "dev"} {
				if d, ran := r.Dump(label); !ran || d.Env["AWSMFA_PROFILE"] != profile {
					t.Errorf("%s (ran: %v): %v", label, ran, ofAWS(d.Env))
				}
			}
			if r.Code != 0 || !strings.Contains(r.Stdout, `profile "prod": session `) ||
				!strings.Contains(r.Stdout, "Usage: mfa ") {
				t.Errorf("exit code %d, printed %q, said %q", r.Code, r.Stdout, r.Stderr)
			}
		})
	}
}

// After awsmfa was removed, a new fish says nothing, and Tab offers and prints nothing in a window that is open.
func TestFishWithoutTheProgram(t *testing.T) {
	t.Parallel()
	l, _ := shelltest.For("fish")
	l.Need(t)
	fish, _ := shells.Lookup("fish")
	r := l.Run(t, t.TempDir(), nil, strings.Join([]string{
		"set -gx PATH " + t.TempDir(), fish.InitLine("awsmfa init fish"),
		"source " + savedInit(t, "fish"), "complete -C 'mfa '", "",
	}, "\n"))
	if r.Stdout != "" || r.Stderr != "" {
		t.Errorf("printed %q, said %q", r.Stdout, r.Stderr)
	}
}
