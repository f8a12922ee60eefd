package cli

import (
	"cmp"
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/startup"
	"awsmfa/shells"
)

// install adds the line that loads the function to the shell's start-up file, after a question.
func (c *initCmd) install(a *app, shell shells.Shell) error {
	ctx, stop := a.catchSignals()
	defer stop()
	file, err := a.startupFile(shell, c.Shell)
	if err != nil {
		return err
	}
	if shell.Name == "nu" {
		_, err := c.installFile(ctx, a, shell, file)
		return err
	}
	line, err := c.line(a, shell)
	if err != nil {
		return err
	}
	found, err := file.Lines()
	if err != nil {
		return err
	}
	text := msg.Textf("Add  %s  to %s?", line, msg.Path(file.Path))
	if len(found) > 0 {
		at := profile.Pos{File: found[0].File, Line: found[0].Number}
		switch old := found[0]; {
		case old.Added && old.Text != line:
			text = msg.Textf("Replace  %s  (%s) by  %s?", old.Text, at, line)
		case !old.Added && c.lacks(old.Text):
			return msg.Errorf("%s has a line of your own, without these options:  %s", at, old.Text).
				Hint("change it to:  %s", line)
		default:
			a.say(msg.Textf("%s has the line already:  %s", at, old.Text))
			a.warnOfPolicy(file, line)
			return nil
		}
	}
	wanted, err := a.confirm(ctx, question{text: text, defaultYes: true, yes: c.Yes})
	if err != nil || !wanted {
		return err
	}
	return a.addLine(file, line)
}

// lacks reports whether a line loads the function without something that the options ask for.
func (c *initCmd) lacks(line string) bool {
	renews := strings.Contains(line, "--renew")
	return c.Cmd != "" && functionIn(line) != c.Cmd || c.Renew && !renews ||
		c.Prompt && !renews && !strings.Contains(line, "--prompt")
}

// installFile writes the code to a file that Nushell loads, after a question: Nushell reads its files before it runs a
// program, so that no line in them could. It returns the name of the function, "" if the answer is no.
func (c *initCmd) installFile(ctx context.Context, a *app, shell shells.Shell, file startup.File) (string, error) {
	code, err := c.code(a, shell)
	if err != nil {
		return "", err
	}
	old, written, err := startup.Read(file.Path)
	if err != nil {
		return "", err
	}
	if name := functionOf(old); name != "" && (!written || old == code) {
		a.say(msg.Textf("%s has the function %s already", msg.Path(file.Path), name))
		return name, nil
	}
	wanted, err := a.confirm(ctx, question{
		text: msg.Textf("Write %s, from which Nushell loads the function %s?", msg.Path(file.Path),
			functionOf(code)),
		defaultYes: true, yes: c.Yes,
	})
	if err != nil || !wanted {
		return "", err
	}
	if err := startup.Write(file.Path, code); err != nil {
		return "", err
	}
	load, err := shell.Command("source", file.Path)
	if err != nil {
		return "", cannotExpress(err)
	}
	a.say(msg.Textf("%s was written; for this window, too, type:  %s", msg.Path(file.Path), load))
	return functionOf(code), nil
}

// functionOf returns the name of the function that Nushell's code of init defines, "" for other code.
func functionOf(code string) string {
	_, call, _ := strings.Cut(code, " function nu ")
	name, _, _ := strings.Cut(call, " ")
	return name
}

// installedFunction returns the name of the function that the start-up file of the shell that runs awsmfa loads. If it
// loads none, this offers to add the line. The name is "" without the line: the bare line serves, too, so a failure is
// none.
func (a *app) installedFunction(ctx context.Context) (name string) {
	shell := a.typingShell()
	if !slices.Contains(initShells(), shell.Name) {
		return ""
	}
	file, err := a.startupFile(shell, shell.Name)
	if err != nil {
		return ""
	}
	if shell.Name == "nu" {
		code, _, err := startup.Read(file.Path)
		if name = functionOf(code); err == nil && name == "" {
			name, err = new(initCmd).installFile(ctx, a, shell, file)
		}
		if err != nil {
			a.warn(err)
		}
		return name
	}
	line, err := new(initCmd).line(a, shell)
	if err != nil {
		return ""
	}
	found, err := file.Lines()
	switch {
	case err != nil:
		return ""
	case len(found) > 0:
		return functionIn(found[0].Text)
	}
	wanted, err := a.confirm(ctx, question{
		text:       msg.Textf("Add  %s  to %s, for the short command mfa?", line, msg.Path(file.Path)),
		defaultYes: true,
	})
	if err != nil || !wanted {
		return ""
	}
	if err := a.addLine(file, line); err != nil {
		a.warn(err)
		return ""
	}
	return defaultFunction
}

// functionIn returns the name of the function that a line of a start-up file loads.
func functionIn(line string) string {
	_, after, _ := strings.Cut(line, "--cmd")
	name := strings.TrimLeft(after, " =")
	end := strings.IndexFunc(name, func(r rune) bool { return !shells.IsName("_" + string(r)) })
	if end >= 0 {
		name = name[:end]
	}
	return cmp.Or(name, defaultFunction)
}

// addLine adds the line to the file.
func (a *app) addLine(file startup.File, line string) error {
	if err := startup.Add(file.Path, line); err != nil {
		return msg.Errorf("the line was not added: %s", err).Wrap(err).
			Hint("add it to %s yourself:  %s", msg.Path(file.Path), line)
	}
	a.say(msg.Textf("added to %s; for this window, too, type:  %s", msg.Path(file.Path), line))
	if file.NeedsCompinit {
		a.say(msg.Textf("Tab completes only if this stands above the line:  %s", "autoload -Uz compinit && compinit"))
	}
	a.warnOfPolicy(file, line)
	return nil
}

// warnOfPolicy says that PowerShell does not load the file.
func (a *app) warnOfPolicy(file startup.File, line string) {
	if file.Policy == "" {
		return
	}
	warning := msg.Errorf("PowerShell will not load %s: the execution policy is %s", msg.Path(file.Path), file.Policy)
	if file.Managed {
		a.warn(warning.Hint("your administrator has set it, so type this in each window:  %s", line))
	} else {
		a.warn(warning.Hint("allow your own scripts, once:  Set-ExecutionPolicy -Scope CurrentUser RemoteSigned"))
	}
}

// undo removes the line that install has added.
func (c *initCmd) undo(a *app, shell shells.Shell) error {
	file, err := a.startupFile(shell, c.Shell)
	if err != nil {
		return err
	}
	if shell.Name == "nu" {
		return a.undoFile(file)
	}
	n, err := startup.Remove(file.Path)
	if err != nil {
		return err
	}
	if n > 0 {
		a.say(msg.Textf("removed the line from %s; windows that are open keep the function", msg.Path(file.Path)))
	} else {
		a.say(msg.Textf("%s has no line of %s", msg.Path(file.Path), msg.Command("init", shell.Name, "--install")))
	}
	left, err := file.Lines()
	for _, l := range left {
		a.warn(msg.Errorf("%s was not added by awsmfa, and stays:  %s",
			profile.Pos{File: l.File, Line: l.Number}, l.Text).Hint("remove it with an editor"))
	}
	return err
}

// undoFile removes the file that installFile has written.
func (a *app) undoFile(file startup.File) error {
	code, written, err := startup.Read(file.Path)
	switch {
	case err != nil:
		return err
	case written:
		if err := startup.Delete(file.Path); err != nil {
			return err
		}
		a.say(msg.Textf("removed %s; windows that are open keep the function", msg.Path(file.Path)))
	case code != "":
		a.warn(msg.Errorf("%s was not written by awsmfa, and stays", msg.Path(file.Path)).Hint("remove it yourself"))
	default:
		a.say(msg.Textf("there is no %s", msg.Path(file.Path)))
	}
	return nil
}

// line returns the line for the start-up file.
func (c *initCmd) line(a *app, shell shells.Shell) (string, error) {
	args := []string{"init", shell.Name}
	if c.Cmd != "" {
		args = append(args, "--cmd", c.Cmd)
	}
	switch {
	case c.Renew:
		args = append(args, "--renew")
	case c.Prompt:
		args = append(args, "--prompt")
	}
	command, err := shell.StartUpCommand(programName(a.Args[0]), args...)
	if err != nil {
		return "", cannotExpress(err)
	}
	return shell.InitLine(command), nil
}

// startupFile returns the start-up file of the shell, which the user has called named. Windows has two PowerShells: the
// one that runs awsmfa counts, else the one named.
func (a *app) startupFile(shell shells.Shell, named string) (startup.File, error) {
	running, program := ancestor.Shell(a.Getenv)
	if running.Name != shell.Name || program == "" {
		program = named
		if _, err := exec.LookPath(named); err != nil {
			program = shell.Name
		}
	}
	system := startup.System{Getenv: a.Getenv, Environ: a.Environ, Home: a.Home, GOOS: runtime.GOOS}
	file, err := system.Find(shell.Name, program)
	home := a.Getenv(varSandbox)
	if err == nil && home != "" && !strings.HasPrefix(file.Path, home+string(filepath.Separator)) {
		return startup.File{}, msg.Errorf("%s is outside of the demo's sandbox, so awsmfa leaves it alone",
			msg.Path(file.Path))
	}
	return file, err
}
