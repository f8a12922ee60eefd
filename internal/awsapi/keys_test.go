package awsapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/fakeaws"
)

// Against the stand-in, which limits the keys and applies policies as AWS does.
func TestKeys(t *testing.T) {
	s := fakeaws.New()
	url, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	u := s.AddUser(fakeaws.User{Name: "alice", Policies: []string{fakeaws.Admin()}})
	client := iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider(u.Keys[0].ID, u.Keys[0].Secret, ""),
	})
	ctx := t.Context()
	old := u.Keys[0].ID
	want := func(states ...bool) {
		t.Helper()
		all, err := awsapi.ListKeys(ctx, client, "alice")
		if err != nil || len(all) != len(states) {
			t.Fatalf("%v, %v", all, err)
		}
		for i, k := range all {
			if k.Active != states[i] || k.Created.IsZero() {
				t.Errorf("%+v", k)
			}
		}
	}
	if err := awsapi.CheckKeyReplaceable(ctx, client, "alice"); err != nil {
		t.Error(err)
	}
	want(true)
	made, err := awsapi.CreateKey(ctx, client, "alice")
	if err != nil || made.AccessKeyID == "" || made.SecretAccessKey.Reveal() != s.Keys(u.ARN)[1].Secret {
		t.Fatalf("%v, %v", made, err)
	}
	want(true, true)
	if _, err := awsapi.CreateKey(ctx, client, "alice"); !awsapi.KeyLimitReached(err) {
		t.Error(err)
	}
	if use, err := awsapi.GetKeyLastUsed(ctx, client, made.AccessKeyID); err != nil || use != (awsapi.KeyLastUsed{}) {
		t.Errorf("%+v, %v", use, err)
	}
	use, err := awsapi.GetKeyLastUsed(ctx, client, old)
	if err != nil || use.At.IsZero() || use.Service != "iam" || use.Region != "us-east-1" {
		t.Errorf("%+v, %v", use, err)
	}
	if err := awsapi.DeactivateKey(ctx, client, "alice", made.AccessKeyID); err != nil {
		t.Error(err)
	}
	want(true, false)
	if err := awsapi.ActivateKey(ctx, client, "alice", made.AccessKeyID); err != nil {
		t.Error(err)
	}
	want(true, true)
	for range 2 { // once more is no error
		if err := awsapi.DeleteKey(ctx, client, "alice", made.AccessKeyID); err != nil {
			t.Error(err)
		}
	}
	want(true)
	for _, action := range []string{"iam:UpdateAccessKey", "iam:DeleteAccessKey"} {
		s.SetPolicies(u.ARN, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
			"NotAction": "`+action+`", "Resource": "*"}}`)
		if err := awsapi.CheckKeyReplaceable(ctx, client, "alice"); !awsapi.AccessDenied(err) {
			t.Errorf("without %s: %v", action, err)
		}
	}
}
