// Package term asks the person at the terminal: on the terminal itself (/dev/tty, the Windows console), never on stdin
// or stdout, which belong to the shell that evaluates what awsmfa prints. It knows nothing of what is asked.
package term

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
)

// ErrNone says that there is no terminal to ask on: none is attached to this process (a CI job, a service).
var ErrNone = errors.New("no terminal")

// ErrBackground says that there is a terminal, but that it listens to others: this process is not in the terminal's
// foreground, and reading would stop it for good.
var ErrBackground = errors.New("not in the terminal's foreground")

// ErrClosed says that the person ended the input (Ctrl-D, Ctrl-Z on Windows) instead of answering.
var ErrClosed = errors.New("no answer")

// Terminal is an open terminal. Close it.
type Terminal struct {
	in, out *os.File
	lines   *bufio.Reader
}

// Open opens the terminal of this process. Its errors are ErrNone and ErrBackground, wrapped.
func Open() (*Terminal, error) {
	in, out, err := open()
	if err != nil {
		return nil, err
	}
	return &Terminal{in: in, out: out, lines: bufio.NewReader(in)}, nil
}

// Close lets go of the terminal.
func (t *Terminal) Close() {
	t.in.Close()
	if t.out != t.in {
		t.out.Close()
	}
}

// Say writes text as it is.
func (t *Terminal) Say(text string) { io.WriteString(t.out, text) }

// Ask writes the question and returns the line that is typed, without its end and the white space around it. The
// question comes again when the person stopped this process (Ctrl-Z) and comes back to it. When ctx ends first Ask
// returns ctx's error; the terminal is in the state it was found in at every moment, for nothing of it is changed. An
// ended input is ErrClosed.
func (t *Terminal) Ask(ctx context.Context, question string) (string, error) {
	t.Say(question)
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		line, err := t.lines.ReadString('\n')
		read <- answer{line, err}
	}()
	resumed, stop := resumptions()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			t.Say("\n") // what follows must not stand behind the question
			return "", ctx.Err()
		case <-resumed:
			t.Say(question)
		case a := <-read:
			switch {
			case errors.Is(a.err, io.EOF) && a.line == "":
				t.Say("\n")
				return "", ErrClosed
			case a.err != nil && !errors.Is(a.err, io.EOF):
				return "", a.err
			}
			return strings.TrimSpace(a.line), nil
		}
	}
}
