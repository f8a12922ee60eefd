//go:build unix && !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cli

// watch returns a function that waits for the end of a process, which need not be a child.
func watch(pid int) (wait func(), err error) { return watchSlowly(pid), nil }
