package cli

import (
	"slices"

	"awsmfa/completions"
	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// functionFlag is what the function of awsmfa init adds to the commands whose output it evaluates.
type functionFlag struct {
	Function string `hidden:"" placeholder:"NAME"`
}

func (*functionFlag) help() flagHelp {
	return flagHelp{"function": msg.Textf("The function that runs this, and evaluates what it prints.")}
}

type initCmd struct {
	Shell string `arg:""`
	Cmd   string `name:"cmd" placeholder:"NAME"`

	Install bool `xor:"install"`
	Undo    bool `xor:"install"`
	Yes     bool `short:"y"`
}

func (*initCmd) help() flagHelp {
	return flagHelp{
		"<shell>": msg.Textf("The shell: %s.", msg.List(initShells())),
		"cmd":     msg.Textf("The name of the function (mfa)."),
		"install": msg.Textf("Add the line that loads this to the shell's start-up file, after a question."),
		"undo":    msg.Textf("Remove the line that --install has added."),
		"yes":     msg.Textf("Add the line without a question."),
	}
}

func (*initCmd) values() flagValues { return flagValues{"<shell>": plainValues(initShells())} }

func (*initCmd) Help() string {
	return `Prints code for the shell's start-up file, such as eval "$(awsmfa init bash)" for ~/.bashrc: completion, and
a function mfa. docs/shells.md has the line for each shell; --install adds it, and --undo removes it.

  mfa prod       put the session of prod into this shell; all options of env work
  mfa -          go back to the profile before
  mfa --unset    remove the session from this shell
  mfa logout     remove the cached sessions, too
  mfa COMMAND    run another command of awsmfa

No secret shows under set -x and the like, nor in the history.`
}

func (c *initCmd) Run(a *app) error {
	name := "mfa"
	if c.Cmd != "" {
		name = c.Cmd
	}
	if name == "awsmfa" || !shells.IsFunctionName(name) {
		return &usageError{
			msg.Errorf("the function cannot be called %q", name).
				Hint("a name has only letters, digits and _, and is neither awsmfa nor a word of some shell"),
		}
	}
	shell, _ := shells.Lookup(c.Shell)
	if shell.Name == "cmd" {
		return &usageError{
			msg.Errorf("cmd has no functions").
				Hint("define a macro, in each window:  doskey mfa=%s", shell.Line(a.typedCommand("env")+" $*")),
		}
	}
	if !slices.Contains(initShells(), shell.Name) {
		return &usageError{
			msg.Errorf("there is no function for %s", msg.Path(c.Shell)).
				Hint("there is one for %s", msg.List(initShells())),
		}
	}
	switch {
	case c.Install:
		return c.install(a, shell)
	case c.Undo:
		return c.undo(a, shell)
	}
	program, err := a.commandLine(shell)
	if err != nil {
		return err
	}
	completion, _ := completions.Script(shell.Name)
	text, _ := shell.Init(shells.InitOptions{
		Function: name, Program: program, Commands: passedOn(), Completion: completion,
	})
	return a.print(text)
}

// passedOn returns the commands that the function passes on to awsmfa as they are.
func passedOn() []string {
	var names []string
	for _, c := range commands() {
		if !c.hidden && c.name != "env" && c.name != "logout" {
			names = append(names, c.name)
		}
	}
	return names
}

// initShells returns the names of the shells that init knows.
func initShells() []string {
	var names []string
	for _, s := range shells.All() {
		if _, ok := s.Init(shells.InitOptions{}); ok {
			names = append(names, s.Name)
		}
	}
	return names
}
