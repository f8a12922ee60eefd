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
	"time"
	"unicode"

	xterm "golang.org/x/term"
)

// ErrNone says that there is no terminal to ask on: none is attached to this process (a CI job, a service).
var ErrNone = errors.New("no terminal")

// ErrBackground says that there is a terminal, but that it listens to others: this process is not in the terminal's
// foreground, and reading would stop it for good.
var ErrBackground = errors.New("not in the terminal's foreground")

// ErrClosed says that the person ended the input (Ctrl-D, Ctrl-Z on Windows) instead of answering.
var ErrClosed = errors.New("no answer")

// interruptLag is how long after the end of the input it may still turn out that Ctrl-C ended it.
const interruptLag = 200 * time.Millisecond

// pasteTime is for how long what was pasted comes in, at most, and less than anybody needs to read a question.
const pasteTime = 30 * time.Millisecond

// Terminal is an open terminal. Close it.
type Terminal struct {
	in, out *os.File
	lines   *bufio.Reader
	reading bool      // a question was given up, and its read has not come back
	pasted  time.Time // until then what was pasted at the last question may still be on its way
}

// Open opens the terminal of this process. Its errors are ErrNone and ErrBackground, wrapped.
func Open() (*Terminal, error) {
	in, out, err := open()
	if err != nil {
		return nil, err
	}
	return &Terminal{in: in, out: out, lines: bufio.NewReader(in)}, nil
}

// Close lets go of the terminal. It does not wait for a read that was given up: closing a Windows console would.
func (t *Terminal) Close() {
	if t.reading {
		go t.in.Close()
	} else {
		t.in.Close()
	}
	if t.out != t.in {
		t.out.Close()
	}
}

// Say writes text, which names and answers from outside may stand in.
func (t *Terminal) Say(text string) { io.WriteString(t.out, Printable(text)) }

// Printable is text with each character that a terminal would carry out, instead of showing it, as a question mark.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) || r == '\n' || r == '\t' {
			return r
		}
		return '?'
	}, text)
}

// Ask writes the question and returns the line that is typed, without its end and the white space around it. The
// question comes again when the person stopped this process (Ctrl-Z) and comes back to it. When ctx ends first Ask
// returns ctx's error. An ended input is ErrClosed.
func (t *Terminal) Ask(ctx context.Context, question string) (string, error) {
	return t.ask(ctx, question, func() {})
}

// AskSecret is Ask for what must not be seen: nothing that is typed is shown, from before the question on: who pastes
// is quick. Whatever ends the question, the terminal is put back as it was found.
func (t *Terminal) AskSecret(ctx context.Context, question string) (string, error) {
	fd := int(t.in.Fd())
	before, err := xterm.GetState(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = xterm.Restore(fd, before) }()
	if err := quiet(fd); err != nil {
		return "", err
	}
	secret, err := t.ask(ctx, question, func() { _ = quiet(fd) })
	if err == nil {
		t.Say("\n") // the one that was typed was not shown
	}
	return secret, err
}

// ask asks, and again, when again has been called, when the process was stopped and comes back: the shell has had the
// terminal meanwhile.
func (t *Terminal) ask(ctx context.Context, question string, again func()) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	ended := t.dropBlankLines()
	t.Say(question)
	go func() {
		if ended != nil {
			answers <- answer{err: ended}
			return
		}
		if t.lines.Buffered() == 0 && !t.typed(ctx) {
			return // what is typed from now on is for others
		}
		line, err := t.lines.ReadString('\n')
		answers <- answer{line, err}
	}()
	resumed, stop := resumptions()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			t.reading = true
			t.Say("\n") // what follows must not stand behind the question
			return "", ctx.Err()
		case <-resumed:
			again()
			t.Say(question)
		case a := <-answers:
			switch {
			case errors.Is(a.err, io.EOF) && a.line == "":
				t.Say("\n")
				// On Windows Ctrl-C ends the read too, as if the input had ended, and its signal comes a moment later.
				select {
				case <-ctx.Done():
					return "", ctx.Err()
				case <-time.After(interruptLag):
					return "", ErrClosed
				}
			case a.err != nil && !errors.Is(a.err, io.EOF):
				return "", a.err
			}
			t.pasted = time.Now().Add(pasteTime)
			return narrow(strings.TrimSpace(a.line)), nil
		}
	}
}

// dropBlankLines passes over the line ends that were there before the question: nobody can have meant them for an
// answer. Who copies a key with a double click pastes one behind it. A line that says something stays: a whole pair
// may be pasted at once. An error, io.EOF too, is what came instead of a line.
func (t *Terminal) dropBlankLines() error {
	time.Sleep(time.Until(t.pasted))
	for t.lines.Buffered() > 0 || lineWaits(t.in) {
		if _, err := t.lines.Peek(1); err != nil { // reads the line that waits
			return err
		}
		ahead, _ := t.lines.Peek(t.lines.Buffered())
		line, _, ended := strings.Cut(string(ahead), "\n")
		if !ended || strings.TrimSpace(line) != "" {
			return nil
		}
		_, _ = t.lines.Discard(len(line) + 1)
	}
	return nil
}

// narrow is text with the full-width letters, digits and signs of a Japanese keyboard as what they mean.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		if '！' <= r && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

// Size is how many columns and lines the terminal shows, 0 and 0 when it does not say.
func (t *Terminal) Size() (columns, lines int) {
	columns, lines, err := xterm.GetSize(int(t.out.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// Write is for what draws.
func (t *Terminal) Write(text []byte) (int, error) { return t.out.Write(text) }

// DrawsNarrow says whether the terminal draws the block characters one column wide whatever the console's code page
// is, as every terminal does that stands on Windows' pseudo-console (microsoft/terminal#2066). getenv says what the
// terminal has set for those that run in it. ConEmu is none of them: it shows the console itself. Neither is mintty,
// where it depends on locale and font.
func DrawsNarrow(getenv func(string) string) bool {
	switch getenv("TERM_PROGRAM") {
	case "vscode", "WezTerm", "Tabby", "Hyper", "zed":
		return true
	}
	return getenv("WT_SESSION") != "" || // Windows Terminal
		getenv("ALACRITTY_LOG") != "" || // it sets no TERM_PROGRAM, and ALACRITTY_WINDOW_ID on Unix only
		getenv("TERMINAL_EMULATOR") == "JetBrains-JediTerm"
}
