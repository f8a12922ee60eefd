package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

type execCmd struct {
	sessionFlags
	Server bool `help:"Give the command an endpoint to ask for the session, which is renewed, instead of a session that ends."`

	Command []string `kong:"-"` // what stood after --
	dashed  bool
}

func (*execCmd) Help() string { return msg.ExecHelp }

func (c *execCmd) Run(a *app) error {
	command := c.Command
	subshell := len(command) == 0
	switch {
	case subshell && c.dashed: // exec -- $EMPTY in a script: a shell is not what was meant
		return &usageError{msg.NoCommand()}
	case !subshell && command[0] == "":
		return &usageError{msg.EmptyCommand()}
	case subshell:
		command = []string{a.subshellPath()}
	}
	path, err := lookPath(command[0], len(command) == 1)
	if err != nil {
		return err // before a code is asked for what cannot be run
	}
	obtain, run := c.obtain, runCommand
	if c.Server {
		s := &server{execCmd: c}
		if is, err := s.runSidecar(a); is {
			return err
		}
		obtain, run = s.obtain, s.run
	}
	vars, err := obtain(a)
	if profile.NotFound(err) && subshell {
		if _, e := exec.LookPath(c.Name); e == nil {
			return msg.ExecNeedsDashes(err, c.Name)
		}
	}
	if err != nil {
		return err
	}
	if subshell {
		vars = append(vars, a.nextDepth(c.Name))
	}
	err = run(a, path, command, apply(a.Environ, vars, sameVariable))
	return a.notStarted(command[0], err)
}

// nextDepth counts the subshells, and says so of one inside another: exit leads back to the outer one.
func (a *app) nextDepth(profile string) shells.Var {
	depth, _ := strconv.Atoi(a.Getenv(varDepth))
	if depth > 0 {
		a.say(msg.Nested(a.Getenv(varProfile), depth))
	} else {
		a.say(msg.Subshell(profile))
	}
	return shells.Var{Name: varDepth, Value: strconv.Itoa(depth + 1)}
}

// subshellPath is the running shell's file, or a name that finds it.
func (a *app) subshellPath() string {
	s, path := ancestor.Shell(a.Getenv)
	if path == "" {
		return s.Name
	}
	return path
}

// lookPath finds the command's file as a shell does; alone says that there are no arguments. Its error says 127 or 126.
func lookPath(name string, alone bool) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		if err := checkScript(name, path); err != nil {
			return "", &commandError{err, exitNotExecutable}
		}
		return path, nil
	case errors.Is(err, exec.ErrDot): // a program of that name lies here: whoever put it there may mean no good
		return "", &commandError{msg.OnlyHere(name, err), exitNotFound}
	case errors.Is(err, fs.ErrPermission):
		return "", &commandError{msg.NotExecutable(name, err), exitNotExecutable}
	}
	if info, e := os.Stat(name); e == nil && strings.ContainsAny(name, `/\`) && info.IsDir() {
		return "", &commandError{msg.NotExecutable(name, err), exitNotExecutable}
	}
	if variable, _, is := strings.Cut(name, "="); is && shells.IsName(variable) {
		return "", &commandError{msg.CommandIsAssignment(variable, runtime.GOOS, err), exitNotFound}
	}
	if alone && strings.ContainsAny(name, " \t\n") {
		return "", &commandError{msg.CommandIsLine(name, runtime.GOOS, err), exitNotFound}
	}
	return "", &commandError{msg.CommandNotFound(name, err), exitNotFound}
}

// notStarted is for a command that was found and could not be started; an errExit is its own code and passes.
func (a *app) notStarted(name string, err error) error {
	var done errExit
	if err == nil || errors.As(err, &done) {
		return err
	}
	return &commandError{msg.NotExecutable(name, err), exitNotExecutable}
}

// commandError is a command that cannot be run, with the code that shells give that.
type commandError struct {
	error
	code int
}

func (e *commandError) Unwrap() error { return e.error }

func sameVariable(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}
