// Package keys knows the access keys of an IAM user, as IAM lists, makes and ends them. It decides nothing, and never
// shows or keeps a secret access key.
package keys

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Every call names the user. Else IAM would take the one whom the signing key belongs to, and that key may be the one
// that has just been deleted.

// Key is an access key as IAM lists it. Two are all that a user may have, inactive ones too (IAM User Guide, "IAM and AWS
// STS quotas").
type Key struct {
	ID      string
	Active  bool
	Created time.Time
}

// LastUsed is the last use of an access key, as far as AWS has noted it; the zero Use is none.
type LastUsed struct {
	At              time.Time
	Service, Region string
}

// List lists the user's access keys. Errors are the SDK's.
func List(ctx context.Context, client *iam.Client, user string) ([]Key, error) {
	var all []Key
	for marker := (*string)(nil); ; { // without the SDK's paginator, see mfa.Devices
		page, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(user), Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, k := range page.AccessKeyMetadata {
			all = append(all, Key{
				ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive, Created: aws.ToTime(k.CreateDate),
			})
		}
		if !page.IsTruncated {
			return all, nil
		}
		marker = page.Marker
	}
}

// GetLastUsed tells when a key was used last. Errors are the SDK's.
func GetLastUsed(ctx context.Context, client *iam.Client, id string) (LastUsed, error) {
	out, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(id)})
	if err != nil || out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.LastUsedDate == nil {
		return LastUsed{}, err
	}
	u := out.AccessKeyLastUsed
	return LastUsed{At: aws.ToTime(u.LastUsedDate), Service: aws.ToString(u.ServiceName), Region: aws.ToString(u.Region)}, nil
}

// Create makes a new access key, which is active. Errors are the SDK's. The SDK tries again what got no answer, and may
// then be told of its own key: LimitReached.
func Create(ctx context.Context, client *iam.Client, user string) (profile.Keys, error) {
	out, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(user)})
	if err != nil {
		return profile.Keys{}, err
	}
	if k := out.AccessKey; k == nil || aws.ToString(k.AccessKeyId) == "" || aws.ToString(k.SecretAccessKey) == "" {
		return profile.Keys{}, msg.NotAWS("AWS IAM", http.StatusOK, errors.New("the answer holds no key"))
	}
	return profile.Keys{
		AccessKeyID:     aws.ToString(out.AccessKey.AccessKeyId),
		SecretAccessKey: profile.NewSecret(aws.ToString(out.AccessKey.SecretAccessKey)),
	}, nil
}

// Deactivate has AWS take the key no more, until Activate. Errors are the SDK's.
func Deactivate(ctx context.Context, client *iam.Client, user, id string) error {
	return update(ctx, client, user, id, types.StatusTypeInactive)
}

// Activate has AWS take a key again that was deactivated. Errors are the SDK's.
func Activate(ctx context.Context, client *iam.Client, user, id string) error {
	return update(ctx, client, user, id, types.StatusTypeActive)
}

func update(ctx context.Context, client *iam.Client, user, id string, status types.StatusType) error {
	_, err := client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id), Status: status,
	})
	return err
}

// Delete deletes a key for good, active or not. One that is gone already is no error. Errors are the SDK's.
func Delete(ctx context.Context, client *iam.Client, user, id string) error {
	_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String(user), AccessKeyId: aws.String(id)})
	return unlessMissing(err)
}

// missingKeyID is no key's ID: those are in Base32, which has no 0, 1, 8 and 9. But it has the form of one.
const missingKeyID = "AKIA0000000000000000"

// CheckReplaceable finds out, changing nothing, whether the user may deactivate and delete access keys, for with the new one
// made it would be too late to learn it: AWS judges whether one may before it looks for the key, and there is no such
// key. Errors are the SDK's.
func CheckReplaceable(ctx context.Context, client *iam.Client, user string) error {
	if err := unlessMissing(update(ctx, client, user, missingKeyID, types.StatusTypeInactive)); err != nil {
		return err
	}
	return Delete(ctx, client, user, missingKeyID)
}

// LimitReached says that the user has as many keys as there may be.
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
