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
	Server bool

	Command []string `kong:"-"` // the words after --
	dashed  bool     `kong:"-"`
}

func (c *execCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"server": msg.Textf("Give the command the address of an endpoint that renews the session, not a session that " +
			"ends."),
	})
}

func (*execCmd) Help() string {
	return `  awsmfa exec [PROFILE] [flags] -- COMMAND [ARG ...]

The command gets the environment that env would set; all words after -- are the command and its own arguments. On Unix
awsmfa becomes the command. The exit code is the command's; 127 means not found, 126 not executable. Without a command
exec starts a subshell, and exit leaves it.

With --server the command gets no session, but the address of an endpoint that has one
(AWS_CONTAINER_CREDENTIALS_FULL_URI): the AWS CLI and the SDKs ask it again before a session ends, so that a command can
run for days. The endpoint answers only programs with the command's variables, and ends with the command. awsmfa renews
a role's session as long as the MFA session lasts; then it asks for a code on the terminal, or, while another program
uses the terminal, prints on stderr what to type in another one. If your default profile has credentials of its own, the
command does not see your AWS files.`
}

func (c *execCmd) Run(a *app) error {
	command := c.Command
	subshell := len(command) == 0
	switch {
	case subshell && c.dashed: // exec -- $EMPTY in a script does not mean a subshell
		return &usageError{msg.Errorf("there is no command after --").
			Hint("%s; without the -- it starts a subshell",
				msg.Command("exec").With("[PROFILE] -- COMMAND [ARG ...]"))}
	case !subshell && command[0] == "":
		return &usageError{msg.Errorf("the command is empty").Hint("is a variable unset?")}
	case subshell:
		command = []string{a.subshellPath()}
	}
	path, err := lookPath(command)
	if err != nil { // before asking for a code
		_, e := profile.Load(a.files(), command[0])
		if e == nil && c.Name == "" && c.Profile == "" && len(command) > 1 {
			words := append([]string{"exec", command[0], "--"}, command[1:]...)
			return &codedError{msg.Errorf("%s: command not found", msg.Path(command[0])).Wrap(err).
				Hint("it is a profile; to run the command with its session:  %s", a.ownCommand(words...)), exitNotFound}
		}
		return err
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
			return msg.Errorf("%s", err).Hint("to run it as a command: %s", msg.Command("exec", "--", c.Name)).Wrap(err)
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

// nextDepth announces the subshell and counts it.
func (a *app) nextDepth(profile string) shells.Var {
	depth, _ := strconv.Atoi(a.Getenv(varDepth))
	if depth > 0 {
		a.say(msg.Textf("this is subshell %d, inside one for profile %q: exit returns to that one",
			depth+1, a.Getenv(varProfile)))
	} else {
		a.say(msg.Textf("this is a subshell with the session of profile %q: exit leaves it", profile))
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

// lookPath finds the command's file, as a shell does. Its errors have the exit codes 127 and 126.
func lookPath(command []string) (string, error) {
	name := command[0]
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		if err := checkScript(name, path); err != nil {
			return "", &codedError{err, exitNotExecutable}
		}
		return path, nil
	case errors.Is(err, exec.ErrDot): // as shells do, run no program just because it is in the current directory
		e := msg.Errorf("%s: found in the current directory, and not run from there", msg.Path(name)).
			Hint("if you mean that one, give its directory: %s", msg.Word("./"+name)).Wrap(err)
		return "", &codedError{e, exitNotFound}
	case errors.Is(err, fs.ErrPermission):
		return "", cannotRun(name, err)
	}
	if info, e := os.Stat(name); e == nil && strings.ContainsAny(name, `/\`) && info.IsDir() {
		return "", cannotRun(name, err)
	}
	return "", &codedError{notFound(command).Wrap(err), exitNotFound}
}

// notFound explains a command that is not found. An assignment's value may be a secret, and is left out.
func notFound(command []string) *msg.Error {
	name := command[0]
	run := msg.Command("exec").With("[PROFILE] --")
	if variable, _, is := strings.Cut(name, "="); is && shells.IsName(variable) {
		e := msg.Errorf("%s=…: command not found", variable)
		if runtime.GOOS == "windows" {
			return e.Hint("only a shell sets variables this way: set %s before, or let a shell run the command",
				variable)
		}
		return e.Hint("only a shell sets variables this way; use env: %s env %s=… COMMAND", run, variable)
	}
	e := msg.Errorf("%s: command not found", msg.Path(name))
	if len(command) == 1 && strings.ContainsAny(name, " \t\n") {
		if runtime.GOOS == "windows" {
			return e.Hint("awsmfa runs programs, not command lines; let a shell run the line: "+
				`%s cmd /c "COMMAND | COMMAND"`, run)
		}
		return e.Hint("awsmfa runs programs, not command lines; let a shell run the line: "+
			"%s sh -c 'COMMAND | COMMAND'", run)
	}
	return e.Hint("check the name and PATH; the shell's aliases and functions are not commands")
}

// cannotRun is the error for a command that was found.
func cannotRun(name string, err error) *codedError {
	var cause any = msg.Cause(err)
	if ours, ok := errors.AsType[*msg.Error](err); ok {
		cause = ours
	}
	e := msg.Errorf("%s: cannot be run: %s", msg.Path(name), cause).Wrap(err).
		Hint("a script needs a first line such as #!/bin/sh and permission to run, or an interpreter before it")
	return &codedError{e, exitNotExecutable}
}

// notStarted is the error for a command that was found and could not be started; an errExit passes.
func (a *app) notStarted(name string, err error) error {
	if _, ok := errors.AsType[errExit](err); ok || err == nil {
		return err
	}
	return cannotRun(name, err)
}

// codedError is an error with an exit code that shells use: of a command that cannot be run, or of Ctrl-C.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

func sameVariable(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}
