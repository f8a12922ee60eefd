package fakeaws

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	webIdentityLifetime = 24 * time.Hour
	webIdentityAudience = "sts.amazonaws.com"
)

// token identifies a caller without a signature: a web identity, or an access or refresh token of the SSO portal.
type token struct {
	expires         time.Time // by the code clock
	issuer, subject string    // of a web identity
	sso             *SSO      // of an access or refresh token
	refresh         bool
}

// Expire makes a web identity, or an access or refresh token of the SSO portal, expire now. It panics if there is no
// such token.
func (s *Server) Expire(tokenValue string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[tokenValue]
	if t == nil {
		panic("fakeaws: no such token")
	}
	t.expires = s.codeTime()
}

// AddWebIdentity adds an identity provider, such as "oidc.example.com/id/1", to every account, and returns its token
// for the subject and the audience sts.amazonaws.com, valid for a day. The trust policy of a role names the provider as
// {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/1"}.
func (s *Server) AddWebIdentity(issuer, subject string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	encode := base64.RawURLEncoding.EncodeToString
	value := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(jsonBody(map[string]any{
		"iss": "https://" + issuer, "sub": subject, "aud": webIdentityAudience,
		"exp": s.serverTime().Add(webIdentityLifetime).Unix(),
	})) + "." + encode(randomBytes(256))
	s.tokens[value] = &token{expires: s.codeTime().Add(webIdentityLifetime), issuer: issuer, subject: subject}
	return value
}

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
func (s *Server) assumeRoleWithWebIdentity(req *request) (any, *apiError) {
	v := validation{req: req}
	seconds := validateRoleSession(&v)
	v.required("WebIdentityToken")
	if req.has("WebIdentityToken") &&
		(len(req.param("WebIdentityToken")) < 4 || len(req.param("WebIdentityToken")) > 20000) {
		v.problems = append(v.problems, "Value at 'webIdentityToken' failed to satisfy constraint: "+
			"Member must have length between 4 and 20000") // without the value, which is a secret
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	id := s.tokens[req.param("WebIdentityToken")]
	switch {
	case strings.Count(req.param("WebIdentityToken"), ".") != 2:
		return nil, errInvalidIdentityToken(
			"The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case id == nil || id.sso != nil:
		return nil, errInvalidIdentityToken("Couldn't retrieve verification key from your identity provider, " +
			"please reference AssumeRoleWithWebIdentity documentation for requirements")
	case !s.codeTime().Before(id.expires):
		return nil, &apiError{http.StatusBadRequest, "ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %d",
			s.codeTime().Unix(), id.expires.Unix())}
	}
	r := s.roles[req.param("RoleArn")]
	a := access{"sts:AssumeRoleWithWebIdentity", req.param("RoleArn"), map[string]string{
		"sts:RoleSessionName": req.param("RoleSessionName"),
		id.issuer + ":sub":    id.subject,
		id.issuer + ":aud":    webIdentityAudience,
	}}
	if r == nil || allows(r.trust, a, r.matchProvider(id.issuer)) != trustsPrincipal {
		return nil, errAccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	lifetime := time.Duration(seconds) * time.Second
	if lifetime > r.MaxSession {
		return nil, errTooLong()
	}
	t := s.newRoleSession(r, req.param("RoleSessionName"), lifetime)
	return struct {
		Credentials     credentialsXML
		AssumedRoleUser assumedRoleXML
		Subject         string `xml:"SubjectFromWebIdentityToken"`
		Provider        string
		Audience        string
	}{
		s.credentials(t),
		assumedRoleXML{t.user.ID, t.user.ARN},
		id.subject,
		fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", r.Partition, r.Account, id.issuer), webIdentityAudience,
	}, nil
}

func errInvalidIdentityToken(message string) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidIdentityToken", message}
}
