package msg

import (
	"fmt"
	"time"
)

// MFA devices, as device and setup have them.

// DeviceAddHelp stands under the usage in device add --help.
const DeviceAddHelp = `Creates a virtual MFA device, draws its QR code on the terminal, asks for two consecutive codes, checks
them, and enables the device. Until then nothing is final: whatever goes wrong, the device is deleted again.

With --codes-from the authenticator is a program: the command line gets the device's key on stdin, in Base32, and prints
a code, each time it is run (oathtool --totp -b - is one).`

func NobodyToShow(err error) error {
	return &Error{
		oldText: "there is no terminal to show the QR code on, and nobody to type codes",
		oldHint: "run it in a terminal, or name a program as the authenticator with --codes-from",
		err:     err,
	}
}

// DeviceNameTaken: a device of that serial number is in use, and not by this user.
func DeviceNameTaken(serial string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("there is an MFA device %s already, and it is not this user's", serial),
		oldHint: "another --name makes another device, where the user's policy allows it; whoever manages the account's users can tell whose that one is",
		err:     err,
	}
}

// DeviceYours: the user has enabled a device of that serial number.
func DeviceYours(serial string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("the user has %s already, and it is enabled", serial),
		oldHint: "use that one; after a change of phone take it away first, with awsmfa device remove; a second device needs another --name, which the user's policy must allow",
		err:     err,
	}
}

// NameDenied: the user's policy does not let it make a device of that serial number.
func NameDenied(serial, user string, err error) error {
	return &Error{
		oldText: err.Error(),
		oldHint: fmt.Sprintf("the usual policies allow a user only one device, which bears the user's own name, %s, with no path: leave out --name, or ask whoever manages the policies", word(user)),
		err:     err,
	}
}

func BadDeviceName(name string) error {
	return &Error{
		oldText: fmt.Sprintf("%s cannot be an MFA device's name", quoted(name)),
		oldHint: "letters, digits and _ + = , . @ - can be in one, and / between the parts of its path",
	}
}

func LeftoverKept(serial string) error {
	return &Error{oldText: fmt.Sprintf("%s stays, and no new device was made", serial), oldHint: "another one needs another --name"}
}

// NothingLeft is said after a failure: the device that had been made is gone.
func NothingLeft(serial string) string {
	return fmt.Sprintf("%s was not enabled and is deleted again", serial)
}

// LeftBehind is a warning.
func LeftBehind(serial string, err error, denied bool) string {
	text := fmt.Sprintf("%s was not enabled and could not be deleted (%v): ", serial, err)
	if denied {
		return text + "an administrator must delete it: aws iam delete-virtual-mfa-device --serial-number " + serial
	}
	return text + "run this again, it will be replaced"
}

// EnabledByAnother is an error: the device bears the name, and another key.
func EnabledByAnother(serial string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s was enabled meanwhile by another run, with another key", serial),
		oldHint: "remove the entry that the authenticator has of this run: its codes are worth nothing",
		err:     err,
	}
}

func AnotherEnrols(user string) error {
	return &Error{
		oldText: fmt.Sprintf("another awsmfa is adding a device to user %s at this moment", user),
		oldHint: "end that one, or wait for it, and run this again",
	}
}

// PerhapsLeftBehind is a warning: AWS's answer to the making of a device was lost, and so was that to its deletion.
func PerhapsLeftBehind(serial string, err error) string {
	return fmt.Sprintf("%s may have been made, and could not be deleted (%v): run this again, it will be replaced", serial, err)
}

// EnabledAllTheSame is a warning: AWS's answer was lost on the way.
func EnabledAllTheSame(serial string) string {
	return fmt.Sprintf("AWS's answer was lost, but %s is enabled", serial)
}

func DeviceEnabled(serial string) string { return serial + " is enabled" }

func NoDevices(user string) string {
	return fmt.Sprintf("user %s has no MFA device: awsmfa device add makes one", user)
}

// Kind names a kind of device, as mfa.Kind counts them.
func Kind[K ~int](kind K) string {
	return [...]string{"authenticator app", "hardware token", "security key"}[kind]
}

func NothingToResync(serial string) error {
	return &Error{oldText: fmt.Sprintf("%s is a security key: it has no clock to be out of step", serial)}
}

func Resynced(serial string) string { return serial + " is in step again" }

func NotRemoved(serial string) error {
	return &Error{oldText: serial + " stays as it is"}
}

func Removed(serial string) string { return serial + " is removed" }

// NoWitness: a security key cannot be removed from here when there is no other device.
func NoWitness(serial string) error {
	return &Error{
		oldText: fmt.Sprintf("taking %s away needs an MFA session, and it is the user's only device and a security key, which gives none on the command line", serial),
		oldHint: "add an authenticator app first, with awsmfa device add, or take the key away in the IAM console",
	}
}

// RemovedNotDeleted is a warning.
func RemovedNotDeleted(serial string, err error) string {
	return fmt.Sprintf("%s is nobody's now, but could not be deleted (%v): awsmfa device add will replace it", serial, err)
}

// StillNamed is said after a device was removed.
func StillNamed(profile, file string, line int) string {
	return fmt.Sprintf("profile %q still names it as mfa_serial (%s): take that line out, or add a device of the same name", profile, place(file, line))
}

// The QR code.

func ScanThis(serial, account, key string) string {
	return fmt.Sprintf("\nThe key of %s, to be shown to nobody. Scan it with an authenticator app, or type it in:\naccount %s, time-based, key %s\n",
		serial, account, key)
}

func TooSmall(columns, lines int) string {
	return fmt.Sprintf("The window is too small for the QR code, which needs %d columns and %d lines: type the key, see the code "+
		"as a picture (--qr-png FILE writes one), or press Ctrl-C, make the window larger and start again.\n", columns, lines)
}

// NoViewer is of a picture that is there, and that no program shows.
func NoViewer(file string) error {
	return &Error{oldText: fmt.Sprintf("no program opens the picture: open %s yourself", path(file))}
}

func FirstCode() string { return "The code it shows now: " }

func SecondCode() string { return "The next code, when it changes: " }

func FileThere(path string) error {
	return &Error{oldText: fmt.Sprintf("%s is there already, and is not overwritten", path), oldHint: "name another file with --qr-png; one that an earlier run left holds a device's key: delete it"}
}

func QRNotWritten(path string, err error) error {
	return &Error{oldText: fmt.Sprintf("writing %s: %s", path, innermost(err)), err: err}
}

func QRNotRemoved(path string, err error) string {
	return fmt.Sprintf("removing %s, which holds the device's key: %s", path, innermost(err))
}

func NothingToKeep() error {
	return &Error{oldText: "--keep-qr keeps a file, and none is named", oldHint: "name it with --qr-png"}
}

// NoQR: the key that AWS gave cannot be put into a QR code.
func NoQR(err error) error {
	return &Error{oldText: fmt.Sprintf("drawing the QR code: %v", err), err: err}
}

func QRWritten(path string, kept bool) string {
	if kept {
		return fmt.Sprintf("the QR code is in %s: it is the device's key, keep it safe", path)
	}
	return fmt.Sprintf("the QR code is in %s until the device is enabled", path)
}

// Two codes.

// Codes says what is wrong with two codes, as mfa.Verdict counts it; nil is nothing.
func Codes(verdict int, off time.Duration) error {
	switch verdict {
	case 0:
		return nil
	case 1:
		return &Error{oldText: "that is the same code twice", oldHint: "wait until the authenticator shows another"}
	case 2:
		return &Error{oldText: "the second code is older than the first", oldHint: "type the one that is shown now, then the one that follows"}
	case 3:
		return &Error{oldText: "the two codes do not follow one another: others were shown between them", oldHint: "type one, and then the very next"}
	case 4:
		return &Error{
			oldText: fmt.Sprintf("the authenticator's clock is %s AWS's", apart(off)),
			oldHint: "let the phone set its clock by the network, and type two new codes",
		}
	case 5:
		return &Error{oldText: "the first code is not one of this device's", oldHint: "look at the entry that was added just now"}
	}
	return &Error{oldText: "the second code is not one of this device's", oldHint: "look at the entry that was added just now"}
}

func CodesRefused(err error) error {
	return &Error{oldText: "AWS refused the two codes", oldHint: "type two new ones, one right after the other", err: err}
}

func apart(ahead time.Duration) string {
	if ahead < 0 {
		return fmt.Sprintf("%s behind", (-ahead).Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of", ahead.Round(time.Second))
}
