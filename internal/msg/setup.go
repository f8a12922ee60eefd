package msg

import (
	"fmt"
	"time"
)

// The first day.

// SetupHelp stands under the usage in setup --help.
const SetupHelp = `The whole first day, each step skipped when it is done: a new profile from an access key (in a section that
is there, nothing is changed but a session that was pasted in: it offers to put the user's own keys back), an MFA device
with its QR code, mfa_serial in the config file, a first session. Safe to run again after any interruption.

In a script: --access-key-id, AWSMFA_SECRET_ACCESS_KEY or --secret-stdin, --region, --codes-from, --code-command, --yes.`

func NewProfile(name string) string {
	return fmt.Sprintf("there is no profile %q yet: it is made from an access key of the IAM user", name)
}

// AskAccessKeyID and its kin are the questions that aws configure asks.
const (
	AskAccessKeyID     = "Access key ID: "
	AskSecretAccessKey = "Secret access key (not shown): "
	AskRegion          = "Region (such as ap-northeast-1; enter for none): "
)

// NoKeyIDAgain is said before the question comes again.
func NoKeyIDAgain() string {
	return "That is not an access key ID: it is 20 capital letters and digits, such as AKIA...; the secret is asked for next.\n"
}

func NobodyToAskKeys(profile string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("profile %q has no access key of a user, and there is no terminal to ask for one on", profile),
		oldHint: "give --access-key-id and AWSMFA_SECRET_ACCESS_KEY, or --secret-stdin",
		err:     err,
	}
}

func StdinFailed(err error) error {
	return &Error{oldText: fmt.Sprintf("reading the secret access key from stdin: %s", innermost(err)), err: err}
}

func StdinEmpty() error {
	return &Error{oldText: "the first line of stdin is empty, and should be the secret access key"}
}

func NoRegionAgain() string { return "A region is called such as ap-northeast-1.\n" }

// OtherKeys: a new key was given for a profile that has one.
func OtherKeys(profile, have, given, file string, line int) error {
	return &Error{
		oldText: fmt.Sprintf("profile %q has the access key %s (%s), and not %s", profile, have, place(file, line), given),
		oldHint: "what is there is never changed: edit it by hand, name another profile, or leave out --access-key-id",
	}
}

// KeysNotTaken: a new key pair cannot be right. secretFrom is what gave the secret, where that is wrong and was not typed.
func KeysNotTaken(err error, secretFrom string) error {
	hint := "copy both parts of the key again, whole, and give them anew; for China, GovCloud and the European Sovereign Cloud give the region too"
	if secretFrom != "" {
		hint = "the secret came from " + secretFrom + ": copy it there again, whole, or leave it out to type it"
	}
	return &Error{oldText: fmt.Sprintf("%v; nothing was written", err), oldHint: hint, err: err}
}

// KeysAgain is said before a new key pair is asked for again.
func KeysAgain(err error) string {
	return fmt.Sprintf("%v; nothing was written: please type it again", err)
}

// NotWritten: whether a new key pair is right cannot be found out.
func NotWritten(err error) error {
	return &Error{oldText: fmt.Sprintf("%v; nothing was written", err), oldHint: HintOf(err), err: err}
}

func ProfileMade(name, file string) string {
	return fmt.Sprintf("profile %q is added to %s", name, path(file))
}

// PastedSession is said before the user's own keys are asked for, to be put in the session's place.
func PastedSession(name, file string, line int) string {
	return fmt.Sprintf("profile %q holds a session that was pasted in, in place of the user's own keys (%s): "+
		"give the access key of the IAM user, and it can be put back there", name, place(file, line))
}

// PutBack is a question. session is whose the session is, or "" where AWS does not say.
func PutBack(id, arn, session, file string, line int) string {
	whose := "which is " + session + "'s"
	switch session {
	case "":
		whose = "which has ended, so that AWS does not say whose it was"
	case arn:
		whose = "which is the same user's"
	}
	return fmt.Sprintf("Put %s, a key of %s, in the place of the session (%s), %s?", id, arn, place(file, line), whose)
}

// SessionOfAnother: a key was to be put, unasked, in the place of a session that is not its user's.
func SessionOfAnother(id, arn, session, file string, line int) error {
	return &Error{
		oldText: fmt.Sprintf("%s is a key of %s, and the session that was pasted in (%s) is %s's; nothing was written",
			id, arn, place(file, line), session),
		oldHint: "give a key of the session's user, or leave out --yes and answer the question",
	}
}

func NotPutBack(file string) error {
	return &Error{oldText: fmt.Sprintf("the session stays where it is; nothing was changed in %s", path(file))}
}

func PutBackDone(name, file string) string {
	return fmt.Sprintf("profile %q has the user's own keys again (%s)", name, path(file))
}

func KeysAre(arn string) string { return fmt.Sprintf("the keys are those of %s", arn) }

func DeviceThere(serial string) string { return fmt.Sprintf("the MFA device is %s", serial) }

func OtherSerial(have, found, file string, line int) string {
	return fmt.Sprintf("the profile's mfa_serial is %s (%s), and the user's device is %s: change that line by hand, or no session will be had by it",
		have, place(file, line), found)
}

func NoteSerial(file string) string {
	return fmt.Sprintf("Note the device as mfa_serial in %s, for other tools too?", path(file))
}

func Noted(file string) string { return "mfa_serial is noted in " + path(file) }

// RegionNotWritable is a warning.
func RegionNotWritable(region string, err error) string {
	return fmt.Sprintf("region = %s is not in the config file: %v", region, err)
}

// RegionNotWritten is a warning: setup adds nothing of its own accord to a section that is there.
func RegionNotWritten(region, file string) string {
	return fmt.Sprintf("the profile's section in %s is there already: add region = %s to it by hand, if that is wanted", path(file), region)
}

// NotNoted is a warning.
func NotNoted(err error) string {
	text := fmt.Sprintf("mfa_serial is not noted: %v", err)
	if hint := HintOf(err); hint != "" {
		text += " (" + hint + ")"
	}
	return text + "; awsmfa finds the device all the same"
}

// SetupUnderSudo is a warning: the profile goes into root's home.
func SetupUnderSudo(user string) string {
	return "sudo runs awsmfa as root: the profile is made for root, not for " + user
}

// FirstSession is said before the code is asked for.
const FirstSession = "now a first session; it takes a fresh code: each is accepted once"

func SessionUntil(expiration time.Time) string {
	return fmt.Sprintf("there is a session until %s", expiration.Local().Format("2006-01-02 15:04"))
}

func EachDay(line string) string { return "each day, type:  " + line }
