package cli

import (
	"errors"

	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// cannotExpress returns the message for an error of package shells.
func cannotExpress(err error) *msg.Error {
	e, ok := errors.AsType[*shells.Error](err)
	if !ok {
		return msg.Errorf("%s", err).Wrap(err)
	}
	return reasonError(e).Wrap(err).Hint("choose another form with --shell, or use %s, which needs no quoting",
		msg.Command("exec").With("[PROFILE] -- COMMAND"))
}

func reasonError(e *shells.Error) *msg.Error {
	switch e.Reason {
	case shells.InvalidName:
		return msg.Errorf("%q cannot be the name of an environment variable: a name has only letters, digits and _, "+
			"and does not begin with a digit", e.Variable)
	case shells.DuplicateName:
		return msg.Errorf("the variable %s would be set twice", e.Variable)
	case shells.HasNUL:
		return msg.Errorf("%s cannot be set in %s: the value has a NUL byte", e.Variable, e.Shell)
	case shells.NotUTF8:
		return msg.Errorf("%s cannot be set in %s: the value is not valid UTF-8", e.Variable, e.Shell)
	case shells.EmptyValue:
		if e.Shell == "pwsh" {
			return msg.Errorf("%s cannot be set in pwsh: PowerShell before 7.5 removes a variable that is set to "+
				"an empty value", e.Variable)
		}
		return msg.Errorf("%s cannot be set in %s, which removes a variable that is set to an empty value", e.Variable,
			e.Shell)
	case shells.TooLong:
		return msg.Errorf("%s cannot be set in %s: the value is too long for one line", e.Variable, e.Shell)
	case shells.NotPrintableASCII:
		return msg.Errorf("%s cannot be set in %s: the value has characters other than printable ASCII, "+
			"which depend on the console's code page", e.Variable, e.Shell)
	case shells.MayBeReplaced:
		return msg.Errorf(`%s cannot be set in %s: the value has one of %% " !, which the shell may replace`,
			e.Variable, e.Shell)
	case shells.MayBeExpanded:
		return msg.Errorf("%s cannot be set in %s: the value has a blank, one of * ? [ ] { } ~ or a $, "+
			"which eval in backticks may expand", e.Variable, e.Shell)
	case shells.HasBackslash:
		return msg.Errorf(`%s cannot be set in %s: the value has a \, which is special after "set backslash_quote"`,
			e.Variable, e.Shell)
	case shells.HasControl:
		return msg.Errorf("%s cannot be set in %s: the value has a line break or another control character", e.Variable,
			e.Shell)
	case shells.AmbiguousQuoting:
		return msg.Errorf(`%s cannot be set in %s: the value has ' or \, which readers of such files interpret `+
			`differently`, e.Variable, e.Shell)
	case shells.NothingToSet:
		return msg.Errorf("%s cannot remove variables, and there is none to set", e.Shell)
	case shells.NotTypable:
		return msg.Errorf("%q cannot be typed in %s: it has control characters or invalid UTF-8", e.Argument, e.Shell)
	case shells.NotPassedOn:
		return msg.Errorf("%s cannot pass on the argument %q", e.Shell, e.Argument)
	}
	return msg.Errorf("%s", e)
}
