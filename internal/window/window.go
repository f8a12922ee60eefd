// Package window asks the person a question in a window on the desktop, where a process has no terminal. It shows the
// window with a program that the desktop has: zenity or kdialog, osascript on macOS, PowerShell on Windows. The answer
// comes on that program's stdout; the arguments and variables that it gets hold no secret. It has no questions of its
// own, and reads no environment but PATH.
package window

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // the scripts
	"errors"
	"html"
	"os/exec"
	"strconv"
	"strings"
	"time"
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

// Window asks questions, one window after the other. Nothing is open between two questions.
type Window struct {
	title    string
	said     string
	programs []program
	environ  []string
}

// Open looks for the programs. environ is their environment, in which they find the desktop. Its errors are ErrNone and
// a *NoProgramError.
func Open(title string, getenv func(string) string, environ []string) (*Window, error) {
	w := &Window{title: title, environ: environ}
	var names []string
	for _, p := range system(getenv) {
		names = append(names, p.name)
		if path, err := exec.LookPath(p.name); err == nil {
			p.path = path
			w.programs = append(w.programs, p)
		}
	}
	switch {
	case len(names) == 0:
		return nil, ErrNone
	case len(w.programs) == 0:
		return nil, &NoProgramError{names}
	}
	return w, nil
}

// Say adds text above the next question. It may contain names from elsewhere.
func (w *Window) Say(text string) { w.said += text }

// Ask shows the question, and returns the line that the person types. The end of ctx closes the window, and so does the
// end of this process, however it ends. The error is ctx's, ErrClosed, or a *FailedError of the first program.
func (w *Window) Ask(ctx context.Context, question string) (string, error) {
	text := printable(w.said + question)
	w.said = ""
	var failed error
	for _, p := range w.programs {
		answer, err := p.run(ctx, w.environ, w.title, text)
		if !errors.As(err, new(*FailedError)) {
			return answer, err
		}
		failed = cmp.Or(failed, err)
	}
	return "", failed
}

// Close is there so that a Window can stand for a terminal.
func (w *Window) Close() {}

// A program shows a window with a title, a text and a line to type into.
type program struct {
	name, path string
	// words are its arguments, and variables of its environment.
	words func(title, text string, limit time.Duration) (args, variables []string)
	// closed reports whether this exit code and stderr mean that the person closed the window.
	closed func(code int, stderr string) bool
}

// maxTime is how long a window stays open at most if its context has no end.
const maxTime = 24 * time.Hour

func (p program) run(ctx context.Context, environ []string, title, text string) (string, error) {
	limit := maxTime
	if end, ok := ctx.Deadline(); ok {
		limit = time.Until(end)
	}
	args, variables := p.words(title, text, limit)
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = append(environ[:len(environ):len(environ)], variables...)
	var stdout, stderr output
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	err := runWithUs(cmd)
	complaint := stderr.lastLine()
	exit := (*exec.ExitError)(nil)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil:
		return strings.TrimSpace(stdout.String()), nil
	case errors.As(err, &exit) && p.closed(exit.ExitCode(), stderr.String()):
		return "", ErrClosed
	}
	return "", &FailedError{p.name, complaint, err}
}

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

// zenity is GNOME's. It reads backslashes as escapes and an underscore as a mark of a shortcut, but no markup
// (zenity, src/entry.c, in versions 3 and 4). Without a display it ends with 1, too.
func zenity() program {
	special := strings.NewReplacer(`\`, `\\`, `_`, `__`)
	return program{
		name: "zenity",
		words: func(title, text string, _ time.Duration) (args, variables []string) {
			return []string{"--entry", "--title=" + title, "--text=" + special.Replace(text)}, nil
		},
		closed: func(code int, stderr string) bool {
			return code == 1 && !strings.Contains(strings.ToLower(stderr), "display")
		},
	}
}

// kdialog is KDE's. It reads backslashes as escapes (kdialog, src/utils.cpp), and Qt takes a text that looks like HTML
// for HTML, so this always is, and an ampersand in it for the mark of a shortcut.
func kdialog() program {
	lines := strings.NewReplacer("\n", "<br>", `\`, `\\`)
	shortcut := strings.NewReplacer("&", "&&")
	return program{
		name: "kdialog",
		words: func(title, text string, _ time.Duration) (args, variables []string) {
			text = lines.Replace(html.EscapeString(shortcut.Replace(text)))
			return []string{"--title", title, "--inputbox", "<qt>" + text + "</qt>"}, nil
		},
		closed: func(code int, _ string) bool { return code == 1 },
	}
}

//go:embed ask.applescript
var appleScript string

// osascript is macOS's. The script gets its texts as arguments, so nothing in them is part of it. Its window closes by
// itself, too, because macOS does not end it with this process.
func osascript() program {
	return program{
		name: "osascript",
		words: func(title, text string, limit time.Duration) (args, variables []string) {
			return []string{"-e", appleScript, title, text, strconv.Itoa(int(limit/time.Second) + 1)}, nil
		},
		// errAEEventUserCanceled or userCanceledErr of AppleScript ("User canceled.").
		closed: func(_ int, stderr string) bool { return strings.Contains(stderr, "(-128)") },
	}
}

// closedCode is the exit code of ask.ps1 after the window was closed: 1 is an error's.
const closedCode = 3

//go:embed ask.ps1
var powerShellScript string

// powershell is Windows' own, or PowerShell 7. The script gets its texts in variables, so nothing in them is part of
// it, and writes the answer as UTF-8 whatever the console's code page.
func powershell(name string) program {
	return program{
		name: name,
		words: func(title, text string, _ time.Duration) (args, variables []string) {
			return []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-Sta", "-Command", powerShellScript},
				[]string{"AWSMFA_WINDOW_TITLE=" + title, "AWSMFA_WINDOW_TEXT=" + text}
		},
		closed: func(code int, _ string) bool { return code == closedCode },
	}
}

// output holds the end of what a program prints.
type output struct{ bytes.Buffer }

// maxOutput is more than a person types, or a program complains, in bytes.
const maxOutput = 4 << 10

func (o *output) Write(p []byte) (int, error) {
	n, _ := o.Buffer.Write(p)
	if extra := o.Len() - maxOutput; extra > 0 {
		o.Next(extra)
	}
	return n, nil
}

func (o *output) lastLine() string {
	text := strings.TrimSpace(o.String())
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
