package awsapi

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// WrongCode reports whether AWS refused a token code: wrong, expired or used before, AWS does not say which.
func WrongCode(err error) bool {
	return isDenied(err, wrongCode)
}

// UnknownDevice reports whether AWS knows no device of the user with the serial number.
func UnknownDevice(err error) bool {
	return isDenied(err, unknownDevice)
}

// A phrase is a part of AWS's message that tells apart errors with the same code.
type phrase string

const (
	wrongCode        phrase = "invalid MFA one time pass code"
	unknownDevice    phrase = "unable to validate MFA code"
	otherRegion      phrase = "valid region"
	expiredSignature phrase = "Signature expired"
	earlySignature   phrase = "Signature not yet current"
)

func isDenied(err error, p phrase) bool {
	_, message := errorCode(err)
	return AccessDenied(err) && strings.Contains(message, string(p))
}

// Explain turns an error of an AWS call into a message: AWS's answer, or the reason why there was none.
func (c *Client) Explain(err error) error { return c.explain(err, refusal{profile: c.Profile}) }

// ExplainRole is Explain for AssumeRole. role has the name of the session that was asked for.
func (c *Client) ExplainRole(err error, role profile.Role, caller Caller) error {
	return c.explain(err, refusal{profile: c.Profile, role: role, caller: caller})
}

func (c *Client) explain(err error, f refusal) error {
	f.host, f.keyID, f.region, f.skewed = cmp.Or(c.lastHost, "AWS"), c.id, c.Region, c.ahead.Abs() > maxSkew
	f.detours, f.stored, f.regionFrom = c.detours(), c.Stored, c.RegionFrom
	if operation, ok := errors.AsType[*smithy.OperationError](err); ok {
		f.service, f.call = operation.Service(), operation.Operation()
	}
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if api, ok := errors.AsType[smithy.APIError](err); ok && answered {
		f.code, f.said, f.status = api.ErrorCode(), api.ErrorMessage(), response.HTTPStatusCode()
		return c.explainAnswer(f).Wrap(err)
	}
	return c.explainNoAnswer(f.host, response, err)
}

// explainAnswer explains an error that AWS answered with.
func (c *Client) explainAnswer(f refusal) *msg.Error {
	a := f.answer()
	switch {
	case a != nil && a.Skewed:
		return c.clockWrong()
	case a != nil && a.Message != nil:
		return a.Message
	case f.status >= 500:
		return f.ownError()
	case f.code == "", f.code == "UnknownError":
		return c.NotAWS(f.host, f.status, nil)
	}
	return f.refused()
}

// NotAWS is the error for an answer that cannot be AWS's. err may be nil.
func (c *Client) NotAWS(host string, status int, err error) *msg.Error {
	return msg.Errorf("the answer from %s is not AWS's (HTTP status %d)", host, status).
		WithHint(c.answeredInstead()).Wrap(err)
}

// detours are the settings that lead requests elsewhere than straight to AWS. Hints name no others.
func (c *Client) detours() msg.List {
	if c.Proxy == "" {
		return c.Endpoints
	}
	return append(msg.List{c.Proxy}, c.Endpoints...)
}

// answeredInstead is the hint for an answer that cannot be AWS's.
func (c *Client) answeredInstead() msg.Text {
	if detours := c.detours(); len(detours) > 0 {
		return msg.Textf("what answered may be a network's sign-in page (open a web page in a browser), "+
			"or what this leads to: %s", detours)
	}
	return msg.Textf("a network's sign-in page may have answered instead: open a web page in a browser")
}

// SetClock is the hint for a wrong clock. The clock of WSL stands still while the computer sleeps, and WSL has no
// timedatectl that would help.
const SetClock = "set the clock (Windows: w32tm /resync; macOS: sntp -sS time.apple.com; " +
	"Linux: timedatectl set-ntp true; Linux in WSL: sudo hwclock -s, or in Windows wsl --shutdown)"

// clockWrong is the error for a signature that AWS refused because of this computer's clock.
func (c *Client) clockWrong() *msg.Error {
	apart := msg.Duration(c.ahead.Abs().Round(time.Second))
	if c.ahead < 0 {
		return msg.Errorf("this computer's clock is %s behind AWS's, so AWS refuses its signatures", apart).
			Hint(SetClock)
	}
	return msg.Errorf("this computer's clock is %s ahead of AWS's, so AWS refuses its signatures", apart).
		Hint(SetClock)
}

// isOtherRegion reports whether AWS refused a signature because of the region in it. said is AWS's message.
func isOtherRegion(said string) bool { return strings.Contains(said, string(otherRegion)) }

// Answered reports whether err is a refusal by AWS itself, so that AWS can be reached.
func Answered(err error) bool {
	code, _ := errorCode(err)
	return code != "" && code != "UnknownError" || errors.Is(err, errRegionDisabled)
}

// wsaeConnReset is Windows' ECONNRESET; no other system has an error with that number.
const wsaeConnReset = syscall.Errno(10054)

// explainNoAnswer explains an answer that did not come, or was not AWS's.
func (c *Client) explainNoAnswer(host string, response *smithyhttp.ResponseError, err error) error {
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), is[*aws.RequestCanceledError](err), isTimeout(err):
		return msg.Errorf("no answer from %s within %s", host, msg.Duration(c.Timeout)).
			Hint("%s; --timeout waits longer", c.checkNetwork()).
			Wrap(err)
	case isOp && op.Op == "proxyconnect", is[proxyRefusal](err):
		return msg.Errorf("the proxy did not let the request to %s through: %s", host, msg.Cause(err)).
			Hint("check %s (its address, and its user and password if it requires them); "+
				"NO_PROXY names hosts that need no proxy", cmp.Or(c.Proxy, "HTTPS_PROXY")).
			Wrap(err)
	case is[*net.DNSError](err):
		return msg.Errorf("%s cannot be found: the name does not resolve", host).
			WithHint(c.checkName()).
			Wrap(err)
	case is[x509.UnknownAuthorityError](err), is[x509.HostnameError](err), is[x509.CertificateInvalidError](err),
		is[*tls.CertificateVerificationError](err):
		return msg.Errorf("this computer does not trust the certificate of %s: %s", host, msg.Cause(err)).
			Hint("if a company proxy decrypts TLS, name its certificates in AWS_CA_BUNDLE " +
				"or in the profile's ca_bundle").
			Wrap(err)
	case is[tls.RecordHeaderError](err), is[tls.AlertError](err),
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return msg.Errorf("no TLS connection to %s: %s", host, msg.Cause(err)).
			Hint("check that the endpoint speaks HTTPS, and the proxy settings").
			Wrap(err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, wsaeConnReset):
		return msg.Errorf("the connection to %s was cut before AWS answered", host).
			Hint("try again; if a code was sent, AWS may have used it up: wait for the next one").
			Wrap(err)
	case isOp:
		return msg.Errorf("no connection to %s: %s", host, msg.Cause(err)).
			WithHint(c.checkNetwork()).
			Wrap(err)
	case response != nil: // a web page, where AWS would have sent XML
		return c.NotAWS(host, response.HTTPStatusCode(), err)
	}
	if message, ok := errors.AsType[*msg.Error](err); ok {
		return message
	}
	return badSettings(c.Profile, err)
}

// checkName is the hint for a host's name that does not resolve.
func (c *Client) checkName() msg.Text {
	if c.RegionFrom.IsEmpty() || len(c.Endpoints) > 0 {
		return c.checkNetwork()
	}
	return msg.Textf("check the network, and %s: the region is part of the host's name", c.RegionFrom)
}

// checkNetwork is the hint for a connection that fails.
func (c *Client) checkNetwork() msg.Text {
	if detours := c.detours(); len(detours) > 0 {
		return msg.Textf("check the network, and what %s leads to", detours)
	}
	return msg.Textf("check the network; if it needs a proxy, name it in HTTPS_PROXY")
}

// badSettings is the error for settings that the SDK refuses.
func badSettings(profileName string, err error) *msg.Error {
	why := msg.Cause(err)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		why = file.Error()
	}
	return msg.Errorf("the connection settings of profile %q: %s", profileName, why).
		Hint("check the profile's section and the AWS_… variables in the environment").
		Wrap(err)
}

// is reports whether err wraps an error of a type.
func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// Revoked reports whether AWS refused a session of its own: it was revoked, or its user's key or device was deleted.
func Revoked(err error) bool {
	return hasCode(err, "ExpiredToken") || unknownKey(err)
}

// unknownKey reports whether AWS refused an access key as unknown.
func unknownKey(err error) bool {
	return hasCode(err, "InvalidClientTokenId") || hasCode(err, "UnrecognizedClient")
}

// errorCode returns the code and the message of AWS's error, or "".
func errorCode(err error) (code, message string) {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode(), api.ErrorMessage()
	}
	return "", ""
}

// hasCode reports whether AWS's error has the code, which the SDK may write with the suffix Exception.
func hasCode(err error, code string) bool {
	got, _ := errorCode(err)
	return strings.TrimSuffix(got, "Exception") == code
}
