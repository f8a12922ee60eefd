package msg

import "fmt"

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

// NotUndone: undoing a rotation, because of cause, failed too.
func NotUndone(cause, err error) error {
	return &Error{oldText: fmt.Sprintf("%v; and going back to the old key: %v", cause, err), err: cause}
}
