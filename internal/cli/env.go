package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

type envCmd struct {
	sessionFlags
	Shell  string
	Choose bool
	Unset  bool
	Reveal bool
	Renew  bool `hidden:""`

	afterSetup bool `kong:"-"` // which has said until when the session lasts
}

func (c *envCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"shell": msg.Textf("Print for this shell instead of the one that runs this: %s. Or set AWSMFA_SHELL.",
			msg.List(shellNames())),
		"choose": msg.Textf("Choose the profile from a list, even if there is a default one."),
		"unset":  msg.Textf("Print statements that unset everything awsmfa set."),
		"reveal": msg.Textf("Print the secrets even when stdout is a terminal."),
		"renew":  msg.Textf("Print a newer session of the profile in the variables, if that asks nobody."),
	})
}

func (c *envCmd) values() flagValues {
	values := c.sessionFlags.values()
	values["shell"] = plainValues(shellNames())
	return values
}

func (*envCmd) Help() string {
	return `Have the shell evaluate what this prints. On a terminal it prints the line to type, and no secret.

Sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION, AWSMFA_EXPIRES,
AWSMFA_PROFILE, AWS_REGION with AWS_DEFAULT_REGION if the profile or --region has one, and the profile's endpoint
settings. Unsets AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_SECURITY_TOKEN, AWS_ACCESS_KEY, AWS_SECRET_KEY,
AWS_CREDENTIAL_FILE, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. A failure changes no variable and makes the
evaluated line fail.`
}

func (c *envCmd) Run(a *app) error {
	if a.function != "" && c.Shell != "" { // the function could not read it, and might show it
		return &usageError{
			msg.Errorf("--shell does not work with %s", a.function).
				Hint("use %s", msg.Command(withoutCode(a.Args[1:])...)),
		}
	}
	shell, err := a.chooseShell(c.Shell)
	if err != nil {
		return err
	}
	if term.IsTerminal(a.Stdout) && !c.Reveal {
		return c.show(a, shell)
	}
	if err := c.goBack(a); err != nil {
		return err
	}
	vars := append(unsetVars(a.Getenv), a.unsetSettings(nil)...)
	switch {
	case c.Renew:
		vars, err = c.renewed(a)
	case !c.Unset:
		vars, err = c.obtainFor(a, shell)
	}
	if err != nil {
		return err
	}
	vars = append(c.previous(a, shell), vars...)
	text, err := shell.Render(vars)
	if err != nil {
		return cannotExpress(err)
	}
	if _, err := io.WriteString(a.Stdout, text); err != nil {
		a.evaluated = false // the failing statement could not be written, either
		return notPrinted(err)
	}
	return nil
}

// goBack replaces the name - by the profile before, in init's function.
func (c *envCmd) goBack(a *app) error {
	if a.function == "" || c.Name != "-" {
		return nil
	}
	if c.Name = a.Getenv(varPrevious); c.Name == "" {
		return &usageError{
			msg.Errorf("this shell has had no other profile, so there is none to go back to").Hint("name the profile"),
		}
	}
	return nil
}

// previous returns the change to the variable with the profile before: init's function remembers it even after --unset.
func (c *envCmd) previous(a *app, shell shells.Shell) []shells.Var {
	before := a.Getenv(varProfile)
	switch {
	case a.function == "" && c.Unset:
		return unsetIfSet(varPrevious, a.Getenv)
	case a.function == "" || before == "" || before == c.Name:
		return nil
	}
	vars := []shells.Var{{Name: varPrevious, Value: before}}
	if _, err := shell.Render(vars); err != nil {
		return unset(varPrevious)
	}
	return vars
}

// obtainFor obtains a session for a shell. If the shell cannot express a variable, it fails before it asks for a code;
// the profile's name, which only prompts need, is left out instead.
func (c *envCmd) obtainFor(a *app, shell shells.Shell) ([]shells.Var, error) {
	if err := c.applyDefaults(a); err != nil {
		return nil, err
	}
	c.announce = a.function != "" && !c.afterSetup
	p, err := c.loadOrChoose(a)
	if err != nil {
		return nil, err
	}
	// Every shell can express the values of AWS's sessions, so any values serve for the check.
	anySession := awsapi.Credentials{AccessKeyID: "ID", SecretAccessKey: "secret", SessionToken: "token"}
	vars := c.vars(a, p, session.Session{Credentials: anySession})
	_, err = shell.Render([]shells.Var{{Name: varProfile, Value: p.Name}})
	named := err == nil
	if !named {
		a.warn(msg.Errorf("%s; it is left out, so name the profile in each call", cannotExpress(err)))
		vars = withoutName(vars)
	}
	if _, err := shell.Render(vars); err != nil {
		return nil, cannotExpress(err)
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

// withoutName unsets the variable with the profile's name, instead of setting it: another profile's may be there.
func withoutName(vars []shells.Var) []shells.Var {
	vars = slices.DeleteFunc(vars, func(v shells.Var) bool { return v.Name == varProfile })
	return append(vars, unset(varProfile)...)
}

// show prints the line to type instead of secrets: a program cannot set its shell's variables. It is an error, so that
// the rest of the command line does not run without a session.
func (c *envCmd) show(a *app, shell shells.Shell) error {
	if !c.Unset {
		if err := c.applyDefaults(a); err != nil {
			return err
		}
		if err := c.check(a); err != nil {
			return err
		}
	}
	if shell.Data {
		return &usageError{
			msg.Errorf("secrets are not shown on a terminal, and %s is all secrets", shell.Name).
				Hint("send it to a program or a file, or add --reveal"),
		}
	}
	line, err := a.lineFor(shell, withoutCode(a.Args[1:])...)
	if err != nil {
		return err
	}
	if _, loaded := a.hook(); loaded != "" && c.Shell == "" {
		line = a.envLine(withoutCode(a.Args[slices.Index(a.Args, "env")+1:])...)
	}
	if c.Unset {
		return &usageError{
			msg.Errorf("nothing is removed yet: a program cannot change the variables of the shell it runs in").
				Hint("type this instead:  %s", line),
		}
	}
	return &usageError{
		msg.Errorf("nothing is set yet: a program cannot change the variables of the shell it runs in").
			Hint("type this instead:  %s", line),
	}
}

// check reports the mistakes of the profile, if it is known before the line is typed.
func (c *envCmd) check(a *app) error {
	if c.Choose {
		return nil
	}
	p, err := c.load(a)
	if err == nil {
		_, err = p.Chain()
	}
	if profile.NotFound(err) && c.unnamed {
		if names, e := profile.Names(a.files()); e == nil && len(names) > 0 { // the line asks
			return nil
		}
	}
	return err
}

// withoutCode removes token codes, which will be stale when the line is typed, and code commands, which may hold an
// authenticator's key.
func withoutCode(args []string) (rest []string) {
	for i := 0; i < len(args); i++ {
		switch name, _, joined := strings.Cut(args[i], "="); {
		case (name == "--code" || name == "--code-command" || name == "-c") && !joined:
			i++
		case name == "--code", name == "--code-command", strings.HasPrefix(name, "-c"):
		default:
			rest = append(rest, args[i])
		}
	}
	return rest
}

// lineFor returns the line to type in shell that evaluates what awsmfa prints.
func (a *app) lineFor(shell shells.Shell, args ...string) (string, error) {
	command, err := a.commandLine(shell, args...)
	if err != nil {
		return "", err
	}
	return shell.Line(command), nil
}

// commandLine returns the command line to type in shell that runs awsmfa with args.
func (a *app) commandLine(shell shells.Shell, args ...string) (string, error) {
	command, err := shell.Command(programName(a.Args[0]), args...)
	if err != nil {
		return "", cannotExpress(err)
	}
	return command, nil
}

// typedCommand is commandLine for a message: in the typing shell. A word that the shell cannot express is quoted for no
// particular shell.
func (a *app) typedCommand(args ...string) string {
	shell := a.typingShell()
	line, err := shell.Command(programName(a.Args[0]))
	if err != nil {
		line = "awsmfa"
	}
	for _, arg := range args {
		word, err := shell.Word(arg)
		if err != nil {
			word = msg.Word(arg).String()
		}
		line += " " + word
	}
	return line
}

// programName returns how this program is called: by its name alone if PATH leads to this very file.
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
	if !isSelf(found) {
		return self
	}
	return name
}
