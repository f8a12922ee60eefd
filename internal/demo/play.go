package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/sandbox"
	"awsmfa/shells"
)

// openShell opens the named shell in the sandbox, or the one that runs this program. It ignores the shell's exit code,
// for which go run would print "exit status 1".
func openShell(ctx context.Context, s *sandbox.Sandbox, words []string) (int, error) {
	shell, program, err := findShell(words)
	if err != nil {
		return 1, err
	}
	if err := markPrompts(s); err != nil {
		return 1, err
	}
	welcome(s, shell)
	var args []string
	if shell.Name == "pwsh" { // on Windows no variable moves the file of its history
		args = []string{"-NoExit", "-Command", "Set-PSReadLineOption -HistorySaveStyle SaveNothing"}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = s.Home, s.Environ()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// An interactive shell ignores SIGTERM, but not SIGHUP.
	cmd.Cancel = func() error {
		if cmd.Process.Signal(syscall.SIGHUP) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	cmd.WaitDelay = 2 * time.Second
	err = cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return 1, err
	}
	return 0, ctx.Err()
}

// markPrompts writes start-up files whose prompts show that the shell is the demo's.
func markPrompts(s *sandbox.Sandbox) error {
	fish := filepath.Join(".config", "fish")
	return errors.Join(
		s.Write(".bashrc", `PS1="(demo) $PS1"`+"\n"),
		s.Write(".zshrc", `PROMPT="(demo) $PROMPT"`+"\n"),
		os.MkdirAll(filepath.Join(s.Home, fish), 0o700),
		s.Write(filepath.Join(fish, "config.fish"),
			"functions -c fish_prompt demo_prompt; function fish_prompt; echo -n '(demo) '; demo_prompt; end\n"),
	)
}

// findShell finds the shell and its program.
func findShell(words []string) (shells.Shell, string, error) {
	if len(words) == 0 {
		words = []string{runningShell()}
	}
	name := words[0]
	shell, ok := shells.Lookup(name)
	if !ok {
		return shells.Shell{}, "", fmt.Errorf("no shell is called %q", name)
	}
	if shell.Data {
		return shells.Shell{}, "", fmt.Errorf("%s is a format, not a shell", shell.Name)
	}
	program, err := exec.LookPath(name)
	if err != nil && name == "pwsh" { // Windows PowerShell
		if older, e := exec.LookPath("powershell"); e == nil {
			return shell, older, nil
		}
	}
	return shell, program, err
}

// runningShell returns the shell that started this program and the go command, else the system's default.
func runningShell() string {
	s, path := ancestor.Shell(os.Getenv)
	return cmp.Or(path, s.Name)
}

func welcome(s *sandbox.Sandbox, shell shells.Shell) {
	bold, gray := styles(os.Stderr)
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	try := func(lines ...[2]string) {
		width := 0
		for _, l := range lines {
			width = max(width, len(l[0]))
		}
		for _, l := range lines {
			if line := fmt.Sprintf("  %-*s", width, l[0]); len(line)+2+len(l[1]) <= 80 {
				say("%s  %s", bold(line), gray(l[1]))
			} else {
				say("%s\n      %s", bold("  "+l[0]), gray(l[1]))
			}
		}
	}
	say("%s, with a stand-in for AWS on loopback, in\n%s.", bold("A sandbox for awsmfa"), s.Home)
	say("Nobody may do anything here without MFA. The user alice has a device, whose codes")
	say("%s prints; a real phone's codes do not work here. Type:\n", bold("authenticator"))
	try([][2]string{
		{"list-functions", "a small AWS client: refused"},
		{"authenticator", "the code for the next line's question"},
		{shell.Line("awsmfa env prod"), "sets the session in this " + shell.Name},
		{"list-functions", "allowed"},
		{"awsmfa exec dev -- list-functions", "the same user, other profile: no code"},
		{"awsmfa exec developer -- list-functions", "a role: again no code"},
	}...)
	say("\nThe first day of the user bob, who has no device. setup asks for this key. The")
	say("authenticator command is bob's phone: --codes-from authenticator, not a QR code")
	say("scanned with a real phone (and then: authenticator bob).\n")
	say("  access key ID      %s", s.Newcomer.Keys[0].ID)
	say("  secret access key  %s", s.Newcomer.Keys[0].Secret)
	say("  %s", bold("awsmfa setup bob --codes-from authenticator --code-command authenticator"))
	say("\nTime stands still here: a code stays the same until it is used.")
	say("exit ends the shell and removes the sandbox.\n")
}
