package fakeaws

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	// unsignedPayload takes the place of the body's hash in requests to S3, if the client likes.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
	unsignedPayload = "UNSIGNED-PAYLOAD"
	amzDate         = "20060102T150405Z"
	// maxSkew is the tolerance for the date of a signature. AWS's services allow 5 or 15 minutes; a client within the
	// stricter limit is within both.
	maxSkew = 5 * time.Minute
)

// authorization is the parsed Authorization header of Signature Version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
type authorization struct {
	keyID, date, region, service, terminator string

	signed    []string // lower case, as given
	signature string
}

// caller is the signer of a request.
type caller struct {
	user    *user
	keyID   string
	session *session // nil for a long-term key
}

func readAuthorization(h http.Header) (authorization, *apiError) {
	var a authorization
	header := h.Get("Authorization")
	if header == "" {
		return a, errMissingAuthenticationToken()
	}
	alg, rest, _ := strings.Cut(header, " ")
	if alg != algorithm {
		return a, errIncompleteSignature(fmt.Sprintf("Unsupported AWS 'algorithm': '%s'.", alg))
	}
	field := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		field[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if field[name] == "" {
			missing = append(missing, fmt.Sprintf("Authorization header requires '%s' parameter.", name))
		}
	}
	if h.Get("X-Amz-Date") == "" {
		missing = append(missing,
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if len(missing) > 0 {
		sum := sha256.Sum256([]byte(header)) // AWS no longer repeats the header itself
		missing = append(missing, "(Hashed with SHA-256 and encoded with Base64) Authorization="+
			base64.StdEncoding.EncodeToString(sum[:]))
		return a, errIncompleteSignature(strings.Join(missing, " "))
	}
	scope := strings.Split(field["Credential"], "/")
	if len(scope) != 5 {
		return a, errIncompleteSignature(fmt.Sprintf("Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/term, got '%s'", field["Credential"]))
	}
	return authorization{
		keyID: scope[0], date: scope[1], region: scope[2], service: scope[3], terminator: scope[4],
		signed: strings.Split(field["SignedHeaders"], ";"), signature: field["Signature"],
	}, nil
}

// authenticate returns the caller of the request, or AWS's error. s.mu is held.
func (s *Server) authenticate(req *request, a authorization) (caller, *apiError) {
	who, secret, err := s.lookUp(a.keyID, req.http.Header.Get("X-Amz-Security-Token"))
	if err != nil {
		return caller{}, err
	}
	if err := s.checkScope(req, a, who); err != nil {
		return caller{}, err
	}
	if err := checkSigned(req, a.signed); err != nil {
		return caller{}, err
	}
	if want, err := signature(req, a, secret); err != nil || !hmac.Equal([]byte(want), []byte(a.signature)) {
		return caller{}, errSignatureDoesNotMatch("The request signature we calculated does not match the signature " +
			"you provided. Check your AWS Secret Access Key and signing method. " +
			"Consult the service documentation for details.")
	}
	if who.session != nil && !s.codeTime().Before(who.session.expires) {
		return caller{}, errExpiredToken()
	}
	s.recordUse(who, a)
	return who, nil
}

// lookUp finds the key. A session's key counts only with its token, a long-term key only without one.
func (s *Server) lookUp(keyID, token string) (caller, string, *apiError) {
	if k := s.keys[keyID]; k != nil && k.Status == KeyActive && token == "" && k.isKnown() {
		return caller{user: k.user, keyID: keyID}, k.Secret, nil
	}
	if t := s.sessions[keyID]; t != nil && equal(t.token, token) {
		return caller{user: t.user, keyID: keyID, session: t}, t.Secret, nil
	}
	return caller{}, "", errInvalidClientTokenID()
}

func (s *Server) checkScope(req *request, a authorization, who caller) *apiError {
	if a.terminator != terminator {
		return errSignatureDoesNotMatch(fmt.Sprintf(
			"Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, a.terminator))
	}
	// For IAM AWS accepts only the partition's home region. A client with a configured endpoint signs for its
	// configured region, so any region of the partition is accepted here.
	partition := partitionOf(a.region)
	if partition == "" {
		return errSignatureDoesNotMatch(fmt.Sprintf(
			"Credential should be scoped to a valid region, not '%s'. ", a.region))
	}
	// Partitions know nothing of each other's keys, nor does a region that the account has not enabled.
	if partition != who.user.Partition || slices.Contains(s.disabled, a.region) {
		return errInvalidClientTokenID()
	}
	given := req.http.Header.Get("X-Amz-Date")
	t, err := time.Parse(amzDate, given)
	if err != nil {
		return errIncompleteSignature(fmt.Sprintf("Date must be in ISO-8601 'basic format'. Got '%s'. "+
			"See http://en.wikipedia.org/wiki/ISO_8601", given))
	}
	if day := given[:8]; a.date != day {
		return errSignatureDoesNotMatch(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 "+
			"version of date from HTTP: '%s' != '%s', from '%s'.", a.date, day, given))
	}
	now := s.serverTime().Truncate(time.Second)
	if earliest := now.Add(-maxSkew); t.Before(earliest) {
		return errSignatureDoesNotMatch(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)",
			given, earliest.Format(amzDate), now.Format(amzDate)))
	}
	if latest := now.Add(maxSkew); t.After(latest) {
		return errSignatureDoesNotMatch(
			fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)",
				given, latest.Format(amzDate), now.Format(amzDate)),
		)
	}
	return nil
}

// checkSigned requires that the signature covers host and every x-amz- header, in order, and that the body's hash is
// right.
func checkSigned(req *request, signed []string) *apiError {
	if !slices.Contains(signed, "host") {
		return errSignatureDoesNotMatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range req.http.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(signed, lower) {
			return errSignatureDoesNotMatch(
				fmt.Sprintf("'%s' must be a 'SignedHeader' in the AWS Authorization.", name),
			)
		}
	}
	if !slices.IsSorted(signed) {
		return errSignatureDoesNotMatch("SignedHeaders must be sorted.")
	}
	sum := req.http.Header.Get("X-Amz-Content-Sha256")
	if sum != "" && sum != hexSHA256(req.body) && (req.service != "s3" || sum != unsignedPayload) {
		return errSignatureDoesNotMatch(
			"The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return nil
}

// signature returns what the SDK's signer makes of the request's signed headers with this secret access key.
func signature(req *request, a authorization, secret string) (string, error) {
	again := req.http.Clone(context.Background())
	again.Host, again.Body = req.http.Host, nil
	for name := range again.Header {
		if !slices.Contains(a.signed, strings.ToLower(name)) {
			again.Header.Del(name)
		}
	}
	if !slices.Contains(a.signed, "content-length") {
		again.ContentLength = 0
	}
	given := req.http.Header.Get("X-Amz-Date")
	at, err := time.Parse(amzDate, given)
	if err != nil {
		return "", err
	}
	keys := aws.Credentials{
		AccessKeyID: a.keyID, SecretAccessKey: secret, SessionToken: req.http.Header.Get("X-Amz-Security-Token"),
	}
	sum := hexSHA256(req.body)
	if req.service == "s3" {
		sum = req.http.Header.Get("X-Amz-Content-Sha256")
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = req.service == "s3" })
	err = signer.SignHTTP(again.Context(), keys, again, sum, a.service, a.region, at)
	if err != nil {
		return "", err
	}
	_, signature, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
	return signature, nil
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// partitionOf returns a region's partition, or "" for an unknown region. It does not use the program's table of
// partitions: a stand-in for AWS must not share the program's mistakes.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
func partitionOf(region string) string {
	switch region {
	case "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1",
		"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		"ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
		"ap-southeast-7", "af-south-1", "il-central-1", "me-central-1", "me-south-1":
		return "aws"
	case "cn-north-1", "cn-northwest-1":
		return "aws-cn"
	case "us-gov-east-1", "us-gov-west-1":
		return "aws-us-gov"
	case "eusc-de-east-1":
		return "aws-eusc"
	}
	return ""
}
