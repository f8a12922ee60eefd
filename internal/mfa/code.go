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
	"awsmfa/internal/term"
)

// step is how long an authenticator shows a code (RFC 6238, and AWS's devices).
const step = 30 * time.Second

// CodeRequest says what a code is needed for.
type CodeRequest struct {
	Profile string
	Serial  string
	// Refused is AWS's answer to the code given before, nil at first.
	Refused error
}

// A Source gives the next token code, six digits. Called again with Need.Refused set it gives another one, or an
// error once it has no more to give.
type Source func(ctx context.Context, need CodeRequest) (string, error)

// ParseCode takes the blanks out of a code as people type and paste it and reports whether six digits are left. Digits
// are 0 to 9 only: the full-width ones a Japanese keyboard types are taken as what they mean.
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

// Static is the source that has one code, six digits, and no other.
func Static(code string) Source {
	return func(_ context.Context, need CodeRequest) (string, error) {
		if need.Refused != nil {
			return "", msg.CodeRefused(need.Refused)
		}
		return code, nil
	}
}

// AskAgain is how often a refused code is asked for again.
const AskAgain = 3

// Terminal is the source that asks the person. Its errors are those of internal/term in words, and ctx's.
func Terminal() Source {
	asked := 0
	return func(ctx context.Context, need CodeRequest) (string, error) {
		if asked > AskAgain {
			return "", msg.CodeRefused(need.Refused)
		}
		asked++
		tty, err := term.Open()
		switch {
		case errors.Is(err, term.ErrBackground):
			return "", msg.InBackground(need.Profile, err)
		case err != nil:
			return "", msg.NoTerminal(need.Profile, err)
		}
		defer tty.Close()
		if need.Refused != nil {
			tty.Say(msg.CodeRefusedAgain())
		}
		for range AskAgain + 1 {
			typed, err := tty.Ask(ctx, msg.AskCode(need.Profile, need.Serial))
			switch {
			case errors.Is(err, term.ErrClosed):
				return "", msg.NoCode()
			case ctx.Err() != nil:
				return "", ctx.Err()
			case err != nil:
				return "", msg.TerminalFailed(err)
			}
			if code, ok := ParseCode(typed); ok {
				return code, nil
			}
			tty.Say(msg.NotSixDigitsAgain())
		}
		return "", msg.NeverSixDigits()
	}
}

// Command is the source that runs a command line, as aws-vault's mfa_process does: through sh -c (cmd /c on Windows),
// with AWSMFA_SERIAL saying which device is meant. The first line of what it prints is the code; what it writes to stderr
// is shown ("touch your key"). A program shows one code for 30 seconds: when that one was refused, the source says so
// and waits for the next.
func Command(line string, environ []string, stderr io.Writer, say func(any)) Source {
	var last string
	tries := 0
	return func(ctx context.Context, need CodeRequest) (string, error) {
		if tries++; tries > AskAgain {
			return "", msg.CodeCommandStale(programName(line), need.Refused)
		}
		p := program{line: line, environ: append(environ, "AWSMFA_SERIAL="+need.Serial), stderr: stderr, say: say}
		if need.Refused == nil { // what it gave before was not refused: another device is asked for
			last = ""
		}
		code, err := p.next(ctx, last)
		if err == nil && code == last { // it knows no other
			return "", msg.CodeCommandStale(programName(line), need.Refused)
		}
		last = code
		return code, err
	}
}

// NextFromCommand runs a command line that is the authenticator of a new device: it gets the device's key, seed, on
// stdin, and prints a code that is not last.
func NextFromCommand(ctx context.Context, line, seed, last string, environ []string, stderr io.Writer, say func(any)) (string, error) {
	p := program{line: line, environ: environ, stderr: stderr, say: say}
	if seed != "" {
		p.stdin = seed + "\n"
	}
	code, err := p.next(ctx, last)
	if err == nil && code == last {
		return "", msg.CodeCommandRepeats(programName(line))
	}
	return code, err
}

// program is a command line that prints codes.
type program struct {
	line    string
	environ []string
	stdin   string // "" is none: what is piped to awsmfa is for the command that exec wraps
	stderr  io.Writer
	say     func(any)
}

// next runs the program, and, while it still shows the code last, once more when that one's time is over.
func (p program) next(ctx context.Context, last string) (string, error) {
	code, err := p.run(ctx)
	if err != nil || code != last {
		return code, err
	}
	wait := untilNext(time.Now())
	p.say(msg.WaitingForNextCode(wait))
	select {
	case <-time.After(wait):
		return p.run(ctx)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// untilNext is how long an authenticator goes on showing what it shows at t, and a second more.
func untilNext(t time.Time) time.Duration {
	return t.Truncate(step).Add(step + time.Second).Sub(t)
}

// programName is what messages call a command line: its first word. The rest may hold what must not be shown, an
// authenticator's seed for one (oathtool --totp -b SEED), and so may a variable set before it.
func programName(line string) string {
	for rest := strings.TrimSpace(line); rest != ""; {
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			word, _, _ := strings.Cut(quoted, `"`)
			return word
		}
		end := strings.IndexAny(rest, " ;&|")
		if end < 0 {
			end = len(rest)
		}
		word, after := rest[:end], strings.TrimLeft(rest[end:], ";&|")
		if !strings.Contains(word, "=") {
			return word
		}
		rest = strings.TrimSpace(after)
	}
	return "…"
}

// run runs the program until it ends, or for a moment after its first line: what it has to print more is nobody's.
func (p program) run(ctx context.Context) (string, error) {
	limited, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := ShellCommand(limited, p.line, p.environ)
	line := &firstLine{ended: func() { time.AfterFunc(commandLinger, cancel) }}
	cmd.Env, cmd.Stdout, cmd.Stderr = p.environ, line, p.stderr
	if p.stdin != "" {
		cmd.Stdin = strings.NewReader(p.stdin)
	}
	cmd.WaitDelay = time.Second // what it left running in the background must not keep its output open for ever
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case line.cut || line.whole && limited.Err() != nil, errors.Is(err, exec.ErrWaitDelay): // it was not let go on
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return "", msg.CodeCommandTooSlow(programName(p.line), commandTime)
	case err != nil:
		select { // Ctrl-C reaches the program as well, and the program may be the quicker to end
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		return "", msg.CodeCommandFailed(programName(p.line), err)
	}
	code, ok := ParseCode(string(line.text))
	if !ok {
		return "", msg.CodeCommandNoCode(programName(p.line))
	}
	return code, nil
}

// The bounds of a code command: how long a person may take to touch a key, how long the program may go on after its
// first line, and how much of it can be a line, in bytes.
const (
	commandTime   = 5 * time.Minute
	commandLinger = 2 * time.Second
	maxLine       = 4 << 10
)

// firstLine takes the first line of what a program prints, and cuts off a program that prints far more.
type firstLine struct {
	text  []byte
	whole bool   // the line has ended
	ended func() // is called when it has
	after int    // how much came behind it
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
