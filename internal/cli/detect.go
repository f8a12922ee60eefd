package cli

import (
	"cmp"
	"strings"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// chooseShell returns the shell whose statements are printed: the one named (--shell), else that of init's function,
// else AWSMFA_SHELL, else the shell that runs awsmfa, else $SHELL, else the system's usual one.
func (a *app) chooseShell(named string) (shells.Shell, error) {
	named = cmp.Or(named, a.shell, a.Getenv("AWSMFA_SHELL"))
	if named != "" {
		s, ok := shells.Lookup(named)
		if function, is := shells.Lookup(a.shell); is && function.Name == s.Name {
			s = s.InFunction()
		}
		if !ok {
			return shells.Shell{}, &usageError{
				msg.Errorf("no shell is called %s", msg.Path(named)).
					Hint("--shell and AWSMFA_SHELL take one of: %s", msg.List(shellNames())),
			}
		}
		return s, nil
	}
	s, _ := ancestor.Shell(a.Getenv)
	return s, nil
}

// typingShell returns the shell in which the reader types commands from messages.
func (a *app) typingShell() shells.Shell {
	s, err := a.chooseShell("")
	if err != nil || s.Data {
		s, _ = ancestor.Shell(a.Getenv)
	}
	return s
}

func shellNames() []string {
	var names []string
	for _, s := range shells.All() {
		names = append(names, s.Name)
	}
	return names
}

// guessedShell returns the shell that evaluates stdout, from arguments that may be malformed: a usage error must make
// the evaluated line fail, too.
func (a *app) guessedShell() shells.Shell {
	named := ""
	for i, arg := range a.Args {
		if a.function != "" {
			break // it reads its own shell's alone
		}
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
