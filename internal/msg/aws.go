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
		Text: fmt.Sprintf("no answer from %s within %s", host, timeout),
		Hint: "check the network and the proxy settings (HTTPS_PROXY, NO_PROXY); --timeout waits longer",
		Err:  err,
	}
}

func NoSuchHost(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("%s cannot be found: the name does not resolve", host),
		Hint: "check the network, and the profile's region: it is part of the host's name",
		Err:  err,
	}
}

func NoConnection(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("no connection to %s: %s", host, innermost(err)),
		Hint: "check the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
		Err:  err,
	}
}

func ConnectionLost(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("the connection to %s was cut before AWS answered", host),
		Hint: "try again; if a code was sent, AWS may have used it up: wait for the next one",
		Err:  err,
	}
}

func ProxyFailed(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("the proxy did not let the request to %s through: %s", host, innermost(err)),
		Hint: "check HTTPS_PROXY (its address, and its user and password where it asks for them) and NO_PROXY",
		Err:  err,
	}
}

func CertificateUnknown(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("the certificate of %s is not one this computer trusts: %s", host, innermost(err)),
		Hint: "where a company proxy opens TLS, name its certificates in AWS_CA_BUNDLE or in the profile's ca_bundle",
		Err:  err,
	}
}

func TLSFailed(host string, err error) error {
	return &Error{
		Text: fmt.Sprintf("no TLS connection to %s: %s", host, innermost(err)),
		Hint: "check that the endpoint speaks HTTPS, and the proxy settings",
		Err:  err,
	}
}

func NotAWS(host string, status int, err error) error {
	return &Error{
		Text: fmt.Sprintf("what answered as %s is not AWS (HTTP status %d)", host, status),
		Hint: "a proxy or the sign-in page of a network may stand between: open a web page in a browser, check HTTPS_PROXY",
		Err:  err,
	}
}

// AnswerLacks and AnswerEnded are of an answer that counts as success, with a session that is none.

func AnswerLacks(host, what string) error {
	return &Error{
		Text: fmt.Sprintf("what answered as %s is not AWS, or broken: its answer holds no %s", host, what),
		Hint: "check the endpoint settings (AWS_ENDPOINT_URL, endpoint_url, AWS_CONTAINER_CREDENTIALS_…), and what stands between: a proxy",
	}
}

func AnswerEnded(host string, end time.Time) error {
	return &Error{
		Text: fmt.Sprintf("%s gave a session that had ended at %s already", host, end.UTC().Format(time.RFC3339)),
		Hint: "check this computer's clock, and that endpoint's",
	}
}

// BadEndpoint never shows the URL: one with a password in it is one that is refused.
func BadEndpoint(from, profile string) error {
	return &Error{
		Text: fmt.Sprintf("%s, for profile %q, is not an endpoint's URL", from, profile),
		Hint: "write https://HOST or https://HOST:PORT, with no user and no password",
	}
}

// BadSettingVariable: the variable of a setting has a value that it cannot have.
func BadSettingVariable(variable, want string) error {
	return &Error{Text: variable + " is not " + want, Hint: "correct the variable, or unset it"}
}

// BadProxy never shows the URL, which may hold a password.
func BadProxy(variable string) error {
	return &Error{
		Text: variable + " is not a URL",
		Hint: "write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with % in a password as %25",
	}
}

func ClientSettings(profile string, err error) error {
	why := innermost(err)
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		why = file.Error()
	}
	return &Error{
		Text: fmt.Sprintf("the connection settings of profile %q: %s", profile, why),
		Hint: "check the profile's section and the AWS_… variables in the environment",
		Err:  err,
	}
}

func ClockWrong(ahead time.Duration, err error) error {
	return &Error{
		Text: fmt.Sprintf("this computer's clock is %s AWS's, so AWS refuses its signatures", apart(ahead)),
		Hint: SetClock,
		Err:  err,
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
		Text: fmt.Sprintf("the keys are those of %s, and not of an IAM user", arn),
		Hint: "awsmfa is for IAM users: make one, and an access key for it, in the IAM console",
	}
}

func KeyUnknown(id string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS does not know the access key %s: it was deleted or deactivated, or it belongs to another partition", id),
		Hint: "compare it with the user's access keys in the IAM console; for China, GovCloud and the European Sovereign Cloud set the profile's region",
		Err:  err,
	}
}

func RegionUnknown(region string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS knows no region %s there", quoted(region)),
		Hint: "check --region or the profile's region",
		Err:  err,
	}
}

func SecretWrong(id string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS refused the signature: the secret access key kept for %s is not the right one", id),
		Hint: "copy the secret again, whole, into the credentials file",
		Err:  err,
	}
}

func KeyExpired(id string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS says that the credentials of %s have expired", id),
		Hint: "awsmfa needs the long-term access key of an IAM user in the profile",
		Err:  err,
	}
}

func NeedsLongTermKey(id string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS gives no session for %s: it is a temporary key itself", id),
		Hint: "put the long-term access key of an IAM user into the profile",
		Err:  err,
	}
}

func Throttled(err error) error {
	return &Error{
		Text: "AWS is throttling this account's requests, also after trying again",
		Hint: "wait a minute; if many programs start at once, let them share one session",
		Err:  err,
	}
}

func AWSBroken(host string, status int, err error) error {
	return &Error{
		Text: fmt.Sprintf("%s answers with an error of its own (HTTP status %d), also after trying again", host, status),
		Hint: "wait a minute and look at https://health.aws.amazon.com",
		Err:  err,
	}
}

func Refused(operation, code, aws string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS refused %s: %s: %s", operation, Foreign(code), Foreign(aws)),
		Err:  err,
	}
}

func Denied(operation, aws string, err error) error {
	return &Error{
		Text: fmt.Sprintf("AWS denies %s: %s", operation, Foreign(aws)),
		Hint: "ask whoever manages the user's IAM policies",
		Err:  err,
	}
}

// innermost is the last error in the chain: the libraries around it repeat the request.
func innermost(err error) string {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return Foreign(err.Error())
		}
		err = u.Unwrap()
	}
}

// Shorter is a warning: the session is used all the same.
func Shorter(asked, given time.Duration) string {
	return fmt.Sprintf("AWS gave a session of %s, though %s were asked for: the root user gets an hour at most; use an IAM user",
		short(given.Round(time.Minute)), short(asked))
}
