//go:build unix

package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// attend runs the command and returns its exit code. To the terminal and to whoever sends signals it is as if awsmfa had
// become the command. interrupted is called when the person pressed Ctrl-C or Ctrl-\, which the terminal sends to both.
func attend(a *app, path string, argv, environ []string, interrupted func()) error {
	onTerminal := hasTerminal()
	typed := []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP}
	signals, continued := make(chan os.Signal, 16), make(chan os.Signal, 1)
	for _, s := range append(typed, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2) {
		if !signal.Ignored(s) { // nohup's work goes on when the terminal is closed
			signal.Notify(signals, s)
		}
	}
	signal.Notify(continued, syscall.SIGCONT)
	child, err := os.StartProcess(path, argv, &os.ProcAttr{Env: environ, Files: []*os.File{a.Stdin, a.Stdout, a.Stderr}})
	if err != nil {
		if wrapped := (*fs.PathError)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	// The question for a code, asked while the command's own child has the terminal, would stop this process; with these
	// ignored it is an error. The command is not to inherit that, so it comes after the start.
	signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU)
	go func() {
		for s := range signals {
			if s == syscall.SIGINT || s == syscall.SIGQUIT {
				interrupted()
			}
			if !onTerminal || !slices.Contains(typed, s) { // what is typed reaches the command by itself
				child.Signal(s) //nolint:errcheck // one that has just ended needs none
			}
		}
	}()
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(child.Pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return err
		case status.Exited():
			return errExit(status.ExitStatus())
		case status.Signaled():
			return errExit(exitSignal + int(status.Signal()))
		case onTerminal: // Ctrl-Z: the shell that waits for us is to have the terminal back
			stop(continued)
			// What continued us continued its whole group. A shell with job control has one of its own.
			if group, err := syscall.Getpgid(child.Pid); err == nil && group != syscall.Getpgrp() {
				child.Signal(syscall.SIGCONT) //nolint:errcheck // as above
			}
		}
	}
}

// stop stops this process until it is continued.
func stop(continued <-chan os.Signal) {
	select {
	case <-continued: // an earlier one
	default:
	}
	if syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) == nil {
		<-continued
	}
}

// hasTerminal says whether there is a terminal that this process belongs to.
func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	tty.Close()
	return true
}
