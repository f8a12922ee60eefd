package msg

import "fmt"

// The endpoint of exec --server.

// ServerAsks is said on the terminal before the question for a code, which comes in the midst of what the command shows.
func ServerAsks(profile string) string {
	return fmt.Sprintf("\nawsmfa: the session of profile %s has ended or will soon; the command runs on, and needs a new one\n", profile)
}

// ServerCannotAsk is for a code that nobody can be asked for. line is what a session is obtained with elsewhere; "" when
// none would be found.
func ServerCannotAsk(profile, line string, err error) error {
	hint := "end the command and run it again, or name a program that prints codes: --code-command, AWSMFA_CODE_COMMAND or the profile's mfa_process"
	if line != "" {
		hint = "type in another terminal: " + line
	}
	return &Error{
		oldText: fmt.Sprintf("the MFA session of profile %q has ended or will soon, and awsmfa cannot ask for a code beside this command", profile),
		oldHint: hint,
		err:     err,
	}
}

func ServerNotRenewed(profile string, err error) error {
	return &Error{oldText: fmt.Sprintf("renewing the session of profile %q: %s", profile, err), oldHint: HintOf(err), err: err}
}

// ServerUnanswered is for a client that waits no longer for the person.
func ServerUnanswered(profile string) error {
	return &Error{
		oldText: fmt.Sprintf("the session of profile %q has ended, and the new one is not there yet", profile),
		oldHint: "answer the question for a code on the terminal that awsmfa runs in",
	}
}

// ServerSays is an error and what to do about it, in one line.
func ServerSays(err error) string {
	if hint := HintOf(err); hint != "" {
		return fmt.Sprintf("%s (%s)", err, hint)
	}
	return err.Error()
}

// ServerHidesFiles is said when the command is given AWS files of its own.
func ServerHidesFiles() string {
	return `profile "default" has credentials of its own, which AWS clients would use instead of these: your AWS files are hidden from the command`
}

// ServerNeverAsked is said when the command failed and nothing in it has asked the endpoint.
func ServerNeverAsked(profile string) string {
	return "the command never asked for the session; if it cannot, run it without --server: awsmfa exec " + word(profile) + " -- …"
}

func ServerNotOpened(err error) error {
	return &Error{oldText: fmt.Sprintf("opening the credential endpoint: %s", innermost(err)), err: err}
}

func ServerFilesNotHidden(err error) error {
	return &Error{oldText: fmt.Sprintf("writing the AWS files that the command is given: %v", err), oldHint: "name a directory for temporary files with TMPDIR (on Windows TMP)", err: err}
}
