package fakeaws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestKeyLife is a rotation as in AWS's guide, under the policy that denies it without MFA.
func TestKeyLife(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Path: "/team/"})
	d := s.AddDevice(u.ARN, Device{})
	old := u.Keys[0].ID
	_, err := iamClient(longTerm(s, u)).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{})
	wantError(
		t,
		err,
		403,
		"AccessDenied",
		"User: "+u.ARN+" is not authorized to perform: iam:CreateAccessKey on resource: "+u.ARN+
			" with an explicit deny in an identity-based policy",
	)
	c := iamClient(sessionOf(s, login(t, s, u, d.Serial)))

	made, err := c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("alice")})
	noError(t, err)
	id, secret := *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey
	if !strings.HasPrefix(id, "AKIA") || len(secret) != 40 || made.AccessKey.Status != "Active" ||
		*made.AccessKey.UserName != "alice" {
		t.Errorf("made %s, a secret of %d characters, %s", id, len(secret), made.AccessKey.Status)
	}
	_, err = c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{})
	wantError(t, err, 409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")

	used := func(id string) *iamtypes.AccessKeyLastUsed {
		t.Helper()
		out, err := c.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
		noError(t, err)
		if *out.UserName != "alice" {
			t.Errorf("it is %s's", *out.UserName)
		}
		return out.AccessKeyLastUsed
	}
	if u := used(id); u.LastUsedDate != nil || *u.ServiceName != "N/A" || *u.Region != "N/A" {
		t.Errorf("a new key was used %v", u)
	}
	newcomer := stsClient(config(s, id, secret, ""))
	_, err = newcomer.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if u := used(id); u.LastUsedDate == nil || *u.ServiceName != "sts" || *u.Region != "us-east-1" {
		t.Errorf("after its use: %v", u)
	}

	var listed []string
	for marker := (*string)(nil); ; {
		page, err := c.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{MaxItems: aws.Int32(1), Marker: marker})
		noError(t, err)
		for _, k := range page.AccessKeyMetadata {
			listed = append(listed, *k.AccessKeyId+" "+string(k.Status))
		}
		if marker = page.Marker; !page.IsTruncated {
			break
		}
	}
	if want := old + " Active," + id + " Active"; strings.Join(listed, ",") != want {
		t.Errorf("listed %v, not %s", listed, want)
	}

	set := func(status iamtypes.StatusType, id string) error {
		_, err := c.UpdateAccessKey(
			t.Context(),
			&iam.UpdateAccessKeyInput{AccessKeyId: &id, Status: status, UserName: aws.String("alice")},
		)
		return err
	}
	noError(t, set("Inactive", old))
	_, err = stsClient(longTerm(s, u)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, 403, "InvalidClientTokenId", invalidToken)
	noError(t, set("Active", old))
	_, err = stsClient(longTerm(s, u)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if err := set("Expired", old); err == nil {
		t.Error("a status that there is not is taken")
	}
	remove := func(id string) error {
		_, err := c.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{AccessKeyId: &id})
		return err
	}
	noError(t, remove(old))
	gone := "The Access Key with id " + old + " cannot be found."
	wantError(t, remove(old), 404, "NoSuchEntity", gone)
	wantError(t, set("Active", old), 404, "NoSuchEntity", gone)
	if all := s.Keys(u.ARN); len(all) != 1 || all[0].ID != id || all[0].Secret != secret || all[0].Status != KeyActive {
		t.Errorf("%d keys are left", len(all))
	}

	// The session of the deleted key stays valid until it is ended.
	s.EndSessions(u.ARN)
	wantError(t, remove(id), 403, "InvalidClientTokenId", invalidToken)
}

// The caller can neither delete another user's key nor ask about an unknown key.
func TestKeysOfOthers(t *testing.T) {
	s := start(t)
	alice := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	bob := s.AddUser(User{Name: "bob", Policies: []string{`{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
		"Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::*:user/${aws:username}"}}`}})
	c := iamClient(longTerm(s, bob))
	_, err := c.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{AccessKeyId: &alice.Keys[0].ID})
	wantError(t, err, 404, "NoSuchEntity", "The Access Key with id "+alice.Keys[0].ID+" cannot be found.")
	_, err = c.DeleteAccessKey(
		t.Context(),
		&iam.DeleteAccessKeyInput{AccessKeyId: &alice.Keys[0].ID, UserName: aws.String("alice")},
	)
	wantError(
		t,
		err,
		403,
		"AccessDenied",
		"User: "+bob.ARN+" is not authorized to perform: iam:DeleteAccessKey on resource: "+alice.ARN+
			" because no identity-based policy allows the iam:DeleteAccessKey action",
	)
	_, err = c.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &alice.Keys[0].ID})
	wantError(
		t,
		err,
		403,
		"AccessDenied",
		"User: "+bob.ARN+" is not authorized to perform: iam:GetAccessKeyLastUsed on resource: "+alice.ARN+
			" because no identity-based policy allows the iam:GetAccessKeyLastUsed action",
	)
	nobodys := "AKIA0000000000000000"
	_, err = iamClient(
		longTerm(s, alice),
	).GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &nobodys})
	wantError(
		t,
		err,
		403,
		"AccessDenied",
		"User: "+alice.ARN+" is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key "+nobodys,
	)
}

// A new key is refused for the set number of requests, and then accepted.
func TestKeyLag(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	s.SetKeyLag(2)
	made, err := iamClient(longTerm(s, u)).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{})
	noError(t, err)
	ask := func() error {
		_, err := stsClient(config(s, *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")).
			GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	wantError(t, ask(), 403, "InvalidClientTokenId", invalidToken)
	wantError(t, ask(), 403, "InvalidClientTokenId", invalidToken)
	noError(t, ask())
	s.ForgetKey(*made.AccessKey.AccessKeyId, -1)
	for range 3 {
		wantError(t, ask(), 403, "InvalidClientTokenId", invalidToken)
	}
}
