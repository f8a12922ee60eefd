package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// A hookShell is a shell with the hook of init. Its start-up code makes each prompt record the exit code of the
// command before it and the segment in the file OUT; INIT is the line that loads the hook. set sets two variables.
type hookShell struct {
	argv    []string
	setup   []string
	file    string // where the start-up code is, "" if it is typed
	set     string
	failed  string            // fails with exit code 3
	mistake string            // the exit code of a command that fails with 1
	beside  map[string]string // the lines that load other programs' hooks
}

var bashHook = []string{
	`set -u`, `INIT`, `PROMPT_COMMAND="$PROMPT_COMMAND; "'echo "at $? [${AWSMFA_PROMPT-}] ready" >>"$OUT"; '`,
}

var hookShells = map[string]hookShell{
	"bash": {
		argv: []string{"bash", "--noprofile", "--norc"}, setup: bashHook,
		set: `export %s=%s %s=%s`, failed: "(exit 3)", mistake: "1",
		beside: map[string]string{
			"direnv":     `eval "$(direnv hook bash)"`,
			"starship":   `eval "$(starship init bash)"`,
			"oh-my-posh": `eval "$(oh-my-posh init bash --config ~/posh.json)"`,
		},
	},
	"bash3.2": {
		argv: []string{"bash3.2", "--noprofile", "--norc"}, setup: bashHook,
		set: `export %s=%s %s=%s`, failed: "(exit 3)", mistake: "1",
		beside: map[string]string{"direnv": `eval "$(direnv hook bash)"`},
	},
	"zsh": {
		argv: []string{"zsh", "-f"},
		setup: []string{
			`set -u`, `INIT`, `seen() { echo "at $? [${AWSMFA_PROMPT-}] ready" >>$OUT }`, `precmd_functions+=(seen)`,
		},
		set: `export %s=%s %s=%s`, failed: "(exit 3)", mistake: "1",
		beside: map[string]string{
			"direnv":        `eval "$(direnv hook zsh)"`,
			"starship":      `eval "$(starship init zsh)"`,
			"oh-my-posh":    `eval "$(oh-my-posh init zsh --config ~/posh.json)"`,
			"powerlevel10k": `source ~/p10k`,
		},
	},
	"fish": {
		argv: []string{"fish", "--no-config"},
		setup: []string{
			`function fish_prompt; echo '> '; end`, // its own starts programs
			`INIT`, `function seen --on-event fish_prompt; echo "at $status [$AWSMFA_PROMPT] ready" >>$OUT; end`,
		},
		set: `set -gx %s '%s'; set -gx %s '%s'; true`, failed: "sh -c 'exit 3'", mistake: "1",
		beside: map[string]string{
			"direnv":     `direnv hook fish | source`,
			"starship":   `starship init fish | source`,
			"oh-my-posh": `oh-my-posh init fish --config ~/posh.json | source`,
		},
	},
	"elvish": {
		argv: []string{"elvish", "-norc"},
		setup: []string{
			`set edit:after-command = [$@edit:after-command ` +
				`{|m| set-env CODE (if (eq $m[error] $nil) { put 0 } else { put 3 }) }]`,
			`INIT`,
			`set edit:before-readline = [$@edit:before-readline ` +
				`{ echo 'at '$E:CODE' ['$E:AWSMFA_PROMPT'] ready' >>$E:OUT }]`,
		},
		set: `set-env %s '%s'; set-env %s '%s'`, failed: "sh -c 'exit 3'", mistake: "3",
		beside: map[string]string{
			// Debian's direnv writes catch as an older Elvish does.
			"direnv":   `eval (direnv hook elvish | sed 's/except e/catch e/' | slurp)`,
			"starship": `eval (starship init elvish)`,
		},
	},
	"nu": {
		argv: []string{"nu", "--no-config-file", "--no-history", "--execute", "source setup.nu"},
		file: "setup.nu",
		setup: []string{
			`INIT`,
			`$env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt | append {|| ` +
				`$"at ($env.LAST_EXIT_CODE) [($env.AWSMFA_PROMPT? | default '')] ready\n" | save --append $env.OUT })`,
		},
		set: `$env.%s = '%s'; $env.%s = '%s'`, failed: "sh -c 'exit 3'", mistake: "1",
	},
	"pwsh": {
		argv: []string{"pwsh", "-NoProfile", "-NoLogo", "-NoExit", "-Command", ". ./setup.ps1"},
		file: "setup.ps1",
		setup: []string{
			`Set-StrictMode -Version Latest; Remove-Module PSReadLine`,
			`function prompt { $c = if ($?) { 0 } else { $global:LASTEXITCODE }; ` +
				`"at $c [$env:AWSMFA_PROMPT] ready" >>$env:OUT; 'PS> ' }`,
			`INIT`,
		},
		set: `$env:%s='%s'; $env:%s='%s'`, failed: "sh -c 'exit 3'", mistake: "1",
	},
}

// record is what a prompt records.
var record = regexp.MustCompile(`at (\d+) \[(.*)\] ready\n\z`)

// atPrompt types a line, and returns the exit code and the segment at the prompt after it.
func (s *typing) atPrompt(line string) (code, segment string) {
	s.t.Helper()
	s.types(line + "\r")
	m := record.FindStringSubmatch(s.recorded("at ", "ready\n"))
	if m == nil {
		s.t.Fatalf("%s: %q", line, s.screen())
	}
	return m[1], m[2]
}

// sitAtHook starts a shell whose start-up code loads the hook as often as INIT is there, for a user with the role
// "role".
func sitAtHook(t *testing.T, name string, shell hookShell, w *world, setup ...string) *typing {
	t.Helper()
	l, ok := shelltest.For(name)
	if !ok {
		t.Fatal(name)
	}
	l.Need(t)
	trust := fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount)
	role := w.aws.AddRole(fakeaws.Role{Name: "role", Trust: trust})
	config := "[profile prod]\nmfa_serial = " + w.phone.Serial + "\n" +
		"[profile role]\nrole_arn = " + role.ARN + "\nsource_profile = prod\n"
	if err := os.WriteFile(filepath.Join(w.home, ".aws", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	sh, ok := shells.Lookup(l.Shell)
	if !ok {
		t.Fatal(name)
	}
	setup = slices.Clone(setup)
	load := sh.Line("awsmfa init " + sh.Name + " --renew")
	if name == "nu" { // which reads its files before it runs a program
		dir, err := built()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(dir, "awsmfa"), "init", "nu", "--renew")
		cmd.Env = w.environ()
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		load = "source init.nu"
		if err := os.WriteFile(filepath.Join(w.home, "init.nu"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range setup {
		setup[i] = strings.ReplaceAll(setup[i], "INIT", load)
	}
	environ := append(w.codes(t, 1), inHookShell(w)...)
	if shell.file == "" {
		return sitAtShell(t, typingShell{argv: shell.argv, setup: setup}, w.home, environ...)
	}
	startUp := strings.Join(setup, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(w.home, shell.file), []byte(startUp), 0o600); err != nil {
		t.Fatal(err)
	}
	s := sitAtShell(t, typingShell{argv: shell.argv}, w.home, environ...)
	s.recorded("at ", "ready\n")
	return s
}

func (s *typing) checkPrompt(line, code, segment string) {
	s.t.Helper()
	gotCode, got := s.atPrompt(line)
	if m, _ := regexp.MatchString(`\A(?:`+segment+`)\z`, got); gotCode != code || !m {
		s.t.Errorf("%s: at the prompt %s [%s], not %s [%s]", line, gotCode, got, code, segment)
	}
}

func (p hookShell) setTwo(name1, value1, name2, value2 string) string {
	return fmt.Sprintf(p.set, name1, value1, name2, value2)
}

// At each prompt the segment shows the profile and how long its session lasts, and the exit code of the command before
// is kept. The end is said once. It may be loaded twice.
func TestPrompt(t *testing.T) {
	t.Parallel()
	for name, shell := range hookShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			s := sitAtHook(t, name, shell, w, append([]string{"INIT"}, shell.setup...)...)
			check, set := s.checkPrompt, shell.setTwo
			check("", "0", "")
			check("mfa prod", "0", `prod 1[12]h\d+m`)
			check(shell.failed, "3", `prod 1[12]h\d+m`)
			check("mfa nobody", shell.mistake, `prod 1[12]h\d+m`)
			check(set("AWSMFA_EXPIRES", fmt.Sprint(time.Now().Unix()+3590), "A", "b"), "0", `prod 59m`)
			check(set("AWSMFA_EXPIRES", fmt.Sprint(time.Now().Unix()+55), "A", "b"), "0", `prod 5\ds`)
			check("mfa logout prod", "0", "")
			check("awsmfa status", shell.mistake, "")
			if !strings.Contains(s.screen(), "hint: type:  mfa default\r\n") {
				t.Errorf("the hint does not have the function: %q", s.screen())
			}
			check(set("AWSMFA_EXPIRES", "1000000000", "AWSMFA_PROFILE", "prod"), "0", "prod ended")
			check(shell.failed, "3", "prod ended")
			said := "awsmfa: prod: the session in this shell has ended; for a new one type:  mfa prod"
			if n := strings.Count(s.screen(), said); n != 1 {
				t.Errorf("the end is said %d times: %q", n, s.screen())
			}
			check(set("AWSMFA_EXPIRES", "nonsense", "AWSMFA_PROFILE", "prod"), "0", "prod")
			check("mfa --unset", "0", "")
		})
	}
}

// The hook renews the session of a role while the MFA session lasts, at most once a minute.
func TestRenew(t *testing.T) {
	t.Parallel()
	for name, shell := range hookShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inWorld(t)
			s := sitAtHook(t, name, shell, w, shell.setup...)
			ended := shell.setTwo("AWSMFA_EXPIRES", "1000000000", "AWS_CREDENTIAL_EXPIRATION", "2001-09-09T01:46:40Z")
			age := func() {
				if err := w.age(58 * time.Minute); err != nil {
					t.Fatal(err)
				}
			}
			s.checkPrompt("mfa role", "0", `role (59m|1h0m)`)
			age()
			s.checkPrompt(ended, "0", `role (59m|1h0m)`)
			if strings.Contains(s.screen(), "has ended") {
				t.Errorf("the end is said: %q", s.screen())
			}
			age()
			s.checkPrompt(ended, "0", `role ended`) // the minute is not over
			if n := w.aws.Count("AssumeRole"); n != 2 {
				t.Errorf("%d calls of AssumeRole", n)
			}
			if n := w.aws.Count("GetSessionToken"); n != 1 {
				t.Errorf("%d calls of GetSessionToken", n)
			}
		})
	}
}

// needProgram skips the test, or fails it in CI, if a program is missing.
func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		shelltest.NotInstalled(t, name)
	}
}

// strace makes a trace of the processes that a program starts.
var strace = []string{"strace", "-f", "-e", "trace=fork,vfork,clone,clone3,execve", "-o"}

// startedProcess matches a line of it about a new process, not a thread.
var startedProcess = regexp.MustCompile(`(?m)^\d+ +(?:v?fork|execve|clone3?\([^)]*SIGCHLD)`)

// At a prompt no process is started, with a session or without.
func TestPromptStartsNoProcess(t *testing.T) {
	t.Parallel()
	for name, shell := range hookShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needProgram(t, "strace")
			w := inWorld(t)
			log := filepath.Join(w.home, "trace")
			shell.argv = slices.Concat(strace, []string{log}, shell.argv)
			s := sitAtHook(t, name, shell, w, shell.setup...)
			trace := func() string {
				text, err := os.ReadFile(log)
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			started := func() int { return len(startedProcess.FindAllString(trace(), -1)) }
			s.checkPrompt("", "0", "")
			for _, expires := range []string{fmt.Sprint(time.Now().Unix() + 7300), "1000000000"} {
				s.atPrompt(shell.setTwo("AWSMFA_PROFILE", "prod", "AWSMFA_EXPIRES", expires))
				before := started()
				for range 3 {
					s.checkPrompt("", "0", "prod (2h1m|ended)")
				}
				if after := started(); after != before {
					t.Errorf("%d processes were started", after-before)
				}
			}
			before := started()
			s.atPrompt("does exit=0")
			if started() == before {
				t.Error("the trace shows no process")
			}
			first, _, _ := strings.Cut(trace(), " ") // strace would leave the shell behind
			ended := regexp.MustCompile(`(?m)^` + first + ` +\+\+\+ exited`)
			for late := time.Now().Add(longest); !ended.MatchString(trace()); {
				if time.Now().After(late) {
					t.Fatalf("the shell does not end: %q", s.screen())
				}
				s.types("exit\r")
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
}

// Beside the hooks of other programs, in either order and with one of the two loaded twice, the exit code is kept. The
// program shows it, and the segment as the documentation has it.
func TestPromptBesideOthers(t *testing.T) {
	t.Parallel()
	for name, shell := range hookShells {
		for program, line := range shell.beside {
			for order, lines := range map[string][]string{
				"before": {"INIT", line, "INIT"}, "after": {line, "INIT", line},
			} {
				t.Run(name+" "+order+" "+program, func(t *testing.T) {
					t.Parallel()
					w := inWorld(t)
					setUpBeside(t, w, program)
					setup := shell.setup
					if name == "fish" { // its first line is another prompt
						setup = setup[1:]
					}
					s := sitAtHook(t, name, shell, w, append(lines, setup...)...)
					s.checkPrompt("mfa prod", "0", `prod 1[12]h\d+m`)
					shows := regexp.MustCompile(`(?s)prod 1[12]h\d+m.*(?:code=|↵ )3`)
					if program == "direnv" {
						shows = regexp.MustCompile(`direnv: export \+FROM_DIRENV`)
						s.atPrompt("direnv allow")
						s.checkPrompt(shell.failed, "3", `prod 1[12]h\d+m`)
					} else {
						s.atPrompt(shell.failed) // what comes after starship sees another exit code
					}
					for late := time.Now().Add(longest); !shows.MatchString(s.screen()); {
						if time.Now().After(late) {
							t.Fatalf("%s does not work: %q", program, s.screen())
						}
						time.Sleep(10 * time.Millisecond)
					}
				})
			}
		}
	}
}

// replacements are lines that replace PowerShell's prompt, by program. The first stands in for every program that runs
// another process for each prompt.
var replacements = map[string]string{
	"": `function prompt { $c = if ($?) { 0 } else { $global:LASTEXITCODE }; ` +
		`"$(sh -c 'printf %s "$AWSMFA_PROMPT"') code=$c> " }`,
	"starship":   `Invoke-Expression (&starship init powershell)`,
	"oh-my-posh": `oh-my-posh init pwsh --config $HOME/posh.json | Invoke-Expression`,
}

// In PowerShell a program replaces the whole prompt. If that was before, the hook is in the new one; if after, it comes
// back when the first prompt is shown. The new prompt shows the segment and the exit code.
func TestPowerShellPromptReplaced(t *testing.T) {
	t.Parallel()
	const load = `Invoke-Expression (awsmfa init pwsh --prompt)`
	for program, line := range replacements {
		for order, lines := range map[string][]string{
			"before": {load, line}, "after": {line, load, load},
		} {
			t.Run(order+" "+program, func(t *testing.T) {
				t.Parallel()
				needProgram(t, "pwsh")
				w := inWorld(t)
				if program != "" {
					setUpBeside(t, w, program)
				}
				lines = append([]string{`Set-StrictMode -Version Latest`}, lines...)
				startUp := []byte(strings.Join(lines, "\n"))
				if err := os.WriteFile(filepath.Join(w.home, "setup.ps1"), startUp, 0o600); err != nil {
					t.Fatal(err)
				}
				environ := append(w.codes(t, 1), inHookShell(w)...)
				s := sitAtShell(t, typingShell{argv: hookShells["pwsh"].argv}, w.home, environ...)
				shows := func(line, pattern string) {
					t.Helper()
					s.types(line)
					for late := time.Now().Add(longest); ; s.types("\r") {
						for range 20 {
							if m, _ := regexp.MatchString(pattern, s.screen()); m {
								return
							}
							time.Sleep(100 * time.Millisecond)
						}
						if time.Now().After(late) {
							t.Fatalf("%s: %q", line, s.screen())
						}
					}
				}
				shows("", `> `) // what is typed before it is lost
				shows("mfa prod\r", `(?s)lasts until.*prod 1[12]h\d+m.*> `)
				shows("sh -c 'exit 3'\r", `code=3`)
				shows("$env:AWSMFA_EXPIRES = '1000000000'\r", `(?s)has ended;.*prod ended`)
			})
		}
	}
}

// setUpBeside writes what another program reads, with the segment as the documentation has it. The test is skipped if
// it is a program that Debian 12 does not have, and this computer neither.
func setUpBeside(t *testing.T, w *world, program string) {
	t.Helper()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(w.home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	switch program {
	case "direnv":
		needProgram(t, program)
		write(".envrc", "export FROM_DIRENV=1\n")
		return
	case "powerlevel10k":
		theme := "/usr/share/zsh-theme-powerlevel10k/powerlevel10k.zsh-theme"
		if dir := os.Getenv("POWERLEVEL10K"); dir != "" {
			theme = filepath.Join(dir, "powerlevel10k.zsh-theme")
		}
		if _, err := os.Stat(theme); err != nil {
			t.Skip("powerlevel10k is not installed; POWERLEVEL10K may name its directory")
		}
		write("p10k", "POWERLEVEL9K_DISABLE_CONFIGURATION_WIZARD=true POWERLEVEL9K_DISABLE_GITSTATUS=true\n"+
			"source "+theme+"\n"+documented(t, "function prompt_awsmfa")+
			"POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(awsmfa status) POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=()\n")
		return
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	if err := os.Mkdir(filepath.Join(w.home, ".config"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(".config/starship.toml", "format = '$env_var$status> '\n"+documented(t, "[env_var.AWSMFA_PROMPT]")+
		"[status]\ndisabled = false\nformat = 'code=$status'\n")
	write("posh.json", `{"version": 3, "blocks": [{"type": "prompt", "alignment": "left", "segments": [`+
		documented(t, `{ "type": "text"`)+`, {"type": "text", "style": "plain", "template": "code={{ .Code }}> "}]}]}`)
}

// documented is the block of code of docs/shells.md that begins so.
func documented(t *testing.T, begins string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/shells.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(page), "\n"+begins)
	block, _, ended := strings.Cut(after, "```")
	if !found || !ended {
		t.Fatalf("the documentation has no %s", begins)
	}
	return begins + block
}

// inHookShell is the environment of a person's shell, besides what sitAtShell sets.
func inHookShell(w *world) []string {
	return slices.DeleteFunc(w.environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWSMFA_SHELL=") || strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "LANG=")
	})
}
