package awsapi

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"awsmfa/internal/msg"
)

// Identity is the answer of GetCallerIdentity.
type Identity struct {
	ARN       string
	Partition string // aws, aws-cn, aws-us-gov, aws-eusc
	Account   string // twelve digits
	User      string // the IAM user's name, without its path; "" for the root user and for a role
}

// Label returns the user's label in an authenticator app, in the form of the AWS console.
func (i Identity) Label() string { return i.User + "@" + i.Account }

// Identity calls GetCallerIdentity, which needs no permission and which no policy can deny (AWS STS API Reference).
// Errors are messages.
func (c *Client) Identity(ctx context.Context, endpoint Endpoint) (Identity, error) {
	call, cancel := c.Call(ctx)
	defer cancel()
	out, err := c.sts(endpoint).GetCallerIdentity(call, &sts.GetCallerIdentityInput{})
	if ctx.Err() != nil {
		return Identity{}, ctx.Err()
	}
	if err != nil {
		return Identity{}, c.Explain(err)
	}
	// arn:PARTITION:iam::ACCOUNT:user/PATH/NAME
	id := Identity{ARN: aws.ToString(out.Arn), Account: aws.ToString(out.Account)}
	parts := strings.SplitN(id.ARN, ":", 6)
	if len(parts) != 6 {
		return Identity{}, NotAUser(id.ARN)
	}
	id.Partition = parts[1]
	if path, ok := strings.CutPrefix(parts[5], "user/"); ok {
		id.User = path[strings.LastIndexByte(path, '/')+1:]
	}
	return id, nil
}

// NotAUser is the error for keys of something else than an IAM user.
func NotAUser(arn string) *msg.Error {
	return msg.Errorf("the keys belong to %s, not to an IAM user", arn).
		Hint("awsmfa is for IAM users: create one, and an access key for it, in the IAM console")
}

// KeysRefused reports whether Identity failed because AWS knows no such key pair: one of its parts is mistyped.
func (c *Client) KeysRefused(err error) bool {
	return c.refused(err, "InvalidClientTokenId", "UnrecognizedClientException") || c.SecretRefused(err)
}

// SecretRefused reports whether Identity failed because the secret does not belong to the access key ID.
func (c *Client) SecretRefused(err error) bool {
	return c.refused(err, "SignatureDoesNotMatch") && !c.RegionRefused(err)
}

// RegionRefused reports whether Identity failed because AWS has no such region, or the endpoint is in another one.
func (c *Client) RegionRefused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "SignatureDoesNotMatch" && isOtherRegion(api.ErrorMessage())
}

func (c *Client) refused(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && c.ahead.Abs() <= maxSkew && slices.Contains(codes, api.ErrorCode())
}

// SessionRefused reports whether Identity failed because the session has expired or was not copied whole.
func (c *Client) SessionRefused(err error) bool { return Revoked(err) || c.KeysRefused(err) }

func (c *Client) sts(endpoint Endpoint) *sts.Client {
	return sts.NewFromConfig(c.aws, func(o *sts.Options) {
		o.BaseEndpoint = optional(endpoint.URL)
		if endpoint.Global {
			o.Region = "aws-global"
		}
	})
}
