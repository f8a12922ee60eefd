package cli

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command."`
}

// Run is --help of the command, which does not return.
func (c *helpCmd) Run(a *app) error {
	named := ""
	if len(c.Command) > 0 {
		named = c.Command[0]
	}
	parser, err := a.parser(new(globalFlags), named)
	if err != nil {
		return err
	}
	_, err = parser.Parse(append(c.Command, "--help"))
	return a.usage(err, c.Command)
}
