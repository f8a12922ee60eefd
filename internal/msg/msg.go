// Package msg holds messages as data: an English format, its arguments, a hint, and the wrapped error. A message is
// written in the code that finds the problem; a Printer translates it when it is shown. The English format is the key
// of the catalogs of other languages, which are part of the program. The package never prints, and never reads files,
// the environment or the clock.
//
// The rules of a message: lower case, no full stop, one whole sentence (never joined from parts: other languages have
// another word order). It says what happened, and marks the words of others, such as AWS's; the hint says what to do
// now. No message holds a secret access key, a session token or a token code. See args.go for arguments.
package msg

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is one sentence: a notice, a warning, a question, a hint.
type Text struct {
	format string
	args   []any
}

// Textf returns a sentence. The format is fmt's, and may have indexes (%[2]s); it must be a constant, as it is the key
// in the catalogs.
func Textf(format string, args ...any) Text {
	if false {
		_ = fmt.Sprintf(format, args...) // never runs: it tells vet that format is one of fmt's
	}
	return Text{format, args}
}

// String returns the sentence in English.
func (t Text) String() string { return Printer{}.Text(t) }

// IsEmpty reports whether there is no sentence.
func (t Text) IsEmpty() bool { return t.format == "" }

// Error is a failure, or a warning, in awsmfa's own words.
type Error struct {
	text Text
	hint Text
	err  error
}

// Errorf returns an error, to which Hint and Wrap add a hint and a wrapped error. The format is a constant.
func Errorf(format string, args ...any) *Error {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Textf
	}
	return &Error{text: Text{format, args}}
}

// Hint adds what to do next, and returns e. The format is a constant.
func (e *Error) Hint(format string, args ...any) *Error {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Textf
	}
	return e.WithHint(Text{format, args})
}

// WithHint is Hint with an existing sentence, which may be empty.
func (e *Error) WithHint(hint Text) *Error {
	e.hint = hint
	return e
}

// Wrap adds the wrapped error, for errors.Is and --debug (it is not part of the text), and returns e. It may be nil.
func (e *Error) Wrap(err error) *Error {
	e.err = err
	return e
}

// Error returns the text in English.
func (e *Error) Error() string { return e.text.String() }

func (e *Error) Unwrap() error { return e.err }

// Printer translates messages. The zero Printer leaves them in English.
type Printer struct {
	Catalog Catalog
	// Command returns the command line that runs awsmfa with these arguments, as the reader types it. If it is nil, the
	// command line is awsmfa and the words, quoted for no particular shell.
	Command func(args ...string) string
}

// Text returns the sentence.
func (p Printer) Text(t Text) string {
	format, translated := p.Catalog[t.format]
	if !translated {
		format = t.format
	}
	if len(t.args) == 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	args := make([]any, len(t.args))
	for i, arg := range t.args {
		args[i] = p.arg(arg)
		_, foreign := arg.(string)
		if text, ok := args[i].(string); ok && translated && !foreign {
			args[i] = bordered(text)
		}
	}
	return closeUp(fmt.Sprintf(format, args...))
}

// border stands on both sides of an argument that is a text of ours, until closeUp.
const border = "\uE000"

// bordered is such an argument.
type bordered string

// Format puts the borders around the text, but not into the quotes of %q, where they would be escaped.
func (b bordered) Format(f fmt.State, verb rune) {
	if text := string(b); verb == 'q' {
		_, _ = io.WriteString(f, strconv.Quote(text))
	} else {
		_, _ = io.WriteString(f, border+text+border)
	}
}

// closeUp removes the borders. A translation has a blank on both sides of an argument, but between two characters of
// Japanese there is none.
func closeUp(text string) string {
	parts := strings.Split(text, border)
	for i := 1; i < len(parts); i++ {
		before, after := strings.TrimSuffix(parts[i-1], " "), strings.TrimPrefix(parts[i], " ")
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(after)
		if isJapanese(last) && isJapanese(first) {
			parts[i-1], parts[i] = before, after
		}
	}
	return strings.Join(parts, "")
}

func isJapanese(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) || r == 'ー'
}

// Help returns a text of --help, which has no arguments.
func (p Printer) Help(text string) string {
	if translated, ok := p.Catalog[text]; ok {
		return translated
	}
	return text
}

// Error returns err's text: translated if err is a message, or wraps one without adding to its text.
func (p Printer) Error(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Error() == err.Error() {
		return p.Text(e.text)
	}
	return err.Error()
}

// Hint returns the hint of the first message in err's chain that has one, or "".
func (p Printer) Hint(err error) string {
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
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
