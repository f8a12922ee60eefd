// Package window asks the person a question in a window on the desktop, where a process has no terminal. It shows the
// window with a program that the desktop has: zenity, kdialog, on macOS osascript; on Windows with a dialog of its own.
// The answer comes on that program's stdout; its arguments hold no secret. The package has no questions of its own, and
// reads no environment but PATH.
package window

import (
	"cmp"
	"context"
	"errors"
	"strings"
)

// ErrNone means that this process belongs to no desktop (a remote shell, a CI job, a service).
var ErrNone = errors.New("no desktop")

// ErrClosed means that the person closed the window instead of answering.
var ErrClosed = errors.New("no answer")

// NoProgramError means that there is a desktop, but none of the programs that show a window.
type NoProgramError struct{ Names []string }

func (e *NoProgramError) Error() string { return "not found: " + strings.Join(e.Names, ", ") }

// FailedError means that a program could not show the window.
type FailedError struct {
	Program string
	Output  string // the end of its stderr
	Err     error
}

func (e *FailedError) Error() string {
	if e.Output != "" {
		return e.Program + ": " + e.Output
	}
	return e.Program + ": " + e.Err.Error()
}

func (e *FailedError) Unwrap() error { return e.Err }

// A way shows a window with a title, a text and a line to type into, which it returns.
type way func(ctx context.Context, title, text string) (string, error)

// Window asks questions, one window after the other. Nothing is open between two questions.
type Window struct {
	title string
	said  string
	ways  []way
}

// Open looks for ways to show a window. environ is the environment of programs, in which they find the desktop. Its
// errors are ErrNone and a *NoProgramError.
func Open(title string, getenv func(string) string, environ []string) (*Window, error) {
	ways, looked := system(getenv, environ)
	switch {
	case len(ways) > 0:
		return &Window{title: title, ways: ways}, nil
	case len(looked) > 0:
		return nil, &NoProgramError{looked}
	}
	return nil, ErrNone
}

// Say adds text above the next question. It may contain names from elsewhere.
func (w *Window) Say(text string) { w.said += text }

// Ask shows the question, and returns the line that the person types. The end of ctx closes the window, and so does the
// end of this process, however it ends. The error is ctx's, ErrClosed, or a *FailedError of the first program.
func (w *Window) Ask(ctx context.Context, question string) (string, error) {
	text := printable(w.said + question)
	w.said = ""
	var failed error
	for _, ask := range w.ways {
		answer, err := ask(ctx, w.title, text)
		if !errors.As(err, new(*FailedError)) {
			return answer, err
		}
		failed = cmp.Or(failed, err)
	}
	return "", failed
}

// Close is there so that a Window can stand for a terminal.
func (w *Window) Close() {}

// printable replaces what could change the look of a line: control characters but line ends, and marks that turn the
// direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < ' ', 0x7f <= r && r < 0xa0, 0x200e <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e,
			0x2066 <= r && r <= 0x2069:
			return '?'
		}
		return r
	}, text)
}
