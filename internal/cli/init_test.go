//go:build unix

package cli_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// functionShells are the launchers of the shells that have a function. Elvish has one only at its prompt.
func functionShells() []shelltest.Launcher {
	return slices.DeleteFunc(shelltest.All(), func(l shelltest.Launcher) bool {
		s, _ := shells.Lookup(l.Shell)
		_, ok := s.Init(shells.InitOptions{})
		return !ok || l.Shell == "elvish"
	})
}

// loaded is a script that loads the function, as careful users do, and then runs lines.
func loaded(t *testing.T, l shelltest.Launcher, lines ...string) string {
	t.Helper()
	shell, ok := shells.Lookup(l.Shell)
	if !ok {
		t.Fatal(l.Shell)
	}
	load := shell.InitLine("awsmfa init " + l.Shell)
	if l.Shell == "nu" { // it reads its files before it runs a program
		load = "source " + savedInit(t, l.Shell)
	}
	return strings.Join(append([]string{l.Strict, load}, lines...), "\n") + "\n"
}

// savedInit is a file of what init prints.
func savedInit(t *testing.T, shell string) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "awsmfa"), "init", shell)
	cmd.Env = []string{"PATH=" + dir, "HOME=" + t.TempDir()}
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// orCode runs call and, if it fails, envdump with the label and the exit code.
func orCode(l shelltest.Launcher, call, label string) string {
	switch l.Shell {
	case "fish":
		return call + "; or envdump " + label + " $status"
	case "tcsh":
		return call + " || envdump " + label + " $status"
	case "nu":
		return "try { " + call + " } catch { envdump " + label + " $env.LAST_EXIT_CODE }"
	case "xonsh":
		return "try:\n    " + call + "\nexcept Exception as e:\n    $[envdump " + label + " @(e.returncode)]\n"
	}
	return call + " || envdump " + label + " $?"
}

// setTo matches what the function says when it has set a session.
var setTo = regexp.MustCompile(`\Aawsmfa: the session for (\S+) \(arn:\S+\) lasts until [-0-9]+ [0-9:]+\z`)

// In every shell the function sets the session of a profile, goes back to the one before, removes it, and passes
// commands on. It says one line for each session, and nothing else.
func TestFunction(t *testing.T) {
	t.Parallel()
	for _, l := range functionShells() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			r := l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), loaded(t, l,
				"mfa prod", "envdump prod",
				"mfa dev --region us-west-2", "envdump dev",
				"mfa -", "envdump back",
				"mfa --unset", "envdump unset",
				"mfa -", "envdump again",
				"mfa env --profile=dev", "envdump env",
				"mfa exec prod -- envdump exec --help",
				"mfa logout dev", "envdump out",
			))
			var profiles []string
			for line := range strings.Lines(r.Stderr) {
				if m := setTo.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
					profiles = append(profiles, m[1])
				} else if strings.Contains(line, "this shell still has") || !strings.HasPrefix(line, "awsmfa: ") {
					t.Errorf("said %s", line)
				}
			}
			if want := []string{"prod", "dev", "prod", "prod", "dev"}; !slices.Equal(profiles, want) {
				t.Errorf("said %s", r.Stderr)
			}
			if r.Code != 0 || r.Stdout != "" {
				t.Errorf("exit code %d, printed %q", r.Code, r.Stdout)
			}
			for label, want := range map[string]map[string]string{
				"prod":  {"AWSMFA_PROFILE": "prod", "AWS_REGION": "eu-central-1"},
				"dev":   {"AWSMFA_PROFILE": "dev", "AWS_REGION": "us-west-2", "AWSMFA_PREVIOUS": "prod"},
				"back":  {"AWSMFA_PROFILE": "prod", "AWS_REGION": "eu-central-1", "AWSMFA_PREVIOUS": "dev"},
				"unset": {"AWSMFA_PREVIOUS": "prod"},
				"again": {"AWSMFA_PROFILE": "prod", "AWS_REGION": "eu-central-1", "AWSMFA_PREVIOUS": "prod"},
				"env":   {"AWSMFA_PROFILE": "dev", "AWSMFA_PREVIOUS": "prod"},
				"exec":  {"AWSMFA_PROFILE": "prod", "AWS_REGION": "eu-central-1", "AWSMFA_PREVIOUS": "prod"},
				"out":   {"AWSMFA_PREVIOUS": "dev"},
			} {
				d, ran := r.Dump(label)
				got := ofAWS(d.Env)
				hasSession := got["AWS_SESSION_TOKEN"] != "" && got["AWS_SECRET_ACCESS_KEY"] != ""
				maps.DeleteFunc(got, func(name, _ string) bool {
					return !slices.Contains([]string{"AWSMFA_PROFILE", "AWSMFA_PREVIOUS", "AWS_REGION"}, name)
				})
				if !ran || !maps.Equal(got, want) || hasSession != (want["AWSMFA_PROFILE"] != "") {
					t.Errorf("%s (ran: %v, session: %v): %v, not %v", label, ran, hasSession, got, want)
				}
			}
			if d, _ := r.Dump("exec"); !slices.Equal(d.Args, []string{"exec", "--help"}) {
				t.Errorf("exec ran with %q", d.Args)
			}
		})
	}
}

// After a failure the function returns awsmfa's exit code, and the shell's session is as before. The message is shown
// once. Help and the version are shown and not evaluated.
func TestFunctionFails(t *testing.T) {
	t.Parallel()
	for _, l := range functionShells() {
		if l.Shell == "pwsh" {
			continue // init_pwsh_test.go
		}
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			env := append(inShell(t, w), w.codes(t, 1)...)
			shown := [][2]string{ // without a session
				{"mfa --help", "Usage: mfa "},
				{"mfa -h", "Usage: mfa "},
				{"mfa prod --region x --help", "Usage: mfa "},
				{"mfa env --help", "Usage: awsmfa env "},
				{"mfa logout --help", "Usage: awsmfa logout "},
				{"mfa exec --help", "Usage: awsmfa exec "},
				{"mfa help list", "Usage: awsmfa list "},
				{"mfa --version", "awsmfa "},
				{"mfa prod --version", "awsmfa "},
				{"mfa version", "awsmfa "},
			}
			failing := [][2]string{
				{"mfa nobody", "1"},
				{"mfa prod --no-such", "2"},
				{"mfa prod --shell json", "2"},
				{"mfa -", "2"},
				{"mfa logout nobody", "1"},
				{"mfa exec prod -- nono", "127"},
			}
			const next = "next call" // between what two calls print, and between what they say
			var lines []string
			add := func(more ...string) {
				lines = append(append(lines, "does 'out="+next+"' 'err="+next+"'"), more...)
			}
			for i, call := range shown {
				add(l.AndThen(call[0], fmt.Sprintf("envdump shown%d", i)))
			}
			add("mfa prod")
			for i, call := range failing {
				add(orCode(l, call[0], fmt.Sprintf("failed%d", i)))
				add(l.OrElse(l.AndThen(call[0], fmt.Sprintf("envdump then%d", i)), fmt.Sprintf("envdump else%d", i)))
			}
			r := l.Run(t, w.home, env, loaded(t, l, lines...))
			printed, said := strings.Split(r.Stdout, next+"\n"), strings.Split(r.Stderr, next+"\n")
			n := 1 + len(shown) + 1 + 2*len(failing) // before, and of each call
			if len(printed) != n || len(said) != n || printed[0]+said[0] != "" {
				t.Fatalf("not %d calls: printed %q, said %q", n, printed, said)
			}
			printed, said = printed[1:], said[1:]
			for i, call := range shown {
				d, ran := r.Dump(fmt.Sprintf("shown%d", i))
				if !ran || d.Env["AWSMFA_PROFILE"] != "" || said[i] != "" || !strings.HasPrefix(printed[i], call[1]) {
					t.Errorf("%s (ran: %v): printed %q, said %q", call[0], ran, printed[i], said[i])
				}
			}
			printed, said = printed[len(shown)+1:], said[len(shown)+1:]
			for i, call := range failing {
				if _, ran := r.Dump(fmt.Sprintf("then%d", i)); ran {
					t.Errorf("%s: the command after it was run", call[0])
				}
				d, _ := r.Dump(fmt.Sprintf("failed%d", i))
				e, _ := r.Dump(fmt.Sprintf("else%d", i))
				if !slices.Equal(d.Args[min(1, len(d.Args)):], []string{call[1]}) ||
					d.Env["AWSMFA_PROFILE"] != "prod" || e.Env["AWSMFA_PROFILE"] != "prod" {
					t.Errorf("%s: %q with %v, %v", call[0], d.Args, ofAWS(d.Env), ofAWS(e.Env))
				}
				for j := 2 * i; j < 2*i+2; j++ {
					if strings.Count(said[j], "awsmfa: error: ") != 1 || printed[j] != "" {
						t.Errorf("%s: printed %q, said %q", call[0], printed[j], said[j])
					}
				}
			}
		})
	}
}

// A tracing is how a shell shows what it runs. If it is discreet, it does not show the text that eval runs.
type tracing struct {
	on, off  string
	discreet bool
}

var tracings = map[string][]tracing{
	"dash":    discreetly(posixTracings),
	"busybox": discreetly(posixTracings),
	"ksh":     posixTracings,
	"mksh":    posixTracings,
	"bash":    bashTracings,
	"bash3.2": bashTracings,
	"fish": {
		{on: "set fish_trace 1", off: "set -e fish_trace"},
		{on: "set -g fish_trace all", off: "set -e fish_trace"},
		{on: "set -x fish_trace 1", off: "set -e fish_trace"},
	},
	"zsh": {
		{on: "set -x", off: "set +x"},
		{on: "set -v", off: "set +v", discreet: true},
		{on: "set -euxv -o pipefail", off: "set +xv"},
		{on: "trap 'echo \"$ZSH_DEBUG_CMD\"' DEBUG", off: "trap - DEBUG"},
		{on: "TRAPDEBUG() { echo \"$ZSH_DEBUG_CMD\"; }", off: "unfunction TRAPDEBUG"},
	},
}

var bashTracings = []tracing{
	{on: "set -x", off: "set +x"},
	{on: "set -v", off: "set +v"},
	{on: "set -euxv -o pipefail", off: "set +xv"},
	{on: "set -T; trap 'echo \"$BASH_COMMAND\"' DEBUG", off: "trap - DEBUG"},
	{on: "shopt -s extdebug; trap 'echo \"$BASH_COMMAND\"' DEBUG", off: "trap - DEBUG"},
}

var posixTracings = []tracing{
	{on: "set -v", off: "set +v"},
	{on: "set -x", off: "set +x"},
	{on: "set -euxv", off: "set +xv"},
}

// discreetly are tracings of which the first does not show the text that eval runs.
func discreetly(all []tracing) []tracing {
	all = slices.Clone(all)
	all[0].discreet = true
	return all
}

// While a shell shows what it runs, the function shows no secret, and the tracing goes on after it. (The bare line
// shows it, so the tracing works.)
func TestFunctionIsNotTraced(t *testing.T) {
	t.Parallel()
	for _, l := range functionShells() {
		if l.Shell == "pwsh" {
			continue // init_pwsh_test.go
		}
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			shell, ok := shells.Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			env := append(inShell(t, w), w.codes(t, 1)...)
			for _, trace := range tracings[l.Name] {
				shows := func(lines ...string) (secret, rest bool) {
					r := l.Run(t, w.home, env, loaded(t, l, slices.Concat([]string{trace.on}, lines, []string{
						"envdump after", trace.off,
					})...))
					if d, _ := r.Dump("after"); d.Env["AWSMFA_PROFILE"] != "prod" {
						t.Errorf("%s: there is no session: %s", trace.on, r.Stderr)
					}
					said := r.Stdout + r.Stderr
					for _, k := range w.sessions() {
						secret = secret || strings.Contains(said, k.lines[keptSecret]) ||
							strings.Contains(said, k.lines[keptToken])
					}
					return secret, strings.Contains(said, "envdump after")
				}
				if secret, rest := shows("mfa dev", "mfa prod", "mfa -", "mfa --unset", "mfa prod"); secret || !rest {
					t.Errorf("%s: it shows the secret: %v, and the rest: %v", trace.on, secret, rest)
				}
				if secret, _ := shows(shell.Line("awsmfa env prod")); secret == trace.discreet {
					t.Errorf("%s: it shows the secret of the bare line: %v", trace.on, secret)
				}
			}
		})
	}
}

// oddNames are names of profiles that need quotes in some shell.
var oddNames = []string{
	"my profile", "it's", `he "said"`, "$HOME", "本番 環境", "-x", "--help me", "a*b?[c]", `back\slash`, "we!rd", "a;b&c|d",
	"`id`", "~", "#5", "(a)", "{b}", "a=b", "%i",
}

// addProfiles adds profiles with alice's keys.
func (w *world) addProfiles(t *testing.T, names []string) {
	t.Helper()
	for file, text := range map[string]string{
		"config": "[profile %s]\nmfa_serial = " + w.phone.Serial + "\n",
		"credentials": "[%s]\naws_access_key_id = " + w.alice.Keys[0].ID + "\naws_secret_access_key = " +
			w.alice.Keys[0].Secret + "\n",
	} {
		f, err := os.OpenFile(filepath.Join(w.home, ".aws", file), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			fmt.Fprintf(f, text, name)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Any name of a profile that can be typed in a shell is one word for the function, also when it goes back to it, and
// for the command that it passes on.
func TestFunctionWithOddNames(t *testing.T) {
	t.Parallel()
	for _, l := range functionShells() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			l.Need(t)
			w := inWorld(t)
			w.addProfiles(t, oddNames)
			shell, ok := shells.Lookup(l.Shell)
			if !ok {
				t.Fatal(l.Shell)
			}
			lines, want := []string{"mfa prod"}, map[string][]string{}
			for i, name := range oddNames {
				word, err := shell.Word("--profile=" + name)
				_, renders := shell.Render([]shells.Var{{Name: "AWSMFA_PROFILE", Value: name}})
				if err != nil || renders != nil {
					continue
				}
				label := fmt.Sprintf("n%d", i)
				want[label] = []string{name}
				lines = append(lines, "mfa "+word, "envdump "+label, "mfa dev", "mfa -", "envdump back"+label)
				// PowerShell has a test of its own for exec.
				if word, err = shell.Word(name); err == nil && name[0] != '-' && l.Shell != "pwsh" {
					want["exec"+label] = []string{name, name}
					lines = append(lines, "mfa exec "+word+" -- envdump exec"+label+" "+word)
				}
			}
			if len(want) < 6 {
				t.Fatalf("only %d names", len(want))
			}
			r := l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), loaded(t, l, lines...))
			for label, want := range want {
				labels := []string{label, "back" + label}
				if len(want) > 1 {
					labels = labels[:1]
				}
				for _, label := range labels {
					d, ran := r.Dump(label)
					if !ran || d.Env["AWSMFA_PROFILE"] != want[0] || !slices.Equal(d.Args[1:], want[1:]) {
						t.Errorf("%s (ran: %v): %q %q, not %q", label, ran, d.Env["AWSMFA_PROFILE"], d.Args, want)
					}
				}
			}
			if r.Code != 0 || r.Stdout != "" {
				t.Errorf("exit code %d, printed %q, said %q", r.Code, r.Stdout, r.Stderr)
			}
		})
	}
}

// surroundings are options, variables and aliases with which a shell may be used.
var surroundings = map[string][]string{
	"bash": {
		"set -euo pipefail; set -o posix; set -fC; IFS=:; shopt -s nullglob failglob",
		"shopt -s expand_aliases; alias %[1]s; alias mfa='false'",
		"set -aeu; BASH_ENV=/nonsense; exec 2>&2; unset PS4",
	},
	"zsh": {
		"setopt sh_word_split no_unset ksh_arrays err_exit err_return glob_subst pipe_fail posix_builtins no_clobber",
		"alias %[1]s; alias mfa='false'; alias -g eval=false",
		"emulate sh; set -aeu; IFS=:",
		"setopt warn_create_global warn_nested_var no_aliases no_bare_glob_qual null_glob extended_glob",
	},
	"dash":    {"set -aeufC; IFS=:", "alias %[1]s; alias mfa='false'"},
	"busybox": {"set -aeufC; IFS=:", "alias %[1]s; alias mfa='false'"},
	"ksh":     {"set -aeufC -o pipefail; IFS=:", "alias %[1]s; alias mfa='false'"},
	"mksh":    {"set -aeufC -o pipefail; IFS=:", "alias %[1]s; alias mfa='false'"},
}

// In shells of sh's family the function works with every option, whatever a user has made an alias of, and if it is
// loaded twice. It leaves the options, the arguments and the variables as they were, and nothing of the secret but the
// variables of the session.
func TestFunctionInSurroundings(t *testing.T) {
	t.Parallel()
	var aliases []string
	for _, name := range strings.Fields("awsmfa builtin command echo emulate eval exit local return set setopt " +
		"shift trap true typeset unalias") {
		aliases = append(aliases, name+"=false")
	}
	for _, l := range functionShells() {
		for i, before := range surroundings[l.Name] {
			t.Run(fmt.Sprintf("%s/%d", l.Name, i), func(t *testing.T) {
				t.Parallel()
				l.Need(t)
				w := inWorld(t)
				before := strings.ReplaceAll(before, "%[1]s", strings.Join(aliases, " "))
				r := l.Run(t, w.home, append(inShell(t, w), w.codes(t, 1)...), strings.Join([]string{
					`text=$(awsmfa init ` + l.Shell + `)`,
					`\set -- one 'two words'`,
					before,
					`\eval "$text"`, `\eval "$text"`,
					`opts=$-`,
					`mfa prod`,
					`envdump prod "$@"`,
					`\test "$opts" = "$-" && envdump options`,
					`mfa dev --region us-west-2`,
					`mfa - && envdump back`,
					`mfa nobody || envdump failed`,
					`envdump vars "$(\set)"`,
					"",
				}, "\n"))
				for label, args := range map[string][]string{
					"prod": {"one", "two words"}, "options": {}, "back": {}, "failed": {},
				} {
					d, ran := r.Dump(label)
					if !ran || !slices.Equal(d.Args[1:], args) || d.Env["AWSMFA_PROFILE"] != "prod" {
						t.Errorf("%s (ran: %v): %q with %v", label, ran, d.Args, ofAWS(d.Env))
					}
				}
				d, _ := r.Dump("vars")
				_, vars, _ := strings.Cut(strings.Join(d.Args, "\n"), "\n")
				secret, found := d.Env["AWS_SECRET_ACCESS_KEY"], 0
				for line := range strings.Lines(vars) {
					if strings.Contains(line, secret) && !strings.HasPrefix(line, "AWS_SECRET_ACCESS_KEY=") {
						t.Errorf("the secret is in %s", line)
					} else if strings.Contains(line, secret) {
						found++
					}
				}
				if found != 1 {
					t.Errorf("the secret is in %d variables of %s", found, vars)
				}
				if r.Code != 0 || r.Stdout != "" || strings.Count(r.Stderr, "\n") != 5 {
					t.Errorf("exit code %d, printed %q, said %q", r.Code, r.Stdout, r.Stderr)
				}
			})
		}
	}
}
