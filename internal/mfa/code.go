// Package mfa has the sources of token codes that ask nobody (a given code, a command line), and computes which codes
// are right. It never obtains a session, and never shows or stores a code.
package mfa

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"

	"awsmfa/internal/bounded"
	"awsmfa/internal/msg"
)

// step is how long an authenticator shows a code (RFC 6238, and AWS's devices).
const step = 30 * time.Second

// CodeRequest holds the profile and the device that a code is needed for.
type CodeRequest struct {
	Profile string
	// Base is the profile with the user's keys, which differs from Profile for a role.
	Base   string
	Serial string
	// Why says why a code is needed although a session is cached; it may be empty.
	Why msg.Text
	// Refused is AWS's answer to the previous code, nil at first.
	Refused error
	// IsSpent reports whether AWS accepted a code before. It may be nil.
	IsSpent func(code string) bool
}

// Spent reports whether AWS accepted the code before, in this process or in another.
func (r CodeRequest) Spent(code string) bool { return r.IsSpent != nil && r.IsSpent(code) }

// A Source returns the next token code, six digits. Called again with need.Refused set, it returns another code, or an
// error when it has none.
type Source func(ctx context.Context, need CodeRequest) (string, error)

// ParseCode removes the blanks from a code that was typed or pasted, and reports whether six digits are left.
// The full-width digits of a Japanese keyboard count as 0 to 9; no other script's digits do.
func ParseCode(typed string) (code string, ok bool) {
	var b strings.Builder
	for _, r := range typed {
		switch {
		case '0' <= r && r <= '9':
			b.WriteRune(r)
		case '０' <= r && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r == ' ' || r == '\t' || r == '\u00a0' || r == '\u3000' || r == '\r' || r == '\n':
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == 6
}

// Static returns the source of a single code, six digits.
func Static(code string) Source {
	return func(_ context.Context, need CodeRequest) (string, error) {
		if need.Refused != nil {
			return "", RefusedCode(need)
		}
		if need.Spent(code) {
			return "", msg.Errorf("the token code was used before, and each works once").
				Hint("wait for the authenticator's next code, at most 30 seconds")
		}
		return code, nil
	}
}

// RefusedCode is the error for a code that AWS refused, from a source that has no other.
func RefusedCode(need CodeRequest) *msg.Error {
	return msg.Errorf("AWS refused the token code: it was wrong, or used before").
		Hint("each code works once: wait for the authenticator's next one, at most 30 seconds; "+
			"if several are refused, the device is out of sync (%s helps), or the codes are another device's",
			msg.Command("device", "resync", need.Base)).
		Wrap(need.Refused)
}

// AskAgain is how many times a source asks again after a refused code.
const AskAgain = 3

// Command returns the source that runs a command line, as aws-vault's mfa_process does: with sh -c (cmd /c on Windows),
// and the device's serial number in AWSMFA_SERIAL. The first line of its stdout is the code; its stderr is shown
// ("touch your key"). A program prints the same code for 30 seconds: when AWS refuses it, the source says so and
// waits for the next.
func Command(line string, environ []string, stderr io.Writer, say func(msg.Text)) Source {
	var last string
	tries := 0
	return func(ctx context.Context, need CodeRequest) (string, error) {
		if tries++; tries > AskAgain {
			return "", refusedCodes(line, need.Refused)
		}
		p := program{line: line, environ: append(environ, "AWSMFA_SERIAL="+need.Serial), stderr: stderr, say: say}
		if need.Refused == nil { // a code for another device: the last one was not refused
			last = ""
		}
		isUsed := func(code string) bool { return code == last || need.Spent(code) }
		code, err := p.next(ctx, isUsed)
		if err == nil && isUsed(code) {
			return "", refusedCodes(line, need.Refused)
		}
		last = code
		return code, err
	}
}

func refusedCodes(line string, err error) *msg.Error {
	return msg.Errorf("AWS refused the codes of the code command %s", programName(line)).
		Hint("check that it prints the codes of this device, and this computer's clock: " +
			"codes are computed from the time").
		Wrap(err)
}

// NextFromCommand runs a command line as the authenticator of a new device: it gets the device's key, seed, on stdin,
// and must print a code other than last.
func NextFromCommand(
	ctx context.Context, line, seed, last string, environ []string, stderr io.Writer, say func(msg.Text),
) (string, error) {
	p := program{line: line, environ: environ, stderr: stderr, say: say}
	if seed != "" {
		p.stdin = seed + "\n"
	}
	code, err := p.next(ctx, func(code string) bool { return code == last })
	if err == nil && code == last {
		return "", msg.Errorf("%s prints the same code again, even after half a minute", programName(line)).
			Hint("each run must print the current code")
	}
	return code, err
}

// program is a command line that prints codes.
type program struct {
	line    string
	environ []string
	stdin   string // "" for none: awsmfa's own stdin belongs to the command that exec runs
	stderr  io.Writer
	say     func(msg.Text)
}

// next runs the program; if it prints a code that was used, it waits for the next and runs the program once more,
// unless ctx ends before.
func (p program) next(ctx context.Context, isUsed func(code string) bool) (string, error) {
	code, err := p.run(ctx)
	if err != nil || !isUsed(code) {
		return code, err
	}
	wait := untilNext(time.Now())
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return code, nil
	}
	p.say(msg.Textf("that code is wrong or was used before: waiting %s for the next one",
		msg.Duration(wait.Round(time.Second))))
	select {
	case <-time.After(wait):
		return p.run(ctx)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// untilNext returns how long an authenticator still shows the code that it shows at t, plus a second.
func untilNext(t time.Time) time.Duration {
	return t.Truncate(step).Add(step + time.Second).Sub(t)
}

// programName returns the name of a command line's program, for messages. Its arguments may hold a secret, such as an
// authenticator's seed (oathtool --totp -b SEED), and so may a variable set before it.
func programName(line string) msg.Path {
	for rest := strings.TrimSpace(line); rest != ""; {
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			word, _, _ := strings.Cut(quoted, `"`)
			return msg.Path(word)
		}
		end := strings.IndexAny(rest, " ;&|")
		if end < 0 {
			end = len(rest)
		}
		word, after := rest[:end], strings.TrimLeft(rest[end:], ";&|")
		if !strings.Contains(word, "=") {
			return msg.Path(word)
		}
		rest = strings.TrimSpace(after)
	}
	return "…"
}

// run runs the program until it ends, or until a moment after its first line, and returns the code on that line.
func (p program) run(ctx context.Context) (string, error) {
	limit := commandTime
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end))
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := ShellCommand(limited, p.line, p.environ)
	line := &firstLine{ended: func() { time.AfterFunc(commandLinger, cancel) }}
	cmd.Env, cmd.Stdout, cmd.Stderr = p.environ, line, p.stderr
	if p.stdin != "" {
		cmd.Stdin = strings.NewReader(p.stdin)
	}
	cmd.WaitDelay = time.Second // a process left in the background must not keep the output open for ever
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "", ctx.Err()
	case line.cut || line.whole && limited.Err() != nil, errors.Is(err, exec.ErrWaitDelay): // killed after its line
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return "", msg.Errorf("the code command %s printed no line within %s",
			programName(p.line), msg.Duration(limit.Round(time.Second))).
			Hint("run it by hand: its first line must be the code")
	case err != nil:
		select { // Ctrl-C reaches the program as well, and the program may end first
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return "", ctx.Err()
		}
		return "", p.failed(err)
	}
	code, ok := ParseCode(string(line.text))
	if !ok {
		return "", msg.Errorf("the first line that the code command %s prints is not six digits", programName(p.line)).
			Hint(firstLineIsCode)
	}
	return code, nil
}

const firstLineIsCode = "run it by hand: the first line it prints must be the six digits"

// failed is the error for a program that ended with err. It shows nothing of the output, which may be a code.
func (p program) failed(err error) *msg.Error {
	e := msg.Errorf("the code command %s failed: %s", programName(p.line), msg.Cause(err)).Wrap(err)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 127 { // sh's code for it
		return e.Hint("the shell found no such program: install it, or give its full path")
	}
	return e.Hint(firstLineIsCode)
}

// The limits of a code command: the time a person has to touch a key, the time the program may run on after its first
// line, and the length of a line in bytes.
const (
	commandTime   = 5 * time.Minute
	commandLinger = 2 * time.Second
	maxLine       = 4 << 10
)

// firstLine stores the first line written to it, and fails when far more follows.
type firstLine struct {
	text  []byte
	whole bool   // the line has ended
	ended func() // called then
	after int    // bytes after the line
	cut   bool
}

func (l *firstLine) Write(p []byte) (int, error) {
	rest := p
	if !l.whole {
		var line []byte
		line, rest, l.whole = bytes.Cut(p, []byte("\n"))
		l.text = append(l.text, line...)
		if l.whole {
			l.ended()
		}
	}
	l.after += len(rest)
	if len(l.text) > maxLine || l.after > bounded.MaxOutput {
		l.cut = true
		return 0, bounded.ErrTooLong
	}
	return len(p), nil
}
