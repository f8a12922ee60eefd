//go:build unix && !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cli

// watch returns what waits for the end of a process that is not this one's child.
func watch(pid int) (gone func(), err error) { return watchSlowly(pid), nil }
