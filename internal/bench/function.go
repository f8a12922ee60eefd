package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"awsmfa/shells"
)

const (
	shellCalls  = 30 // of the function, or of the bare line, in one shell
	shellRounds = 5
)

// benchShells are the shells in which the function is measured, started without their start-up files. Elvish has the
// function only at its prompt.
var benchShells = []struct {
	name string
	argv []string
}{
	{"bash", []string{"bash", "--noprofile", "--norc"}},
	{"zsh", []string{"zsh", "-f"}},
	{"sh", []string{"dash"}},
	{"ksh", []string{"ksh"}},
	{"mksh", []string{"mksh"}},
	{"fish", []string{"fish", "--no-config"}},
	{"tcsh", []string{"tcsh", "-f"}},
	{"nu", []string{"nu", "--no-config-file"}},
	{"xonsh", []string{"xonsh", "--no-rc"}},
	{"pwsh", []string{"pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-File"}},
}

// functions measures the function of init beside the bare line, with a cached session, in each shell that is installed.
// One shell runs many calls, so that its own start hardly counts.
func (b *bench) functions() error {
	b.title("mfa prod beside the bare line: a cached call, median of %d shells of %d calls", shellRounds, shellCalls)
	for _, sh := range benchShells {
		if _, err := exec.LookPath(sh.argv[0]); err != nil {
			continue
		}
		shell, _ := shells.Lookup(sh.name)
		saved, err := b.command(b.built["awsmfa"], "init", sh.name).Output()
		if err != nil {
			return fmt.Errorf("init %s: %w", sh.name, err)
		}
		load := shell.InitLine("awsmfa init " + sh.name)
		if sh.name == "nu" { // it reads its files before it runs a program
			load = "source " + filepath.Join(b.Home, "init.nu")
		}
		scripts := map[string]string{ // PowerShell demands that extension
			"init.nu":  string(saved),
			"line.ps1": load + strings.Repeat("\n"+shell.Line("awsmfa env prod"), shellCalls) + "\n",
			"mfa.ps1":  load + strings.Repeat("\nmfa prod", shellCalls) + "\n",
		}
		for name, text := range scripts {
			if err := os.WriteFile(filepath.Join(b.Home, name), []byte(text), 0o600); err != nil {
				return err
			}
		}
		calls := map[string][]sample{}
		for range shellRounds {
			for _, script := range []string{"line.ps1", "mfa.ps1"} {
				cmd := b.command(sh.argv[0], append(sh.argv[1:], filepath.Join(b.Home, script))...)
				began := time.Now()
				if err := cmd.Run(); err != nil {
					return fmt.Errorf("%s in %s: %w", script, sh.name, err)
				}
				cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() // of the shell and its children
				calls[script] = append(calls[script], sample{time.Since(began) / shellCalls, cpu / shellCalls})
			}
		}
		wall := func(s sample) time.Duration { return s.wall }
		cpu := func(s sample) time.Duration { return s.cpu }
		line, function := calls["line.ps1"], calls["mfa.ps1"]
		fmt.Fprintf(b.out, "  %-8s mfa %7.2f ms, CPU %6.2f ms   bare line %7.2f ms, CPU %6.2f ms   CPU %.2f x\n",
			sh.name, median(times(function, wall)), median(times(function, cpu)), median(times(line, wall)),
			median(times(line, cpu)), median(times(function, cpu))/median(times(line, cpu)))
	}
	return nil
}

// command is a command in the sandbox, which discards its output.
func (b *bench) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir, cmd.Env = b.Home, b.Environ()
	return cmd
}
