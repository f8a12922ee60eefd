package msg

import (
	"fmt"
	"strings"
	"time"
)

// Rotation: a new access key in the place of the old one.

// RotateHelp stands under the usage in rotate --help.
const RotateHelp = `Makes a new access key for the profile's IAM user, tries it, puts it in the old one's place in the
credentials file, deactivates the old one, tries the new one again, and deletes the old one. In the files only the two
values change: in this profile's section, and in those of other profiles that have the same key. At every moment the
keys in the files work: after an interruption, even a power cut, run it again.

It asks before it changes another profile, and before a key goes that something else may use, where the user has a
second one, for AWS allows two. --yes answers the first, and the second for a key that is inactive or was never used; an
active one that was used is deleted only when a person says so. What other computers and programs have of the old key
stops working: --keep-old deactivates it only, which can be undone.

The user needs iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey, DeleteAccessKey, and better GetAccessKeyLastUsed.`

// KeysChanged: the profile's key pair is not the one that was read first.
func KeysChanged(profile, file string) *Error {
	return &Error{
		oldText: fmt.Sprintf("the keys of profile %q in %s were changed by somebody else meanwhile; %s", profile, path(file), unchanged),
		oldHint: "look at the file, and run this again",
	}
}

// KeyLineOdd: the line of a key is written so that nothing can be put in its value's place.
func KeyLineOdd(key, file string, line int) *Error {
	return &Error{
		oldText: fmt.Sprintf("the value of %s (%s) is written in an unusual way, and cannot be replaced; %s", key, place(file, line), unchanged),
		oldHint: "write it as  " + key + " = VALUE",
	}
}

// KeyHolder is a section that has an access key ID; with no profile it is [DEFAULT], and with no file the environment.
type KeyHolder struct {
	Profile, File string
	Line          int
}

func (h KeyHolder) String() string {
	switch {
	case h.File == "":
		return "the environment (AWS_ACCESS_KEY_ID)"
	case h.Profile == "":
		return fmt.Sprintf("[DEFAULT], which all profiles have it from (%s)", place(h.File, h.Line))
	}
	return fmt.Sprintf("profile %q (%s)", h.Profile, place(h.File, h.Line))
}

func holders(all []KeyHolder) string {
	var words []string
	for _, h := range all {
		words = append(words, h.String())
	}
	return strings.Join(words, ", ")
}

// RotateShared asks about the other places of a key: same can get the new one, and odd cannot.
func RotateShared(id string, same, odd []KeyHolder) string {
	var parts []string
	if len(same) > 0 {
		parts = append(parts, "where the new one takes its place: "+holders(same))
	}
	if len(odd) > 0 {
		parts = append(parts, "where it cannot be replaced and will stop working: "+holders(odd))
	}
	return fmt.Sprintf("The access key %s stands elsewhere too, %s. Rotate it?", id, strings.Join(parts, "; and "))
}

// OfAllProfiles: the profile's key stands in [DEFAULT].
func OfAllProfiles(profile, file string, line int) string {
	return fmt.Sprintf("the access key of profile %q stands in [DEFAULT] (%s): every profile without its own has it, and gets the new one",
		profile, place(file, line))
}

// KeyMoved is said when sections got the profile's key, so that their own can go.
func KeyMoved(id, now string, in []KeyHolder) string {
	return fmt.Sprintf("%s takes the place of %s in %s", now, id, holders(in))
}

func NotRotated(id string) error {
	return &Error{oldText: fmt.Sprintf("the access key %s stays; %s", id, unchanged), oldHint: "answer y to change it, or take it out of the other places first"}
}

func AnotherRotates(user string) error {
	return &Error{
		oldText: fmt.Sprintf("another awsmfa is replacing the access key of user %s at this moment", user),
		oldHint: "wait for it; nothing more need be done then",
	}
}

// RotateDenied: a policy does not let the user do something that rotating needs. err is AWS's refusal in words; changed
// says that a second key is gone already.
func RotateDenied(err error, changed bool) error {
	text := err.Error()
	if !changed {
		text += "; " + unchanged
	}
	return &Error{
		oldText: text,
		oldHint: "rotating needs iam:ListAccessKeys, iam:CreateAccessKey, iam:UpdateAccessKey and iam:DeleteAccessKey for the own user, with MFA: ask whoever manages the user's IAM policies",
		err:     err,
	}
}

// A second key.

// SecondKey says what is known of a user's other key. used is zero for a key that was never used; known says whether AWS
// told.
func SecondKey(user, id string, active bool, created, used time.Time, service, region string, known bool, in []KeyHolder) string {
	state := "inactive"
	if active {
		state = "active"
	}
	last := fmt.Sprintf("last used %s (%s, %s)", moment(used), service, region)
	switch {
	case !known:
		last = "when it was last used is not known"
	case used.IsZero():
		last = "never used"
	}
	text := fmt.Sprintf("User %s has a second access key, %s: %s, created %s, %s", user, id, state, moment(created), last)
	if len(in) > 0 {
		text += "; it stands in " + holders(in)
	}
	return text
}

func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// DeleteSecond is the question after SecondKey. The sections get the profile's key, now, first.
func DeleteSecond(second, now string, get []KeyHolder) string {
	if len(get) > 0 {
		second += ".\n" + now + " takes its place in " + holders(get)
	}
	return second + ".\nAWS allows two keys, so this one must go before a new one is made; a rotate that was interrupted leaves one.\nDelete it for good?"
}

// NobodyToDelete: the question of DeleteSecond cannot be asked.
func NobodyToDelete(second, profile, user, id string, yes bool, err error) error {
	hint := "run this in a terminal, which asks; or, if nothing needs it:  " + deleteLine(profile, user, id)
	if yes {
		hint = "--yes deletes it, or a terminal asks"
	}
	return &Error{oldText: second + "; there is no terminal to ask on whether it may be deleted, and a third there cannot be", oldHint: hint, err: err}
}

func deleteLine(profile, user, id string) string {
	return fmt.Sprintf("awsmfa exec %s -- aws iam delete-access-key --user-name %s --access-key-id %s", word(profile), word(user), id)
}

func SecondKeyStays(id string) error {
	return &Error{
		oldText: fmt.Sprintf("%s stays, and so no new key could be made; %s", id, unchanged),
		oldHint: "find out who uses it; a user needs one key only",
	}
}

func KeyDeleted(id string) string { return "the access key " + id + " is deleted" }

// KeyAppeared is a warning: the user had room for a key, and then not.
const KeyAppeared = "AWS says that the user has two access keys now: another program made one, or this one did and the answer was lost"

// The new key.

func KeyMade(id string) string { return fmt.Sprintf("the new access key is %s", id) }

func WaitingForKey(id string, longest time.Duration) string {
	return fmt.Sprintf("waiting until all of AWS knows that %s is active: it takes seconds, at most %s", id, short(longest))
}

func KeyNeverKnown(id string, longest time.Duration, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS does not take the access key %s, also after %s", id, short(longest)),
		oldHint: "try again in some minutes; --timeout 1m waits twice as long as usual",
		err:     err,
	}
}

func KeyOfAnother(id, arn, want string) error {
	return &Error{oldText: fmt.Sprintf("the new access key %s is that of %s, and not of %s", id, arn, want)}
}

// NewKeyDeleted is said after a failure.
func NewKeyDeleted(id, profile, old string) string {
	return fmt.Sprintf("the new access key %s is deleted again, and profile %q keeps %s", id, profile, old)
}

// NewKeyLeft is a warning.
func NewKeyLeft(id, profile, user, old string, err error) string {
	return fmt.Sprintf("profile %q keeps %s; the new access key %s could not be deleted again (%v) and is nobody's: the next awsmfa rotate offers to delete it, or %s",
		profile, old, id, err, deleteLine(profile, user, id))
}

// KeyPerhapsMade is a warning: AWS's answer to the making of a key was lost, and it cannot be asked for the list.
func KeyPerhapsMade(err error) string {
	return fmt.Sprintf("a key may have been made, whose secret nobody knows (%v): the next awsmfa rotate offers to delete it", err)
}

// DeleteAppeared asks about a key that is there after AWS's answer to the making of one was lost.
func DeleteAppeared(user, id string, created time.Time) string {
	return fmt.Sprintf("User %s has the access key %s now, created %s, and had it not before. It is the one that awsmfa has just asked for, whose secret was lost, or another program made it. Delete it for good?",
		user, id, moment(created))
}

// AppearedStays is a warning.
func AppearedStays(profile, user, id string, created time.Time) string {
	return fmt.Sprintf("the access key %s, created %s, was not there before: awsmfa made it and its secret was lost, or another program made it; if nothing needs it:  %s",
		id, moment(created), deleteLine(profile, user, id))
}

func KeyReplaced(id, profile, file string, others []KeyHolder) string {
	text := fmt.Sprintf("%s works, and stands in profile %q (%s)", id, profile, path(file))
	if len(others) > 0 {
		text += ", " + holders(others)
	}
	return text
}

func OldDeactivated(id string) string { return fmt.Sprintf("the old access key %s is deactivated", id) }

func OldKept(profile, user, id string) string {
	return fmt.Sprintf("%s stays, and can be activated again in the IAM console; when nothing misses it:  %s", id, deleteLine(profile, user, id))
}

func Rotated(profile, id string) string {
	return fmt.Sprintf("done: the old access key is deleted, and profile %q has %s; the next session takes a code", profile, id)
}

// RotationStopped: the new key is in the file, and the old one not gone. status is what AWS says of the old one:
// "active", "inactive", "" for gone, "unknown".
func RotationStopped(err error, profile, user, file, id, old, status string) error {
	e := &Error{
		oldText: fmt.Sprintf("%v; %s", err, stands(profile, file, id, old, status)),
		oldHint: fmt.Sprintf("run awsmfa rotate again, which offers to delete the old key, or:  %s", deleteLine(profile, user, old)),
		err:     err,
	}
	if status == "" {
		e.oldHint = "nothing is left to do"
	}
	return e
}

// Stands is a warning after Ctrl-C: it says what stands where, as RotationStopped has it.
func Stands(profile, file, id, old, status string) string {
	if status == "" {
		return stands(profile, file, id, old, status)
	}
	return stands(profile, file, id, old, status) + "; run awsmfa rotate again, which offers to delete it"
}

func stands(profile, file, id, old, status string) string {
	text := fmt.Sprintf("profile %q has the new access key %s (%s)", profile, id, path(file))
	switch status {
	case "":
		return fmt.Sprintf("%s, and the old one, %s, is deleted", text, old)
	case "unknown":
		return fmt.Sprintf("%s, and whether AWS still takes the old one, %s, is not known", text, old)
	}
	return fmt.Sprintf("%s, and the old one, %s, is still there, %s", text, old, status)
}

// NotUndone: undoing a rotation, because of cause, failed too.
func NotUndone(cause, err error) error {
	return &Error{oldText: fmt.Sprintf("%v; and going back to the old key: %v", cause, err), err: cause}
}

// BackToOld is said when the new key stopped working as soon as the old one was deactivated.
func BackToOld(profile, old string) string {
	return fmt.Sprintf("the old access key %s is active again, works, and stands in profile %q again", old, profile)
}

// StillOld is a warning: other places have the key that is gone.
func StillOld(old string, others []KeyHolder) string {
	return fmt.Sprintf("%s still stands in %s: put the new one there by hand", old, holders(others))
}

// OldInEnvironment is a warning.
func OldInEnvironment(old string) string {
	return fmt.Sprintf("AWS_ACCESS_KEY_ID of this shell is the old %s: unset it, and AWS_SECRET_ACCESS_KEY", old)
}

// OldSessionsKept is a warning.
func OldSessionsKept(err error) string {
	return fmt.Sprintf("sessions that were had with the old key cannot be removed from the cache: %s", innermost(err))
}
