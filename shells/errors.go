package shells

// Error is why a shell cannot express a variable or an argument. Its text is for programmers: callers turn it into a
// message. It never holds a value, which may be secret.
type Error struct {
	Shell    string // the shell's name
	Variable string // the variable's name, in errors of Render
	Argument string // in errors of Word and Command
	Reason   Reason
}

// Reason is why a shell cannot express something.
type Reason string

// The reasons.
const (
	InvalidName       Reason = "not the name of an environment variable"
	DuplicateName     Reason = "the variable is there twice"
	HasNUL            Reason = "the value has a NUL byte"
	NotUTF8           Reason = "the value is not valid UTF-8"
	EmptyValue        Reason = "the shell removes a variable that is set to an empty value"
	TooLong           Reason = "the value is too long for a line of the shell"
	NotPrintableASCII Reason = "the value has characters other than printable ASCII"  // cmd
	MayBeReplaced     Reason = `the value has one of % " !, which cmd may replace`    // cmd
	MayBeExpanded     Reason = "the value has blanks or characters of patterns"       // tcsh
	HasBackslash      Reason = "the value has a backslash"                            // tcsh
	HasControl        Reason = "the value has a control character"                    // dotenv
	AmbiguousQuoting  Reason = `the value has ' or \`                                 // dotenv
	NothingToSet      Reason = "there are only variables to remove"                   // dotenv
	NotTypable        Reason = "the argument has control characters or invalid UTF-8" // Word
	NotPassedOn       Reason = "the shell cannot pass on the argument"                // Word
)

func (e *Error) Error() string {
	text := "shells: " + e.Shell + ": "
	if e.Variable != "" {
		text += e.Variable + ": "
	}
	return text + string(e.Reason)
}
