package fakeaws

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// AWS lets administrators choose the duration of a sign-in; these are its defaults.
const (
	accessTokenLifetime  = time.Hour
	refreshTokenLifetime = 8 * time.Hour
)

// SSO is a sign-in to IAM Identity Center, as `aws sso login` stores it in its cache.
type SSO struct {
	User  string // the name of the sessions
	Roles []Role // with their names in IAM: AWSReservedSSO_…

	AccessToken, RefreshToken string
	ClientID, ClientSecret    string // of the client registered for the sign-in
	Expires                   time.Time

	names map[string]string // role ARN by account and the portal's name for the role
}

// Cache returns the file that `aws sso login` writes in ~/.aws/sso/cache. Its name is the hexadecimal SHA-1 of the
// sso_session's name, or of the start URL without an sso_session, and .json.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
func (i SSO) Cache(startURL, region string) []byte {
	return jsonBody(map[string]string{
		"startUrl": startURL, "region": region, "accessToken": i.AccessToken, "expiresAt": timestamp(i.Expires),
		"clientId": i.ClientID, "clientSecret": i.ClientSecret, "refreshToken": i.RefreshToken,
		"registrationExpiresAt": timestamp(i.Expires.Add(90 * 24 * time.Hour)),
	})
}

func ssoService() service {
	return service{name: "sso", unsigned: map[string]action{"GetRoleCredentials": (*Server).getRoleCredentials}}
}

func ssoOIDCService() service {
	return service{name: "ssooidc", unsigned: map[string]action{"CreateToken": (*Server).createToken}}
}

// AddSSO signs a user in who may use the roles. Their Names are those of the portal (sso_role_name in a profile); the
// result has their longer names in IAM. The access token is valid for an hour, the refresh token for eight; Advance and
// Expire end them. It panics as AddRole does.
func (s *Server) AddSSO(user string, roles ...Role) SSO {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &SSO{User: user, ClientID: newID(""), ClientSecret: newToken(), names: map[string]string{}}
	for _, r := range roles {
		name := r.Name
		r.Name = "AWSReservedSSO_" + name + "_" + hex.EncodeToString(randomBytes(8))
		r.Path = "/aws-reserved/sso.amazonaws.com/"
		if r.Account == "" {
			r.Account = DefaultAccount
		}
		if r.Partition == "" {
			r.Partition = "aws"
		}
		if r.MaxSession == 0 {
			r.MaxSession = time.Hour
		}
		r.Trust = fmt.Sprintf(`{"Version": "2012-10-17", "Statement": {
			"Effect": "Allow",
			"Principal": {"Federated": "arn:%s:iam::%s:saml-provider/AWSSSO_DO_NOT_DELETE"},
			"Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]
		}}`, r.Partition, r.Account)
		r = s.addRole(r)
		in.Roles = append(in.Roles, r)
		in.names[r.Account+" "+name] = r.ARN
	}
	in.RefreshToken = "aor" + newToken()
	s.tokens[in.RefreshToken] = &token{expires: s.codeTime().Add(refreshTokenLifetime), sso: in, refresh: true}
	s.newAccessToken(in)
	return *in
}

func (s *Server) newAccessToken(in *SSO) {
	in.AccessToken, in.Expires = "aoa"+newToken(), s.serverTime().Add(accessTokenLifetime)
	s.tokens[in.AccessToken] = &token{expires: s.codeTime().Add(accessTokenLifetime), sso: in}
}

// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
func (s *Server) getRoleCredentials(req *request) (any, *apiError) {
	if req.param("role_name") == "" || req.param("account_id") == "" {
		return nil, &apiError{
			http.StatusBadRequest,
			"InvalidRequestException",
			"Both role_name and account_id are needed",
		}
	}
	t := s.tokens[req.http.Header.Get("X-Amz-Sso_bearer_token")]
	if t == nil || t.sso == nil || t.refresh || !s.codeTime().Before(t.expires) {
		return nil, &apiError{http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid"}
	}
	r := s.roles[t.sso.names[req.param("account_id")+" "+req.param("role_name")]]
	if r == nil {
		return nil, &apiError{http.StatusForbidden, "ForbiddenException", "No access"}
	}
	session := s.newRoleSession(r, t.sso.User, r.MaxSession)
	return map[string]any{"roleCredentials": map[string]any{
		"accessKeyId": session.ID, "secretAccessKey": session.Secret, "sessionToken": session.token,
		"expiration": s.expiration(session).UnixMilli(),
	}}, nil
}

// createToken only refreshes an access token. AWS does not publish whether it changes the refresh token, too; here it
// stays.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
func (s *Server) createToken(req *request) (any, *apiError) {
	t := s.tokens[req.param("refreshToken")]
	switch {
	case req.broken != "":
		return nil, &apiError{http.StatusBadRequest, "InvalidRequestException", req.broken}
	case req.param("grantType") != "refresh_token":
		return nil, &apiError{http.StatusBadRequest, "UnsupportedGrantTypeException", "Grant type is not supported"}
	case t == nil || !t.refresh || !s.codeTime().Before(t.expires):
		return nil, &apiError{http.StatusBadRequest, "InvalidGrantException", "Invalid refresh token provided"}
	case req.param("clientId") != t.sso.ClientID || !equal(req.param("clientSecret"), t.sso.ClientSecret):
		return nil, &apiError{http.StatusUnauthorized, "InvalidClientException", "Invalid client provided"}
	}
	s.newAccessToken(t.sso)
	return map[string]any{
		"accessToken": t.sso.AccessToken, "refreshToken": t.sso.RefreshToken, "tokenType": "Bearer",
		"expiresIn": int(accessTokenLifetime / time.Second),
	}, nil
}

// readJSON uses the body's strings as parameters.
func (req *request) readJSON() {
	var body map[string]any
	if err := json.Unmarshal(req.body, &body); err != nil {
		req.broken = "The request is no JSON object"
	}
	req.form = url.Values{}
	for name, value := range body {
		if v, ok := value.(string); ok {
			req.form.Set(name, v)
		}
	}
}

// ssoError puts the error's code into the header, where the SDKs look first, and, as OAuth does, into the body.
func ssoError(ans answer, e *apiError) answer {
	switch e.code {
	case "Throttling":
		ans.errorCode, ans.status = "TooManyRequestsException", http.StatusTooManyRequests
	case "InternalFailure":
		ans.errorCode = "InternalServerException"
	case "ServiceUnavailable":
		ans.errorCode = "ServiceUnavailableException"
	}
	body := map[string]string{"message": e.message, "__type": ans.errorCode}
	switch ans.errorCode {
	case "InvalidGrantException":
		body["error"] = "invalid_grant"
	case "InvalidClientException":
		body["error"] = "invalid_client"
	case "UnsupportedGrantTypeException":
		body["error"] = "unsupported_grant_type"
	}
	if body["error"] != "" {
		body["error_description"] = e.message
	}
	ans.contentType, ans.body = "application/json", jsonBody(body)
	return ans
}

// pageError answers with an HTML page.
func pageError(ans answer, e *apiError) answer {
	ans.contentType = "text/html;charset=utf-8"
	ans.body = []byte("<html><head><title>" + http.StatusText(e.status) + "</title></head><body><h1>HTTP Status " +
		fmt.Sprint(e.status) + "</h1><p>" + strings.ReplaceAll(e.message, "<", "&lt;") + "</p></body></html>\n")
	return ans
}
