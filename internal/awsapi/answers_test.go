package awsapi

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/shelltest"
)

// testRole is the role that the calls ask for.
var testRole = profile.Role{
	Profile: "dev", ARN: "arn:aws:iam::123456789012:role/dev", SessionName: "alice", Duration: 2 * time.Hour,
}

// calls are the actions that the table is for. GetFederationToken is one that awsmfa does not need.
var calls = map[string]func(ctx context.Context, c *Client) error{
	"AssumeRole": func(ctx context.Context, c *Client) error {
		_, err := c.AssumeRole(ctx, c.test(), testRole, "", "", nil)
		return err
	},
	"AssumeRoleWithWebIdentity": func(ctx context.Context, c *Client) error {
		_, err := c.sts(c.test()).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &testRole.ARN, RoleSessionName: aws.String("ci"), WebIdentityToken: aws.String("token"),
		})
		return err
	},
	"GetSessionToken": func(ctx context.Context, c *Client) error {
		_, err := c.GetSessionToken(ctx, c.test(), time.Hour, "", "", nil)
		return err
	},
	"GetFederationToken": func(ctx context.Context, c *Client) error {
		_, err := c.sts(c.test()).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("alice")})
		return err
	},
	"GetCallerIdentity": func(ctx context.Context, c *Client) error {
		_, err := c.callerIdentity(ctx, c.test())
		return err
	},
	"ListMFADevices": func(ctx context.Context, c *Client) error {
		_, err := c.ListDevices(ctx)
		return err
	},
	"CreateVirtualMFADevice": func(ctx context.Context, c *Client) error {
		_, err := c.CreateDevice(ctx, "/", "alice")
		return err
	},
	"EnableMFADevice": func(ctx context.Context, c *Client) error {
		return c.EnableDevice(ctx, "alice", testSerial, "123456", "654321")
	},
	"ResyncMFADevice": func(ctx context.Context, c *Client) error {
		return c.ResyncDevice(ctx, "alice", testSerial, "123456", "654321")
	},
	"DeactivateMFADevice": func(ctx context.Context, c *Client) error {
		return c.iam(ctx, func(ctx context.Context, client *iam.Client) error { // DeactivateDevice hides NoSuchEntity
			_, err := client.DeactivateMFADevice(ctx,
				&iam.DeactivateMFADeviceInput{SerialNumber: aws.String(testSerial)})
			return err
		})
	},
	"DeleteVirtualMFADevice": func(ctx context.Context, c *Client) error {
		return c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
			_, err := client.DeleteVirtualMFADevice(ctx,
				&iam.DeleteVirtualMFADeviceInput{SerialNumber: aws.String(testSerial)})
			return err
		})
	},
	"ListVirtualMFADevices": func(ctx context.Context, c *Client) error {
		_, err := c.LeftoverDevice(ctx, testSerial)
		return err
	},
	"ListAccessKeys": func(ctx context.Context, c *Client) error {
		_, err := c.ListKeys(ctx, "alice")
		return err
	},
	"GetAccessKeyLastUsed": func(ctx context.Context, c *Client) error {
		_, err := c.GetKeyLastUsed(ctx, "AKIAEXAMPLE")
		return err
	},
	"CreateAccessKey": func(ctx context.Context, c *Client) error {
		_, err := c.CreateKey(ctx, "alice")
		return err
	},
	"UpdateAccessKey": func(ctx context.Context, c *Client) error {
		return c.ActivateKey(ctx, "alice", "AKIAEXAMPLE")
	},
	"DeleteAccessKey": func(ctx context.Context, c *Client) error {
		return c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
			_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: aws.String("AKIAEXAMPLE")})
			return err
		})
	},
}

const testSerial = "arn:aws:iam::123456789012:mfa/alice"

// test returns the endpoint of the stand-in.
func (c *Client) test() Endpoint { return Endpoint{URL: c.ClientOptions.IAM} }

// common are the error codes of AWS's pages about common errors, and those that its services send besides.
var common = []string{
	"AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InternalFailure",
	"MalformedHttpRequestException", "NotAuthorized", "OptInRequired", "RequestAbortedException",
	"RequestEntityTooLargeException", "RequestExpired", "RequestTimeoutException", "ServiceUnavailable",
	"ThrottlingException", "UnrecognizedClientException", "UnknownOperationException", "ValidationError",
	"InvalidAction", "InvalidClientTokenId", "InvalidParameterCombination", "InvalidParameterValue",
	"InvalidQueryParameter", "MalformedQueryString", "MissingAction", "MissingAuthenticationToken", "MissingParameter",
	"AccessDenied", "ExpiredToken", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestInTheFuture", "Throttling",
	"TooManyRequestsException", "RequestLimitExceeded", "RequestThrottled",
}

// Each error code that AWS's API reference lists for a call, and each common one, has a row. The reference and the SDK
// are made from the same model.
func TestEveryCodeHasAnAnswer(t *testing.T) {
	for call := range calls {
		for _, code := range append(modelled(t, call), common...) {
			a := refusal{service: "S", call: call, code: code, said: "something", role: testRole}.answer()
			switch {
			case a == nil:
				t.Errorf("%s: %s has no row", call, code)
			case (a.Message == nil) == (a.NoHint == ""):
				t.Errorf("%s: %s needs either a message or a reason for no hint", call, code)
			}
		}
	}
}

// modelled returns the error codes that the SDK knows for a call.
func modelled(t *testing.T, call string) (codes []string) {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		shelltest.NotInstalled(t, "go") // it finds the SDK's source
	}
	for _, service := range []string{"sts", "iam"} {
		module := "github.com/aws/aws-sdk-go-v2/service/" + service
		dir, err := exec.Command(goTool, "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			t.Fatal(err)
		}
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "deserializers.go"))
		if err != nil {
			t.Fatal(err)
		}
		_, body, ok := strings.Cut(string(source), "func awsAwsquery_deserializeOpError"+call+"(")
		if !ok {
			continue
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, found := range regexp.MustCompile(`EqualFold\("(\w+)"`).FindAllStringSubmatch(body, -1) {
			codes = append(codes, found[1])
		}
		return codes
	}
	t.Fatalf("the SDK has no call %s", call)
	return nil
}

// Each row is what awsmfa says if the stand-in answers so, for each of the row's calls.
func TestAnswers(t *testing.T) {
	unsetAWS(t)
	s := fakeaws.New()
	defer s.Close()
	url, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	options := ClientOptions{
		Profile: "prod", Region: "us-east-1", IAM: url, Timeout: 10 * time.Second,
		Settings: Settings{maxAttempts: 1},
		Now:      func() time.Time { return now }, Trace: func(string, ...any) {}, Secret: func(string) {},
	}
	c, err := options.newClient(t.Context(), "AKIAEXAMPLE", "secret", "")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, a := range Answers() {
		now = time.Now()
		if a.Skewed {
			now = now.Add(time.Hour)
		}
		c.Stored = a.Stored
		for call := range calls {
			if a.Calls != nil && !slices.Contains(a.Calls, call) {
				continue
			}
			for _, code := range a.Codes {
				s.Inject(fakeaws.Fault{
					Kind: fakeaws.Refuse, Action: call, Status: 403, Code: code, Message: a.message(),
				})
				a.check(t, c, call, code)
				tried[code] = true
			}
		}
	}
	if len(tried) < 40 {
		t.Errorf("only %d codes were tried", len(tried))
	}
}

// message is a message of AWS's that the row is for.
func (a Answer) message() string { return "begin " + a.Said + " end" }

// same reports whether both are the same row.
func (a Answer) same(b *Answer) bool {
	return b != nil && slices.Equal(a.Codes, b.Codes) && slices.Equal(a.Calls, b.Calls) && a.Said == b.Said &&
		a.Caller == b.Caller && a.Skewed == b.Skewed && a.Stored == b.Stored
}

// check makes the call, which AWS refuses with the code, and checks what awsmfa says.
func (a Answer) check(t *testing.T, c *Client, call, code string) {
	t.Helper()
	got := c.ExplainRole(calls[call](t.Context(), c), testRole, a.Caller)
	f := refusal{
		service: "STS", call: call, host: c.lastHost, code: code, said: a.message(), status: 403, keyID: c.id,
		region: c.Region, profile: c.Profile, role: testRole, caller: a.Caller, skewed: a.Skewed,
		stored: a.Stored,
	}
	if strings.Contains(call, "Key") || strings.Contains(call, "MFADevice") {
		f.service = "IAM"
	}
	row := f.answer()
	switch hint := msg.HintOf(got); {
	case !a.same(row) && (a.Calls != nil || a.Said != ""):
		t.Errorf("%s %s %q: a row above hides this one", call, code, a.Said)
	case !a.same(row): // the call has a row of its own
	case a.Skewed && hint != SetClock,
		a.Message == nil && (got.Error() != f.refused().Error() || hint != ""),
		a.Message != nil && !a.Skewed && (got.Error() != row.Message.Error() || hint != msg.HintOf(row.Message)),
		a.Message != nil && hint == "":
		t.Errorf("%s %s %q: %v (%s)", call, code, a.Said, got, hint)
	}
}
