//go:build !windows

package mfa

import (
	"context"
	"os/exec"
)

func system(ctx context.Context, line string, _ []string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
