package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/term"
)

// askCode is the mfa.Source that asks on the terminal.
func (a *app) askCode() mfa.Source {
	asked := 0
	return func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if asked > mfa.AskAgain {
			return "", mfa.RefusedCode(need.Refused)
		}
		asked++
		tty, err := term.Open()
		if err != nil {
			return "", cannotAsk(need.Profile, err)
		}
		defer tty.Close()
		if need.Refused != nil {
			tty.Say(a.text(msg.Textf(
				"Wrong code, or used before. Wait for the next code (up to 30 seconds) and try again.\n")))
		}
		question := a.text(msg.Textf("MFA code for %s (%s): ", msg.Escaped(need.Profile), need.Serial))
		for range mfa.AskAgain + 1 {
			typed, err := tty.Ask(ctx, question)
			switch {
			case errors.Is(err, term.ErrClosed):
				return "", msg.Errorf("no token code was given").Hint("run it again, or give one with --code")
			case ctx.Err() != nil:
				return "", ctx.Err()
			case err != nil:
				return "", terminalFailed(err)
			}
			code, ok := mfa.ParseCode(typed)
			switch {
			case ok && need.Spent(code):
				tty.Say(a.text(msg.Textf("That code was used before. Wait for the next one (up to 30 seconds).\n")))
			case ok:
				return code, nil
			default:
				tty.Say(a.text(notSixDigits()))
			}
		}
		return "", msg.Errorf("no token code of six digits was given").
			Hint("run it again, and type what the authenticator shows")
	}
}

// cannotAsk is the error for a terminal that cannot be opened to ask for a code.
func cannotAsk(profileName string, err error) *msg.Error {
	if errors.Is(err, term.ErrBackground) {
		return msg.Errorf("a token code is needed for profile %q, and awsmfa is not in the terminal's foreground, "+
			"so it cannot ask", profileName).
			Hint("run it in the foreground, or name a program that prints codes: --code-command, AWSMFA_CODE_COMMAND " +
				"or the profile's mfa_process").
			Wrap(err)
	}
	return msg.Errorf("a token code is needed for profile %q, and there is no terminal to ask on", profileName).
		Hint("give one with --code, or name a program that prints one: --code-command, AWSMFA_CODE_COMMAND " +
			"or the profile's mfa_process").
		Wrap(err)
}

// notSixDigits is printed before the same question for a code is asked again.
func notSixDigits() msg.Text { return msg.Textf("A code is six digits.\n") }

// terminalFailed is the error for a terminal that cannot be read or written.
func terminalFailed(err error) *msg.Error {
	return msg.Errorf("asking on the terminal: %s", msg.Cause(err)).Wrap(err)
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
	return msg.Errorf("the IAM user of profile %q has several MFA devices: %s", profileName, msg.List(serials)).
		Hint("name one with --serial, or write mfa_serial into the profile's section of the config file")
}
