//go:build unix

package cli

import "syscall"

// become replaces this process by the command: its terminal, its signals and its exit status are its own. It returns
// only when it cannot.
func become(_ *app, path string, argv, environ []string) error {
	for {
		if err := syscall.Exec(path, argv, environ); err != syscall.EINTR {
			return err
		}
	}
}
