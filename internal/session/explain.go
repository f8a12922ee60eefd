package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"awsmfa/internal/msg"
)

// isWrongCode says whether AWS refused a token code: wrong, out of date or used before, it does not tell which.
func isWrongCode(err error) bool {
	return isDenied(err, "invalid MFA one time pass code")
}

// isWrongDevice says whether AWS does not take the serial number for a device of the user's.
func isWrongDevice(err error) bool {
	return isDenied(err, "unable to validate MFA code")
}

func isDenied(err error, words string) bool {
	var api smithy.APIError
	return isAccessDenied(err) && errors.As(err, &api) && strings.Contains(api.ErrorMessage(), words)
}

func isAccessDenied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "AccessDenied"
}

// Explain puts an error of an AWS call into words: what AWS answered, or why there was no answer.
func (c *Client) Explain(err error) error {
	host := cmp.Or(c.lastHost, "AWS")
	name := "the request"
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		name = operation.Service() + ":" + operation.Operation()
	}
	var response *smithyhttp.ResponseError
	errors.As(err, &response)
	var api smithy.APIError
	if errors.As(err, &api) && response != nil {
		return c.explainAnswer(name, host, api, response, err)
	}
	return c.explainSilence(host, response, err)
}

// explainAnswer is for what AWS said.
func (c *Client) explainAnswer(operation, host string, api smithy.APIError, response *smithyhttp.ResponseError, err error) error {
	id, code, said := c.id, api.ErrorCode(), api.ErrorMessage()
	status := response.HTTPStatusCode()
	switch code {
	case "InvalidClientTokenId", "UnrecognizedClientException":
		return msg.KeyUnknown(id, err)
	case "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture":
		if isOtherRegion(said) {
			return msg.RegionUnknown(c.Region, err)
		}
		if c.ahead.Abs() > maxSkew {
			return msg.ClockWrong(c.ahead, err)
		}
		return msg.SecretWrong(id, err)
	case "ExpiredToken", "ExpiredTokenException":
		return msg.KeyExpired(id, err)
	case "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded":
		return msg.Throttled(err)
	case "AccessDenied", "AccessDeniedException":
		if strings.Contains(said, "session credentials") {
			return msg.NeedsLongTermKey(id, err)
		}
		return msg.Denied(operation, said, err)
	case "", "UnknownError":
		if status >= 500 {
			return msg.AWSBroken(host, status, err)
		}
		return msg.NotAWS(host, status, err)
	}
	if status >= 500 {
		return msg.AWSBroken(host, status, err)
	}
	return msg.Refused(operation, code, said, err)
}

// isOtherRegion says of what AWS said of a signature that the region which that names is at fault.
func isOtherRegion(said string) bool { return strings.Contains(said, "valid region") }

// Answered says of an error of a call that AWS itself refused it, so that nothing stands between this computer and AWS.
func Answered(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != "UnknownError"
}

// wsaeConnReset is ECONNRESET as Windows has it; no other system has an error of that number.
const wsaeConnReset = syscall.Errno(10054)

// explainSilence is for an answer that did not come, or was not AWS's.
func (c *Client) explainSilence(host string, response *smithyhttp.ResponseError, err error) error {
	var (
		dns       *net.DNSError
		op        *net.OpError
		unknown   x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		cancelled *aws.RequestCanceledError
		refusal   proxyRefusal
	)
	isOp := errors.As(err, &op)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &cancelled), isTimeout(err):
		return msg.NoAnswer(host, c.Timeout, err)
	case isOp && op.Op == "proxyconnect", errors.As(err, &refusal):
		return msg.ProxyFailed(host, err)
	case errors.As(err, &dns):
		return msg.NoSuchHost(host, err)
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &verify):
		return msg.CertificateUnknown(host, err)
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return msg.TLSFailed(host, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, wsaeConnReset):
		return msg.ConnectionLost(host, err)
	case isOp:
		return msg.NoConnection(host, err)
	case response != nil: // a page where AWS would have sent XML
		return msg.NotAWS(host, response.HTTPStatusCode(), err)
	}
	var told *msg.Error
	if errors.As(err, &told) {
		return told
	}
	return msg.ClientSettings(c.Profile, err)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
