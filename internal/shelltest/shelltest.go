// Package shelltest runs scripts in real shells, for tests. It starts each shell without its start-up files and in a
// clean home, feeds it a script, and reads back the environment of a child of that shell. It never touches the
// developer's home, and passes nothing of the developer's environment to the shell.
//
// The scripts call two programs, both the test binary itself under another name: `envdump LABEL …` records its
// environment and its arguments, and `awsmfa env LABEL` prints the answer that the test gave to Stub for that label. A
// package that uses either calls Main from its TestMain.
package shelltest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"awsmfa/internal/term"
)

// Timeout is the time after which a shell is killed and the test fails.
const Timeout = 2 * time.Minute

// Launcher starts one shell.
type Launcher struct {
	// Name is the program's own name; several programs may test one Shell, as dash and busybox test sh.
	Name string
	// Shell is its name in package shells.
	Shell string
	// Strict is the line with which careful users make errors stop a script; it may be empty.
	Strict string
	// Optional shells cannot be installed in CI: without one a test is skipped there, too.
	Optional bool

	argv     []string // the program and its arguments before the script's file
	ext      string
	bom      bool
	windows  bool // only on Windows; the other shells are tested only on Unix, unless both is true
	both     bool
	andThen  func(line, then string) string
	orElse   func(line, then string) string
	rewrite  func(script string) string // nil does not change the script
	codePage bool                       // scripts are in the console's code page
	// probe are arguments with which the real shell exits with probeCode: Wine has a powershell.exe that does nothing
	// and exits with 0.
	probe []string
}

// All returns every launcher, including those of shells that this system lacks.
func All() []Launcher {
	and := func(line, then string) string { return line + " && " + then }
	stop := func(line, then string) string { return line + "\n" + then } // an exception stops the script
	semicolon := func(line, then string) string { return line + "; " + then }
	or := func(line, then string) string { return line + " || " + then }
	caught := func(line, then string) string { return "try { " + line + " } catch { " + then + " }" }
	return []Launcher{
		{
			Name: "bash", Shell: "bash", argv: []string{"bash", "--noprofile", "--norc"}, andThen: and, orElse: or,
			Strict: "set -euo pipefail -o noclobber",
		},
		{ // macOS's own bash; elsewhere it has to be built, and be on the PATH by this name
			Name: "bash3.2", Shell: "bash", Optional: true, argv: []string{"bash3.2", "--noprofile", "--norc"},
			andThen: and, orElse: or, Strict: "set -euo pipefail -o noclobber",
		},
		{
			Name: "zsh", Shell: "zsh", argv: []string{"zsh", "-f"}, andThen: and, orElse: or,
			Strict: "set -eu; setopt noclobber pipefail warn_create_global warn_nested_var",
		},
		{Name: "dash", Shell: "sh", argv: []string{"dash"}, andThen: and, orElse: or, Strict: "set -euC"},
		{Name: "busybox", Shell: "sh", argv: []string{"busybox", "sh"}, andThen: and, orElse: or, Strict: "set -euC"},
		{Name: "ksh", Shell: "ksh", argv: []string{"ksh"}, andThen: and, orElse: or, Strict: "set -euC -o pipefail"},
		{Name: "mksh", Shell: "mksh", argv: []string{"mksh"}, andThen: and, orElse: or, Strict: "set -euC -o pipefail"},
		{
			Name: "fish", Shell: "fish", argv: []string{"fish", "--no-config"},
			andThen: func(line, then string) string { return line + "; and " + then },
			orElse:  func(line, then string) string { return line + "; or " + then },
		},
		{
			Name: "pwsh", Shell: "pwsh", ext: ".ps1", both: true, andThen: stop, orElse: caught,
			argv:   []string{"pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-File"},
			Strict: "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'",
		},
		{
			Name: "powershell", Shell: "pwsh", ext: ".ps1", bom: true, windows: true, andThen: stop, orElse: caught,
			argv: []string{
				"powershell", "-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File",
			},
			Strict: "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'",
			probe:  []string{"-NoProfile", "-Command", "exit 7"},
		},
		{
			Name: "cmd", Shell: "cmd", ext: ".bat", windows: true, codePage: true,
			argv:    []string{"cmd", "/d", "/q", "/c"},
			andThen: func(line, then string) string { return "(" + line + ") && " + then },
			orElse:  func(line, then string) string { return "(" + line + ") || " + then },
			rewrite: func(script string) string {
				return strings.ReplaceAll(strings.ReplaceAll(script, "%i", "%%i"), "\n", "\r\n")
			},
		},
		{Name: "tcsh", Shell: "tcsh", argv: []string{"tcsh", "-f"}, andThen: and, orElse: or},
		{
			Name: "elvish", Shell: "elvish", argv: []string{"elvish", "-norc"}, andThen: semicolon,
			orElse: func(line, then string) string { return "try { " + line + " } catch e { " + then + " }" },
		},
		{Name: "nu", Shell: "nu", argv: []string{"nu", "--no-config-file"}, andThen: semicolon, orElse: caught},
		{
			Name: "xonsh", Shell: "xonsh", argv: []string{"xonsh", "--no-rc"}, andThen: stop,
			orElse: func(line, then string) string {
				line = strings.ReplaceAll(line, "\n", "\n    ")
				return "try:\n    " + line + "\nexcept Exception:\n    $[" + then + "]\n"
			},
			Strict: "$RAISE_SUBPROC_ERROR = True",
		},
	}
}

// For returns the first launcher of that name, or for a shell of package shells.
func For(name string) (Launcher, bool) {
	for _, l := range All() {
		if l.Shell == name || l.Name == name {
			return l, true
		}
	}
	return Launcher{}, false
}

// Supported reports whether the shell exists for this operating system: cmd does not exist on Linux.
func (l Launcher) Supported() bool {
	return l.both || l.windows == (runtime.GOOS == "windows")
}

// probeCode is an exit code that no program returns by chance.
const probeCode = 7

// probed caches the results of probes by name.
var probed sync.Map

// Missing reports whether the shell's program is not on the PATH of the tests.
func (l Launcher) Missing() bool {
	_, err := exec.LookPath(l.argv[0])
	if err != nil || l.probe == nil {
		return err != nil
	}
	once, _ := probed.LoadOrStore(l.Name, sync.OnceValue(func() bool {
		exit := (*exec.ExitError)(nil)
		return errors.As(exec.Command(l.argv[0], l.probe...).Run(), &exit) && exit.ExitCode() == probeCode
	}))
	return !once.(func() bool)()
}

// CanWrite reports whether a script for this shell can hold the text: scripts for cmd are in the console's code page.
func (l Launcher) CanWrite(text string) bool {
	return !l.codePage || term.Reads(nil, text)
}

// Need skips the test if the shell is not installed, or fails it if CI is set in the environment, so that no test of
// the quoting is lost unnoticed. A shell that does not exist for this operating system, or that CI cannot install, is
// skipped in either case.
func (l Launcher) Need(t testing.TB) {
	t.Helper()
	switch {
	case !l.Supported():
		t.Skipf("%s cannot be proved on %s", l.Name, runtime.GOOS)
	case l.Optional && l.Missing():
		t.Skipf("%s is not installed", l.Name)
	case l.Missing():
		NotInstalled(t, l.Name)
	}
}

// AndThen returns code that runs line and, only if it succeeds, then.
func (l Launcher) AndThen(line, then string) string { return l.andThen(line, then) }

// OrElse returns code that runs line and, only if it fails, then.
func (l Launcher) OrElse(line, then string) string { return l.orElse(line, then) }

// Result is the outcome of a script.
type Result struct {
	// Dumps are the results of each envdump, in the order of the calls.
	Dumps          []Dump
	Stdout, Stderr string
	Code           int
}

// Dump is the environment and the arguments of one envdump.
type Dump struct {
	Args []string
	Env  map[string]string
}

// Env is the environment of the last envdump, or nil when none ran.
func (r Result) Env() map[string]string {
	if len(r.Dumps) == 0 {
		return nil
	}
	return r.Dumps[len(r.Dumps)-1].Env
}

// Dump returns the result of `envdump label`, and whether it ran.
func (r Result) Dump(label string) (Dump, bool) {
	for _, d := range r.Dumps {
		if len(d.Args) > 0 && d.Args[0] == label {
			return d, true
		}
	}
	return Dump{}, false
}

// Run runs script in the shell in dir, with env ("NAME=value") added to a minimal environment: a PATH, an empty home, a
// UTF-8 locale. A PATH in env precedes that of the tests. Run calls Need first.
func (l Launcher) Run(t testing.TB, dir string, env []string, script string) Result {
	t.Helper()
	l.Need(t)
	own := t.TempDir()
	home := filepath.Join(own, "home")
	tools := filepath.Join(own, "tools")
	for _, d := range []string{home, tools} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link(t, tools, "envdump")
	if l.rewrite != nil {
		script = l.rewrite(script)
	}
	if l.bom {
		script = "\uFEFF" + script
	}
	file := filepath.Join(own, "script"+l.ext)
	if err := l.write(file, script); err != nil {
		t.Fatal(err)
	}
	dumps := filepath.Join(own, "dumps")

	program, err := exec.LookPath(l.argv[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	c := exec.CommandContext(ctx, program, append(l.argv[1:len(l.argv):len(l.argv)], file)...)
	c.WaitDelay = 5 * time.Second
	c.Dir = dir
	c.Env = append(minimal(home), env...)
	c.Env = append(c.Env, dumpTo+"="+dumps, "PATH="+searchPath(tools, env))
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err = c.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", l.Name, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s was still running after %v; stderr: %s", l.Name, Timeout, stderr.String())
	}
	return Result{
		Dumps:  readDumps(t, dumps),
		Stdout: stdout.String(),
		Stderr: stderr.String(),
		Code:   c.ProcessState.ExitCode(),
	}
}

func (l Launcher) write(file, script string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	to := io.Writer(f)
	if l.codePage {
		to = term.Text(f)
	}
	_, err = io.WriteString(to, script)
	return errors.Join(err, f.Close())
}

// minimal returns the environment with which every shell starts.
func minimal(home string) []string {
	env := []string{
		"HOME=" + home,
		"LANG=C.UTF-8",
		"LC_ALL=C.UTF-8",
		"TERM=dumb",
		"TMPDIR=" + os.TempDir(),
		"XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"),
		"XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"GORACE=atexit_sleep_ms=0", // for envdump and the stub under the race detector
		"DOTNET_CLI_TELEMETRY_OPTOUT=1",
		"POWERSHELL_TELEMETRY_OPTOUT=1",
		"POWERSHELL_UPDATECHECK=Off",
	}
	if runtime.GOOS == "windows" {
		env = append(env, "USERPROFILE="+home, "APPDATA="+home, "LOCALAPPDATA="+home)
		for _, name := range []string{"SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP", "windir"} {
			env = append(env, name+"="+os.Getenv(name))
		}
	}
	return env
}

func searchPath(tools string, env []string) string {
	dirs := []string{tools}
	for _, e := range env {
		if p, ok := strings.CutPrefix(e, "PATH="); ok {
			dirs = append(dirs, p)
		}
	}
	return strings.Join(append(dirs, os.Getenv("PATH")), string(os.PathListSeparator))
}
