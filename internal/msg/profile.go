package msg

import (
	"strconv"
	"strings"
)

// place shows a position as compilers do: file:line, or the file alone if line is 0.
func place(file string, line int) string {
	if line == 0 {
		return path(file)
	}
	return path(file) + ":" + strconv.Itoa(line)
}

// ProfileBadSetting: the value of a setting is none that it can have. The value is not shown: it may be pasted from
// anywhere.
func ProfileBadSetting(name, key, want, file string, line int) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": " + key + " is not " + want + " (" + place(file, line) + ")",
		oldHint: "fix the line, or take it out",
	}
}

// ProfileBadCABundle: the file that ca_bundle names has no certificates, for the reason in err.
func ProfileBadCABundle(name, bundle, file string, line int, err error) *Error {
	return &Error{
		oldText: "profile " + quoted(name) + ": its ca_bundle (" + place(file, line) + ") names " + path(bundle) + ": " + innermost(err),
		oldHint: "name a PEM file with the certificates to trust, by its whole path", err: err,
	}
}

// BadCABundleVariable: the file that AWS_CA_BUNDLE names has no certificates, for the reason in err.
func BadCABundleVariable(bundle string, err error) *Error {
	return &Error{
		oldText: "AWS_CA_BUNDLE names " + path(bundle) + ": " + innermost(err),
		oldHint: "name a PEM file with the certificates to trust, by its whole path, or unset AWS_CA_BUNDLE", err: err,
	}
}

// way shows the profiles of a chain in their order.
func way(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = quoted(n)
	}
	return strings.Join(q, " → ")
}
