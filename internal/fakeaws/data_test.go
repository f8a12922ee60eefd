package fakeaws

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// S3 and KMS answer a session with MFA, and refuse the user's long-term key as a policy does that denies everything
// without MFA.
func TestDataServices(t *testing.T) {
	s := start(t)
	alice := s.AddUser(User{Name: "alice"})
	device := s.AddDevice(alice.ARN, Device{})
	session := login(t, s, alice, device.Serial)
	long := aws.Credentials{AccessKeyID: alice.Keys[0].ID, SecretAccessKey: alice.Keys[0].Secret}
	good := aws.Credentials{
		AccessKeyID: *session.AccessKeyId, SecretAccessKey: *session.SecretAccessKey,
		SessionToken: *session.SessionToken,
	}
	call := func(keys aws.Credentials, service, method, path, target, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sum := hexSHA256([]byte(body))
		r.Header.Set("X-Amz-Content-Sha256", sum)
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
		if err := signer.SignHTTP(t.Context(), keys, r, sum, service, "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	for _, c := range []struct{ service, method, path, target, body, want string }{
		{"s3", "GET", "/data?list-type=2&prefix=a%2Fb", "", "", "<ListBucketResult>"},
		{"s3", "GET", "/data?location=", "", "", "<LocationConstraint/>"},
		{"kms", "POST", "/", "TrentService.Decrypt", `{"CiphertextBlob":"c2VhbGVk"}`, `"Plaintext":"c2VhbGVk"`},
		{"ecr", "POST", "/", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", "{}", "authorizationToken"},
	} {
		if status, text := call(good, c.service, c.method, c.path, c.target, c.body); status != 200 ||
			!strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %s", c.service, c.path, status, text)
		}
		if status, text := call(long, c.service, c.method, c.path, c.target, c.body); status != 403 ||
			!strings.Contains(text, "explicit deny") {
			t.Errorf("%s %s with the long-term key: %d %s", c.service, c.path, status, text)
		}
	}
	if status, text := call(good, "s3", "GET", "/data/no%20such%20key", "", ""); status != 404 ||
		!strings.Contains(text, "<Code>NoSuchKey</Code>") {
		t.Errorf("an object: %d %s", status, text)
	}
	if arn, isSession := s.Signer(good.AccessKeyID); arn != alice.ARN || !isSession {
		t.Errorf("the session is %s's (%v)", arn, isSession)
	}
	if arn, isSession := s.Signer(long.AccessKeyID); arn != alice.ARN || isSession {
		t.Errorf("the key is %s's (%v)", arn, isSession)
	}
}
