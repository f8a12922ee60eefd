//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package cli

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch returns a function that waits for the end of a process, which need not be a child.
func watch(pid int) (wait func(), err error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, err
	}
	ended := make([]unix.Kevent_t, 1)
	unix.SetKevent(&ended[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	ended[0].Fflags = unix.NOTE_EXIT
	if _, err := unix.Kevent(queue, ended, nil, nil); err != nil {
		unix.Close(queue)            //nolint:errcheck // nothing was written
		return watchSlowly(pid), nil //nolint:nilerr // there is another way
	}
	return func() {
		defer unix.Close(queue) //nolint:errcheck // nothing was written
		for {
			if _, err := unix.Kevent(queue, nil, ended, nil); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}, nil
}
