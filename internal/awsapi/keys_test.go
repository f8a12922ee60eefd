package awsapi_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/fakeaws"
	"awsmfa/internal/profile"
)

// Against the stand-in, which limits the keys and applies policies as AWS does.
func TestKeys(t *testing.T) {
	for _, entry := range os.Environ() { // the SDK reads it
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	s := fakeaws.New()
	url, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	u := s.AddUser(fakeaws.User{Name: "alice", Policies: []string{fakeaws.Admin()}})
	ctx := t.Context()
	client, err := awsapi.ClientOptions{
		Region: "us-east-1", IAM: url, Timeout: time.Minute, Now: time.Now,
		Trace: func(string, ...any) {}, Secret: func(string) {},
	}.NewClient(ctx, profile.Keys{AccessKeyID: u.Keys[0].ID, SecretAccessKey: profile.NewSecret(u.Keys[0].Secret)})
	if err != nil {
		t.Fatal(err)
	}
	old := u.Keys[0].ID
	want := func(states ...bool) {
		t.Helper()
		all, err := client.ListKeys(ctx, "alice")
		if err != nil || len(all) != len(states) {
			t.Fatalf("%v, %v", all, err)
		}
		for i, k := range all {
			if k.Active != states[i] || k.Created.IsZero() {
				t.Errorf("%+v", k)
			}
		}
	}
	if err := client.CheckKeyReplaceable(ctx, "alice"); err != nil {
		t.Error(err)
	}
	want(true)
	made, err := client.CreateKey(ctx, "alice")
	if err != nil || made.AccessKeyID == "" || made.SecretAccessKey.Reveal() != s.Keys(u.ARN)[1].Secret {
		t.Fatalf("%v, %v", made, err)
	}
	want(true, true)
	if _, err := client.CreateKey(ctx, "alice"); !awsapi.KeyLimitReached(err) {
		t.Error(err)
	}
	if use, err := client.GetKeyLastUsed(ctx, made.AccessKeyID); err != nil || use != (awsapi.KeyLastUsed{}) {
		t.Errorf("%+v, %v", use, err)
	}
	use, err := client.GetKeyLastUsed(ctx, old)
	if err != nil || use.At.IsZero() || use.Service != "iam" || use.Region != "us-east-1" {
		t.Errorf("%+v, %v", use, err)
	}
	if err := client.DeactivateKey(ctx, "alice", made.AccessKeyID); err != nil {
		t.Error(err)
	}
	want(true, false)
	if err := client.ActivateKey(ctx, "alice", made.AccessKeyID); err != nil {
		t.Error(err)
	}
	want(true, true)
	for range 2 { // once more is no error
		if err := client.DeleteKey(ctx, "alice", made.AccessKeyID); err != nil {
			t.Error(err)
		}
	}
	want(true)
	for _, action := range []string{"iam:UpdateAccessKey", "iam:DeleteAccessKey"} {
		s.SetPolicies(u.ARN, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
			"NotAction": "`+action+`", "Resource": "*"}}`)
		if err := client.CheckKeyReplaceable(ctx, "alice"); !awsapi.AccessDenied(err) {
			t.Errorf("without %s: %v", action, err)
		}
	}
}
