//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// doesNothing is a command that every system of this kind has.
const doesNothing = "true"

// parent is the ID of the process that started this one. When it ends, another adopts this process.
type parent int

func startedBy() parent { return parent(os.Getppid()) }

func (p parent) ended() bool { return os.Getppid() != int(p) }

// isRead reports whether somebody can read what is written to f.
func isRead(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	_, err := unix.Poll(fds, 0)
	return err != nil || fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) == 0
}
