package cli

import (
	"awsmfa/completions"
	"awsmfa/internal/msg"
	"awsmfa/shells"
)

type completionCmd struct {
	Shell string `arg:""`
}

func (*completionCmd) help() flagHelp {
	return flagHelp{"<shell>": msg.Textf("The shell: %s.", msg.List(completions.Shells()))}
}

func (*completionCmd) values() flagValues {
	return flagValues{"<shell>": plainValues(completions.Shells())}
}

func (*completionCmd) Help() string {
	return `Prints a script for the shell's start-up file, such as eval "$(awsmfa completion bash)" for ~/.bashrc. It
completes commands, options and the names of profiles. docs/shells.md has the line for each shell.`
}

func (c *completionCmd) Run(a *app) error {
	shell, _ := shells.Lookup(c.Shell)
	script, ok := completions.Script(shell.Name)
	if !ok {
		return &usageError{
			msg.Errorf("there is no completion for %s", msg.Path(c.Shell)).
				Hint("there is completion for %s", msg.List(completions.Shells())),
		}
	}
	return a.print(script)
}
