package cli

import (
	"errors"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/shells"
)

// completeCmd prints the candidates for the last word of a command line, for the scripts in package completions. It
// reads the AWS files and nothing else, and is silent about every error: nothing may disturb a shell's prompt.
type completeCmd struct {
	Shell    string `arg:""`
	Function string

	Words []string `kong:"-"` // the words after --
}

func (c *completeCmd) help() flagHelp {
	return flagHelp{
		"<shell>":  msg.Textf("The shell."),
		"function": msg.Textf("The first word of the command line, perhaps a function of init."),
	}
}

func (c *completeCmd) Run(a *app) (err error) {
	debug.SetGCPercent(-1) // with 10,000 profiles it would take a third of the time, and the process ends soon
	defer func() {
		if recover() != nil {
			err = errExit(exitError)
		}
	}()
	shell, ok := shells.Lookup(c.Shell)
	if !ok {
		return errExit(exitError)
	}
	if shell.Name == "tcsh" && slices.Equal(c.Words, []string{"rules"}) {
		if candidates, ok := a.commandInTcsh(); ok {
			return a.print(typedLine{}.render(shell, candidates))
		}
	}
	line, ok := parseLine(shell.Name, c.Words, a.Getenv)
	if !ok {
		return errExit(exitError)
	}
	if name := strings.TrimSuffix(filepath.Base(c.Function), ".exe"); name != "awsmfa" {
		a.function = c.Function
	}
	all, err := a.candidates(line)
	if errors.Is(err, errFile) {
		return errExit(exitFile)
	}
	if err != nil {
		return errExit(exitError)
	}
	if _, err := io.WriteString(a.Stdout, line.render(shell, all)); err != nil {
		return errExit(exitError)
	}
	return nil
}

// exitFile is the exit code with which completeCmd leaves the names of files to the shell.
const exitFile = 3

// errFile means that a file's name can stand at the cursor.
var errFile = errors.New("a file")

// candidate is a word that can stand at the cursor.
type candidate struct{ value, help string }

// flagValues maps the long names of flags, and arguments as "<argument>", to functions that return their values.
type flagValues map[string]func() []candidate

func plainValues(values []string) func() []candidate {
	return func() []candidate {
		var all []candidate
		for _, v := range values {
			all = append(all, candidate{value: v})
		}
		return all
	}
}

// candidates returns the words that can stand at the cursor. The words of init's function are those of env, or a
// command.
func (a *app) candidates(line typedLine) ([]candidate, error) {
	parser, err := a.parser(new(globalFlags), "")
	if err != nil {
		return nil, err
	}
	fillHelp(a.printerFor(a.Stdout), parser.Model)
	at := place{node: parser.Model.Node}
	if a.function != "" {
		at.given = []string{"shell"} // which does not work with the function
	}
	var all []candidate
	if a.function != "" && !at.isCommand(line.before) {
		if len(line.before) == 0 {
			all = at.commands(line.current)
		}
		at.pass("env")
	}
	for _, word := range line.before {
		at.pass(word)
	}
	flag, value, joined := strings.Cut(line.current, "=")
	switch {
	case at.dashed: // another program's words
		return nil, nil
	case at.flag != nil && placeholder(at.flag.Name) == "FILE":
		return nil, errFile
	case at.flag != nil:
		return a.values(at.node, at.flag.Name, line.current), nil
	case joined && strings.HasPrefix(flag, "--"):
		all = a.values(at.node, strings.TrimPrefix(flag, "--"), value)
		for i := range all {
			all[i].value = flag + "=" + all[i].value
		}
		return all, nil
	case strings.HasPrefix(line.current, "-"):
		return at.flags(line.current), nil
	}
	all = append(all, at.commands(line.current)...)
	if n := at.arguments; n < len(at.node.Positional) {
		if at.node.Positional[n].Name == "file" {
			return nil, errFile
		}
		all = append(all, a.values(at.node, "<"+at.node.Positional[n].Name+">", line.current)...)
	}
	if len(all) == 0 && line.current == "" {
		all = at.flags("")
	}
	return all, nil
}

// place is a place in the grammar, after some words.
type place struct {
	node      *kong.Node
	flag      *kong.Flag // the flag whose value comes next
	given     []string   // the names of the flags before
	arguments int        // the number of arguments before
	help      bool       // the words after help are those of a command
	dashed    bool       // after --
}

// isCommand reports whether the first of words is a command at the place.
func (p *place) isCommand(words []string) bool {
	return len(words) > 0 && slices.ContainsFunc(p.node.Children, func(c *kong.Node) bool { return c.Name == words[0] })
}

// pass moves the place behind a word.
func (p *place) pass(word string) {
	switch {
	case p.dashed:
	case p.flag != nil:
		p.flag = nil
	case word == "--":
		p.dashed = true
	case strings.HasPrefix(word, "-"):
		p.passFlag(word)
	default:
		i := slices.IndexFunc(p.node.Children, func(c *kong.Node) bool { return c.Name == word })
		switch {
		case i < 0:
			p.arguments++
		case p.node.Parent == nil && word == "help":
			p.help = true
		default:
			p.node, p.arguments = p.node.Children[i], 0
		}
	}
}

func (p *place) passFlag(word string) {
	name, _, joined := strings.Cut(word, "=")
	for n := p.node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				p.given = append(p.given, f.Name)
				if !joined && !f.IsBool() {
					p.flag = f
				}
				return
			}
		}
	}
}

// commands returns the commands below the place that begin with prefix.
func (p *place) commands(prefix string) (all []candidate) {
	for _, c := range p.node.Children {
		if !c.Hidden && strings.HasPrefix(c.Name, prefix) {
			all = append(all, candidate{c.Name, firstSentence(c.Help)})
		}
	}
	return all
}

// flags returns the flags at the place that begin with prefix and were not given before.
func (p *place) flags(prefix string) (all []candidate) {
	if p.help {
		return nil
	}
	for n := p.node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			name := "--" + f.Name
			if strings.HasPrefix(name, prefix) && !f.Hidden && !slices.Contains(p.given, f.Name) {
				all = append(all, candidate{name, firstSentence(f.Help)})
			}
		}
	}
	return all
}

// values returns the values of a command's flag or argument that begin with prefix.
func (a *app) values(node *kong.Node, name, prefix string) (all []candidate) {
	if c, ok := node.Target.Addr().Interface().(interface{ values() flagValues }); ok {
		if values := c.values()[name]; values != nil {
			for _, v := range values() {
				if strings.HasPrefix(v.value, prefix) {
					all = append(all, v)
				}
			}
			return all
		}
	}
	if name == "profile" || name == "<profile>" || name == "source" {
		return a.profiles(prefix)
	}
	return nil
}

// maxDescribed is the number of profiles up to which each has a description. To read more would take over 50 ms.
const maxDescribed = 12_000

// profiles returns the profiles whose names begin with prefix, each with the kind of its credentials.
func (a *app) profiles(prefix string) (all []candidate) {
	library, err := profile.Open(a.files())
	if err != nil {
		return nil
	}
	names := library.Names()
	all = make([]candidate, 0, len(names))
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			all = append(all, candidate{value: name})
		}
	}
	if len(all) <= maxDescribed {
		onAllProcessors(len(all), func(i int) { all[i].help = a.credentialsKind(library, all[i].value) })
	}
	return all
}

// credentialsKind says where a profile's credentials come from, as a candidate's help. It is "" for a profile with a
// mistake.
func (a *app) credentialsKind(library *profile.Library, name string) string {
	p, err := library.Load(name)
	if err != nil {
		return ""
	}
	switch p.Kind() {
	case profile.KindRole:
		arn, _ := p.Get("role_arn")
		return a.printerFor(a.Stdout).Text(msg.Textf("role %s", arn))
	case profile.KindKeys:
		return a.printerFor(a.Stdout).Text(msg.Textf("user with an access key"))
	case profile.KindSSO:
		return "IAM Identity Center"
	case profile.KindLogin:
		return "aws login"
	case profile.KindProcess:
		return "credential_process"
	case profile.KindWebIdentity:
		return a.printerFor(a.Stdout).Text(msg.Textf("role with a web identity"))
	default:
		return ""
	}
}

// firstSentence returns a help text's first sentence, without its full stop.
func firstSentence(help string) string {
	if first, _, ok := strings.Cut(help, "。"); ok {
		return first
	}
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(first, ".")
}
