package cli

import (
	"maps"

	"github.com/alecthomas/kong"

	"awsmfa/internal/msg"
)

type helpCmd struct {
	Command []string `arg:"" optional:""`
}

func (*helpCmd) help() flagHelp {
	return flagHelp{"<command>": msg.Textf("The command.")}
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

// flagHelp maps the long names of a command's flags, and its arguments as "<argument>", to their help. It is not in
// tags, which Kong would parse in every run.
type flagHelp map[string]msg.Text

func mergeHelp(parts ...flagHelp) flagHelp {
	all := flagHelp{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return all
}

// Model returns the grammar of all commands with the help of each command, flag and argument, in English. The reference
// in docs is generated from it.
func Model() (*kong.Application, error) {
	parser, err := new(app).parser(new(globalFlags), "")
	if err != nil {
		return nil, err
	}
	fillHelp(msg.Printer{}, parser.Model)
	return parser.Model, nil
}

// printHelp is Kong's printer for --help, in the reader's language.
func (a *app) printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	fillHelp(a.printer(), ctx.Model)
	return kong.DefaultHelpPrinter(options, ctx)
}

// fillHelp gives each command, flag and argument its help.
func fillHelp(printer msg.Printer, model *kong.Application) {
	nodes := []*kong.Node{model.Node}
	for len(nodes) > 0 {
		node := nodes[0]
		nodes = append(nodes[1:], node.Children...)
		node.Help, node.Detail = printer.Help(node.Help), printer.Help(node.Detail)
		texts := flagHelp{"help": msg.Textf("Show this help.")}
		if c, ok := node.Target.Addr().Interface().(interface{ help() flagHelp }); ok {
			maps.Copy(texts, c.help())
		}
		for _, f := range node.Flags {
			f.Help = printer.Text(texts[f.Name])
		}
		for _, v := range node.Positional {
			v.Help = printer.Text(texts["<"+v.Name+">"])
		}
	}
}
