package mfa

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
)

// ShellCommand is a command line that a person has written, run by cmd. It is handed over as it is: quoting it again, as os/exec
// would, changes what cmd reads. The end of ctx ends all that it has started.
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
