//go:build !windows

package mfa

import (
	"context"
	"os/exec"
)

func system(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
