package fakeaws

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestFaults(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	c := stsClient(longTerm(s, u))
	ask := func() error {
		_, err := c.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	for _, tt := range []struct {
		kind   FaultKind
		status int
		want   string
	}{
		{Throttle, 400, "Throttling: Rate exceeded"},
		{Internal, 500, "InternalFailure"},
		{Unavailable, 503, "ServiceUnavailable"},
		{Cut, 0, "EOF"},
		{CutAfter, 0, "EOF"},
		{CutBody, 200, "unexpected EOF"},
		{BrokenXML, 200, "deserialization failed"},
		{Portal, 403, "StatusCode: 403, RequestID: , error while deserializing xml error response"},
		{Proxy, 407, "StatusCode: 407, RequestID: , error while deserializing xml error response"},
	} {
		s.ResetCalls()
		s.Inject(Fault{Kind: tt.kind, Times: 2})
		for range 2 {
			if err := ask(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("fault %d: %v", tt.kind, err)
			}
		}
		noError(t, ask())
		if calls := s.Calls(); len(calls) != 3 || calls[0].Status != tt.status || calls[2].Status != 200 {
			t.Errorf("fault %d: calls %+v", tt.kind, calls)
		}
	}
}

func TestFaultOfOneAction(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	s.Inject(Fault{Kind: Throttle, Action: "GetSessionToken", Times: -1})
	_, err := stsClient(longTerm(s, u)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	for range 3 {
		_, err = stsClient(longTerm(s, u)).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
		wantError(t, err, 400, "Throttling", "Rate exceeded")
	}
	s.ClearFaults()
	login(t, s, u, "")
}

// TestRetry checks that the SDK retries on these errors as on AWS's.
func TestRetry(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	cfg := longTerm(s, u)
	cfg.Retryer = nil // the SDK's own
	c := sts.NewFromConfig(cfg, func(o *sts.Options) { o.Retryer = eager{o.Retryer} })
	for kind, want := range map[FaultKind]int{
		Throttle: 3, Internal: 3, Unavailable: 3, Cut: 3, CutAfter: 3,
		CutBody: 1, BrokenXML: 1,
	} {
		s.ResetCalls()
		s.Inject(Fault{Kind: kind, Times: 2})
		_, err := c.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		s.ClearFaults()
		if n := s.Count("GetCallerIdentity"); n != want || (want == 3) != (err == nil) {
			t.Errorf("fault %d: %d calls, then %v", kind, n, err)
		}
	}
}

// eager retries as the SDK does, without the waiting.
type eager struct{ aws.Retryer }

func (eager) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// TestOrphan creates a device whose creator never gets the answer.
func TestOrphan(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	c := iamClient(longTerm(s, u))
	for _, kind := range []FaultKind{CutAfter, CutBody, BrokenXML} {
		s.Inject(Fault{Kind: kind, Action: "CreateVirtualMFADevice"})
		if _, err := create(t, c, "alice"); err == nil {
			t.Fatalf("fault %d: an answer", kind)
		}
		all := s.Devices()
		if len(all) != 1 || !all[0].Unassigned {
			t.Fatalf("fault %d: devices %v", kind, all)
		}
		_, err := c.DeleteVirtualMFADevice(t.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: &all[0].Serial})
		noError(t, err)
	}
	s.Inject(Fault{Kind: Cut, Action: "CreateVirtualMFADevice"})
	if _, err := create(t, c, "alice"); err == nil || len(s.Devices()) != 0 {
		t.Errorf("error %v, devices %v", err, s.Devices())
	}
}

func TestStall(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	arrived := make(chan struct{}, 2)
	s.OnRequest(func(string, bool) { arrived <- struct{}{} })
	s.Inject(Fault{Kind: Stall, Times: 2})
	ask := func(ctx context.Context) chan error {
		result := make(chan error, 1)
		go func() {
			_, err := stsClient(longTerm(s, u)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			result <- err
		}()
		<-arrived
		return result
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := ask(ctx)
	cancel()
	if err := <-first; err == nil {
		t.Error("an answer after the client went away")
	}
	second := ask(t.Context())
	s.Close()
	if err := <-second; err == nil {
		t.Error("an answer after Close")
	}
}

func TestLambda(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{})
	list := func(cfg aws.Config, service string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			s.URL()+"/2015-03-31/functions/?MaxItems=50&Marker=a%2Fb%20c", nil)
		noError(t, err)
		creds, err := cfg.Credentials.Retrieve(t.Context())
		noError(t, err)
		noError(t, v4.NewSigner().SignHTTP(t.Context(), creds, r, hexSHA256(nil), service, "us-east-1", time.Now()))
		return send(t, r)
	}
	if status, body := list(longTerm(s, u), "lambda"); status != 403 ||
		!strings.Contains(body, "with an explicit deny") {
		t.Errorf("long-term key: %d %s", status, body)
	}
	if status, body := list(sessionOf(s, login(t, s, u, "")), "lambda"); status != 403 {
		t.Errorf("session without MFA: %d %s", status, body)
	}
	withMFA := sessionOf(s, login(t, s, u, d.Serial))
	if status, body := list(withMFA, "lambda"); status != 200 || !strings.Contains(body, `"FunctionName":"hello"`) {
		t.Errorf("session with MFA: %d %s", status, body)
	}
	if status, body := list(withMFA, "sts"); status != 403 || !strings.Contains(body, "correct service: 'lambda'") {
		t.Errorf("scope of sts: %d %s", status, body)
	}
	calls := s.Calls()
	if got := calls[len(calls)-1]; got.Action != "ListFunctions" || got.Code != "InvalidSignatureException" {
		t.Errorf("call %+v", got)
	}
	s.Advance(13 * time.Hour)
	if status, body := list(withMFA, "lambda"); status != 403 || !strings.Contains(body, "expired") {
		t.Errorf("expired: %d %s", status, body)
	}
}
