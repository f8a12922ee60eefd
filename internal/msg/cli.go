package msg

import (
	"fmt"
	"strings"
	"time"
)

// The command line.

// EnvHelp stands under the usage in env --help.
const EnvHelp = `Have the shell evaluate what this prints. On a terminal it prints the line to type, and no secret.

Sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION, AWSMFA_PROFILE, AWS_REGION
with AWS_DEFAULT_REGION where the profile or --region has one, and the profile's endpoint settings. Removes AWS_PROFILE,
AWS_DEFAULT_PROFILE, AWS_SECURITY_TOKEN, AWS_ACCESS_KEY, AWS_SECRET_KEY, AWS_CREDENTIAL_FILE,
AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. A failure sets nothing, removes nothing and makes the evaluated line
fail.`

// SaidOnStderr is what an evaluated line fails with in a shell that reports errors itself: the error is on stderr, and
// need not be read twice.
const SaidOnStderr = "nothing was set, for the reason on stderr"

// Interrupted is all there is to say of Ctrl-C.
const Interrupted = "interrupted"

// Waiting is said when another run holds the lock for longer than a moment.
const Waiting = "waiting for another awsmfa that is obtaining a session for the same user"

func NotPositive(text string) error {
	return &Error{oldText: fmt.Sprintf("%s is not more than nothing", text), oldHint: "write 30s, 2m, or a number of seconds"}
}

// BadSerial: what --serial or a profile's mfa_serial says is no serial number. file is "" for the flag.
func BadSerial(serial, file string, line int) error {
	text := fmt.Sprintf("%s cannot be an MFA device's serial number", quoted(serial))
	if file != "" {
		text += " (" + place(file, line) + ")"
	}
	return &Error{
		oldText: text,
		oldHint: "it is arn:aws:iam::ACCOUNT:mfa/NAME, or the number printed on a hardware token, at least 9 characters; awsmfa device list shows the user's",
	}
}

func BadRegion(region string) error {
	return &Error{oldText: fmt.Sprintf("%s cannot be a region", quoted(region)), oldHint: "a region looks like ap-northeast-1"}
}

func TwoProfiles(a, b string) error {
	return &Error{oldText: fmt.Sprintf("two profiles are named, %q and %q", a, b), oldHint: "name one, as the argument or with --profile"}
}

func NotDuration(text string) error {
	return &Error{oldText: fmt.Sprintf("%q is not a duration", text), oldHint: "write 36h, 90m, 1h30m, or a number of seconds"}
}

// InVariable says that the mistake in err stands in an environment variable.
func InVariable(name string, err error) error {
	return &Error{oldText: fmt.Sprintf("%s: %s", name, err), oldHint: HintOf(err), err: err}
}

func DurationOutOfRange(text string) error {
	return &Error{
		oldText: fmt.Sprintf("a session cannot last %s: AWS gives 15 minutes to 36 hours", text),
		oldHint: "write 15m to 36h, or 900 to 129600 seconds",
	}
}

func MinTTLTooLong(ttl, duration time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("--min-ttl %s is not less than what a session lasts, %s", short(ttl), short(duration)),
		oldHint: "lower --min-ttl or raise --duration",
	}
}

func UnknownShell(name string, all []string) error {
	return &Error{
		oldText: "no shell is called " + path(name),
		oldHint: "--shell and AWSMFA_SHELL take one of: " + strings.Join(all, ", "),
	}
}

func NothingSet(line string) error {
	return &Error{
		oldText: "nothing is set yet: a program cannot change the variables of the shell it runs in",
		oldHint: "type this instead:  " + line,
	}
}

// NothingRemoved is NothingSet for --unset.
func NothingRemoved(line string) error {
	return &Error{
		oldText: "nothing is removed yet: a program cannot change the variables of the shell it runs in",
		oldHint: "type this instead:  " + line,
	}
}

func NotOnTerminal(format string) error {
	return &Error{
		oldText: fmt.Sprintf("secrets are not shown on a terminal, and %s is all secrets", format),
		oldHint: "send it to a program or a file, or add --reveal",
	}
}

func CannotExpress(err error) error {
	return &Error{oldText: err.Error(), oldHint: "choose another form with --shell, or use awsmfa exec, which needs no quoting", err: err}
}

// NameLeftOut is for a profile whose name a shell cannot express.
func NameLeftOut(err error) string {
	return fmt.Sprintf("%s; it is left out, so name the profile in each call", err)
}

func NotPrinted(err error) error {
	return &Error{oldText: fmt.Sprintf("writing the statements: %s", innermost(err)), err: err}
}

// UnderSudo is for a profile that is not there because sudo runs awsmfa with root's home. variables are what the
// command needs of the session.
func UnderSudo(err error, profile, user string, variables []string) error {
	return &Error{
		oldText: err.Error(),
		oldHint: "sudo runs awsmfa as root, without the AWS files of " + user + "; type awsmfa exec " + word(profile) +
			" -- sudo --preserve-env=" + strings.Join(variables, ",") + " COMMAND",
		err: err,
	}
}

func Bug(what any) error {
	return &Error{
		oldText: fmt.Sprintf("this is a bug in awsmfa: %v", what),
		oldHint: "please report it, with the trace above, which holds no secret",
	}
}

// The cache.

func Unusable(path string, err error, anotherVersion bool) string {
	if anotherVersion {
		return fmt.Sprintf("%s was kept by another version of awsmfa and is not used", path)
	}
	return fmt.Sprintf("%s is not used: %s", path, innermost(err))
}

// WaitedTooLong is the end of Waiting.
func WaitedTooLong(waited time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("another awsmfa has been obtaining a session for the same user for %s", waited),
		oldHint: "a question for a code may stand unanswered in another terminal: answer it, or end that awsmfa",
	}
}

func NotCached(err error) string {
	return fmt.Sprintf("the session is good, but cannot be kept for the next call: %s", err)
}

// NoCacheDir is NoCache's warning.
func NoCacheDir() string {
	return fmt.Sprintf("%s; %s", NoCache(), HintOf(NoCache()))
}

func NotForgotten(err error) string {
	return fmt.Sprintf("the MFA device that is gone cannot be forgotten: %s", err)
}

func NoLock(err error) string {
	return fmt.Sprintf("runs at the same time cannot wait for one another: %s", err)
}
