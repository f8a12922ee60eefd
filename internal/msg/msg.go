// Package msg holds every sentence awsmfa says to a person: one function a message, each a whole sentence with its
// values filled in, so that a translator finds them all here. It decides nothing: it never reads files, the
// environment or the clock, and never prints.
//
// The rules of a message: lower case, no full stop; it says what happened and in whose words; the hint says what to do
// now. No message ever holds a secret access key, a session token or a token code.
package msg

import (
	"errors"
	"strings"
)

// Error is a failure told in awsmfa's own words. Text is what happened; Hint, which may be empty, is what to do next;
// Err, which may be nil, is the error underneath, for errors.Is and --debug (it is not part of Error's text).
type Error struct {
	Text string
	Hint string
	Err  error
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// Foreign is a text from elsewhere, such as what AWS answered, on one line.
func Foreign(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(text))
}

// Origin is something that a variable names: the text by which errors call it, and the variable.
type Origin struct{ Name, Variable string }

// WithOrigin is an error's text, and which variables name what it is about. A file whose line is named was the right one.
func WithOrigin(text string, named []Origin) string {
	var variables []string
	for _, n := range named {
		_, after, found := strings.Cut(text, n.Name)
		line, isPlace := strings.CutPrefix(after, ":")
		if found && !(isPlace && line != "" && '0' <= line[0] && line[0] <= '9') {
			variables = append(variables, n.Variable)
		}
	}
	if len(variables) == 0 {
		return text
	}
	return text + " (named by " + strings.Join(variables, ", ") + ")"
}

// HintOf returns the hint of the first *Error in err's chain that has one, or "".
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}
