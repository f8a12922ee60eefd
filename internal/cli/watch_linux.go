package cli

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch returns a function that waits for the end of a process, which need not be a child.
func watch(pid int) (wait func(), err error) {
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
