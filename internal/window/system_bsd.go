//go:build unix && !linux

package window

import (
	"os/exec"
	"syscall"
)

// runWithUs runs a program that the end of its context ends. These systems do not end it with this process.
func runWithUs(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Run()
}
