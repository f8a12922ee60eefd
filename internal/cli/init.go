package cli

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"awsmfa/completions"
	"awsmfa/internal/msg"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

type initCmd struct {
	Shell string `arg:"" optional:""`
	Cmd   string `name:"cmd"`

	Prompt bool
	Renew  bool

	Install bool `xor:"install"`
	Undo    bool `xor:"install"`
	Yes     bool `short:"y"`
}

func (*initCmd) help() flagHelp {
	return flagHelp{
		"<shell>": msg.Textf("The shell: %s. With --install and --undo by default the one that runs this.",
			msg.List(initShells())),
		"cmd":     msg.Textf("The name of the function (mfa)."),
		"prompt":  msg.Textf("Also keep AWSMFA_PROMPT for the prompt, and say when the session has ended."),
		"renew":   msg.Textf("As --prompt, and renew the session of a role while the MFA session lasts."),
		"install": msg.Textf("Add the line that loads this to the shell's start-up file, after a question."),
		"undo":    msg.Textf("Remove the line that --install has added."),
		"yes":     msg.Textf("Add the line without a question."),
	}
}

func (*initCmd) values() flagValues { return flagValues{"<shell>": plainValues(initShells())} }

func (*initCmd) Help() string {
	return `Prints code for the shell's start-up file, such as eval "$(awsmfa init bash)" for ~/.bashrc: completion, and
a function mfa. docs/shells.md has the line for each shell; --install adds it, and --undo removes it. On a terminal only
that line is shown.

  mfa prod       put the session of prod into this shell; all options of env but --shell work
  mfa            choose the profile
  mfa -          go back to the profile before
  mfa --unset    remove the session from this shell
  mfa logout     remove the cached sessions, too
  mfa COMMAND    run another command of awsmfa

With --prompt a hook before each prompt sets AWSMFA_PROMPT to the profile and the time left, such as prod 3h41m, and
says once that the session has ended. It starts no process.

No secret shows under set -x and the like, nor in the history.`
}

// defaultFunction is the name of the function without --cmd.
const defaultFunction = "mfa"

func (c *initCmd) Run(a *app) error {
	name := cmp.Or(c.Cmd, defaultFunction)
	if name == "awsmfa" || !shells.IsFunctionName(name) {
		return &usageError{
			msg.Errorf("the function cannot be called %q", name).
				Hint("a name has only letters, digits and _, and is neither awsmfa nor a word of some shell"),
		}
	}
	switch {
	case c.Shell == "" && (c.Install || c.Undo):
		c.Shell = a.typingShell().Name
	case c.Shell == "":
		return &usageError{msg.Errorf("an argument is missing: %s", "<shell>").
			Hint("see %s", msg.Command("init", "--help"))}
	}
	shell, _ := shells.Lookup(c.Shell)
	if shell.Name == "cmd" {
		command, err := a.commandLine(shell, "env")
		if err != nil {
			return err
		}
		return &usageError{
			msg.Errorf("cmd has no functions").
				Hint("define a macro, in each window:  doskey %s=%s", name, shell.Line(command+" $*")),
		}
	}
	if !slices.Contains(initShells(), shell.Name) {
		return &usageError{
			msg.Errorf("there is no function for %s", msg.Path(c.Shell)).
				Hint("there is one for %s", msg.List(initShells())),
		}
	}
	if (c.Prompt || c.Renew) && !shell.HasPrompt() {
		return &usageError{
			msg.Errorf("there is nothing for the prompt of %s", shell.Name).
				Hint("--prompt and --renew are for %s", msg.List(promptShells())),
		}
	}
	switch {
	case c.Install:
		return c.install(a, shell)
	case c.Undo:
		return c.undo(a, shell)
	case term.IsTerminal(a.Stdout):
		return c.show(a, shell)
	}
	text, err := c.code(a, shell)
	if err != nil {
		return err
	}
	return a.print(text)
}

// show prints the line for the start-up file instead of the code, which would fill the window.
func (c *initCmd) show(a *app, shell shells.Shell) error {
	shown := msg.Errorf("this would print code for the shell's start-up file; to read the code, send it through a pipe")
	install := msg.Command(append(slices.Clone(a.Args[1:]), "--install")...)
	if shell.Name == "nu" {
		return &usageError{shown.Hint("%s writes the code to a file that Nushell loads", install)}
	}
	line, err := c.line(a, shell)
	if err != nil {
		return err
	}
	return &usageError{shown.Hint("%s adds this line to the file:  %s", install, line)}
}

// code returns the code for the start-up file.
func (c *initCmd) code(a *app, shell shells.Shell) (string, error) {
	name := cmp.Or(c.Cmd, defaultFunction)
	program, err := a.commandLine(shell)
	if err != nil {
		return "", err
	}
	prompt, err := c.prompt(a, shell, name, program)
	if err != nil {
		return "", err
	}
	completion, _ := completions.Script(shell.Name)
	text, _ := shell.Init(shells.InitOptions{
		Function: name, Program: program, Completion: completion, Prompt: prompt,
	})
	return text, nil
}

// prompt returns the code for the prompt, "" if none is wanted.
func (c *initCmd) prompt(a *app, shell shells.Shell, name, program string) (string, error) {
	if !c.Prompt && !c.Renew {
		return "", nil
	}
	text, err := shell.Prompt(shells.PromptOptions{
		Function: name, Program: program, Renew: c.Renew, Now: time.Now(),
		Ended:     a.text(sessionHasEnded()),
		EndedLine: a.text(msg.Textf("the session in this shell has ended; for a new one type:  %s", name+" ")),
	})
	if err != nil {
		return "", cannotExpress(err)
	}
	return text, nil
}

// promptShells returns the names of the shells that have code for the prompt.
func promptShells() []string {
	var names []string
	for _, s := range shells.All() {
		if s.HasPrompt() {
			names = append(names, s.Name)
		}
	}
	return names
}

// isFunctionCall reports whether a function of init runs this: awsmfa function SHELL NAME -- WORD …
func isFunctionCall(args []string) bool {
	return len(args) >= 4 && args[0] == "function" && args[3] == "--"
}

// expandFunction replaces the call of a function by the command line that its words stand for: those of env, or another
// command. The function evaluates what env, logout and setup print. For everything else done is true: it has been told
// to run awsmfa itself.
func (a *app) expandFunction() (done bool, err error) {
	words := a.Args[5:]
	a.shell, a.function = a.Args[2], a.Args[3]
	own, _, _ := splitCommand(words)
	name := firstWord(own)
	var before []string
	if !slices.ContainsFunc(commands(), func(c command) bool { return c.name == name && !c.hidden }) {
		name, before = "env", []string{"env"}
	}
	helps := slices.Contains(own, "-h") || slices.Contains(own, "--help")
	if !helps && !slices.Contains(own, "--version") && slices.Contains([]string{"env", "logout", "setup"}, name) {
		a.Args = slices.Concat(a.Args[:1], before, words)
		return false, nil
	}
	shell, err := a.chooseShell("")
	if err != nil {
		return true, err
	}
	call := append([]string{"function", a.shell, a.function, passedOn}, before...)
	if helps && before != nil {
		call = append(call[:3], helpOfFunction)
	}
	text, err := shell.PassOn(programName(a.Args[0]), call...)
	if err != nil {
		return true, cannotExpress(err)
	}
	return true, a.print(text)
}

// passedOn stands before the words of a command line that a function of init has passed on:
// awsmfa function SHELL NAME run WORD …
const passedOn = "run"

// helpOfFunction stands in its place where the words ask for the function's own help.
const helpOfFunction = "help"

// takePassedOn takes the function's name from such a command line, for hints. Its words are those of any other.
func (a *app) takePassedOn() {
	if len(a.Args) < 5 || a.Args[1] != "function" || a.Args[4] != passedOn && a.Args[4] != helpOfFunction {
		return
	}
	words := a.Args[5:]
	if a.Args[4] == helpOfFunction {
		words = []string{"--help"}
	}
	a.shell, a.passedBy = a.Args[2], a.Args[3]
	a.Args = append(a.Args[:1:1], words...)
}

// hook returns what AWSMFA_HOOK says of the hook of --prompt in the shell that runs this: loaded or ran, and what the
// function is called. Both are "" without it, the name also if an older awsmfa printed the hook.
func (a *app) hook() (state, function string) {
	mark := append(strings.SplitN(a.Getenv("AWSMFA_HOOK"), ":", 3), "", "")
	if mark[1] != strconv.Itoa(os.Getppid()) {
		return "", ""
	}
	return mark[0], mark[2]
}

// initShells returns the names of the shells that init knows.
func initShells() []string {
	var names []string
	for _, s := range shells.All() {
		if _, ok := s.Init(shells.InitOptions{}); ok {
			names = append(names, s.Name)
		}
	}
	return names
}
