// Package keys lists, creates, deactivates and deletes an IAM user's access keys. It decides nothing, and never shows
// or stores a secret access key.
package keys

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Every call names the user. Without a name IAM takes the owner of the signing key, which may just have been deleted.

// Key is an access key as IAM lists it. A user may have two, including inactive ones (IAM User Guide, "IAM and AWS STS
// quotas").
type Key struct {
	ID      string
	Active  bool
	Created time.Time
}

// LastUsed is the last use of an access key that AWS has recorded; zero if there is none.
type LastUsed struct {
	At              time.Time
	Service, Region string
}

// List lists the user's access keys. Errors are the SDK's.
func List(ctx context.Context, client *iam.Client, user string) ([]Key, error) {
	var all []Key
	for marker := (*string)(nil); ; { // without the SDK's paginator: see mfa.Devices
		page, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(user), Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, k := range page.AccessKeyMetadata {
			all = append(all, Key{
				ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive,
				Created: aws.ToTime(k.CreateDate),
			})
		}
		if !page.IsTruncated {
			return all, nil
		}
		marker = page.Marker
	}
}

// GetLastUsed returns the last use of a key. Errors are the SDK's.
func GetLastUsed(ctx context.Context, client *iam.Client, id string) (LastUsed, error) {
	out, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(id)})
	if err != nil || out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.LastUsedDate == nil {
		return LastUsed{}, err
	}
	u := out.AccessKeyLastUsed
	return LastUsed{
		At: aws.ToTime(u.LastUsedDate), Service: aws.ToString(u.ServiceName), Region: aws.ToString(u.Region),
	}, nil
}

// Create creates an access key, which is active. Errors are the SDK's, or a *msg.Error for an answer that IAM would not
// give. The SDK repeats a request that got no answer, and may then count the key of its own first try: LimitReached.
func Create(ctx context.Context, client *iam.Client, user string) (profile.Keys, error) {
	out, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(user)})
	if err != nil {
		return profile.Keys{}, err
	}
	if k := out.AccessKey; k == nil || aws.ToString(k.AccessKeyId) == "" || aws.ToString(k.SecretAccessKey) == "" {
		return profile.Keys{}, msg.Errorf("the answer from IAM lacks the new access key").
			Hint("a proxy or a network's sign-in page may have answered instead: open a web page in a browser, " +
				"check HTTPS_PROXY")
	}
	return profile.Keys{
		AccessKeyID:     aws.ToString(out.AccessKey.AccessKeyId),
		SecretAccessKey: profile.NewSecret(aws.ToString(out.AccessKey.SecretAccessKey)),
	}, nil
}

// Deactivate makes AWS refuse the key until Activate. Errors are the SDK's.
func Deactivate(ctx context.Context, client *iam.Client, user, id string) error {
	return update(ctx, client, user, id, types.StatusTypeInactive)
}

// Activate reverses Deactivate. Errors are the SDK's.
func Activate(ctx context.Context, client *iam.Client, user, id string) error {
	return update(ctx, client, user, id, types.StatusTypeActive)
}

func update(ctx context.Context, client *iam.Client, user, id string, status types.StatusType) error {
	_, err := client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id), Status: status,
	})
	return err
}

// Delete deletes a key for good, active or not. A missing key is not an error. Errors are the SDK's.
func Delete(ctx context.Context, client *iam.Client, user, id string) error {
	_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id),
	})
	return unlessMissing(err)
}

// missingKeyID has the form of a key ID, but is never one: key IDs are in Base32, which has no 0.
const missingKeyID = "AKIA0000000000000000"

// CheckReplaceable checks, without changing anything, whether the user may deactivate and delete access keys, before
// a new one is created. It tries both with a key that does not exist: AWS checks permissions first. Errors are the
// SDK's.
func CheckReplaceable(ctx context.Context, client *iam.Client, user string) error {
	if err := unlessMissing(update(ctx, client, user, missingKeyID, types.StatusTypeInactive)); err != nil {
		return err
	}
	return Delete(ctx, client, user, missingKeyID)
}

// LimitReached reports whether Create failed because the user has the maximum number of keys.
func LimitReached(err error) bool { return hasCode(err, "LimitExceeded") }

func unlessMissing(err error) error {
	if hasCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}

func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.TrimSuffix(api.ErrorCode(), "Exception") == code
}
