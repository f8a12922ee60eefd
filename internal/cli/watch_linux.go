package cli

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch returns what waits for the end of a process that is not this one's child.
func watch(pid int) (gone func(), err error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil { // before Linux 5.3, or forbidden
		return watchSlowly(pid), nil //nolint:nilerr // there is another way
	}
	return func() {
		defer unix.Close(fd) //nolint:errcheck // nothing was written
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
			if !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}, nil
}
