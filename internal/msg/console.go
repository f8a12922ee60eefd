package msg

import (
	"fmt"
	"strings"
	"time"
)

// Signing in to the console.

// ConsoleHelp stands under the usage in console --help.
const ConsoleHelp = `Prints a link that signs a browser in to the AWS console as the profile's role. It works for 15 minutes, and whoever has
it is signed in: show it to nobody. The browser stays signed in for as long as the role's session lasts.

  awsmfa console developer --open
  awsmfa console developer --open --destination lambda
  awsmfa console developer --destination 'https://eu-central-1.console.aws.amazon.com/s3/buckets/logs'

AWS signs in sessions of roles only. For a user's own session there is the console's own sign-in, with password and MFA.`

// ConsoleForUser is for a profile that is a user's own keys; signIn is where the user signs in. The role's profile is
// spelled out as it stands in the config file.
func ConsoleForUser(profile, partition, signIn string) error {
	name := profile + "-role"
	return &Error{
		Text: fmt.Sprintf("profile %q gives a session of an IAM user, and AWS signs in to its console with sessions of roles only", profile),
		Hint: fmt.Sprintf(`sign in at %s with the user's password and MFA, or add a profile for a role and name that one:
  [profile %s]
  role_arn = arn:%s:iam::ACCOUNT:role/ROLE
  source_profile = %s`, signIn, name, partition, profile),
	}
}

func NoConsoleThere(partition string) error {
	return &Error{
		Text: fmt.Sprintf("awsmfa does not know the console of partition %s", quoted(partition)),
		Hint: "check role_arn and the region; known are aws, aws-cn, aws-us-gov and aws-eusc",
	}
}

func BadDestination(text string) error {
	return &Error{
		Text: fmt.Sprintf("%s is no page of the console", quoted(text)),
		Hint: "--destination takes a service's short name, such as lambda or s3, or a page's whole URL, https://…",
	}
}

// BadDestinationURL is for an address that AWS would not lead to.
func BadDestinationURL(text, domain string) error {
	return &Error{
		Text: fmt.Sprintf("%s is no page of the console that the profile's role works in", quoted(text)),
		Hint: fmt.Sprintf("--destination takes https://…%s/…, copied from the browser, or a service's short name, such as lambda", domain),
	}
}

// SessionNotSignedIn is for a session that AWS does not take. AWS says no more than the status.
func SessionNotSignedIn(profile, host string, status int) error {
	return &Error{
		Text: fmt.Sprintf("AWS does not sign in to its console with the session of profile %q (%s: HTTP status %d)", profile, host, status),
		Hint: "it takes sessions of roles only, and of its own partition: check whose credentials the profile gives, and its region; --refresh obtains a new session",
	}
}

// SessionEnded is for a session that is over by AWS's clock, if not by this computer's.
func SessionEnded(profile string) error {
	return &Error{
		Text: fmt.Sprintf("the session of profile %q has ended by AWS's clock, so AWS does not sign in with it", profile),
		Hint: "obtain a new one with --refresh, and set this computer's clock",
	}
}

func SignInBroken(host string, status int) error {
	return &Error{
		Text: fmt.Sprintf("%s answers with an error of its own (HTTP status %d)", host, status),
		Hint: "try again in a minute, or in another region with --region; see https://health.aws.amazon.com",
	}
}

func LinkNotPrinted(err error) error {
	return &Error{Text: fmt.Sprintf("writing the link: %s", innermost(err)), Err: err}
}

// printLink is what helps where no browser does.
const printLink = "without --open the link is printed: open it in a browser yourself"

// NoBrowser names what was looked for.
func NoBrowser(names []string) error {
	return &Error{
		Text: "no program that opens a browser was found (looked for: " + strings.Join(names, ", ") + ")",
		Hint: "name one in BROWSER; " + printLink,
	}
}

func BrowserFailed(name string) error {
	return &Error{
		Text: fmt.Sprintf("%s could not open a browser", path(name)),
		Hint: printLink + "; --debug says what was tried",
	}
}

func BrowserTimeout(patience time.Duration) error {
	return &Error{Text: fmt.Sprintf("no browser has come for the link within %s", patience), Hint: printLink}
}

func NoPage(err error) error {
	return &Error{Text: fmt.Sprintf("listening on 127.0.0.1 for the browser: %s", innermost(err)), Hint: printLink, Err: err}
}

// WaitingForBrowser is said when the browser takes longer than a moment.
const WaitingForBrowser = "waiting for the browser; Ctrl-C ends this"
