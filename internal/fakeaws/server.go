// Package fakeaws is a strict stand-in on loopback for AWS STS and IAM, the SSO portal, the metadata of instances and
// containers, and the console's sign-in. Of S3, KMS, ECR and CloudFormation it knows who signed a request. It is for
// tests and the demo.
//
// It answers as AWS does or not at all: it verifies signatures completely, accepts each token code once, evaluates
// policies, enforces limits, and returns AWS's own error codes, statuses and messages. One endpoint serves every
// service; the signature's scope or the path selects it. It never leaves the computer, never writes a file, and keeps
// secrets and codes out of its log of calls.
package fakeaws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxBody is far above any request that these services accept, and protects the memory from a broken client.
const maxBody = 1 << 20

// Server is a stand-in for AWS with its accounts, users and devices. Its methods may be called from several goroutines,
// also while it serves. The zero value is not usable: call New.
type Server struct {
	services map[string]service
	closed   chan struct{}

	mu       sync.Mutex
	now      func() time.Time
	skew     time.Duration
	elapsed  time.Duration
	held     time.Time // the code clock stands still here, unless zero
	users    map[string]*user
	keys     map[string]*accessKey
	sessions map[string]*session
	roles    map[string]*role
	tokens   map[string]*token
	signedIn []SigninToken
	devices  []*device // in order of creation, which is the order of every list
	quota    int
	keyLag   int
	faults   []Fault
	disabled []string // regions
	calls    []Call
	hook     func(action string, done bool)
	http     *http.Server
	url      string
}

// New returns a server without users and roles. Use it as an http.Handler, or call Start to listen.
func New() *Server {
	services := map[string]service{
		"sts": stsService(), "iam": iamService(), "lambda": lambdaService(),
		"sso": ssoService(), "ssooidc": ssoOIDCService(), "signin": signinService(),
	}
	maps.Copy(services, dataServices())
	return &Server{
		services: services,
		closed:   make(chan struct{}),
		now:      time.Now,
		users:    map[string]*user{},
		keys:     map[string]*accessKey{},
		sessions: map[string]*session{},
		roles:    map[string]*role{},
		tokens:   map[string]*token{},
	}
}

// Start listens on a free port of 127.0.0.1 and returns the endpoint's URL, without a trailing slash. It fails if there
// is no free port or the server was already started.
func (s *Server) Start() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return "", errors.New("starting the stand-in for AWS: already started")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("starting the stand-in for AWS: %w", err)
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.url = "http://" + l.Addr().String()
	go func(h *http.Server) { _ = h.Serve(l) }(s.http)
	return s.url, nil
}

// URL returns what Start returned, or "" before it.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops listening, closes every connection and releases stalled requests. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return
	default:
		close(s.closed)
	}
	if s.http != nil {
		_ = s.http.Close()
	}
}

// SetSkew sets the server's clock d ahead of this computer's (behind, if negative): the clock of signatures, Date
// headers and expiration times. It does not change codes and the lifetime of sessions, so a skewed server represents a
// user with a wrong clock on the laptop and a right one on the phone.
func (s *Server) SetSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// Advance advances the clock of token codes and sessions by d, but not the clock of signatures: the SDK signs with the
// real time, and tests never sleep.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elapsed += d
}

// Hold stops the clock of codes and sessions in the middle of the current 30 s step; from then on only Advance moves
// it. A slow test that counts codes then has the same result.
func (s *Server) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = s.now().Truncate(step).Add(step / 2)
}

// CodeTime returns the time of the code clock, which determines the current codes.
func (s *Server) CodeTime() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codeTime()
}

// DisableRegions sets the regions that no account has enabled.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
func (s *Server) DisableRegions(regions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = regions
}

// OnRequest calls hook around every action: with done false before it, with done true after it and before the answer is
// sent. If a fault prevents the action, hook is called only before. The hook may call the server's methods, and may
// block. nil removes it.
func (s *Server) OnRequest(hook func(action string, done bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

// serverTime is the clock of signatures and of every time in an answer. s.mu is held.
func (s *Server) serverTime() time.Time { return s.now().Add(s.skew).UTC() }

// codeTime is the clock of token codes and of the lifetime of sessions. s.mu is held.
func (s *Server) codeTime() time.Time {
	t := s.held
	if t.IsZero() {
		t = s.now()
	}
	return t.Add(s.elapsed).UTC()
}

// ServeHTTP answers one request of an AWS client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The body is read completely first: only then does net/http notice a client that disconnects, and a stall waits
	// for that.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.serve(w, newRequest(r, body))
}

func (s *Server) serve(w http.ResponseWriter, req *request) {
	s.runHook(req.action, false)

	fault := s.takeFault(req.action)
	if !fault.Kind.runsAction() {
		s.answerFault(req.http.Context(), w, req, fault)
		return
	}
	ans := s.perform(req)
	s.runHook(req.action, true)
	s.deliver(w, req, ans, fault.Kind)
}

func (s *Server) runHook(action string, done bool) {
	s.mu.Lock()
	hook := s.hook
	s.mu.Unlock()
	if hook != nil {
		hook(action, done)
	}
}

// perform runs the action with everything locked, so that two callers with one code cannot both succeed.
func (s *Server) perform(req *request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := s.dispatch(req)
	if err != nil {
		return req.errorAnswer(s.serverTime(), err)
	}
	return req.success(s.serverTime(), result)
}

func (s *Server) dispatch(req *request) (any, *apiError) {
	if act := s.unsigned(req); act != nil {
		return act(s, req)
	}
	auth, err := readAuthorization(req.http.Header)
	if err != nil {
		return nil, err
	}
	svc, act, err := s.route(req, auth.service)
	if err != nil {
		return nil, err
	}
	if req.caller, err = s.authenticate(req, auth); err != nil {
		return nil, err
	}
	// IAM refuses the session of GetSessionToken unless MFA was given, and says that the token is invalid.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
	if t := req.caller.session; svc.name == "iam" && t != nil && t.role == nil && !t.mfa {
		return nil, errInvalidClientTokenID()
	}
	return act(s, req)
}

// stall waits for the client to disconnect or the server to close.
func (s *Server) stall(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.closed:
	}
}
