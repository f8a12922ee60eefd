package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/term"
	"awsmfa/internal/window"
)

// prompt is where a person answers: a terminal, or a window.
type prompt interface {
	Say(text string)
	Ask(ctx context.Context, question string) (string, error)
	Close()
}

// windowTime is how long a window waits for a code: as long as other processes wait for its session.
const windowTime = 5 * time.Minute

// asker asks a person for codes.
type asker struct {
	a      *app
	place  askFlag
	client *client // that waits for the session; nil if there is none
}

// source is the mfa.Source that asks.
func (k asker) source() mfa.Source {
	asked := 0
	return func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if asked > mfa.AskAgain {
			return "", mfa.RefusedCode(need)
		}
		asked++
		to, err := k.open(need.Profile)
		if err != nil {
			return "", err
		}
		defer to.Close()
		asking, stop := k.limit(ctx, to, need.Profile)
		defer stop()
		code, err := k.ask(asking, to, need)
		if err != nil && ctx.Err() == nil && asking.Err() != nil {
			return "", context.Cause(asking)
		}
		if k.client != nil && errors.Is(err, syscall.EIO) { // nothing is in the foreground of the terminal any more
			return "", clientGone()
		}
		return code, err
	}
}

// ask asks until the answer is a code that can be tried.
func (k asker) ask(ctx context.Context, to prompt, need mfa.CodeRequest) (string, error) {
	if need.Refused != nil {
		to.Say(k.a.text(msg.Textf(
			"Wrong code, or used before. Wait for the next code (up to 30 seconds) and try again.\n")))
	} else if _, isTerminal := to.(*term.Terminal); isTerminal && k.client != nil {
		to.Say(k.a.text(k.client.waits()))
	}
	if !need.Why.IsEmpty() && need.Refused == nil {
		to.Say(k.a.text(need.Why) + "\n")
	}
	for range mfa.AskAgain + 1 {
		typed, err := to.Ask(ctx, k.a.text(k.question(ctx, to, need)))
		switch {
		case errors.Is(err, term.ErrClosed), errors.Is(err, window.ErrClosed):
			return "", k.notGiven(need.Profile)
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.As(err, new(*window.FailedError)):
			return "", windowFailed(err).WithHint(k.otherwise(need.Profile))
		case err != nil:
			return "", terminalFailed(err)
		}
		code, ok := mfa.ParseCode(typed)
		switch {
		case ok && need.Spent(code):
			to.Say(k.a.text(msg.Textf("That code was used before. Wait for the next one (up to 30 seconds).\n")))
		case ok:
			return code, nil
		default:
			to.Say(k.a.text(notSixDigits()))
		}
	}
	return "", msg.Errorf("no token code of six digits was given").
		Hint("run it again, and type what the authenticator shows")
}

// question is the question for a code. A window may come up beside any other program, so it says more.
func (k asker) question(ctx context.Context, to prompt, need mfa.CodeRequest) msg.Text {
	if _, isTerminal := to.(*term.Terminal); isTerminal {
		return msg.Textf("MFA code for %s (%s): ", msg.Escaped(need.Profile), need.Serial)
	}
	end, _ := ctx.Deadline()
	left := msg.Duration(time.Until(end).Round(time.Second))
	if k.client != nil && k.client.program() != "" {
		return msg.Textf("MFA code for profile %s\nDevice: %s\nAsked by: %s\nThis window closes in %s.",
			msg.Escaped(need.Profile), need.Serial, msg.Escaped(k.client.program()), left)
	}
	return msg.Textf("MFA code for profile %s\nDevice: %s\nThis window closes in %s.",
		msg.Escaped(need.Profile), need.Serial, left)
}

// errBusy means that another program reads the terminal key by key: it would get the digits.
var errBusy = errors.New("the terminal is in use")

// open opens the terminal or a window. For a client a window takes the place of a terminal that is missing or in use.
func (k asker) open(profileName string) (prompt, error) {
	var noWindow error = window.ErrNone
	if k.place == askWindow {
		w, err := window.Open("awsmfa", k.a.Getenv, k.a.Environ)
		if err == nil {
			return w, nil
		}
		if noWindow = err; !errors.Is(err, window.ErrNone) {
			return nil, k.cannotAsk(profileName, err)
		}
	}
	tty, err := k.a.openTerminal()
	if err == nil && k.client != nil && tty.ReadsKeys() {
		tty.Close()
		err = errBusy
	}
	if err != nil && k.client != nil && k.place == "" {
		var w *window.Window
		if w, noWindow = window.Open("awsmfa", k.a.Getenv, k.a.Environ); noWindow == nil {
			return w, nil
		}
	}
	if err != nil {
		return nil, k.cannotAsk(profileName, errors.Join(err, noWindow))
	}
	return tty, nil
}

// limit returns a context that ends when a question has no sense any more, with the message about that as its cause.
func (k asker) limit(ctx context.Context, to prompt, profileName string) (context.Context, func()) {
	asking, cancel := context.WithCancelCause(ctx)
	_, isTerminal := to.(*term.Terminal)
	stop := func() {}
	if k.client != nil {
		stop = k.client.watch(func() { cancel(clientGone()) }, !isTerminal)
	}
	if isTerminal {
		return asking, func() { stop(); cancel(nil) }
	}
	end := time.Now().Add(windowTime)
	if k.client != nil {
		end = k.client.deadline()
	}
	late := msg.Errorf("no token code was given in time: the window closed after %s",
		msg.Duration(time.Until(end).Round(time.Second))).WithHint(k.again(profileName))
	limited, release := context.WithDeadlineCause(asking, end, late)
	return limited, func() { release(); stop(); cancel(nil) }
}

// notGiven is the error for a question that was closed instead of answered.
func (k asker) notGiven(profileName string) error {
	return msg.Errorf("no token code was given").WithHint(k.again(profileName))
}

// again says what to do after a question without an answer.
func (k asker) again(profileName string) msg.Text {
	if k.client == nil {
		return msg.Textf("run it again, or give one with --code")
	}
	return msg.Textf("run that program again; or first, in a terminal, %s: then it needs no code",
		sessionCommand(profileName))
}

// sessionCommand is the command that caches a session, and does nothing else.
func sessionCommand(profileName string) msg.CommandLine {
	return msg.Command("exec", profileName, "--", doesNothing)
}

// cannotAsk is the error for a code that cannot be asked for. err wraps those of the terminal and of the window.
func (k asker) cannotAsk(profileName string, err error) *msg.Error {
	missing := (*window.NoProgramError)(nil)
	switch {
	case errors.As(err, &missing):
		return msg.Errorf("a token code is needed for profile %q, and there is no program to ask with in a window "+
			"(looked for: %s)", profileName, msg.List(missing.Names)).WithHint(k.otherwise(profileName)).Wrap(err)
	case errors.Is(err, errBusy):
		return msg.Errorf("a token code is needed for profile %q, and another program reads the terminal key by key, "+
			"so awsmfa cannot ask", profileName).WithHint(k.otherwise(profileName)).Wrap(err)
	case errors.Is(err, term.ErrBackground):
		return msg.Errorf("a token code is needed for profile %q, and awsmfa is not in the terminal's foreground, "+
			"so it cannot ask", profileName).
			Hint("run it in the foreground, or name a program that prints codes: --code-command, AWSMFA_CODE_COMMAND " +
				"or the profile's mfa_process").
			Wrap(err)
	}
	return msg.Errorf("a token code is needed for profile %q, and there is no terminal to ask on", profileName).
		WithHint(k.otherwise(profileName)).Wrap(err)
}

// otherwise says how to do without the question. A client runs awsmfa, so nobody can add a flag.
func (k asker) otherwise(profileName string) msg.Text {
	if k.client != nil {
		return msg.Textf("first, in a terminal, %s: then this needs no code; "+
			"or name a program that prints codes in the profile's mfa_process", sessionCommand(profileName))
	}
	return msg.Textf("give one with --code, or name a program that prints one: --code-command, AWSMFA_CODE_COMMAND " +
		"or the profile's mfa_process")
}

// notSixDigits is printed before the same question for a code is asked again.
func notSixDigits() msg.Text { return msg.Textf("A code is six digits.\n") }

// terminalFailed is the error for a terminal that cannot be read or written.
func terminalFailed(err error) *msg.Error {
	return msg.Errorf("asking on the terminal: %s", msg.Cause(err)).Wrap(err)
}

// windowFailed is the error for a window that cannot be shown.
func windowFailed(err error) *msg.Error {
	return msg.Errorf("asking in a window: %s", msg.Foreign(err.Error())).Wrap(err)
}

// askFlag says where a person is asked for a code: "" is where it fits.
type askFlag string

const (
	askTerminal askFlag = "terminal"
	askWindow   askFlag = "window"
)

func (k *askFlag) UnmarshalText(text []byte) error {
	switch *k = askFlag(text); *k {
	case askTerminal, askWindow:
		return nil
	}
	return msg.Errorf("codes are asked for in a terminal or a window, not in %q", string(text)).
		Hint("write %s or %s", string(askTerminal), string(askWindow))
}

// whichDevice is the question for one of several devices.
func whichDevice(profileName string, serials []string) msg.Text {
	var lines strings.Builder
	for i, serial := range serials {
		fmt.Fprintf(&lines, "  %d  %s\n", i+1, serial)
	}
	return msg.Textf("The user of profile %s has several MFA devices:\n%sWhich one, 1 to %d? ",
		msg.Escaped(profileName), lines.String(), len(serials))
}

func severalDevices(profileName string, serials []string) *msg.Error {
	return msg.Errorf("the IAM user of profile %q has several MFA devices: %s", profileName, msg.List(serials))
}

// nameOne says how to name one of several devices.
func nameOne() msg.Text {
	return msg.Textf("name one with --serial, or write mfa_serial into the profile's section of the config file")
}

// choosing is nameOne for the device of a session. A client runs awsmfa, so nobody can add a flag.
func (k asker) choosing(profileName string) msg.Text {
	if k.client == nil {
		return nameOne()
	}
	return msg.Textf("first, in a terminal, %s, which asks for one; "+
		"or write mfa_serial into the profile's section of the config file", sessionCommand(profileName))
}
