package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"awsmfa/internal/msg"
	"awsmfa/internal/term"
)

// A command is one row of the table from which Kong's grammar, help, errors and the rules of evaluated lines derive.
type command struct {
	name string
	help string
	new  func() any // a pointer to a struct with Kong's tags

	// evaluated says that a shell evaluates what the command prints, so that a failure must make the line fail.
	evaluated bool
	// files says that the command reads and writes the user's own AWS files, not those that exec --server gives it.
	files bool
	// hidden says that only awsmfa's own scripts run it.
	hidden bool
}

// runner is a command whose flags and arguments were read.
type runner interface{ Run(a *app) error }

// commands are all commands, in the order of --help.
func commands() []command {
	return []command{
		{
			name: "env", evaluated: true, new: func() any { return new(envCmd) },
			help: "Print the statements that put a session into the shell that runs this.",
		},
		{
			name: "exec", new: func() any { return new(execCmd) },
			help: "Run one command, or a subshell, with a session in its environment.",
		},
		{
			name: "status", new: func() any { return new(statusCmd) },
			help: "Show the session of this shell, and how long it lasts.",
		},
		{
			name: "list", new: func() any { return new(listCmd) },
			help: "List the profiles, what each is, and its cached session.",
		},
		{
			name: "logout", new: func() any { return new(logoutCmd) },
			help: "Remove cached sessions, so that the next command asks for a code.",
		},
		{
			name: "credential-process", new: func() any { return new(processCmd) },
			help: "Print a session as AWS clients read it, for credential_process.",
		},
		{
			name: "config", files: true, new: func() any { return new(configCmd) },
			help: "Print, or add, a profile whose credentials AWS clients get from awsmfa.",
		},
		{
			name: "profile", files: true, new: func() any { return new(profileCmd) },
			help: "Add roles, or a team's profiles, to the config file.",
		},
		{
			name: "console", new: func() any { return new(consoleCmd) },
			help: "Print or open a link that signs a browser in to the AWS console as a role.",
		},
		{
			name: "setup", files: true, new: func() any { return new(setupCmd) },
			help: "Do the first day: profile, MFA device, first session.",
		},
		{
			name: "device", new: func() any { return new(deviceCmd) },
			help: "Add, list, resync and remove MFA devices.",
		},
		{
			name: "rotate", files: true, new: func() any { return new(rotateCmd) },
			help: "Replace the profile's access key by a new one, and delete the old one.",
		},
		{
			name: "keys", files: true, new: func() any { return new(keysCmd) },
			help: "Move access keys out of the AWS files, into the system's keyring, and back.",
		},
		{
			name: "policy", new: func() any { return new(policyCmd) },
			help: "Print the policy that denies everything without MFA.",
		},
		{
			name: "doctor", new: func() any { return new(doctorCmd) },
			help: "Check everything a session needs, and suggest fixes.",
		},
		{
			name: "init", new: func() any { return new(initCmd) },
			help: "Print a function and completion for the start-up file of a shell.",
		},
		{
			name: "completion", new: func() any { return new(completionCmd) },
			help: "Print the script that completes awsmfa's command line in a shell.",
		},
		{
			name: "complete", hidden: true, new: func() any { return new(completeCmd) },
			help: "Print the candidates for the last word of a command line.",
		},
		{
			name: "help", new: func() any { return new(helpCmd) },
			help: "Print the help of awsmfa, or of one command.",
		},
		{
			name: "version", new: func() any { return new(versionCmd) },
			help: "Print the version.",
		},
	}
}

// isEvaluated says whether a shell evaluates what a command prints. A word that is no command may be meant for env.
func isEvaluated(name string) bool {
	for _, c := range commands() {
		if c.name == name {
			return c.evaluated
		}
	}
	return true
}

// needsFiles says whether the command needs the user's own AWS files.
func needsFiles(name string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return c.name == name && c.files })
}

// globalFlags are the flags of every command.
type globalFlags struct {
	Debug       bool
	VersionFlag versionFlag `name:"version"`
}

func (*globalFlags) help() flagHelp {
	return flagHelp{
		"debug":   msg.Textf("Trace decisions and requests on stderr; no secret and no code is shown."),
		"version": msg.Textf("Print the version and quit."),
	}
}

// description stands above the commands in --help.
func description() msg.Text {
	return msg.Textf(`AWS sessions with MFA, in the shell you are in: one code in the morning, none until the evening.

  once         awsmfa setup prod
  bash, zsh    eval "$(awsmfa env prod)"
  PowerShell   Invoke-Expression (awsmfa env prod)
  fish         awsmfa env prod | source
  one command  awsmfa exec prod -- aws s3 ls`)
}

// commandHelp is the help of the command of that name.
func commandHelp(name string) string {
	all := commands()
	return all[slices.IndexFunc(all, func(c command) bool { return c.name == name })].help
}

// parser returns Kong with the grammar of the command named, or of all commands if none has that name: building the
// whole grammar takes a millisecond, a third of a run with a cached session.
func (a *app) parser(flags *globalFlags, named string) (*kong.Kong, error) {
	options := []kong.Option{
		kong.Name("awsmfa"),
		kong.Writers(term.Text(a.Stdout), term.Text(a.Stderr)),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Help(a.printHelp),
		kong.Bind(a),
	}
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == named }); i >= 0 {
		all = all[i : i+1]
	}
	for _, c := range all {
		var tags []string
		if c.hidden {
			tags = append(tags, `hidden:""`)
		}
		options = append(options, kong.DynamicCommand(c.name, "", "", c.new(), tags...))
	}
	parser, err := kong.New(flags, options...)
	if err != nil {
		return nil, err
	}
	namePlaceholders(parser.Model.Node)
	return parser, nil
}

// run reads the command line and runs the command.
func (a *app) run() error {
	if isFunctionCall(a.Args[1:]) {
		if done, err := a.expandFunction(); done {
			return err
		}
	}
	parsed, err := a.parse()
	switch {
	case err != nil && firstWord(a.Args[1:]) == "complete": // nothing may disturb a shell's prompt
		return errExit(exitError)
	case err != nil:
		return err
	}
	if hidden := a.filesHidden(); hidden != nil && needsFiles(firstWord(a.Args[1:])) {
		return hidden
	}
	return parsed.Selected().Target.Addr().Interface().(runner).Run(a)
}

// parse reads the command line. With --help or --version it prints that and calls Kong's exit.
func (a *app) parse() (*kong.Context, error) {
	args := a.Args[1:]
	own, command, dashed := splitCommand(args)
	if slices.ContainsFunc(own, isEmpty) {
		return nil, &usageError{
			msg.Errorf("an argument is empty").Hint("is a variable unset? leave the argument out if nothing is meant"),
		}
	}
	if len(args) == 0 && !a.evaluated {
		args = []string{"--help"}
	}
	var flags globalFlags
	name := firstWord(own)
	parser, err := a.parser(&flags, name)
	if err != nil {
		return nil, err
	}
	// What stands after the first -- is exec's command, or the line to complete, never ours to read.
	cut := dashed && (name == "exec" || name == "complete")
	if cut {
		args = own
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, a.usage(err, a.Args[1:])
	}
	a.debug = flags.Debug
	if cut {
		switch c := parsed.Selected().Target.Addr().Interface().(type) {
		case *execCmd: // its own flags are before --
			c.Command, c.dashed = command, true
		case *completeCmd:
			c.Words = command
		}
	}
	return parsed, nil
}

// isEmpty says of an argument that it is empty, or a flag's empty value: a script's variable that is not set. Taken for
// "not given" it would silently mean another profile. A value may itself end in an equals sign, as Base32 does.
func isEmpty(arg string) bool {
	flag, value, joined := strings.Cut(arg, "=")
	long := strings.HasPrefix(flag, "--")
	return arg == "" || joined && value == "" && (long || len(flag) == 2 && flag[0] == '-')
}

// splitCommand splits args at the first --, which is in neither part.
func splitCommand(args []string) (own, command []string, dashed bool) {
	for i, arg := range args {
		if arg == "--" {
			return args[:i], args[i+1:], true
		}
	}
	return args, nil, false
}

// firstWord returns the command's name, or "" where a flag stands before it: the word after a flag may be its value.
func firstWord(args []string) string {
	for _, arg := range args {
		switch {
		case arg == "--debug":
		case strings.HasPrefix(arg, "-"):
			return ""
		default:
			return arg
		}
	}
	return ""
}
