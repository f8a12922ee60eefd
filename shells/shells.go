// Package shells generates, for each shell, the statements that set and remove environment variables, and the line that
// users type to evaluate them: one file for each shell, and one list of them all. It only turns values into text: it
// never runs a shell, never reads the environment and never prints. A value that a shell cannot express is an error,
// never altered, and no error holds a value: values may be secret.
package shells

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Placeholder stands in Shell.Eval for the awsmfa command.
const Placeholder = "{command}"

// programPlaceholder stands in Shell.load for the program alone.
const programPlaceholder = "{program}"

// Var is a variable to set to Value, or to remove if Unset is true.
type Var struct {
	Name  string
	Value string
	Unset bool
	// AnyScope says of a variable to remove that programs must not get it, even if the user has set it for good, as a
	// universal variable of fish.
	AnyScope bool
}

// Shell is a shell, or a data format that other programs read.
type Shell struct {
	// Name is the name of the shell, as in --shell, help and errors.
	Name string
	// Aliases are other names of it, in lower case.
	Aliases []string
	// Eval is the line that a user types to evaluate the text, with Placeholder for the awsmfa command. For a data
	// format it is Placeholder alone.
	Eval string
	// Data is true for a data format: nothing evaluates it, so it cannot make a line fail.
	Data bool
	// ShowsFailure is true if the text of Failure shows its message, so that nothing else need show it.
	ShowsFailure bool

	word       func(arg string) string          // quotes an argument; "" if the shell cannot pass it on
	ascii      func(word string) string         // is word in ASCII, in a start-up file; nil leaves it as it is
	call       string                           // precedes the quoted name of a program to run
	check      func(value string) Reason        // "" for values that the shell can express; nil allows all but NUL
	render     func(vars []Var) (string, error) // gets only values that check allows
	failure    func(message string) string
	init       func(InitOptions) string    // nil if the shell has no functions
	load       string                      // in place of Eval, in the start-up file
	prompt     string                      // the file with the code for the prompt, "" if there is none
	passOn     string                      // runs Placeholder with the arguments of the function that init defines
	before     func(words []string) string // in place of passOn, for a shell that evaluates no text
	inFunction func(Shell) Shell           // nil if the function reads the same text as Eval
	line       func(command string) string // nil puts the command into Eval unchanged
}

// All returns all shells in the order of help. A new shell is one file and one line here.
func All() []Shell {
	return []Shell{
		bash(),
		zsh(),
		sh(),
		ksh(),
		mksh(),
		fish(),
		pwsh(),
		cmd(),
		tcsh(),
		elvish(),
		nu(),
		xonsh(),
		jsonFormat(),
		dotenv(),
	}
}

// Lookup finds a shell by any of its names, in any case. The name may be that of a running process: a path, with the
// leading hyphen of a login shell, or with ".exe".
func Lookup(name string) (s Shell, ok bool) {
	short := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	short = strings.TrimSuffix(strings.TrimPrefix(short, "-"), ".exe")
	for _, s := range All() {
		if short == s.Name || slices.Contains(s.Aliases, short) {
			return s, true
		}
	}
	return Shell{}, false
}

// Line returns the line that a user types to evaluate the output of command, with its arguments quoted as by Command.
func (s Shell) Line(command string) string {
	if s.line != nil {
		return s.line(command)
	}
	return strings.Replace(s.Eval, Placeholder, command, 1)
}

// Command returns the command line that runs program, a name or a path, with args. Its errors are those of Word.
func (s Shell) Command(program string, args ...string) (string, error) {
	words := make([]string, 1+len(args))
	for i, arg := range append([]string{program}, args...) {
		word, err := s.Word(arg)
		if err != nil {
			return "", err
		}
		words[i] = word
	}
	if words[0] != program {
		words[0] = s.call + words[0]
	}
	return strings.Join(words, " "), nil
}

// StartUpCommand is Command for a line of a start-up file. For PowerShell it is ASCII, because Windows PowerShell reads
// such a file in the system's code page.
func (s Shell) StartUpCommand(program string, args ...string) (string, error) {
	command, err := s.Command(program, args...)
	if err == nil && s.ascii != nil && ASCII(program) != program {
		command = strings.Replace(command, s.word(program), s.ascii(program), 1)
	}
	return command, err
}

// Word returns arg quoted as one argument of an external program, to be typed at this shell's prompt, or in the line
// that Line returns. Plain words are not quoted. The error is an *Error: arg cannot be typed, or some version of the
// shell cannot pass it on.
func (s Shell) Word(arg string) (string, error) {
	for _, r := range arg {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return "", &Error{Shell: s.Name, Argument: arg, Reason: NotTypable}
		}
	}
	if plainWord(arg) {
		return arg, nil
	}
	w := s.word(arg)
	if w == "" {
		return "", &Error{Shell: s.Name, Argument: arg, Reason: NotPassedOn}
	}
	return w, nil
}

// Render returns the text that, evaluated through Eval, sets and removes vars in their order and prints nothing. It
// ends with a newline unless it is empty. The error is an *Error: a name is invalid or duplicate, or the shell cannot
// express a value.
func (s Shell) Render(vars []Var) (string, error) {
	seen := make(map[string]bool, len(vars))
	for _, v := range vars {
		if reason := s.checkVar(v, seen[v.Name]); reason != "" {
			return "", &Error{Shell: s.Name, Variable: v.Name, Reason: reason}
		}
		seen[v.Name] = true
	}
	return s.render(vars)
}

func (s Shell) checkVar(v Var, seen bool) Reason {
	switch {
	case !IsName(v.Name):
		return InvalidName
	case seen:
		return DuplicateName
	case v.Unset:
		return ""
	case strings.Contains(v.Value, "\x00"):
		return HasNUL
	case s.check == nil:
		return ""
	}
	return s.check(v.Value)
}

// Failure returns the text that, evaluated through Eval, makes the line fail and changes nothing, so that `LINE &&
// terraform apply` does not run terraform. A shell that reports errors itself shows message, which is short: the full
// message goes to stderr. It is "" for a data format.
func (s Shell) Failure(message string) string {
	if s.failure == nil {
		return ""
	}
	return s.failure(oneLine(message))
}

// oneLine replaces the characters of message that a string in a line of some shell cannot have.
func oneLine(message string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, "\uFFFD"))
}

// IsName reports whether name can be the name of an environment variable: letters, digits and _, no digit first.
func IsName(name string) bool {
	for i, c := range []byte(name) {
		if !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return name != ""
}

// plainWord reports whether arg needs no quotes in any shell: letters, digits, _ and - anywhere, . and / not at the
// start nor in an option (PowerShell splits -a.b in two).
func plainWord(arg string) bool {
	if strings.Trim(arg, "-") == "" {
		return arg == "--"
	}
	for i, c := range []byte(arg) {
		switch {
		case isLetter(c), isDigit(c), c == '_', c == '-':
		case c == '.' || c == '/':
			if i == 0 || arg[0] == '-' {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// statements returns a render function that writes one statement after the other.
func statements(set func(name, value string) string, unset func(name string) string) func([]Var) (string, error) {
	return func(vars []Var) (string, error) {
		var b strings.Builder
		for _, v := range vars {
			if v.Unset {
				b.WriteString(unset(v.Name))
			} else {
				b.WriteString(set(v.Name, v.Value))
			}
		}
		return b.String(), nil
	}
}

// needUTF8 is a check for shells whose strings are text, not bytes: they would replace invalid UTF-8.
func needUTF8(value string) Reason {
	if !utf8.ValidString(value) {
		return NotUTF8
	}
	return ""
}
