package shells

import (
	"embed"
	"strings"
)

//go:embed init.*
var initScripts embed.FS

// InitOptions are what a shell's start-up code depends on.
type InitOptions struct {
	// Function is the name of the function to define. Callers check it with IsFunctionName.
	Function string
	// Program is the awsmfa command, quoted by Command.
	Program string
	// Completion is the script that completes awsmfa's command line, "" if the shell has none.
	Completion string
	// Prompt is the code of Prompt, "" for none.
	Prompt string
}

// Init returns the code for the shell's start-up file: completion, and a function that evaluates what `awsmfa env`
// prints. It reports false for a shell that has no functions, and for a data format.
func (s Shell) Init(o InitOptions) (text string, ok bool) {
	if s.init == nil {
		return "", false
	}
	return s.init(o), true
}

// InFunction returns the shell whose texts the function of Init reads. They are the same as those for Eval in most
// shells, but for that of a failure: the function heeds the exit code.
func (s Shell) InFunction() Shell {
	if s.inFunction == nil {
		s.failure = nil
		return s
	}
	return s.inFunction(s)
}

// InitLine returns the line for the start-up file that evaluates the output of command, quoted by Command, such as
// awsmfa init fish.
func (s Shell) InitLine(command string) string {
	if s.load != "" {
		program := command[:max(0, strings.LastIndex(command, " init "+s.Name))]
		return strings.NewReplacer(Placeholder, command, programPlaceholder, program).Replace(s.load)
	}
	return s.Line(command)
}

// PassOn returns the text that, evaluated by the function of Init, runs program with the words and the function's own
// arguments. Its errors are those of Command.
func (s Shell) PassOn(program string, words ...string) (string, error) {
	if s.before != nil {
		return s.before(words), nil
	}
	command, err := s.Command(program, words...)
	if err != nil {
		return "", err
	}
	return strings.Replace(s.passOn, Placeholder, command, 1) + "\n", nil
}

// initScript returns an init function that prints the completion and the file, in which these words are replaced:
// FUNCTION, PROGRAM and SHELL.
func initScript(shell, file string) func(InitOptions) string {
	return func(o InitOptions) string {
		script, err := initScripts.ReadFile(file)
		if err != nil {
			panic(err) // it is embedded
		}
		return o.Completion + strings.NewReplacer(
			"FUNCTION", o.Function,
			"PROGRAM", o.Program,
			"SHELL", shell,
		).Replace(string(script)) + o.Prompt
	}
}

// keywords are words that some shell reads as its own before it looks for a function.
var keywords = strings.Fields("and begin break builtin case command const continue coproc def do done elif else end " +
	"esac eval exec export fi filter for foreach function goto if in let local loop match module not or overlay " +
	"param process repeat return select set source switch test then time trap try unset until use using var while with")

// IsFunctionName reports whether name can be the name of a function in every shell: letters, digits and _, no digit
// first, and no keyword of any shell.
func IsFunctionName(name string) bool {
	for _, k := range keywords {
		if strings.EqualFold(name, k) {
			return false
		}
	}
	return IsName(name)
}
