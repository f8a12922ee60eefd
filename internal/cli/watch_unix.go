//go:build unix

package cli

import (
	"errors"
	"syscall"
	"time"
)

// watchSlowly is watch by polling, where the system cannot notify.
func watchSlowly(pid int) (wait func()) {
	return func() {
		for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			time.Sleep(100 * time.Millisecond)
		}
	}
}
