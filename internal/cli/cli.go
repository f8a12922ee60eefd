// Package cli is the command line: its grammar, one file for each command, and the one place where errors become
// messages and exit codes. Stdout is for data, which a shell or a program reads; messages go to stderr; questions go to
// the terminal itself.
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
	"sync"
	"syscall"

	"awsmfa/internal/msg"
	"awsmfa/internal/term"
)

// The exit codes, apart from a wrapped command's own.
const (
	exitOK            = 0
	exitError         = 1
	exitUsage         = 2
	exitOverridden    = 3   // status: other variables would win over the session
	exitNotExecutable = 126 // as in shells, of a wrapped command
	exitNotFound      = 127
	exitSignal        = 128 // plus the signal's number
	exitInterrupted   = 130 // Ctrl-C
)

// System is the arguments, environment and streams of a run.
type System struct {
	Args    []string // as typed, the program's own name first
	Getenv  func(string) string
	Environ []string // what a wrapped command inherits
	Home    string   // the home directory, "" when there is none
	Stdin   *os.File // a wrapped command's; awsmfa reads nothing from it
	Stdout  *os.File
	Stderr  *os.File
}

// app is one run of the program.
type app struct {
	System
	ctx      context.Context // of slow work; nil before catchSignals
	catching bool            // signals end ctx
	debug    bool
	warned   map[string]bool
	secrets  secrets
	ours     []string  // the variables of endpoint settings that an earlier run set
	mute     bool      // nothing is said
	messages io.Writer // stderr, once something was written to it
	profile  string    // the profile in use
	function string    // the function of init that evaluates stdout, "" if there is none
	passedBy string    // the function of init that has passed its words on, "" if there is none
	shell    string    // the shell of either function
	namedBy  string    // the variable that names the profile, "" if the command line does

	readCatalog sync.Once
	japanese    msg.Catalog // nil if the reader's language is English

	// evaluated says that stdout goes to a shell, so that a failure must make the evaluated line fail.
	evaluated bool
}

// exit is the panic with which Kong ends the run after --help: it has no way to return an exit code.
type exit int

// errExit ends the run with this exit code and without a message.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Run is the program. It returns the exit code; on Unix, exec does not return at all when all went well.
func Run(system System) (code int) {
	a := &app{System: system, warned: map[string]bool{}}
	a.Environ = slices.DeleteFunc(a.Environ, func(entry string) bool { // setup's, and no other program's
		return strings.HasPrefix(entry, varSecret+"=")
	})
	a.ours = a.forgetSettings()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default: // a bug; the evaluated line must fail, too
			fmt.Fprintf(term.Text(a.Stderr), "%s", debug.Stack())
			code = a.fail(msg.Errorf("this is a bug in awsmfa: %v", r).
				Hint("please report it, with the trace above, which holds no secret"))
		}
	}()
	a.takePassedOn()
	a.evaluated = isEvaluated(firstWord(a.Args[1:])) && !term.IsTerminal(a.Stdout)
	return a.fail(a.run())
}

// catchSignals cancels ctx on SIGINT, SIGTERM, SIGHUP and SIGQUIT until stop is called, so that the run can restore the
// terminal, release the lock and make the evaluated line fail. Listening starts threads, which takes a third of a
// millisecond: only slow work calls it.
func (a *app) catchSignals() (ctx context.Context, stop func()) {
	if a.catching { // setup has called it, and obtains a session
		return a.ctx, func() {}
	}
	a.catching = true
	ctx, cancel := context.WithCancelCause(context.Background())
	a.ctx = ctx
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a stdout that nobody reads is an error, not the end
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) { // nohup's work goes on when the terminal is closed
			signal.Notify(signals, s)
		}
	}
	go func() {
		s := <-signals
		signal.Stop(signals) // a second Ctrl-C ends the process at once
		cancel(caught{s})
	}()
	return ctx, func() { a.catching = false; signal.Stop(signals) }
}

// caught is the signal that ended the run.
type caught struct{ os.Signal }

func (c caught) Error() string { return c.String() }

// interrupted is the message after Ctrl-C.
func interrupted() *msg.Error { return msg.Errorf("interrupted") }

// fail prints the run's error and hint, and returns the exit code. It is the only place that does.
func (a *app) fail(err error) int {
	var (
		done    errExit
		wrong   *usageError
		coded   *codedError
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
	case errors.As(err, &coded):
		code = coded.code
	}
	text, hint := a.printer().Error(err), a.printer().Hint(err)
	if errors.Is(err, context.Canceled) && errors.As(context.Cause(a.ctx), &signal) {
		text, hint = a.printer().Error(interrupted()), ""
		code = exitSignal
		if n, ok := signal.Signal.(syscall.Signal); ok {
			code += int(n)
		}
		if a.isCalled() { // the other awsmfa got the signal, too, and says so
			return code
		}
	}
	if code != exitUsage {
		text = a.withOrigins(text)
	}
	// The evaluated line comes first, so that it fails even where stderr cannot be written.
	if !a.evaluated || !a.failLine(text, hint) {
		a.sayError(text)
		a.sayHint(hint)
	}
	if errors.As(err, &message) && message.Unwrap() != nil {
		a.trace("underneath: %s", msg.Foreign(message.Unwrap().Error()))
	}
	return code
}

// failLine makes the evaluated line fail. It reports whether the shell shows the error and its hint.
func (a *app) failLine(text, hint string) (shown bool) {
	shell := a.guessedShell()
	if !shell.ShowsFailure {
		// In English: PowerShell quotes the statement with its error, and it must be ASCII.
		reason := msg.Textf("nothing was set, for the reason on stderr").String()
		io.WriteString(a.Stdout, shell.Failure(reason))
		return false
	}
	failure := shell.Failure(a.printable(text))
	if hint != "" {
		failure += shell.Failure(a.printable(a.text(msg.Textf("hint: %s", hint))))
	}
	io.WriteString(a.Stdout, failure)
	return true
}

// withOrigins adds to an error's text the variables that the names in it come from: the profile, the AWS files, the
// region. A file in a position (file:line) needs none: it was read.
func (a *app) withOrigins(text string) string {
	files := a.files()
	var variables []string
	for _, origin := range []struct{ variable, name string }{
		{a.namedBy, strconv.Quote(a.profile)},
		{"AWS_CONFIG_FILE", files.Config},
		{"AWS_SHARED_CREDENTIALS_FILE", files.Credentials},
		{"AWS_REGION", strconv.Quote(a.Getenv("AWS_REGION"))},
		{"AWS_DEFAULT_REGION", strconv.Quote(a.Getenv("AWS_DEFAULT_REGION"))},
	} {
		if origin.variable == "" || a.Getenv(origin.variable) == "" {
			continue
		}
		_, after, found := strings.Cut(text, origin.name)
		line, isPos := strings.CutPrefix(after, ":")
		if found && !(isPos && line != "" && '0' <= line[0] && line[0] <= '9') {
			variables = append(variables, origin.variable)
		}
	}
	if len(variables) == 0 {
		return text
	}
	return a.text(msg.Textf("%s (named by %s)", text, msg.List(variables)))
}

// warn prints an error that did not stop the run, and its hint; each warning once.
func (a *app) warn(warning error) {
	text, hint := a.printer().Error(warning), a.printer().Hint(warning)
	if a.warned[text] {
		return
	}
	a.warned[text] = true
	a.say(msg.Textf("warning: %s", text))
	a.sayHint(hint)
}

func (a *app) sayError(text string) { a.say(msg.Textf("error: %s", text)) }

func (a *app) sayHint(text string) {
	if text != "" {
		a.say(msg.Textf("hint: %s", text))
	}
}

// say prints a notice: neither an error nor a warning.
func (a *app) say(notice msg.Text) { a.tell(a.text(notice)) }

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
// stderr that nobody reads any more is no reason to die: the evaluated line would not fail, and what was paid for with
// a code be lost.
func (a *app) tell(text string) {
	if a.mute {
		return
	}
	if a.messages == nil {
		a.messages = term.Messages(a.Stderr)
	}
	fmt.Fprintf(a.messages, "awsmfa: %s\n", a.printable(text))
}

// print writes text for people or programs to stdout. What a shell evaluates is written as it is.
func (a *app) print(text string) error {
	if _, err := io.WriteString(term.Text(a.Stdout), text); err != nil {
		return notPrinted(err)
	}
	return nil
}

func notPrinted(err error) error {
	return msg.Errorf("writing to stdout: %s", msg.Cause(err)).Wrap(err)
}
