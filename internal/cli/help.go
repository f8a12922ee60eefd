package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"awsmfa/internal/msg"
	"awsmfa/internal/term"
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

// printHelp is Kong's printer for --help, in the reader's language. Kong's own knows English only: its headings, and a
// line that ends at a blank.
func (a *app) printHelp(_ kong.HelpOptions, ctx *kong.Context) error {
	printer := a.printerFor(a.Stdout)
	fillHelp(printer, ctx.Model)
	node := ctx.Selected()
	if node == nil {
		node = ctx.Model.Node
		if a.passedBy != "" && slices.Equal(a.Args[1:], []string{"--help"}) {
			return a.print(printer.Text(functionHelp(a.passedBy)) + "\n")
		}
	}
	page := helpPage{Printer: printer, columns: a.helpColumns()}
	page.node(node)
	if node == ctx.Model.Node {
		page.title(msg.Textf(`Run "awsmfa <command> --help" for more information on a command.`))
	}
	return a.print(page.String())
}

// functionHelp is the help of init's function.
func functionHelp(name string) msg.Text {
	return msg.Textf(`Usage: %[1]s [<profile>] [flags]

Put the session of a profile into this shell.

  %[1]s prod       the session of prod
  %[1]s            choose the profile
  %[1]s -          go back to the profile before
  %[1]s --unset    remove the session from this shell
  %[1]s logout     remove the cached sessions, too
  %[1]s COMMAND    run another command of awsmfa

%[2]s explains the flags; all but --shell work. %[3]s lists the commands.`,
		name, msg.Command("env", "--help"), msg.Command("help"))
}

// helpColumns is how wide --help may be.
func (a *app) helpColumns() int {
	const most, usual = 100, 80
	columns, err := strconv.Atoi(a.Getenv("COLUMNS"))
	if err != nil {
		columns = term.Columns(a.Stdout)
	}
	return min(cmp.Or(max(columns, 0), usual), most)
}

// helpPage is the text of --help.
type helpPage struct {
	msg.Printer
	strings.Builder
	columns int
}

func (h *helpPage) node(n *kong.Node) {
	usage := n.FullPath() + strings.TrimPrefix(n.Summary(), n.Path())
	h.WriteString(h.Text(msg.Textf("Usage: %s [flags]", strings.TrimSuffix(usage, " [flags]"))) + "\n")
	h.prose(n.Help)
	h.prose(n.Detail)
	if len(n.Positional) > 0 {
		h.title(msg.Textf("Arguments:"))
		var rows [][2]string
		for _, v := range n.Positional {
			rows = append(rows, [2]string{v.Summary(), v.Help})
		}
		h.table(rows)
	}
	h.title(msg.Textf("Flags:"))
	h.table(flagRows(n))
	if commands := n.Leaves(true); len(commands) > 0 {
		h.title(msg.Textf("Commands:"))
		var rows [][2]string
		for _, c := range commands {
			rows = append(rows, [2]string{c.Path(), c.Help})
		}
		h.table(rows)
	}
}

// flagRows are the flags of every command, and after an empty row the command's own.
func flagRows(n *kong.Node) (rows [][2]string) {
	for i, group := range n.AllFlags(true) {
		if i > 0 {
			rows = append(rows, [2]string{})
		}
		for _, f := range group {
			short := "    "
			if f.Short != 0 {
				short = "-" + string(f.Short) + ", "
			}
			name := short + "--" + f.Name
			if !f.IsBool() {
				name += "=" + f.FormatPlaceHolder()
			}
			rows = append(rows, [2]string{name, f.Help})
		}
	}
	return rows
}

func (h *helpPage) title(text msg.Text) { h.WriteString("\n" + h.Text(text) + "\n") }

// prose writes paragraphs. One that begins with a blank is shown as it is, a little more to the right.
func (h *helpPage) prose(text string) {
	if text == "" {
		return
	}
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		h.WriteByte('\n')
		lines := term.Wrap(paragraph, h.columns)
		if paragraph[0] == ' ' {
			lines = strings.Split("  "+strings.ReplaceAll(paragraph, "\n", "\n  "), "\n")
		}
		h.WriteString(strings.Join(lines, "\n") + "\n")
	}
}

// table writes names and what they mean in two columns. A name that is too long for the first stands on a line of its
// own.
func (h *helpPage) table(rows [][2]string) {
	const indent, gap = "  ", "    "
	most, left := max(30, h.columns*3/8), 0
	for _, row := range rows {
		if n := len(row[0]); n < most {
			left = max(left, n)
		}
	}
	next := "\n" + indent + strings.Repeat(" ", left) + gap
	for _, row := range rows {
		if row[0] == "" {
			h.WriteByte('\n')
			continue
		}
		fmt.Fprintf(h, "%s%-*s", indent, left, row[0])
		if len(row[0]) < most {
			h.WriteString(gap)
		} else {
			h.WriteString(next)
		}
		h.WriteString(strings.Join(term.Wrap(row[1], h.columns-len(next)+1), next) + "\n")
	}
}

// fillHelp gives each command, flag and argument its help.
func fillHelp(printer msg.Printer, model *kong.Application) {
	model.Help = msg.Printer{}.Text(description())
	for _, node := range model.Children {
		node.Help = commandHelp(node.Name)
	}
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

// namePlaceholders gives each flag what stands for its value in help and errors.
func namePlaceholders(node *kong.Node) {
	for _, f := range node.Flags {
		f.PlaceHolder = placeholder(f.Name)
	}
	for _, child := range node.Children {
		namePlaceholders(child)
	}
}

// placeholder is what stands for a flag's value: the same in each command. It is not in tags, which Kong would parse in
// every run.
func placeholder(flag string) string {
	switch flag {
	case "access-key-id", "external-id":
		return "ID"
	case "ask":
		return "WHERE"
	case "code":
		return "DIGITS"
	case "code-command", "codes-from":
		return "COMMAND"
	case "destination":
		return "PAGE"
	case "duration", "min-ttl", "timeout":
		return "TIME"
	case "format":
		return "FORMAT"
	case "qr-png":
		return "FILE"
	case "region":
		return "REGION"
	case "role-arn", "serial":
		return "ARN"
	case "source":
		return "PROFILE"
	case "store":
		return "STORE"
	}
	return "NAME"
}
