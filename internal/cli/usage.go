package cli

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// usageError is a mistake on the command line: in a flag, an argument, or a value.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// usage turns an error of Kong's parser into a message.
func (a *app) usage(err error, args []string) error {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok {
		return &usageError{err}
	}
	node := parse.Context.Model.Node
	for _, step := range parse.Context.Path {
		if step.Command != nil {
			node = step.Command
		}
	}
	word := firstWord(args)
	if node == parse.Context.Model.Node && word != "" && strings.HasPrefix(parse.Error(), "unexpected argument") {
		return &usageError{a.unknownCommand(word, args, parse.Error())}
	}
	return &usageError{a.parseError(parse.Unwrap(), node, args)}
}

// parseError turns an error of Kong's parser about a command's arguments into a message. Kong has no types for these
// errors: the texts are from its context.go, scanner.go and mapper.go, in the version that go.mod names.
func (a *app) parseError(err error, node *kong.Node, args []string) error {
	e := kongMessage(err, node, args)
	command := strings.Fields(node.FullPath())[1:]
	text, hint := err.Error(), msg.HintOf(err)
	misplaced := strings.HasPrefix(text, "unexpected argument") || strings.HasPrefix(text, "unknown flag")
	switch near := strings.Contains(text, "did you mean"); {
	case slices.Equal(command, []string{"exec"}) && misplaced && !near:
		e = e.Hint("put -- before the command: %s", a.withDashes(args, text))
	case slices.Equal(command, []string{"env"}) && strings.HasPrefix(text, "unexpected argument"):
		e = e.WithHint(a.insteadOfEnv(args))
	case hint == "":
		e = e.Hint("see %s", msg.Command(append(command, "--help")...))
	}
	return e.Wrap(err)
}

// withDashes is the line of exec that was meant, where -- is missing. text is Kong's, which names the second word that
// it took for an argument: the command, or, if the first was no profile, the command's first argument.
func (a *app) withDashes(args []string, text string) msg.CommandLine {
	unknown := msg.Command("exec").With("[PROFILE] -- COMMAND [ARG ...]")
	word, ok := strings.CutPrefix(text, "unexpected argument ")
	first := slices.Index(args, "exec") + 1
	at := slices.Index(args[min(first+1, len(args)):], word) + first + 1
	if !ok || at <= first {
		return unknown
	}
	if before := args[at-1]; !strings.HasPrefix(before, "-") {
		if _, err := profile.Load(a.files(), before); err != nil {
			at--
		}
	}
	if at > first && strings.HasPrefix(args[at-1], "-") { // what follows may be the flag's value
		return unknown
	}
	return msg.Command(slices.Concat([]string{"exec"}, withoutCode(args[first:at]), []string{"--"},
		commandWords(args[at:]))...)
}

// commandWords are the words of a command that may have been given as one.
func commandWords(command []string) []string {
	switch {
	case len(command) > 1 || !strings.Contains(command[0], " "):
		return command
	case strings.ContainsAny(command[0], "'\"`$\\|&;<>()*?[]{}~#\n"): // a shell must read it
		return append([]string{"sh", "-c"}, command...)
	}
	return strings.Fields(command[0])
}

// insteadOfEnv is the hint for a second argument of env, or of init's function.
func (a *app) insteadOfEnv(args []string) msg.Text {
	words := withoutCode(args[slices.Index(args, "env")+1:])
	if hint := a.insteadOfProfile(words); !hint.IsEmpty() {
		return hint
	}
	if _, command, dashed := splitCommand(words); dashed && len(command) > 0 {
		return msg.Textf("to run a command with the session:  %s", a.ownCommand(append([]string{"exec"}, words...)...))
	}
	return msg.Textf("name one profile; a name with blanks goes in quotes")
}

// insteadOfProfile is the hint for words of init's function of which the first is no profile: the command that may be
// meant. It is empty if there is none.
func (a *app) insteadOfProfile(words []string) msg.Text {
	if a.function == "" || len(words) == 0 {
		return msg.Text{}
	}
	for _, c := range commands() {
		if !c.hidden && profile.OneSlip(words[0], c.name) {
			return msg.Textf("did you mean: %s?", a.ownCommand(append([]string{c.name}, words[1:]...)...))
		}
	}
	return a.insteadOfCommand(words[0], words[1:])
}

// meantFlags are the long flags that may be meant by an unknown short one, or by a long one with a single dash. Kong
// suggests every short flag.
func meantFlags(short string, node *kong.Node, args []string) string {
	var near []string
	for _, word := range args {
		if !strings.HasPrefix(word, short) {
			continue
		}
		for _, group := range node.AllFlags(true) {
			for _, f := range group {
				if strings.HasPrefix("-"+f.Name, word) {
					near = append(near, strconv.Quote("--"+f.Name))
				}
			}
		}
		break
	}
	return strings.Join(near, ", ")
}

func kongMessage(err error, node *kong.Node, args []string) *msg.Error {
	text, near := cutNear(err.Error())
	flag, problem, _ := strings.Cut(text, ": ")
	if own, ok := errors.AsType[*msg.Error](err); ok {
		return msg.Errorf("%s: %s", flag, own)
	}
	if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		if near != "" {
			return msg.Errorf("unexpected argument %s, did you mean %s?", argument, near)
		}
		return msg.Errorf("unexpected argument %s", argument)
	}
	if name, ok := strings.CutPrefix(text, "unknown flag "); ok {
		if !strings.HasPrefix(name, "--") {
			near = meantFlags(name, node, args)
		}
		if near != "" {
			return msg.Errorf("unknown flag %s, did you mean %s?", name, near)
		}
		return msg.Errorf("unknown flag %s", name)
	}
	if flags, ok := strings.CutSuffix(text, " can't be used together"); ok {
		one, other, _ := strings.Cut(flags, " and ")
		return msg.Errorf("%s and %s cannot be used together", one, other)
	}
	if flags, ok := strings.CutPrefix(text, "missing flags: "); ok {
		return msg.Errorf("flags are missing: %s", flags)
	}
	if arguments, ok := strings.CutPrefix(text, "expected \"<"); ok {
		return msg.Errorf("an argument is missing: %s", "<"+strings.TrimSuffix(arguments, "\""))
	}
	if subcommands, ok := strings.CutPrefix(text, "expected one of "); ok {
		return msg.Errorf("a command is missing: %s", subcommands)
	}
	if strings.HasPrefix(problem, "expected ") && strings.Contains(problem, " value ") {
		return msg.Errorf("%s: a value is missing, or begins with -", flag)
	}
	if strings.HasPrefix(problem, "bool value must be ") {
		return msg.Errorf("%s is a switch: it takes no value, or true or false", flag)
	}
	return msg.Errorf("%s", text)
}

// unknownCommand is the error for a word that is not a command: one of another program's commands, a profile, or a
// typing mistake. reason is Kong's text, which may suggest a command.
func (a *app) unknownCommand(word string, args []string, reason string) error {
	own, command, dashed := splitCommand(withoutCode(args))
	after := own[min(len(own), slices.Index(own, word)+1):]
	unknown := msg.Errorf("no command is called %q", word)
	if hint := a.insteadOfCommand(word, after); !hint.IsEmpty() {
		return unknown.WithHint(hint)
	}
	_, err := profile.Load(a.files(), word)
	switch {
	case err == nil && dashed && len(command) > 0:
		words := slices.Concat([]string{"exec", word}, after, []string{"--"}, command)
		if text, err := a.commandLine(a.typingShell(), words...); err == nil {
			return unknown.Hint("it is a profile; to run the command with its session:  %s", text)
		}
	case err == nil:
		line := a.envLine(append([]string{word}, after...)...)
		return unknown.Hint("it is a profile; to put its session into this shell:  %s", line)
	}
	if _, near := cutNear(reason); near != "" {
		return unknown.Hint("did you mean %s?", near)
	}
	unknown = msg.Errorf("no command and no profile is called %q", word)
	if near := profile.Near(a.files(), word); len(near) > 0 {
		return unknown.Hint("did you mean profile %s? to put its session into this shell:  %s", msg.Names(near),
			a.envLine(append([]string{near[0]}, after...)...))
	}
	return unknown.Hint("%s lists the commands", msg.Command("help"))
}

// cutNear cuts what Kong suggests, quoted names, from its text.
func cutNear(reason string) (text, near string) {
	text, near, _ = strings.Cut(strings.TrimSuffix(reason, "?"), ", did you mean ")
	return text, strings.TrimPrefix(near, "one of ")
}

// insteadOfCommand is the hint for a command of other programs, with the arguments after it; for other words it is
// empty.
func (a *app) insteadOfCommand(word string, after []string) msg.Text {
	switch word {
	case "session", "sessions":
		return msg.Textf("did you mean: %s?", a.ownCommand("status"))
	case "shell":
		return msg.Textf("did you mean: %s?", a.ownCommand(append([]string{"exec"}, after...)...))
	case "unset":
		return msg.Textf("to remove the session from this shell:  %s", a.envLine("--unset"))
	case "ls":
		return msg.Textf("%s shows profiles, and %s MFA devices", msg.Command("list"), msg.Command("device", "list"))
	case "clear":
		return msg.Textf("%s removes cached sessions; to remove the session from this shell:  %s",
			msg.Command("logout"), a.envLine("--unset"))
	case "use":
		return msg.Textf("to put a session into this shell:  %s", a.envLine(after...))
	case "login":
		return msg.Textf("for IAM Identity Center run aws sso login; to put a session into this shell:  %s",
			a.envLine(after...))
	case "whoami":
		return msg.Textf("%s shows the profile; to ask AWS: %s",
			msg.Command("status"), msg.Command("exec", "--", "aws", "sts", "get-caller-identity"))
	}
	return msg.Text{}
}

// ownCommand is the command line of awsmfa to type: of init's function, if that runs this.
func (a *app) ownCommand(words ...string) string {
	if function := cmp.Or(a.function, a.passedBy); function != "" {
		if line, err := a.typingShell().Command(function, words...); err == nil {
			return line
		}
	}
	return a.typedCommand(words...)
}

// envLine is the line to type for env with these arguments.
func (a *app) envLine(args ...string) string {
	shell := a.typingShell()
	_, loaded := a.hook()
	if function := cmp.Or(a.function, a.passedBy, loaded); function != "" {
		if line, err := shell.Command(function, args...); err == nil {
			return line
		}
		return function + " PROFILE"
	}
	line, err := a.lineFor(shell, append([]string{"env"}, args...)...)
	if err != nil { // the name cannot be typed in this shell
		return shell.Line(a.typedCommand("env") + " PROFILE")
	}
	return line
}
