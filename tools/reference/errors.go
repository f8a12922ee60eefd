package main

import (
	"fmt"
	"slices"
	"strings"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
)

const errorsIntro = `# AWS's errors

<!-- make reference writes this page from the table in internal/awsapi/answers.go -->

What awsmfa suggests for each error code that AWS's API references list for the calls that awsmfa makes. The first row
that fits counts. In the hints PROFILE, NAME and the like stand for your own.

awsmfa prints AWS's own message, too, so whoever manages the account can look it up. A few errors it tells in its own
words, and AWS's are then only in what ` + "`--debug`" + ` prints: a key that is unknown, expired or temporary; a wrong
secret, region or clock; a role for the root user, or for too long; throttling; and errors in AWS itself.

If AWS does not answer at all, [troubleshooting.md](troubleshooting.md#the-network-and-the-clock) helps.
`

// errorsPage returns the text of docs/errors.md.
func errorsPage() string {
	var b strings.Builder
	b.WriteString(errorsIntro)
	b.WriteString("\n| AWS's error | the hint |\n|---|---|\n")
	for _, a := range awsapi.Answers() {
		hint := "none: " + a.NoHint
		if a.Message != nil {
			hint = msg.HintOf(a.Message)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", condition(a), strings.ReplaceAll(code(hint), "|", `\|`))
	}
	return b.String()
}

// callers are what assumes a role.
var callers = map[awsapi.Caller]string{
	awsapi.UserWithMFA: "an MFA session", awsapi.UserNoMFA: "keys with `--no-mfa`",
	awsapi.Given: "a session that the credential source gave", awsapi.OtherRole: "another role's session",
}

// condition says which errors a row is for.
func condition(a awsapi.Answer) string {
	text := quoted(a.Codes)
	if a.Calls != nil {
		text += " of " + quoted(a.Calls)
	}
	if a.Caller != awsapi.AnyCaller {
		text += " with " + callers[a.Caller]
	}
	if a.Said != "" {
		text += fmt.Sprintf(": “… %s …”", a.Said)
	}
	if a.Skewed {
		text += ", and the clock differs by more than 5 minutes"
	}
	if a.Stored {
		text += ", for a key in a store of `awsmfa keys store`"
	}
	return text
}

func quoted(names []string) string {
	list := slices.Clone(names)
	for i, name := range list {
		list[i] = "`" + name + "`"
	}
	return strings.Join(list, ", ")
}
