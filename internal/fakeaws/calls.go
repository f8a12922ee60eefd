package fakeaws

import (
	"maps"
	"time"
)

// Call is one request, whether or not it was authenticated or answered.
type Call struct {
	// Service is the signature's, such as "sts", or "" without one. Without a signature it is also "sts" for
	// web identities, "sso", "ssooidc", "signin", "imds" and "container".
	Service string
	// Action is for example "GetSessionToken", "GetRoleCredentials", "CreateToken", "getSigninToken". The actions of
	// "imds" are "GetToken", "ListCredentials" and "GetCredentials"; that of "container" is "GetCredentials".
	Action      string
	AccessKeyID string            // the access key in the request
	Params      map[string]string // without Action, Version, every token, secret and code
	Status      int               // of HTTP; 0 without an answer
	Code        string            // AWS's error code; "" if the action succeeded or never ran
	Time        time.Time         // by the server's clock
}

// Calls returns the calls so far, in the order of their answers.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Call, len(s.calls))
	for i, c := range s.calls {
		c.Params = maps.Clone(c.Params)
		all[i] = c
	}
	return all
}

// Signer returns the ARN of the user or session whose access key ID this is, and whether it is a session's; "" if
// nobody's.
func (s *Server) Signer(keyID string) (arn string, session bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.keys[keyID]; k != nil {
		return k.user.ARN, false
	}
	if t := s.sessions[keyID]; t != nil {
		return t.user.ARN, true
	}
	return "", false
}

// Count returns the number of requests for the action, including failed ones; "" counts all.
func (s *Server) Count(action string) int {
	n := 0
	for _, c := range s.Calls() {
		if action == "" || c.Action == action {
			n++
		}
	}
	return n
}

// ResetCalls forgets the calls so far.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *Server) record(req *request, status int, code string) {
	auth := authorization{service: req.service}
	if a, err := readAuthorization(req.http.Header); err == nil {
		auth = a
	}
	params := map[string]string{}
	for name := range req.form {
		switch name {
		case "Action", "Version", "TokenCode", "AuthenticationCode1", "AuthenticationCode2", "WebIdentityToken",
			"Session", "clientSecret", "refreshToken", "deviceCode", "code", "codeVerifier":
		default:
			params[name] = req.form.Get(name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{
		Service: auth.service, Action: req.action, AccessKeyID: auth.keyID, Params: params,
		Status: status, Code: code, Time: s.serverTime(),
	})
}
