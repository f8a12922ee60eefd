package fakeaws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// start returns a server with a stopped code clock, so that no test depends on the time.
func start(t *testing.T) *Server {
	t.Helper()
	s := New()
	if _, err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Hold()
	return s
}

func config(s *Server, id, secret, token string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(s.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider(id, secret, token),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func longTerm(s *Server, u User) aws.Config { return config(s, u.Keys[0].ID, u.Keys[0].Secret, "") }

func sessionOf(s *Server, c *ststypes.Credentials) aws.Config {
	return config(s, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func stsClient(c aws.Config) *sts.Client { return sts.NewFromConfig(c) }
func iamClient(c aws.Config) *iam.Client { return iam.NewFromConfig(c) }

// login obtains a session, with MFA if serial is not empty.
func login(t *testing.T, s *Server, u User, serial string) *ststypes.Credentials {
	t.Helper()
	in := &sts.GetSessionTokenInput{}
	if serial != "" {
		in.SerialNumber, in.TokenCode = &serial, aws.String(s.FreshCode(serial))
	}
	out, err := stsClient(longTerm(s, u)).GetSessionToken(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

// wantError requires the status, the code and the exact message, or a match if message begins with "^".
func wantError(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		t.Fatalf("got %v, want an API error %s", err, code)
	}
	matches := api.ErrorMessage() == message
	if strings.HasPrefix(message, "^") {
		matches = regexp.MustCompile(message).MatchString(api.ErrorMessage())
	}
	if api.ErrorCode() != code || response.HTTPStatusCode() != status || !matches {
		t.Fatalf("got  %d %s %q\nwant %d %s %q", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(),
			status, code, message)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// signed builds a request with the SDK's own signer; edit changes it before it is signed.
func signed(t *testing.T, s *Server, k AccessKey, service, region, body string, at time.Time,
	edit func(*http.Request),
) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/", strings.NewReader(body))
	noError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if edit != nil {
		edit(r)
	}
	err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret}, r,
		hexSHA256([]byte(body)), service, region, at)
	noError(t, err)
	return r
}

func send(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	noError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	noError(t, err)
	return res.StatusCode, string(b)
}

const identity = "Action=GetCallerIdentity&Version=2011-06-15"

func TestCode(t *testing.T) { // RFC 6238, appendix B: the last six of its eight digits
	seed := "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
		20000000000: "353130",
	} {
		if got := Code(seed, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if got := Code([]byte("gezd gnbv gy3t qojq gezd gnbv gy3t qojq===="), time.Unix(59, 0)); got != "287082" {
		t.Errorf("as a user types it: %q", got)
	}
	if got := Code("not base32!", time.Unix(59, 0)); got != "" {
		t.Errorf("no Base32: %q", got)
	}
}

func TestStartAndClose(t *testing.T) {
	s := New()
	if s.URL() != "" {
		t.Error("a URL before Start")
	}
	url, err := s.Start()
	noError(t, err)
	if url != s.URL() || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("url %q", url)
	}
	if _, err := s.Start(); err == nil {
		t.Error("started twice")
	}
	s.Close()
	s.Close()
	if _, err := http.Get(url); err == nil {
		t.Error("answers after Close")
	}
}

func TestCallsAndHook(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{})
	type seen struct {
		action string
		done   bool
		calls  int
	}
	var hooked []seen
	s.OnRequest(func(action string, done bool) { hooked = append(hooked, seen{action, done, len(s.Calls())}) })
	creds := login(t, s, u, d.Serial)
	s.OnRequest(nil)

	want := []seen{{"GetSessionToken", false, 0}, {"GetSessionToken", true, 0}}
	if len(hooked) != 2 || hooked[0] != want[0] || hooked[1] != want[1] {
		t.Errorf("hook saw %v", hooked)
	}
	_, err := iamClient(longTerm(s, u)).EnableMFADevice(t.Context(), &iam.EnableMFADeviceInput{
		UserName: aws.String("alice"), SerialNumber: &d.Serial,
		AuthenticationCode1: aws.String("111111"), AuthenticationCode2: aws.String("222222"),
	})
	wantError(t, err, 409, "EntityAlreadyExists", "MFA Device is already in use.")

	calls := s.Calls()
	if len(calls) != 2 || s.Count("GetSessionToken") != 1 || s.Count("") != 2 || s.Count("GetUser") != 0 {
		t.Fatalf("calls %v", calls)
	}
	c := calls[0]
	if c.Service != "sts" || c.Action != "GetSessionToken" || c.AccessKeyID != u.Keys[0].ID || c.Status != 200 ||
		c.Code != "" || len(c.Params) != 1 || c.Params["SerialNumber"] != d.Serial || c.Time.IsZero() {
		t.Errorf("call %+v", c)
	}
	if c := calls[1]; c.Service != "iam" || c.Status != 409 || c.Code != "EntityAlreadyExists" || len(c.Params) != 2 {
		t.Errorf("call %+v", c)
	}
	for _, c := range calls {
		for _, v := range c.Params {
			if v == "111111" || v == "222222" || v == *creds.SecretAccessKey {
				t.Errorf("a secret in %+v", c)
			}
		}
	}
	s.ResetCalls()
	if s.Count("") != 0 {
		t.Error("calls after ResetCalls")
	}
}

func TestAddPanics(t *testing.T) {
	s := New()
	u := s.AddUser(User{Name: "alice"})
	s.AddDevice(u.ARN, Device{})
	for name, f := range map[string]func(){
		"same user":       func() { s.AddUser(User{Name: "alice"}) },
		"no name":         func() { s.AddUser(User{}) },
		"no such user":    func() { s.AddDevice("arn:aws:iam::1:user/x", Device{}) },
		"same device":     func() { s.AddDevice(u.ARN, Device{}) },
		"bad seed":        func() { s.AddDevice(u.ARN, Device{Name: "b", Seed: "1"}) },
		"same key":        func() { s.AddKey(u.ARN, u.Keys[0]) },
		"no such key":     func() { s.SetKeyStatus("AKIA", KeyActive) },
		"unknown element": func() { s.SetPolicies(u.ARN, `{"Statement":{"Effect":"Allow","Principal":"*"}}`) },
		"unknown condition": func() {
			s.SetPolicies(u.ARN, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
				"Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}}}`)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestConcurrentCode checks that one code works for only one of many callers.
func TestConcurrentCode(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{})
	code := s.CodeFor(d.Serial)
	client := stsClient(longTerm(s, u))
	results := make(chan error)
	for range 8 {
		go func() {
			_, err := client.GetSessionToken(context.Background(),
				&sts.GetSessionTokenInput{SerialNumber: &d.Serial, TokenCode: &code})
			results <- err
		}()
	}
	ok := 0
	for range 8 {
		if <-results == nil {
			ok++
		}
	}
	if ok != 1 {
		t.Errorf("%d callers were let in", ok)
	}
}
