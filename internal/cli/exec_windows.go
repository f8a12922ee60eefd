package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// become runs the command and returns its exit code: a process cannot be replaced on Windows. Ctrl-C reaches everyone
// on the console, the command too; what it makes of it is its own affair, so here it is only taken note of.
func become(a *app, path string, argv, environ []string) error {
	signal.Stop(a.signals)
	pressed := make(chan os.Signal, 8)
	signal.Notify(pressed, os.Interrupt)
	cmd := exec.Command(path)
	cmd.Args, cmd.Env = argv, environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	err := cmd.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return errExit(exitOK)
	case errors.As(err, &failed):
		return errExit(failed.ExitCode())
	}
	return err
}
