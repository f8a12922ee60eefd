//go:build unix

package term

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
	xterm "golang.org/x/term"
)

func open() (in, out *os.File, err error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	// A background process that reads from its terminal is stopped by SIGTTIN: for the caller, a hang.
	if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		tty.Close()
		return nil, nil, ErrBackground
	}
	return tty, tty, nil
}

// typed waits until there is something to read, and says whether there is before ctx ends.
func (t *Terminal) typed(ctx context.Context) bool {
	fd := int(t.in.Fd())
	for ctx.Err() == nil {
		var in unix.FdSet
		in.Set(fd)
		wait := unix.NsecToTimeval(int64(50 * time.Millisecond))
		if n, err := unix.Select(fd+1, &in, nil, nil, &wait); n != 0 && err != unix.EINTR {
			return ctx.Err() == nil
		}
	}
	return false
}

// ReadsKeys says whether somebody reads the terminal key by key: an editor, a shell at its prompt.
func (t *Terminal) ReadsKeys() bool {
	state, err := unix.IoctlGetTermios(int(t.in.Fd()), getTermios)
	return err == nil && state.Lflag&unix.ICANON == 0
}

// IsTerminal says whether a person sees what is written to f.
func IsTerminal(f *os.File) bool { return xterm.IsTerminal(int(f.Fd())) }

// resumptions tells of each SIGCONT until stop is called.
func resumptions() (resumed <-chan os.Signal, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGCONT)
	return signals, func() { signal.Stop(signals) }
}

// lineWaits says whether a line has been typed that nobody has read. In a terminal that is not raw there is nothing to
// read before a line is whole.
func lineWaits(tty *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(tty.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
}

// Text writes to f what people read.
func Text(f *os.File) io.Writer { return f }

// Reads says whether whoever reads f gets text as it is written.
func Reads(*os.File, string) bool { return true }

// WideBlocks is a matter of Windows' consoles.
func WideBlocks() bool { return false }

// quiet has the terminal show nothing of what is typed, line by line and with Ctrl-C as ever.
func quiet(fd int) error {
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	state.Lflag |= unix.ICANON | unix.ISIG
	state.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setTermios, state)
}
