package mfa

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// system hands the line to cmd as it is: quoting it again, as os/exec would, changes what cmd reads.
func system(ctx context.Context, line string) *exec.Cmd {
	shell := os.Getenv("ComSpec")
	if shell == "" {
		shell = "cmd.exe"
	}
	cmd := exec.CommandContext(ctx, shell)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	return cmd
}
