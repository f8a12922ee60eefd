//go:build unix

package ancestor

import "golang.org/x/sys/unix"

// leadsSession reports whether a process leads its session, as the shell in a terminal does, and the shell of a command
// line that a program runs does not.
func leadsSession(pid int) bool {
	session, err := unix.Getsid(pid)
	return err == nil && session == pid
}
