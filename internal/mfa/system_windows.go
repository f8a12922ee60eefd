package mfa

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
)

// ShellCommand returns a command that has cmd run a user's command line. It passes the line unchanged: if os/exec
// quoted it, cmd would read something else. The end of ctx ends the command and its descendants.
func ShellCommand(ctx context.Context, line string, environ []string) *exec.Cmd {
	shell := "cmd.exe"
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); strings.EqualFold(name, "ComSpec") && value != "" {
			shell = value
		}
	}
	cmd := exec.CommandContext(ctx, shell)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	cmd.Cancel = func() error { return endTree(uint32(cmd.Process.Pid)) }
	return cmd
}
