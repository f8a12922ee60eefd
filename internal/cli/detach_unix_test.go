//go:build unix

package cli_test

import (
	"os"

	"golang.org/x/sys/unix"
)

// detach lets go of the developer's terminal, on which programs under test would ask for codes. Ctrl-C still ends the
// tests: they stay in its foreground.
func detach() {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer tty.Close()
	if err := unix.IoctlSetInt(int(tty.Fd()), unix.TIOCNOTTY, 0); err != nil {
		panic(err)
	}
}
