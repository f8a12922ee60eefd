package cli

import "github.com/alecthomas/kong"

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command."`
}

// Run is --help of the command, which does not return.
func (c *helpCmd) Run(a *app, parser *kong.Kong) error {
	_, err := parser.Parse(append(c.Command, "--help"))
	return a.usage(err, c.Command)
}
