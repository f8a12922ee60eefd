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
		return openStreams(err)
	}
	// A background process that reads from its terminal is stopped by SIGTTIN: for the caller, a hang.
	if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err == nil && group != unix.Getpgrp() {
		tty.Close()
		return nil, nil, ErrBackground
	}
	return tty, tty, nil
}

// openStreams opens the terminal that stdin and stderr are: of a process whose session has no controlling terminal,
// such as the one that su -c or setsid starts. Nothing stops it from reading beside the shell that has the terminal, so
// it is in the background while that reads keys. err is why there is none.
func openStreams(err error) (in, out *os.File, _ error) {
	//nolint:forbidigo // read only when they are a terminal
	stdin, stderr := os.Stdin, os.Stderr
	if !IsTerminal(stdin) || !IsTerminal(stderr) {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if in, err = duplicate(stdin); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if out, err = duplicate(stderr); err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	if readsKeys(in) {
		in.Close()
		out.Close()
		return nil, nil, ErrBackground
	}
	return in, out, nil
}

// Controlling reports whether the terminal is the one that controls this process's session.
func (t *Terminal) Controlling() bool { return t.in == t.out }

// duplicate returns another descriptor of f, which can be closed without closing f.
func duplicate(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// IgnoreStop makes Ctrl-Z do nothing to this process and the programs that it starts.
func IgnoreStop() { signal.Ignore(unix.SIGTSTP) }

// forLines makes the terminal pass on whole lines, with echo and Ctrl-C, if it passes on each key: a shell has it so at
// its prompt, and runs programs there, too (direnv in fish). restore undoes it.
func (t *Terminal) forLines() (restore func()) {
	fd := int(t.in.Fd())
	before, err := xterm.GetState(fd)
	if err != nil || !t.ReadsKeys() {
		return func() {}
	}
	if state, err := unix.IoctlGetTermios(fd, getTermios); err == nil {
		state.Lflag |= unix.ICANON | unix.ISIG | unix.ECHO
		state.Iflag |= unix.ICRNL
		_ = unix.IoctlSetTermios(fd, setTermios, state)
	}
	return func() { _ = xterm.Restore(fd, before) }
}

// typed waits for input, and reports whether there is any before ctx ends. Where the terminal is another session's,
// Ctrl-C ends only the program there that has started this one: its end is the end of input, too.
func (t *Terminal) typed(ctx context.Context) bool {
	fd := int(t.in.Fd()) // now: the terminal is closed when ctx ends
	for ctx.Err() == nil && (t.Controlling() || os.Getppid() == t.parent) {
		if hasInput(fd, 50*time.Millisecond) {
			return ctx.Err() == nil
		}
	}
	return false
}

// hasInput reports whether there is input, or its end, within a time.
func hasInput(fd int, limit time.Duration) bool {
	var in unix.FdSet
	in.Set(fd)
	wait := unix.NsecToTimeval(int64(limit))
	n, err := unix.Select(fd+1, &in, nil, nil, &wait)
	return n != 0 && err != unix.EINTR
}

// ReadsKeys reports whether a program reads the terminal key by key, such as an editor or a shell at its prompt.
func (t *Terminal) ReadsKeys() bool { return readsKeys(t.in) }

func readsKeys(tty *os.File) bool {
	state, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	return err == nil && state.Lflag&unix.ICANON == 0
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return xterm.IsTerminal(int(f.Fd())) }

// resumptions returns a channel that receives each SIGCONT until stop is called.
func resumptions() (resumed <-chan os.Signal, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGCONT)
	return signals, func() { signal.Stop(signals) }
}

// lineWaits reports whether there is an unread line. A terminal that is not raw has nothing to read before a line ends.
func lineWaits(tty *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(tty.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
}

// Styles reports whether f shows escape sequences for colors.
func Styles(f *os.File) bool { return IsTerminal(f) }

// Text returns a writer of text for people to f.
func Text(f *os.File) io.Writer { return f }

// Messages is Text for a stderr that nobody may read any more. Go ends a process that writes to such a file, if it is
// its stdout or stderr itself.
func Messages(f *os.File) io.Writer {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return f
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// Reads reports whether the reader of f gets text unchanged.
func Reads(*os.File, string) bool { return true }

// ReadsUTF8 is about Windows' code pages only: elsewhere the locale's variables say it.
func ReadsUTF8(*os.File) bool { return true }

// WideBlocks is about Windows' consoles only.
func WideBlocks() bool { return false }

// quiet turns off the echo, and turns on line input and Ctrl-C.
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
