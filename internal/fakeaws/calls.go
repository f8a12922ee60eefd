package fakeaws

import (
	"maps"
	"time"
)

// Call is one request that arrived, whether or not it was believed or answered.
type Call struct {
	// Service is "sts", "iam" or "lambda", as the signature has it, and "" when it has none. What needs no signature
	// is "sts" for web identities, "sso", "ssooidc", "signin", "imds" and "container".
	Service string
	// Action is such as "GetSessionToken", "GetRoleCredentials", "CreateToken", "getSigninToken". Those of "imds" are
	// "GetToken", "ListCredentials" and "GetCredentials", which is the only one of "container", too.
	Action      string
	AccessKeyID string            // who the request says it is from
	Params      map[string]string // without Action, Version, every token, secret and code
	Status      int               // of HTTP; 0 when no answer was sent
	Code        string            // AWS's error code; "" when the action succeeded or never ran
	Time        time.Time         // by the server's clock
}

// Calls returns what has arrived so far, in the order the answers were ready.
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

// Count is how many requests for the action arrived, refused and cut ones too; "" counts all.
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
