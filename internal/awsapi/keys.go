package awsapi

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

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

// KeyLastUsed is the last use of an access key that AWS has recorded; zero if there is none.
type KeyLastUsed struct {
	At              time.Time
	Service, Region string
}

// ListKeys lists the user's access keys.
func (c *Client) ListKeys(ctx context.Context, user string) (all []Key, err error) {
	err = c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		for marker := (*string)(nil); ; { // without the SDK's paginator: see ListDevices
			in := &iam.ListAccessKeysInput{UserName: aws.String(user), Marker: marker}
			page, err := client.ListAccessKeys(ctx, in)
			if err != nil {
				return err
			}
			for _, k := range page.AccessKeyMetadata {
				all = append(all, Key{
					ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive,
					Created: aws.ToTime(k.CreateDate),
				})
			}
			if !page.IsTruncated {
				return nil
			}
			marker = page.Marker
		}
	})
	return all, err
}

// GetKeyLastUsed returns the last use of a key.
func (c *Client) GetKeyLastUsed(ctx context.Context, id string) (use KeyLastUsed, err error) {
	err = c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		out, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(id)})
		if err != nil || out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.LastUsedDate == nil {
			return err
		}
		u := out.AccessKeyLastUsed
		use = KeyLastUsed{aws.ToTime(u.LastUsedDate), aws.ToString(u.ServiceName), aws.ToString(u.Region)}
		return nil
	})
	return use, err
}

// CreateKey creates an access key, which is active. The SDK repeats a request that got no answer, and may then count
// the key of its own first try: KeyLimitReached.
func (c *Client) CreateKey(ctx context.Context, user string) (keys profile.Keys, err error) {
	err = c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		out, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(user)})
		if err != nil {
			return err
		}
		if k := out.AccessKey; k == nil || aws.ToString(k.AccessKeyId) == "" || aws.ToString(k.SecretAccessKey) == "" {
			return msg.Errorf("the answer from IAM lacks the new access key").Hint(otherAnswers)
		}
		keys.AccessKeyID = aws.ToString(out.AccessKey.AccessKeyId)
		keys.SecretAccessKey = profile.NewSecret(aws.ToString(out.AccessKey.SecretAccessKey))
		return nil
	})
	return keys, err
}

// DeactivateKey makes AWS refuse the key until ActivateKey.
func (c *Client) DeactivateKey(ctx context.Context, user, id string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		return updateKey(ctx, client, user, id, types.StatusTypeInactive)
	})
}

// ActivateKey reverses DeactivateKey.
func (c *Client) ActivateKey(ctx context.Context, user, id string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		return updateKey(ctx, client, user, id, types.StatusTypeActive)
	})
}

func updateKey(ctx context.Context, client *iam.Client, user, id string, status types.StatusType) error {
	_, err := client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id), Status: status,
	})
	return err
}

// DeleteKey deletes a key for good, active or not. A missing key is not an error.
func (c *Client) DeleteKey(ctx context.Context, user, id string) error {
	return c.change(ctx, func(ctx context.Context, client *iam.Client) error {
		return deleteKey(ctx, client, user, id)
	})
}

func deleteKey(ctx context.Context, client *iam.Client, user, id string) error {
	_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id),
	})
	return unlessNoSuchEntity(err)
}

// missingKeyID has the form of a key ID, but is never one: key IDs are in Base32, which has no 0.
const missingKeyID = "AKIA0000000000000000"

// CheckKeyReplaceable checks, without changing anything, whether the user may deactivate and delete access keys, before
// a new one is created. It tries both with a key that does not exist: AWS checks permissions first.
func (c *Client) CheckKeyReplaceable(ctx context.Context, user string) error {
	return c.iam(ctx, func(ctx context.Context, client *iam.Client) error {
		err := unlessNoSuchEntity(updateKey(ctx, client, user, missingKeyID, types.StatusTypeInactive))
		if err != nil {
			return err
		}
		return deleteKey(ctx, client, user, missingKeyID)
	})
}

// KeyLimitReached reports whether CreateKey failed because the user has the maximum number of keys.
func KeyLimitReached(err error) bool { return hasCode(err, "LimitExceeded") }

func unlessNoSuchEntity(err error) error {
	if hasCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}
