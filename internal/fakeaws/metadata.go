package fakeaws

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	machineSession = 6 * time.Hour
	// machineRenewal is the time before expiration at which AWS has new credentials ready.
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
	machineRenewal   = 5 * time.Minute
	maxMetadataToken = 6 * time.Hour
	metadataTTL      = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds" // of the request and the answer
)

// machine is an instance or a container with a role.
type machine struct {
	role    *role
	name    string // of its sessions
	session *session
	tokens  map[string]time.Time // their expirations, by the code clock
	// authorization is the header that a container must send; "" requires none.
	authorization string
}

// Metadata returns the metadata service, version 2, of an instance with the role. Its calls are recorded and subject to
// faults like all others. It does not evaluate the role's trust policy. It panics if there is no such role.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
func (s *Server) Metadata(roleARN string) http.Handler {
	m := s.newMachine(roleARN, "i-0123456789abcdef0")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &request{http: r, service: "imds", rest: true, action: "GetMetadata", act: m.missing}
		switch path := r.URL.Path; {
		case path == "/latest/api/token" && r.Method == http.MethodPut:
			req.action, req.act = "GetToken", m.createToken
		case r.Method != http.MethodGet:
		case strings.TrimSuffix(path, "/") == "/latest/meta-data/iam/security-credentials":
			req.action, req.act = "ListCredentials", m.list
		case path == "/latest/meta-data/iam/security-credentials/"+m.role.Name:
			req.action, req.act = "GetCredentials", m.credentials
		}
		s.serve(w, req)
	})
}

// Container returns the endpoint of AWS_CONTAINER_CREDENTIALS_FULL_URI, on any path, of a container with the role. It
// requires the given Authorization header, unless that is empty. Otherwise it is like Metadata.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
func (s *Server) Container(roleARN, authorization string) http.Handler {
	m := s.newMachine(roleARN, "container")
	m.authorization = authorization
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, &request{http: r, service: "container", rest: true, action: "GetCredentials", act: m.container})
	})
}

func (s *Server) newMachine(roleARN, name string) *machine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &machine{role: s.mustRole(roleARN), name: name, tokens: map[string]time.Time{}}
}

func (m *machine) createToken(s *Server, req *request) (any, *apiError) {
	seconds, err := strconv.Atoi(req.http.Header.Get(metadataTTL))
	if err != nil || seconds < 1 || seconds > int(maxMetadataToken/time.Second) {
		return nil, errPage(http.StatusBadRequest)
	}
	value := newToken()
	m.tokens[value] = s.codeTime().Add(time.Duration(seconds) * time.Second)
	return text{body: value, header: http.Header{metadataTTL: {strconv.Itoa(seconds)}}}, nil
}

func (m *machine) checkToken(s *Server, req *request) *apiError {
	if !s.codeTime().Before(m.tokens[req.http.Header.Get("X-Aws-Ec2-Metadata-Token")]) {
		return errPage(http.StatusUnauthorized)
	}
	return nil
}

func (m *machine) missing(s *Server, req *request) (any, *apiError) {
	if err := m.checkToken(s, req); err != nil {
		return nil, err
	}
	return nil, errPage(http.StatusNotFound)
}

func (m *machine) list(s *Server, req *request) (any, *apiError) {
	return text{body: m.role.Name}, m.checkToken(s, req)
}

func (m *machine) credentials(s *Server, req *request) (any, *apiError) {
	if err := m.checkToken(s, req); err != nil {
		return nil, err
	}
	t := m.currentSession(s)
	return map[string]string{
		"Code": "Success", "LastUpdated": timestamp(s.expiration(t).Add(-machineSession)), "Type": "AWS-HMAC",
		"AccessKeyId": t.ID, "SecretAccessKey": t.Secret, "Token": t.token, "Expiration": timestamp(s.expiration(t)),
	}, nil
}

func (m *machine) container(s *Server, req *request) (any, *apiError) {
	if m.authorization != "" && !equal(req.http.Header.Get("Authorization"), m.authorization) {
		return nil, &apiError{http.StatusUnauthorized, "AccessDenied", "The authorization token is missing or wrong"}
	}
	if req.http.Method != http.MethodGet {
		return nil, &apiError{http.StatusMethodNotAllowed, "MethodNotAllowed", "The method must be GET"}
	}
	t := m.currentSession(s)
	return map[string]string{
		"RoleArn": m.role.ARN, "AccessKeyId": t.ID, "SecretAccessKey": t.Secret, "Token": t.token,
		"Expiration": timestamp(s.expiration(t)),
	}, nil
}

// currentSession returns the machine's session, a new one shortly before the old one expires.
func (m *machine) currentSession(s *Server) *session {
	if m.session == nil || m.session.expires.Sub(s.codeTime()) <= machineRenewal {
		m.session = s.newRoleSession(m.role, m.name, machineSession)
	}
	return m.session
}

func errPage(status int) *apiError {
	return &apiError{status, strings.ReplaceAll(http.StatusText(status), " ", ""), http.StatusText(status)}
}
