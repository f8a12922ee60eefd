// Package shells knows how each shell spells "set this variable" and "unset that one", and the line its user types to
// have that evaluated: one file a shell, and one list of them all. It turns values into text and does nothing else: it
// never runs a shell, never reads the environment and never prints. What a shell cannot express is refused with an
// error, never bent into something near it, and no error repeats a value: values here are secrets.
package shells

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// Placeholder stands in Shell.Eval for the awsmfa command.
const Placeholder = "{command}"

// Var is one variable to be set to Value, or removed when Unset is true. Lists of them are ordered, so that the same
// list is the same text each time.
type Var struct {
	Name  string
	Value string
	Unset bool
}

// Shell is one shell, or one data format that a program other than a shell reads.
type Shell struct {
	// Name is the name of the shell: what --shell takes and what help and errors list.
	Name string
	// Aliases are other names that mean it, all in lower case.
	Aliases []string
	// Eval is the line a user types to have the text evaluated, with Placeholder where the awsmfa command goes. It is
	// Placeholder alone for a data format.
	Eval string
	// Data is true of a format that is read, not evaluated: it has no way to make a line fail.
	Data bool

	word    func(arg string) string
	call    string                           // what makes a quoted word the name of a program to run
	refuse  func(value string) error         // nil refuses nothing but NUL
	render  func(vars []Var) (string, error) // is given only what refuse lets pass
	failure func(message string) string
	line    func(command string) string // nil puts the command in Eval as it is
}

// All returns every shell, in the order help shows them. A new shell is one file and its name here.
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

// Lookup finds a shell by any of its names, in any case. It takes what systems call a running shell: a path, the
// leading hyphen of a login shell, a Windows ".exe". The error lists the names there are.
func Lookup(name string) (Shell, error) {
	short := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	short = strings.TrimSuffix(strings.TrimPrefix(short, "-"), ".exe")
	all := All()
	names := make([]string, len(all))
	for i, s := range all {
		if s.is(short) {
			return s, nil
		}
		names[i] = s.Name
	}
	return Shell{}, fmt.Errorf("unknown shell %q: it must be one of %s", name, strings.Join(names, ", "))
}

func (s Shell) is(name string) bool {
	if name == s.Name {
		return true
	}
	for _, a := range s.Aliases {
		if name == a {
			return true
		}
	}
	return false
}

// Line returns the line a user types to have what command prints evaluated: Eval with command in its place. Arguments in
// command are the caller's to quote, as Command does.
func (s Shell) Line(command string) string {
	if s.line != nil {
		return s.line(command)
	}
	return strings.Replace(s.Eval, Placeholder, command, 1)
}

// Command returns the command line that runs program, a name or a file, with args. The errors are Word's.
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

// Word returns arg as it is typed at this shell's prompt, or inside the line that Line returns, to be one argument of an
// external program. Plain words stay as they are. Control characters and invalid UTF-8 cannot be typed: they are
// refused, as is what the shell cannot pass on in every version.
func (s Shell) Word(arg string) (string, error) {
	for _, r := range arg {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return "", fmt.Errorf("%s: control characters and invalid UTF-8 cannot be typed in an argument", s.Name)
		}
	}
	if plainWord(arg) {
		return arg, nil
	}
	w := s.word(arg)
	if w == "" {
		return "", fmt.Errorf("%s cannot be given the argument %q", s.Name, arg)
	}
	return w, nil
}

// Render returns the text that, evaluated through Eval, sets and removes vars in their order and prints nothing. It
// ends with a newline unless it is empty. A name that is no variable name, a name given twice, and a value the shell
// cannot express are errors; they name the variable and the reason, and never hold the value.
func (s Shell) Render(vars []Var) (string, error) {
	seen := make(map[string]bool, len(vars))
	for _, v := range vars {
		if !IsName(v.Name) {
			return "", fmt.Errorf("%q is no name for an environment variable: letters, digits and _ only, no digit first", v.Name)
		}
		if seen[v.Name] {
			return "", fmt.Errorf("%s is given twice", v.Name)
		}
		seen[v.Name] = true
		if v.Unset {
			continue
		}
		if err := s.check(v.Value); err != nil {
			return "", fmt.Errorf("%s cannot be set in %s: %w", v.Name, s.Name, err)
		}
	}
	return s.render(vars)
}

func (s Shell) check(value string) error {
	if strings.Contains(value, "\x00") {
		return errors.New("a variable cannot hold a NUL byte")
	}
	if s.refuse == nil {
		return nil
	}
	return s.refuse(value)
}

// Failure returns the text that, evaluated through Eval, makes the line fail and changes nothing, so that in
// `LINE && terraform apply` terraform is not run. Shells that report errors themselves show message, which is short:
// awsmfa has said why on stderr, for all of them. It is empty for a data format.
func (s Shell) Failure(message string) string {
	if s.failure == nil {
		return ""
	}
	return s.failure(oneLine(message))
}

// oneLine makes message fit for a string on one line of any shell's source.
func oneLine(message string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, "\uFFFD"))
}

// IsName reports whether name can be an environment variable's: letters, digits and _, no digit first.
func IsName(name string) bool {
	for i, c := range []byte(name) {
		if !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return name != ""
}

// plainWord reports whether arg means itself in every shell: letters, digits and _ anywhere, . and / not in front nor
// in an option (PowerShell splits -a.b in two), hyphens anywhere.
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

// statements renders vars one statement after the other.
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

// needUTF8 is for shells whose strings are text, not bytes: they would replace what is no UTF-8.
func needUTF8(value string) error {
	if !utf8.ValidString(value) {
		return errors.New("the value is not valid UTF-8")
	}
	return nil
}
