package msg

import (
	"fmt"
	"strings"
	"time"
)

// The MFA device.

// SessionObtained is said when a code was spent. subject is the role's ARN or the MFA device's serial number.
func SessionObtained(profile, subject string, until time.Time) string {
	return fmt.Sprintf("the session for %s (%s) lasts until %s", profile, subject, moment(until))
}

func NoDevice(profile string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("the IAM user of profile %q has no MFA device", profile),
		oldHint: "awsmfa setup adds one; a user who needs none gets a session with --no-mfa",
		err:     err,
	}
}

// GivenWithoutMFA says that a source's long-term key is used as it is: no serial number is named, and its user has no device.
func GivenWithoutMFA(profile, keyID string) string {
	return fmt.Sprintf("the user of access key %s, which profile %s gives, has no MFA device: it is used without MFA", keyID, quoted(profile))
}

func OnlySecurityKeys(profile string, serials []string) error {
	return &Error{
		oldText: fmt.Sprintf("the IAM user of profile %q has only security keys (%s), and AWS takes no security key for a command-line session",
			profile, strings.Join(serials, ", ")),
		oldHint: "add an authenticator app to the same user, with awsmfa device add or in the IAM console: a user may have several devices",
	}
}

func SecurityKey(serial string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is a security key, and AWS takes no security key for a command-line session", serial),
		oldHint: "name an authenticator app's device, arn:…:mfa/NAME, in mfa_serial or --serial; without either awsmfa finds the device",
	}
}

func SeveralDevices(profile string, serials []string) error {
	return &Error{
		oldText: fmt.Sprintf("the IAM user of profile %q has several MFA devices: %s", profile, strings.Join(serials, ", ")),
		oldHint: "name one with --serial, or write mfa_serial into the profile's section of the config file",
	}
}

// WhichDevice is the question, and NoSuchChoice what is said to an answer that is none of the numbers.
func WhichDevice(profile string, serials []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The user of profile %s has several MFA devices:\n", profile)
	for i, serial := range serials {
		fmt.Fprintf(&b, "  %d  %s\n", i+1, serial)
	}
	fmt.Fprintf(&b, "Which one, 1 to %d? ", len(serials))
	return b.String()
}

func NoSuchChoice(most int) string {
	return fmt.Sprintf("A number from 1 to %d, please: ", most)
}

// DeviceNotFound is said when the list of devices could not be had. A policy that denies the list is no hindrance once
// the device is named; any other reason is one for a session too, and has its own hint.
func DeviceNotFound(profile string, err error, denied bool) error {
	e := &Error{oldText: fmt.Sprintf("finding the MFA device of profile %q: %v", profile, err), oldHint: HintOf(err), err: err}
	if denied {
		e.oldHint = "name it with --serial, or write mfa_serial into the profile's section of the config file: then nobody has to be asked"
	}
	return e
}

func ListedNoSerial(serial string) error {
	return &Error{
		oldText: fmt.Sprintf("what answered as IAM listed an MFA device called %q, which is no serial number", serial),
		oldHint: "check the endpoint settings (AWS_ENDPOINT_URL, endpoint_url)",
	}
}

func DeviceRefused(serial string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS does not know %s as an MFA device of this user", serial),
		oldHint: "check mfa_serial or --serial; without either awsmfa finds the device itself",
		err:     err,
	}
}

// The token code.

// AskCode is the question for a code.
func AskCode(profile, serial string) string {
	return fmt.Sprintf("MFA code for %s (%s): ", profile, serial)
}

// NotSixDigitsAgain and CodeRefusedAgain are said on the terminal before the question comes again.
func NotSixDigitsAgain() string { return "A code is six digits.\n" }

func CodeRefusedAgain() string {
	return "Wrong code, or used before. Wait for the next code (up to 30 seconds) and try again.\n"
}

func NeverSixDigits() error {
	return &Error{
		oldText: "no token code of six digits was given",
		oldHint: "run it again, and type what the authenticator shows",
	}
}

func NotSixDigits() error {
	return &Error{
		oldText: "a token code is six digits",
		oldHint: "type what the authenticator shows now; blanks between the digits are fine",
	}
}

func CodeRefused(err error) error {
	return &Error{
		oldText: "AWS refused the token code: it was wrong, or used before",
		oldHint: "a code counts once: wait for the authenticator's next one, at most 30 seconds; if codes are refused time and again, the device is out of step or another device's",
		err:     err,
	}
}

func NoTerminal(profile string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("a token code is needed for profile %q, and there is no terminal to ask on", profile),
		oldHint: "give one with --code, or name a program that prints one: --code-command, AWSMFA_CODE_COMMAND or the profile's mfa_process",
		err:     err,
	}
}

func InBackground(profile string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("a token code is needed for profile %q, and awsmfa does not run in the terminal's foreground, so it cannot ask", profile),
		oldHint: "run it in the foreground, or name a program that prints codes: --code-command, AWSMFA_CODE_COMMAND or the profile's mfa_process",
		err:     err,
	}
}

func NoCode() error {
	return &Error{oldText: "no token code was given", oldHint: "run it again, or give one with --code"}
}

func TerminalFailed(err error) error {
	return &Error{oldText: fmt.Sprintf("asking on the terminal: %s", innermost(err)), err: err}
}

// CodeCommandFailed tells of a code command that ended with an error, and nothing of what it printed, which may be a code.
func CodeCommandFailed(command string, err error) error {
	hint := "run it by hand: the first line it prints must be the six digits"
	if strings.HasSuffix(err.Error(), "exit status 127") { // the shell's word for it
		hint = "the shell found no such program: install it, or give its full path"
	}
	return &Error{oldText: fmt.Sprintf("the code command %s failed: %s", path(command), innermost(err)), oldHint: hint, err: err}
}

// CodeCommandTooSlow is of a program that was ended.
func CodeCommandTooSlow(command string, limit time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("the code command %s printed no line within %s", path(command), limit),
		oldHint: "run it by hand: its first line must be the code",
	}
}

func CodeCommandNoCode(command string) error {
	return &Error{
		oldText: fmt.Sprintf("the first line that the code command %s prints is not six digits", path(command)),
		oldHint: "run it by hand: the first line it prints must be the six digits",
	}
}

func CodeCommandRepeats(command string) error {
	return &Error{
		oldText: fmt.Sprintf("%s prints the same code again, also after half a minute", path(command)),
		oldHint: "each time it is run it must print the code of that moment",
	}
}

func CodeCommandStale(command string, err error) error {
	return &Error{
		oldText: "AWS refused the codes of the code command " + path(command),
		oldHint: "is it the right device's, and is this computer's clock right? codes are made from the clock",
		err:     err,
	}
}

// WaitingForNextCode is said while a program's used code runs out.
func WaitingForNextCode(wait time.Duration) string {
	return fmt.Sprintf("that code is wrong or was used before: waiting %s for the next one", wait.Round(time.Second))
}
