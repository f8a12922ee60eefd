package msg

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// AWS's answers, and what stands between this computer and AWS. `aws` in a text is what AWS itself said.

func NoAnswer(host string, timeout time.Duration, err error) error {
	return &Error{
		oldText: fmt.Sprintf("no answer from %s within %s", host, timeout),
		oldHint: "check the network and the proxy settings (HTTPS_PROXY, NO_PROXY); --timeout waits longer",
		err:     err,
	}
}

func NoSuchHost(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s cannot be found: the name does not resolve", host),
		oldHint: "check the network, and the profile's region: it is part of the host's name",
		err:     err,
	}
}

func NoConnection(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("no connection to %s: %s", host, innermost(err)),
		oldHint: "check the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
		err:     err,
	}
}

func ConnectionLost(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("the connection to %s was cut before AWS answered", host),
		oldHint: "try again; if a code was sent, AWS may have used it up: wait for the next one",
		err:     err,
	}
}

func ProxyFailed(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("the proxy did not let the request to %s through: %s", host, innermost(err)),
		oldHint: "check HTTPS_PROXY (its address, and its user and password where it asks for them) and NO_PROXY",
		err:     err,
	}
}

func CertificateUnknown(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("the certificate of %s is not one this computer trusts: %s", host, innermost(err)),
		oldHint: "where a company proxy opens TLS, name its certificates in AWS_CA_BUNDLE or in the profile's ca_bundle",
		err:     err,
	}
}

func TLSFailed(host string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("no TLS connection to %s: %s", host, innermost(err)),
		oldHint: "check that the endpoint speaks HTTPS, and the proxy settings",
		err:     err,
	}
}

func NotAWS(host string, status int, err error) error {
	return &Error{
		oldText: fmt.Sprintf("what answered as %s is not AWS (HTTP status %d)", host, status),
		oldHint: "a proxy or the sign-in page of a network may stand between: open a web page in a browser, check HTTPS_PROXY",
		err:     err,
	}
}

// AnswerLacks and AnswerEnded are of an answer that counts as success, with a session that is none.

func AnswerLacks(host, what string) error {
	return &Error{
		oldText: fmt.Sprintf("what answered as %s is not AWS, or broken: its answer holds no %s", host, what),
		oldHint: "check the endpoint settings (AWS_ENDPOINT_URL, endpoint_url, AWS_CONTAINER_CREDENTIALS_…), and what stands between: a proxy",
	}
}

func AnswerEnded(host string, end time.Time) error {
	return &Error{
		oldText: fmt.Sprintf("%s gave a session that had ended at %s already", host, end.UTC().Format(time.RFC3339)),
		oldHint: "check this computer's clock, and that endpoint's",
	}
}

// BadSettingVariable: the variable of a setting has a value that it cannot have.
func BadSettingVariable(variable, want string) error {
	return &Error{oldText: variable + " is not " + want, oldHint: "correct the variable, or unset it"}
}

func ClientSettings(profile string, err error) error {
	why := innermost(err)
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		why = file.Error()
	}
	return &Error{
		oldText: fmt.Sprintf("the connection settings of profile %q: %s", profile, why),
		oldHint: "check the profile's section and the AWS_… variables in the environment",
		err:     err,
	}
}

func ClockWrong(ahead time.Duration, err error) error {
	return &Error{
		oldText: fmt.Sprintf("this computer's clock is %s AWS's, so AWS refuses its signatures", apart(ahead)),
		oldHint: SetClock,
		err:     err,
	}
}

// SetClock is what to do about a wrong clock. The one of WSL stands still while the computer sleeps, and has no timedatectl
// that would help.
const SetClock = "set the clock (Windows: w32tm /resync; macOS: sntp -sS time.apple.com; Linux: timedatectl set-ntp true; " +
	"Linux in WSL: sudo hwclock -s, or in Windows wsl --shutdown)"

// ClockOff is a warning: the session was obtained all the same.
func ClockOff(ahead time.Duration) string {
	return fmt.Sprintf("this computer's clock is %s AWS's: other tools will have their requests refused", apart(ahead))
}

func apart(ahead time.Duration) string {
	if ahead < 0 {
		return fmt.Sprintf("%s behind", (-ahead).Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of", ahead.Round(time.Second))
}

func NotAUser(arn string) error {
	return &Error{
		oldText: fmt.Sprintf("the keys are those of %s, and not of an IAM user", arn),
		oldHint: "awsmfa is for IAM users: make one, and an access key for it, in the IAM console",
	}
}

func KeyUnknown(id string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS does not know the access key %s: it was deleted or deactivated, or it belongs to another partition", id),
		oldHint: "compare it with the user's access keys in the IAM console; for China, GovCloud and the European Sovereign Cloud set the profile's region",
		err:     err,
	}
}

func RegionUnknown(region string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS knows no region %s there", quoted(region)),
		oldHint: "check --region or the profile's region",
		err:     err,
	}
}

func SecretWrong(id string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS refused the signature: the secret access key kept for %s is not the right one", id),
		oldHint: "copy the secret again, whole, into the credentials file",
		err:     err,
	}
}

func KeyExpired(id string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS says that the credentials of %s have expired", id),
		oldHint: "awsmfa needs the long-term access key of an IAM user in the profile",
		err:     err,
	}
}

func NeedsLongTermKey(id string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS gives no session for %s: it is a temporary key itself", id),
		oldHint: "put the long-term access key of an IAM user into the profile",
		err:     err,
	}
}

func Throttled(err error) error {
	return &Error{
		oldText: "AWS is throttling this account's requests, also after trying again",
		oldHint: "wait a minute; if many programs start at once, let them share one session",
		err:     err,
	}
}

func AWSBroken(host string, status int, err error) error {
	return &Error{
		oldText: fmt.Sprintf("%s answers with an error of its own (HTTP status %d), also after trying again", host, status),
		oldHint: "wait a minute and look at https://health.aws.amazon.com",
		err:     err,
	}
}

func Refused(operation, code, aws string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS refused %s: %s: %s", operation, Foreign(code), Foreign(aws)),
		err:     err,
	}
}

func Denied(operation, aws string, err error) error {
	return &Error{
		oldText: fmt.Sprintf("AWS denies %s: %s", operation, Foreign(aws)),
		oldHint: "ask whoever manages the user's IAM policies",
		err:     err,
	}
}

// Shorter is a warning: the session is used all the same.
func Shorter(asked, given time.Duration) string {
	return fmt.Sprintf("AWS gave a session of %s, though %s were asked for: the root user gets an hour at most; use an IAM user",
		short(given.Round(time.Minute)), short(asked))
}
