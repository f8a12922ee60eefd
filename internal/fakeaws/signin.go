package fakeaws

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// SigninToken is a sign-in token that the console's federation endpoint issued for a session.
type SigninToken struct {
	Token    string
	ARN      string        // of the role's session that the token signs in
	Duration time.Duration // of the console session; by default the rest of the role's session
}

// SigninTokens returns the sign-in tokens issued so far, in order.
func (s *Server) SigninTokens() []SigninToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.signedIn)
}

func signinService() service {
	return service{name: "signin", unsigned: map[string]action{"getSigninToken": (*Server).getSigninToken}}
}

// getSigninToken accepts only sessions of roles, and chained ones only without SessionDuration. AWS refuses others with
// a page that does not give the reason.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
func (s *Server) getSigninToken(req *request) (any, *apiError) {
	invalid := &apiError{http.StatusBadRequest, "BadRequest", "Invalid credentials parameter"}
	var given struct {
		ID    string `json:"sessionId"`
		Key   string `json:"sessionKey"`
		Token string `json:"sessionToken"`
	}
	if err := json.Unmarshal([]byte(req.param("Session")), &given); err != nil {
		return nil, invalid
	}
	t := s.sessions[given.ID]
	if t == nil || t.role == nil || !equal(t.Secret, given.Key) || !equal(t.token, given.Token) ||
		!s.codeTime().Before(t.expires) {
		return nil, invalid
	}
	duration := t.expires.Sub(s.codeTime())
	if req.has("SessionDuration") {
		seconds, err := strconv.Atoi(req.param("SessionDuration"))
		if err != nil || seconds < minSession || seconds > maxRoleSession || t.chained {
			return nil, invalid
		}
		duration = time.Duration(seconds) * time.Second
	}
	in := SigninToken{Token: newToken(), ARN: t.user.ARN, Duration: duration}
	s.signedIn = append(s.signedIn, in)
	return map[string]string{"SigninToken": in.Token}, nil
}
