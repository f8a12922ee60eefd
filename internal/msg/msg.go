// Package msg holds messages as data: an English format, its arguments, a hint, and the error underneath. A message stands
// in the code where it happens; a Printer puts it into the reader's language when it is shown. The English format is the
// key of the catalogs of other languages. The package decides nothing: it never reads files, the environment or the clock,
// and never prints.
//
// The rules of a message: lower case, no full stop, one whole sentence (never put together from halves: other languages
// have another word order); it says what happened and in whose words; the hint says what to do now. No message ever holds a
// secret access key, a session token or a token code. See args.go for arguments.
package msg

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Text is one sentence: a notice, a warning, a question, a hint.
type Text struct {
	format string
	args   []any
}

// Textf returns a sentence. The format is fmt's, with indexes (%[2]s) allowed; it is a literal, for the catalogs' sake.
func Textf(format string, args ...any) Text {
	if false {
		_ = fmt.Sprintf(format, args...) // never runs: it tells vet that format is one of fmt's
	}
	return Text{format, args}
}

// String returns the sentence in English.
func (t Text) String() string { return Printer{}.Text(t) }

// IsEmpty says whether there is no sentence.
func (t Text) IsEmpty() bool { return t.format == "" }

// Error is a failure, or a warning, in awsmfa's own words.
type Error struct {
	text Text
	hint Text
	err  error
}

// Errorf returns an error. It has no hint and wraps nothing until Hint and Wrap say so. The format is a literal.
func Errorf(format string, args ...any) *Error {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Textf
	}
	return &Error{text: Text{format, args}}
}

// Hint adds what to do next, and returns e. The format is a literal.
func (e *Error) Hint(format string, args ...any) *Error {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Textf
	}
	return e.WithHint(Text{format, args})
}

// WithHint is Hint with a sentence from elsewhere, which may be empty.
func (e *Error) WithHint(hint Text) *Error {
	e.hint = hint
	return e
}

// Wrap adds the error underneath, for errors.Is and --debug (it is not part of the text), and returns e. It may be nil.
func (e *Error) Wrap(err error) *Error {
	e.err = err
	return e
}

// Error returns the text in English.
func (e *Error) Error() string { return e.text.String() }

func (e *Error) Unwrap() error { return e.err }

// Catalog maps English formats to those of another language.
type Catalog map[string]string

// Printer puts messages into words. The zero Printer speaks English.
type Printer struct {
	Catalog Catalog
	// Command returns the command line that runs awsmfa with these arguments, as the reader types it. With nil it is
	// awsmfa and the words, for the eye only.
	Command func(args ...string) string
}

// Text returns the sentence.
func (p Printer) Text(t Text) string {
	format := t.format
	if translated, ok := p.Catalog[format]; ok {
		format = translated
	}
	if len(t.args) == 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	args := make([]any, len(t.args))
	for i, arg := range t.args {
		args[i] = p.arg(arg)
	}
	return fmt.Sprintf(format, args...)
}

// Help returns a text of --help, which has no arguments.
func (p Printer) Help(text string) string {
	if translated, ok := p.Catalog[text]; ok {
		return translated
	}
	return text
}

// Error returns what err says: the message that it is, or wraps without adding to it, else its own text.
func (p Printer) Error(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Error() == err.Error() {
		return p.Text(e.text)
	}
	return err.Error()
}

// Hint returns the hint of the first message in err's chain that has one, or "".
func (p Printer) Hint(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if !e.hint.IsEmpty() {
			return p.Text(e.hint)
		}
		err = e.err
	}
	return ""
}

// HintOf returns the hint of the first *Error in err's chain that has one, or "".
func HintOf(err error) string { return Printer{}.Hint(err) }

// ParseCatalog reads a catalog: a JSON object of English formats and their translations.
func ParseCatalog(text []byte) (Catalog, error) {
	var c Catalog
	err := json.Unmarshal(text, &c)
	return c, err
}
