//go:build unix

package cli

import (
	"errors"
	"syscall"
	"time"
)

// watchSlowly is watch where the system cannot tell.
func watchSlowly(pid int) (gone func()) {
	return func() {
		for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			time.Sleep(100 * time.Millisecond)
		}
	}
}
