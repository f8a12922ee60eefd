package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"awsmfa/internal/msg"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

type envCmd struct {
	sessionFlags
	Shell  string `placeholder:"NAME"`
	Unset  bool
	Reveal bool
}

func (c *envCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"shell":  msg.Textf("Print for this shell instead of the one that runs this: %s. Or set AWSMFA_SHELL.", msg.List(shellNames())),
		"unset":  msg.Textf("Print statements that unset everything awsmfa set."),
		"reveal": msg.Textf("Print the secrets even when stdout is a terminal."),
	})
}

func (*envCmd) Help() string { return msg.EnvHelp }

func (c *envCmd) Run(a *app) error {
	shell, err := a.chooseShell(c.Shell)
	if err != nil {
		return err
	}
	if term.IsTerminal(a.Stdout) && !c.Reveal {
		return c.show(a, shell)
	}
	vars := append(unsetVars(a.Getenv), a.unsetSettings(nil)...)
	if !c.Unset {
		if vars, err = c.obtainFor(a, shell); err != nil {
			return err
		}
	}
	text, err := shell.Render(vars)
	if err != nil {
		return msg.CannotExpress(err)
	}
	if _, err := io.WriteString(a.Stdout, text); err != nil {
		a.evaluated = false // what stdout would not take before it will not take now
		return msg.NotPrinted(err)
	}
	return nil
}

// obtainFor is obtain for what shell can express: what it cannot is found out before anybody is asked for a code. The
// profile's name is for the prompt, and is left out.
func (c *envCmd) obtainFor(a *app, shell shells.Shell) ([]shells.Var, error) {
	if err := c.applyDefaults(a); err != nil {
		return nil, err
	}
	p, err := c.load(a)
	if err != nil {
		return nil, err
	}
	// Of a session, what AWS hands out can be set in every shell.
	vars := c.vars(a, p, session.Session{AccessKeyID: "ID", SecretAccessKey: "secret", SessionToken: "token"})
	_, err = shell.Render([]shells.Var{{Name: varProfile, Value: p.Name}})
	named := err == nil
	if !named {
		a.warn(msg.NameLeftOut(err))
		vars = withoutName(vars)
	}
	if _, err := shell.Render(vars); err != nil {
		return nil, msg.CannotExpress(err)
	}
	s, err := c.session(a, p)
	if err != nil {
		return nil, err
	}
	if vars = c.vars(a, p, s); !named {
		vars = withoutName(vars)
	}
	return vars, nil
}

// withoutName removes the variable that names the profile, which may be another's, instead of setting it.
func withoutName(vars []shells.Var) []shells.Var {
	vars = slices.DeleteFunc(vars, func(v shells.Var) bool { return v.Name == varProfile })
	return append(vars, unset(varProfile)...)
}

// show says the line to type, instead of secrets that a program cannot set in the shell it was started by. It is an
// error, so that what follows on the same line does not run without its session.
func (c *envCmd) show(a *app, shell shells.Shell) error {
	if !c.Unset {
		if err := c.applyDefaults(a); err != nil {
			return err
		}
		p, err := c.load(a)
		if err != nil {
			return err
		}
		if _, err := p.Chain(); err != nil {
			return err
		}
	}
	if shell.Data {
		return &usageError{msg.NotOnTerminal(shell.Name)}
	}
	line, err := a.lineFor(shell, withoutCode(a.Args[1:])...)
	if err != nil {
		return err
	}
	if c.Unset {
		return &usageError{msg.NothingRemoved(line)}
	}
	return &usageError{msg.NothingSet(line)}
}

// withoutCode leaves out a token code, which will be stale when the line is typed, and a code command, which may hold
// an authenticator's key.
func withoutCode(args []string) (kept []string) {
	for i := 0; i < len(args); i++ {
		switch name, _, joined := strings.Cut(args[i], "="); {
		case (name == "--code" || name == "--code-command" || name == "-c") && !joined:
			i++
		case name == "--code", name == "--code-command", strings.HasPrefix(name, "-c"):
		default:
			kept = append(kept, args[i])
		}
	}
	return kept
}

// lineFor is the line that a user of shell types to have what awsmfa prints evaluated.
func (a *app) lineFor(shell shells.Shell, args ...string) (string, error) {
	command, err := a.commandLine(shell, args...)
	if err != nil {
		return "", err
	}
	return shell.Line(command), nil
}

// commandLine is what a user of shell types to run awsmfa with args.
func (a *app) commandLine(shell shells.Shell, args ...string) (string, error) {
	command, err := shell.Command(programName(a.Args[0]), args...)
	if err != nil {
		return "", msg.CannotExpress(err)
	}
	return command, nil
}

// typedCommand is commandLine for a message: in the typing shell, with placeholders as they are. What that shell cannot
// express is shown for the eye only.
func (a *app) typedCommand(args ...string) string {
	shell := a.typingShell()
	line, err := shell.Command(programName(a.Args[0]))
	if err != nil {
		line = "awsmfa"
	}
	for _, arg := range args {
		word, err := shell.Word(arg)
		if err != nil || msg.IsPlaceholder(arg) {
			word = msg.CommandWord(arg)
		}
		line += " " + word
	}
	return line
}

// spell makes the commands of awsmfa in a message such that they can be typed, where the name alone does not find it.
func (a *app) spell(text string) string {
	if !strings.Contains(text, "awsmfa ") {
		return text
	}
	program := programName(a.Args[0])
	if program == "awsmfa" {
		return text
	}
	call, err := a.typingShell().Command(program)
	if err != nil {
		return text
	}
	command := regexp.MustCompile(`(^|[ (])awsmfa (--help|(?:` + strings.Join(commandNames(), "|") + `)\b)`)
	return command.ReplaceAllString(text, "${1}"+strings.ReplaceAll(call, "$", "$$")+" ${2}")
}

// programName is how the user can call this program again: by its name alone where that finds this very file.
func programName(arg0 string) string {
	self, err := os.Executable()
	if err != nil {
		return arg0
	}
	name := strings.TrimSuffix(filepath.Base(self), ".exe")
	found, err := exec.LookPath(name)
	if err != nil {
		return self
	}
	a, errA := os.Stat(found)
	b, errB := os.Stat(self)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return self
	}
	return name
}
