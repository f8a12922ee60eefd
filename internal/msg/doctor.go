package msg

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// What doctor finds. A check that passes is a sentence; one that does not is an *Error, whose hint is the fix.

// DoctorHelp stands under the usage in doctor --help.
const DoctorHelp = `One line a check: ✓ is right, ! is worth a look, ✗ is an error, – could not be checked because of an error
above. Exit code 1 when there is an error. It asks AWS two things, who the keys are and which MFA devices there are; it
obtains no session, needs no code, and writes nothing.

With --json, one object: profile, checks (name, status, text, fix), ok. The statuses are ok, warning, error, skipped.`

func ReportNotPrinted(err error) error {
	return &Error{oldText: fmt.Sprintf("writing the report: %s", innermost(err)), err: err}
}

func NotChecked(waitsFor string) string {
	return fmt.Sprintf("cannot be checked while this is not right: %s", waitsFor)
}

// Files.

func FileIs(file string) string { return path(file) }

func NoFileNamed(variable string) string {
	return fmt.Sprintf("there is no home directory, and %s names no file", variable)
}

func FileNotThere(file string) string { return path(file) + " is not there, and need not be" }

func NamedFileNotThere(variable, file string) error {
	return &Error{
		oldText: fmt.Sprintf("%s names %s, which is not there", variable, path(file)),
		oldHint: "correct the variable, or unset it",
	}
}

func FileNotReadable(file string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s cannot be read: %s", path(file), innermost(err)),
		oldHint: "make it your user's own: after sudo aws configure it may be root's",
		err:     err,
	}
}

func FileIsDirectory(file string) error {
	return &Error{oldText: path(file) + " is a directory", oldHint: "move it away, or name a file"}
}

func OpenToOthers(file string, mode fs.FileMode) error {
	what := "others can read it"
	if mode&0o022 != 0 {
		what = "others can change it"
	}
	return &Error{
		oldText: fmt.Sprintf("%s has the permissions %04o: %s", path(file), mode.Perm(), what),
		oldHint: "chmod 600 " + word(file),
	}
}

// Profile and keys.

// ProfileIs says which profile is meant; namedBy is the variable that says so, "" for the command line.
func ProfileIs(name, namedBy, region string) string {
	text := quoted(name)
	if namedBy != "" {
		text += ", by " + namedBy
	}
	if region == "" {
		return text + ", no region"
	}
	return text + ", region " + path(region)
}

func KeyIs(id, file string, line int) string { return fmt.Sprintf("%s, in %s", id, place(file, line)) }

// NotNeeded is said of checks that are about a user's own keys.
const NotNeeded = "not needed: the credentials are not a user's own keys"

// FromElsewhere says that setting brings a profile's credentials.
func FromElsewhere(profile, setting string) string {
	return fmt.Sprintf("profile %s gets its credentials from its %s: no code is asked for", quoted(profile), setting)
}

// FromProgram is the same where it is known only when they come whether they are a session or long-term keys.
func FromProgram(profile, setting string) string {
	return fmt.Sprintf("profile %s gets its credentials from its %s: awsmfa asks for a code where these are long-term keys", quoted(profile), setting)
}

// RolesAre names the roles in the order in which they are assumed. Only assuming one would show that AWS allows it.
func RolesAre(base string, arns []string) string {
	return fmt.Sprintf("%s, from profile %s; whether AWS allows it is not tried here", strings.Join(arns, " → "), quoted(base))
}

// ProcessNotRun is said instead of running a program that might ask a person.
func ProcessNotRun(profile string) string {
	return fmt.Sprintf("credential_process is not run to check it: awsmfa exec %s -- aws sts get-caller-identity does", word(profile))
}

// SessionToBeHad says that credentials were given just now.
func SessionToBeHad(id string) string { return id + " was given just now, without a code" }

// RoleToBeHad says that no code will be asked for.
const RoleToBeHad = "none of the role is kept: it is had without a code, with the MFA session that is kept"

func TokenBesideKeys(key, file string, line int) error {
	return &Error{
		oldText: fmt.Sprintf("a session's %s stands in the same profile (%s), and some AWS clients send it with the keys", key, place(file, line)),
		oldHint: "take that line out: a session does not belong into these files",
	}
}

// The way to AWS.

func Answers(who string) string { return who + " answers" }

// ClockRight is said of a clock that is less than a minute off.
const ClockRight = "agrees with AWS's"

func ClockApart(ahead time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("this computer's clock is %s AWS's, which refuses requests from 5 minutes on", apart(ahead)),
		oldHint: HintOf(ClockWrong(ahead, nil)),
	}
}

// The device.

func DeviceIs(serial, kind string, enabled time.Time, note string) string {
	text := fmt.Sprintf("%s, %s", serial, kind)
	if !enabled.IsZero() {
		text += ", enabled " + enabled.UTC().Format(time.DateOnly)
	}
	return text + note
}

// DeviceRemembered and DeviceToBeFound say where a device that the profile does not name comes from.
const (
	DeviceRemembered = "; remembered"
	DeviceToBeFound  = "; not named in the profile: found when a session is first obtained"
)

func SerialNotYours(serial, file string, line int, have []string) error {
	return &Error{
		oldText: fmt.Sprintf("mfa_serial is %s (%s), which is no device of this user", serial, place(file, line)),
		oldHint: "set it to one of: " + strings.Join(have, ", "),
	}
}

func RememberedGone(serial string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is remembered, and is no device of this user any more", serial),
		oldHint: "nothing to do: the next new session forgets it and finds the right one",
	}
}

// DevicesNotListed: the device is known all the same.
func DevicesNotListed(serial string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s: whether it is enabled cannot be seen: %v", serial, err),
		oldHint: "sessions need no such permission; iam:ListMFADevices on the user's own name would show it",
		err:     err,
	}
}

// The cache.

func CacheIs(dir string) string { return path(dir) }

func CacheToBeMade(dir string) string { return path(dir) + " is made with the first session" }

func NoCache() error {
	return &Error{
		oldText: "there is no directory to keep sessions in: each call asks for a code",
		oldHint: "set HOME (on Windows LOCALAPPDATA), or XDG_CACHE_HOME to an absolute path",
	}
}

// CacheLoose is mended by whatever keeps a session next.
func CacheLoose(dir string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s is open to others: %s", path(dir), innermost(err)),
		oldHint: "chmod 700 " + word(dir),
		err:     err,
	}
}

func CacheUnusable(dir string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("no session can be kept in %s: %s", path(dir), innermost(err)),
		oldHint: "make it a directory of your user's own, or set XDG_CACHE_HOME to an absolute path elsewhere",
		err:     err,
	}
}

func SessionKept(id string, left time.Duration) string {
	return fmt.Sprintf("%s is kept and lasts for another %s", id, lasting(left))
}

func NoSessionKept(duration time.Duration) string {
	return fmt.Sprintf("none of %s is kept: the next call asks for a code", lasting(duration))
}

func SessionNotUsed(why string) error {
	return &Error{oldText: why, oldHint: "remove that file: a new session takes its place"}
}

// The shell.

// ShellIs tells the shell and the line to type; byVariable when AWSMFA_SHELL names it.
func ShellIs(name string, byVariable bool, line string) string {
	if byVariable {
		return fmt.Sprintf("%s, by AWSMFA_SHELL; type:  %s", name, line)
	}
	return fmt.Sprintf("%s; type:  %s", name, line)
}

func ShellIsData(name string) error {
	return &Error{
		oldText: fmt.Sprintf("AWSMFA_SHELL is %s, which no shell evaluates", name),
		oldHint: "unset it, if what awsmfa prints is for a shell",
	}
}

// The environment.

// NothingWins is said of an environment that has none of the below.
const NothingWins = "none that would win over awsmfa"

func HalfKeysExported(have, missing string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported without %s: most AWS clients stop at that", have, missing),
		oldHint: "unset " + have,
	}
}

// ExportedSession: left is 0 where the environment does not say.
func ExportedSession(id, profile string, left time.Duration) string {
	if left == 0 {
		return fmt.Sprintf("%s is exported, a session of profile %s", id, quoted(profile))
	}
	return fmt.Sprintf("%s is exported, a session of profile %s for another %s", id, quoted(profile), lasting(left))
}

// ProfileNamed says what a command that names the profile does beside an exported session.
func ProfileNamed(profile string) string {
	return fmt.Sprintf("aws --profile %s passes the exported session over and takes what the AWS files have, long-term keys without MFA: leave --profile out",
		word(profile))
}

func ExportedExpired(id string, since time.Duration, line string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported, a session that ended %s ago", id, lasting(since)),
		oldHint: "type:  " + line,
	}
}

func ExportedKeys(id string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported, and not by awsmfa: AWS clients take it before any profile", id),
		oldHint: "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; awsmfa env puts its session in their place",
	}
}

func ExportedLongTerm(id, profile, line string) error {
	return &Error{
		oldText: fmt.Sprintf("AWSMFA_PROFILE says %s, but %s is exported, a long-term key without MFA", quoted(profile), id),
		oldHint: "type:  " + line,
	}
}

func TokenWithLongTermKey(id string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported, a long-term key, with a session token, which is another key's: AWS refuses the two", id),
		oldHint: "unset AWS_SESSION_TOKEN",
	}
}

func ExportedOfAnother(id, owner, says, line string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported, a session of profile %s, but AWSMFA_PROFILE says %s", id, quoted(owner), quoted(says)),
		oldHint: "type:  " + line,
	}
}

func ExportedElsewhere(id, owner, wanted, line string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is exported, a session of profile %s and not of %s", id, quoted(owner), quoted(wanted)),
		oldHint: "type:  " + line,
	}
}

func StaleExpiration(since time.Duration) error {
	return &Error{
		oldText: fmt.Sprintf("AWS_CREDENTIAL_EXPIRATION is %s in the past: the AWS CLI and boto3 refuse exported keys for that", lasting(since)),
		oldHint: "unset AWS_CREDENTIAL_EXPIRATION",
	}
}

func BadExpiration() error {
	return &Error{
		oldText: "AWS_CREDENTIAL_EXPIRATION is no time: the AWS CLI and boto3 stop at that",
		oldHint: "unset AWS_CREDENTIAL_EXPIRATION",
	}
}

func ProfileBesideKeys(variable, profile string) error {
	return &Error{
		oldText: fmt.Sprintf("%s is %s while keys are exported: the SDK for JavaScript takes the profile, other AWS clients the keys", variable, quoted(profile)),
		oldHint: "unset " + variable + "; awsmfa env does",
	}
}

func StaleSecurityToken() error {
	return &Error{
		oldText: "AWS_SECURITY_TOKEN is set and is not AWS_SESSION_TOKEN: the AWS CLI and boto3 send it instead",
		oldHint: "unset AWS_SECURITY_TOKEN; awsmfa env does",
	}
}

func EndpointElsewhere(variable, url string) error {
	return &Error{
		oldText: fmt.Sprintf("%s has AWS clients ask %s instead of AWS", variable, url),
		oldHint: "unset it, if that is not meant",
	}
}

func ThroughProxy(variable, host string) string {
	return fmt.Sprintf("%s: AWS is asked by way of %s", variable, host)
}

func BundleNotThere(file string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS_CA_BUNDLE names %s: %s", path(file), innermost(err)),
		oldHint: "correct it, or unset it",
		err:     err,
	}
}
