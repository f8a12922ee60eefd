package fakeaws

import "time"

const (
	minSession     = 900
	maxSession     = 129600
	defaultSession = 43200
	maxRootSession = 3600
)

func stsService() service {
	return service{name: "sts", version: stsVersion, actions: map[string]action{
		"AssumeRole":        (*Server).assumeRole,
		"GetCallerIdentity": (*Server).getCallerIdentity,
		"GetSessionToken":   (*Server).getSessionToken,
	}, unsigned: map[string]action{
		"AssumeRoleWithWebIdentity": (*Server).assumeRoleWithWebIdentity,
	}}
}

type credentialsXML struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

// getCallerIdentity checks no policy: AWS answers even a user who is denied everything.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (s *Server) getCallerIdentity(req *request) (any, *apiError) {
	u := req.caller.user
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{u.ARN, u.ID, u.Account}, nil
}

// No policy can deny getSessionToken either.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
func (s *Server) getSessionToken(req *request) (any, *apiError) {
	v := validation{req: req}
	seconds := v.number("DurationSeconds", minSession, maxSession, defaultSession)
	v.text("SerialNumber", 9, 256, `[\w+=/:,.@-]*`)
	v.text("TokenCode", 6, 6, `[\d]*`)
	if err := v.err(); err != nil {
		return nil, err
	}
	if req.caller.session != nil {
		return nil, errAccessDenied("Cannot call GetSessionToken with session credentials")
	}
	u := req.caller.user
	if u.Root {
		seconds = min(seconds, maxRootSession) // shortened, not refused, according to the page above
	}
	mfa, err := s.checkMFA(req, u)
	if err != nil {
		return nil, err
	}
	t := s.newSession(u, time.Duration(seconds)*time.Second)
	t.mfa = mfa
	return struct{ Credentials credentialsXML }{s.credentials(t)}, nil
}

// checkMFA reports whether the call has MFA, or why AWS refuses it.
func (s *Server) checkMFA(req *request, u *user) (bool, *apiError) {
	if !req.has("SerialNumber") && !req.has("TokenCode") {
		return false, nil
	}
	if !req.has("SerialNumber") || !req.has("TokenCode") {
		return false, errAccessDenied(
			"MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	}
	d := s.device(req.param("SerialNumber"))
	if d == nil || d.user != u || d.kind == SecurityKey {
		return false, errAccessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  " +
			"Please verify your MFA serial number is valid and associated with this user.")
	}
	if !d.accept(req.param("TokenCode"), s.codeTime()) {
		return false, errAccessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	return true, nil
}

// newSession makes a session that expires by the code clock, which Advance moves.
func (s *Server) newSession(u *user, lifetime time.Duration) *session {
	t := &session{
		AccessKey: AccessKey{ID: newID("ASIA"), Secret: newSecret()},
		token:     newToken(), user: u, issued: s.codeTime(), expires: s.codeTime().Add(lifetime),
	}
	s.sessions[t.ID] = t
	return t
}

// expiration returns the session's expiration by the server's clock, the only one that clients see.
func (s *Server) expiration(t *session) time.Time {
	return s.serverTime().Add(t.expires.Sub(s.codeTime()))
}

func (s *Server) credentials(t *session) credentialsXML {
	return credentialsXML{t.ID, t.Secret, t.token, timestamp(s.expiration(t))}
}
