package window

import (
	"os/exec"
	"runtime"
	"syscall"
)

// runWithUs runs a program that ends with this process. The kernel sends the signal when the thread ends that started
// the program, so that is this goroutine's own until then.
func runWithUs(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	return cmd.Run()
}
