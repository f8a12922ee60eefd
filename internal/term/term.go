// Package term asks the person questions on the terminal itself (/dev/tty, the Windows console), never on stdin or
// stdout, which belong to the shell that evaluates awsmfa's output. It has no questions of its own.
package term

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"

	xterm "golang.org/x/term"
)

// ErrNone means that this process has no terminal (a CI job, a service).
var ErrNone = errors.New("no terminal")

// ErrBackground means that this process is not in the terminal's foreground: reading would stop it for good.
var ErrBackground = errors.New("not in the terminal's foreground")

// ErrClosed means that the person ended the input (Ctrl-D, on Windows Ctrl-Z) instead of answering.
var ErrClosed = errors.New("no answer")

// interruptLag is how long the signal of Ctrl-C may follow the end of the input that Ctrl-C caused.
const interruptLag = 200 * time.Millisecond

// dropTime is how long lines that were typed before a question are waited for.
const dropTime = 200 * time.Millisecond

// pasteTime is how long a paste may take to arrive, and less than anybody needs to read a question.
const pasteTime = 30 * time.Millisecond

// Terminal is an open terminal. Close it.
type Terminal struct {
	in, out *os.File
	lines   *bufio.Reader
	reading bool      // a question was abandoned, and its read is still pending
	parent  int       // the ID of the process that has started this one, when the terminal was opened
	pasted  time.Time // until then, a paste at the last question may still be arriving
}

// Open opens this process's terminal. Its errors wrap ErrNone or ErrBackground.
func Open() (*Terminal, error) {
	in, out, err := open()
	if err != nil {
		return nil, err
	}
	return &Terminal{in: in, out: out, lines: bufio.NewReader(in), parent: os.Getppid()}, nil
}

// Close closes the terminal. It does not wait for an abandoned read, as closing a Windows console would.
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

// Say writes text through Printable: it may contain names and answers from elsewhere.
func (t *Terminal) Say(text string) { io.WriteString(t.out, Printable(text)) }

// Printable replaces each control character in text by a question mark.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) || r == '\n' || r == '\t' {
			return r
		}
		return '?'
	}, text)
}

// Ask writes the question and returns the line that the person types, without white space around it. It repeats the
// question after the person has stopped this process (Ctrl-Z) and continued it. The error is ctx's, ErrClosed, or a
// read error.
func (t *Terminal) Ask(ctx context.Context, question string) (string, error) {
	return t.ask(ctx, question, func() {})
}

// AskSecret is Ask without echo. It turns off the echo before the question, because a paste may come at once, and
// restores the terminal's state in any case.
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
		t.Say("\n") // the person's own was not echoed
	}
	return secret, err
}

// ask asks the question. When the process continues after a stop, it calls again and repeats the question: the shell
// has used the terminal meanwhile.
func (t *Terminal) ask(ctx context.Context, question string, again func()) (string, error) {
	type answer struct {
		line string
		err  error
	}
	defer t.forLines()()
	var ended error
	dropped, answers := make(chan struct{}), make(chan answer, 1)
	go func() { ended = t.dropBlankLines(); close(dropped) }()
	select {
	case <-dropped:
	case <-time.After(dropTime): // another program has taken the line that waited
	}
	t.Say(question)
	go func() {
		<-dropped
		if ended != nil {
			answers <- answer{err: ended}
			return
		}
		if t.lines.Buffered() == 0 && !t.typed(ctx) { // later input is not for this question
			answers <- answer{err: io.EOF}
			return
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
			t.Say("\n") // end the question's line
			return "", ctx.Err()
		case <-resumed:
			again()
			t.Say(question)
		case a := <-answers:
			switch {
			case errors.Is(a.err, io.EOF) && a.line == "":
				t.Say("\n")
				// On Windows Ctrl-C also ends the input, a moment before its signal comes.
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

// dropBlankLines discards blank lines typed before the question, such as a line end that was copied and pasted with a
// key: nobody meant them as an answer. Lines with text stay: a key pair may be pasted at once. The error, which may
// be io.EOF, is that of reading.
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

// narrow replaces the full-width letters, digits and signs of a Japanese keyboard by the ASCII ones.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		if '！' <= r && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

// Size returns the terminal's columns and lines, or 0 and 0 if unknown.
func (t *Terminal) Size() (columns, lines int) {
	columns, lines, err := xterm.GetSize(int(t.out.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// Run runs a program whose screen is the terminal, and restores the terminal's state after it. Such programs read their
// keys from the terminal itself if their stdin is something else.
func (t *Terminal) Run(cmd *exec.Cmd) error {
	fd := int(t.in.Fd())
	if before, err := xterm.GetState(fd); err == nil {
		defer func() { _ = xterm.Restore(fd, before) }()
	}
	cmd.Stderr = t.out
	return cmd.Run()
}

// Columns returns how many columns f has, 0 if it is no terminal or the number is not known.
func Columns(f *os.File) int {
	columns, _, err := xterm.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// Write writes text unchanged, unlike Say: it may contain escape sequences.
func (t *Terminal) Write(text []byte) (int, error) { return t.out.Write(text) }

// DrawsNarrow reports whether the terminal draws block characters one column wide whatever the console's code page,
// as every terminal on Windows' pseudo-console does (microsoft/terminal#2066). It recognizes them by their variables.
// ConEmu is not one of them: it shows the console itself. Nor is mintty, where the width depends on locale and font.
func DrawsNarrow(getenv func(string) string) bool {
	switch getenv("TERM_PROGRAM") {
	case "vscode", "WezTerm", "Tabby", "Hyper", "zed":
		return true
	}
	return getenv("WT_SESSION") != "" || // Windows Terminal
		getenv("ALACRITTY_LOG") != "" || // it sets no TERM_PROGRAM, and ALACRITTY_WINDOW_ID on Unix only
		getenv("TERMINAL_EMULATOR") == "JetBrains-JediTerm"
}
