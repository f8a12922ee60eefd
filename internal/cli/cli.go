// Package cli is the program as a person meets it: the grammar of the command line, one file a command, and the one
// place where errors become messages and exit codes. What it prints on stdout is data, for a shell or a program; what
// it has to say goes to stderr; what it asks, it asks on the terminal itself.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// The exit codes, apart from a wrapped command's own.
const (
	exitOK            = 0
	exitError         = 1
	exitUsage         = 2
	exitNotExecutable = 126 // as shells say it of a wrapped command
	exitNotFound      = 127
	exitSignal        = 128 // plus the signal's number: 130 for Ctrl-C
)

// System is what a run of the program is given.
type System struct {
	Args    []string // as typed, the program's own name first
	Getenv  func(string) string
	Environ []string // what a wrapped command inherits
	Home    string   // the home directory, "" when there is none
	Stdin   *os.File // a wrapped command's; awsmfa reads nothing from it
	Stdout  *os.File
	Stderr  *os.File
}

// grammar is the command line, all of it: help, completion and errors derive from it.
type grammar struct {
	Env  envCmd  `cmd:"" help:"Print the statements that put a session into the shell that runs this."`
	Exec execCmd `cmd:"" help:"Run one command, or a subshell, with a session in its environment."`

	CredentialProcess processCmd `cmd:"" name:"credential-process" help:"Print a session as AWS clients read it, for credential_process."`
	Config            configCmd  `cmd:"" help:"Print, or add, a profile with which every AWS client uses awsmfa."`

	Console consoleCmd `cmd:"" help:"Print or open a link that signs a browser in to the AWS console as a role."`

	Setup  setupCmd  `cmd:"" help:"Do the first day: profile, MFA device, first session."`
	Device deviceCmd `cmd:"" help:"Add, list, resync and remove MFA devices."`
	Rotate rotateCmd `cmd:"" help:"Replace the profile's access key by a new one, and delete the old one."`
	Policy policyCmd `cmd:"" help:"Print the policy that denies everything without MFA."`
	Doctor doctorCmd `cmd:"" help:"Check everything a session needs, and suggest fixes."`

	Help    helpCmd    `cmd:"" help:"Print the help of awsmfa, or of one command."`
	Version versionCmd `cmd:"" help:"Print the version."`

	Debug       bool        `help:"Trace decisions and requests on stderr; no secret and no code is shown."`
	VersionFlag versionFlag `name:"version" help:"Print the version and quit."`
}

// app is one run of the program.
type app struct {
	System
	ctx        context.Context // of what takes time; nil before
	catching   bool            // signals end ctx
	debug      bool
	warned     map[string]bool
	secrets    secrets
	ours       []string // the variables of endpoint settings that an earlier run set
	stderrUsed bool     // something was written to stderr
	profile    string   // the profile in use
	namedBy    string   // the variable that names it, "" where the command line does

	// evaluated says that stdout goes to a shell, so that a failure must make the evaluated line fail.
	evaluated bool
}

// exit ends the run with a code from within a library that knows no way to return one: Kong, after --help.
type exit int

// errExit ends the run with a code, everything having been said.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Run is the program. It returns the exit code; on Unix, exec does not return at all when all went well.
func Run(world System) (code int) {
	a := &app{System: world, warned: map[string]bool{}}
	a.Environ = slices.DeleteFunc(a.Environ, func(entry string) bool { // setup's, and no other program's
		return strings.HasPrefix(entry, varSecret+"=")
	})
	a.ours = a.forgetSettings()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default: // a bug; the evaluated line must fail all the same
			fmt.Fprintf(term.Text(a.Stderr), "%s", debug.Stack())
			code = a.fail(msg.Bug(r))
		}
	}()
	a.evaluated = forShell(firstWord(a.Args[1:])) && !term.IsTerminal(a.Stdout)
	return a.fail(a.run())
}

func (a *app) run() error {
	if c, ok := plain(a.Args[1:]); ok {
		return c.Run(a)
	}
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("awsmfa"),
		kong.Description(msg.Description),
		kong.Vars{"shells": strings.Join(shellNames(), ", ")},
		kong.Writers(term.Text(a.Stdout), term.Text(a.Stderr)),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(a),
	)
	if err != nil {
		return err
	}
	if own, _, _ := splitCommand(a.Args[1:]); slices.ContainsFunc(own, isEmpty) {
		return &usageError{msg.EmptyArgument()}
	}
	args := a.Args[1:]
	if len(args) == 0 && !a.evaluated {
		args = []string{"--help"}
	}
	parsed, err := parse(parser, &g, args)
	if err != nil {
		return a.usage(err, a.Args[1:])
	}
	a.debug = g.Debug
	return parsed.Run(parser)
}

// isEmpty says of an argument that it is empty, or a flag's empty value: a script's variable that is not set. Taken for
// "not given" it would silently mean another profile. A value may itself end in an equals sign, as Base32 does.
func isEmpty(arg string) bool {
	flag, value, joined := strings.Cut(arg, "=")
	long := strings.HasPrefix(flag, "--")
	return arg == "" || joined && value == "" && (long || len(flag) == 2 && flag[0] == '-')
}

// commandNames are all commands.
func commandNames() []string {
	return []string{
		"env", "exec", "credential-process", "config", "console", "setup", "device", "rotate", "policy", "doctor",
		"help", "version",
	}
}

// forShell says whether what a command prints is for a shell to evaluate; one that is no command may be meant for env.
func forShell(command string) bool {
	return command == "env" || !slices.Contains(commandNames(), command)
}

// plain recognizes the calls that are made all day, in every new shell and around every command: env and exec with a
// profile or none, and no flag. There is nothing in them that needs the grammar, which takes a millisecond to build,
// a third of what such a call takes.
func plain(args []string) (c interface{ Run(*app) error }, ok bool) {
	own, command, dashed := splitCommand(args)
	if len(own) == 0 || len(own) > 2 || slices.ContainsFunc(own, func(arg string) bool { return arg == "" || arg[0] == '-' }) {
		return nil, false
	}
	var flags sessionFlags
	if len(own) == 2 {
		flags.Name = own[1]
	}
	switch {
	case own[0] == "env" && !dashed:
		return &envCmd{sessionFlags: flags}, true
	case own[0] == "credential-process" && !dashed:
		return &processCmd{sessionFlags: flags}, true
	case own[0] == "exec":
		return &execCmd{sessionFlags: flags, Command: command, dashed: dashed}, true
	}
	return nil, false
}

// parse reads the arguments by the grammar. What stands after the first -- is exec's command, never ours to read; for
// every other command -- has its usual meaning.
func parse(parser *kong.Kong, g *grammar, args []string) (*kong.Context, error) {
	own, command, dashed := splitCommand(args)
	if dashed {
		parsed, err := parser.Parse(own)
		if err == nil && parsed.Selected() != nil && parsed.Selected().Name == "exec" {
			g.Exec.Command, g.Exec.dashed = command, true
			return parsed, nil
		}
		if firstWord(own) == "exec" {
			return nil, err
		}
	}
	return parser.Parse(args)
}

// splitCommand parts args at the first --, which belongs to neither part.
func splitCommand(args []string) (own, command []string, dashed bool) {
	for i, arg := range args {
		if arg == "--" {
			return args[:i], args[i+1:], true
		}
	}
	return args, nil, false
}

// firstWord is the command, or "" where a flag stands before it: the word after a flag may be its value.
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

// guessedShell is the shell that evaluates stdout, found without understanding the arguments: what cannot be understood
// must make the evaluated line fail as well.
func (a *app) guessedShell() shells.Shell {
	named := ""
	for i, arg := range a.Args {
		if value, ok := strings.CutPrefix(arg, "--shell="); ok {
			named = value
		} else if arg == "--shell" && i+1 < len(a.Args) {
			named = a.Args[i+1]
		}
	}
	if s, err := a.chooseShell(named); err == nil {
		return s
	}
	s, _ := ancestor.Shell(a.Getenv)
	return s
}

// catchSignals makes Ctrl-C, Ctrl-\ and their kin end what ctx governs, until stop is called, instead of the process at once: the
// terminal is told, the lock let go, the evaluated line made to fail. Listening costs threads, a third of a millisecond:
// it is for what takes time.
func (a *app) catchSignals() (ctx context.Context, stop func()) {
	if a.catching { // setup obtains a session in the midst of its own work
		return a.ctx, func() {}
	}
	a.catching = true
	ctx, cancel := context.WithCancelCause(context.Background())
	a.ctx = ctx
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) { // nohup's work goes on when the terminal is closed
			signal.Notify(signals, s)
		}
	}
	go func() {
		s := <-signals
		signal.Stop(signals) // whoever cannot wait presses Ctrl-C again
		cancel(caught{s})
	}()
	return ctx, func() { a.catching = false; signal.Stop(signals) }
}

// caught is the signal that ended the run.
type caught struct{ os.Signal }

func (c caught) Error() string { return c.String() }

// fail turns what came of the run into messages and the exit code, in this one place.
func (a *app) fail(err error) int {
	var (
		done    errExit
		wrong   *usageError
		command *commandError
		message *msg.Error
		signal  caught
	)
	code := exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &done):
		return int(done)
	case errors.As(err, &wrong):
		code = exitUsage
	case errors.As(err, &command):
		code = command.code
	}
	text, hint := a.printer().Error(err), a.printer().Hint(err)
	if errors.Is(err, context.Canceled) && errors.As(context.Cause(a.ctx), &signal) {
		text, hint = msg.Interrupted, ""
		code = exitSignal
		if n, ok := signal.Signal.(syscall.Signal); ok {
			code += int(n)
		}
	}
	if code != exitUsage {
		text = msg.WithOrigin(text, a.origins())
	}
	if a.evaluated { // before anything is said: that the line fails hangs on nothing else
		io.WriteString(a.Stdout, a.guessedShell().Failure(msg.SaidOnStderr))
	}
	a.tell("error: " + text)
	if hint != "" {
		a.tell("hint: " + hint)
	}
	if errors.As(err, &message) && message.Unwrap() != nil {
		a.trace("underneath: %s", msg.Foreign(message.Unwrap().Error()))
	}
	return code
}

// origins is what an error may be about that nobody typed: the profile, the AWS files and the region of variables.
func (a *app) origins() (named []msg.Origin) {
	files := a.files()
	for _, n := range []msg.Origin{
		{Variable: a.namedBy, Name: strconv.Quote(a.profile)},
		{Variable: "AWS_CONFIG_FILE", Name: files.Config},
		{Variable: "AWS_SHARED_CREDENTIALS_FILE", Name: files.Credentials},
		{Variable: "AWS_REGION", Name: strconv.Quote(a.Getenv("AWS_REGION"))},
		{Variable: "AWS_DEFAULT_REGION", Name: strconv.Quote(a.Getenv("AWS_DEFAULT_REGION"))},
	} {
		if n.Variable != "" && a.Getenv(n.Variable) != "" {
			named = append(named, n)
		}
	}
	return named
}

// usageError is a command line that cannot be understood, or values in it that cannot be.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// usage puts what Kong could not read into words.
func (a *app) usage(err error, args []string) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
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
	return &usageError{msg.Usage(parse.Unwrap(), node.FullPath())}
}

// unknownCommand is for a word that stands where a command is expected: one of another program, a profile, or a slip,
// for which reason is Kong's text.
func (a *app) unknownCommand(word string, args []string, reason string) error {
	own, command, dashed := splitCommand(withoutCode(args))
	after := own[min(len(own), slices.Index(own, word)+1):]
	shell := a.typingShell()
	line := func(args ...string) string {
		text, err := a.lineFor(shell, append([]string{"env"}, args...)...)
		if err != nil { // the name cannot be typed in this shell
			return shell.Line("awsmfa env PROFILE")
		}
		return text
	}
	if hint := msg.InsteadOfCommand(word, line(after...), line("--unset"), a.cache().Path); hint != "" {
		return msg.UnknownCommand(word, hint)
	}
	_, err := profile.Load(a.files(), word)
	switch {
	case err == nil && dashed && len(command) > 0:
		words := slices.Concat([]string{"exec", word}, after, []string{"--"}, command)
		if text, err := a.commandLine(shell, words...); err == nil {
			return msg.UnknownCommand(word, msg.IsProfileExec(text))
		}
	case err == nil:
		return msg.UnknownCommand(word, msg.IsProfile(line(append([]string{word}, after...)...)))
	}
	if _, near, ok := strings.Cut(reason, ", did you mean "); ok {
		return msg.UnknownCommand(word, msg.DidYouMean(near))
	}
	return msg.UnknownCommandOrProfile(word)
}

// warn prints what did not stop the run, each warning once.
func (a *app) warn(warning any) {
	hint := ""
	if err, ok := warning.(error); ok {
		hint = a.printer().Hint(err)
	}
	a.warnWith(a.text(warning), hint)
}

// warnWith is warn with a hint, which may be empty.
func (a *app) warnWith(text, hint string) {
	if a.warned[text] {
		return
	}
	a.warned[text] = true
	a.tell("warning: " + text)
	if hint != "" {
		a.tell("hint: " + hint)
	}
}

// say prints a notice: neither an error nor a warning.
func (a *app) say(notice any) { a.tell(a.text(notice)) }

// text is a message in the reader's language.
func (a *app) text(message any) string {
	switch m := message.(type) {
	case msg.Text:
		return a.printer().Text(m)
	case error:
		return a.printer().Error(m)
	}
	return fmt.Sprint(message)
}

// printer puts messages into the reader's language, and commands into the words of the reader's shell.
func (a *app) printer() msg.Printer { return msg.Printer{Command: a.typedCommand} }

func (a *app) trace(format string, args ...any) {
	if a.debug {
		a.tell("debug: " + fmt.Sprintf(format, args...))
	}
}

// maxMessage bounds a message, in characters: what a server answers stands in it.
const maxMessage = 2000

// printable is text without secrets, without what a terminal would carry out, and not longer than can be read.
func (a *app) printable(text string) string {
	text = term.Printable(a.secrets.mask(text))
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + " …"
	}
	return text
}

// tell writes one line to stderr. What names and AWS's answers hold is shown, and never carried out by the terminal. A
// stderr that nobody reads any more is no reason to die, as Go would of SIGPIPE: the evaluated line would not fail, and
// what was paid for with a code be lost.
func (a *app) tell(text string) {
	if !a.stderrUsed {
		a.stderrUsed = true
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	fmt.Fprintf(term.Text(a.Stderr), "awsmfa: %s\n", a.printable(a.spell(text)))
}
