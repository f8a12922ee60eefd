package session

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

// Identity is who AWS says the keys are.
type Identity struct {
	ARN       string
	Partition string // aws, aws-cn, aws-us-gov, aws-eusc
	Account   string // twelve digits
	User      string // the IAM user's name, without its path; "" for the root user and for a role
}

// Label is how an authenticator app lists the user, as the AWS console has it.
func (i Identity) Label() string { return i.User + "@" + i.Account }

// Identity asks STS whose keys these are: GetCallerIdentity needs no permission, and no policy can deny it (AWS STS API
// Reference). Errors are in words.
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
		return Identity{}, msg.NotAUser(id.ARN)
	}
	id.Partition = parts[1]
	if path, ok := strings.CutPrefix(parts[5], "user/"); ok {
		id.User = path[strings.LastIndexByte(path, '/')+1:]
	}
	return id, nil
}

// KeysRefused says of an error of Identity that AWS takes the keys for nobody's: there is a slip in one of them.
func (c *Client) KeysRefused(err error) bool {
	return c.refused(err, "InvalidClientTokenId", "UnrecognizedClientException") || c.SecretRefused(err)
}

// SecretRefused says of an error of Identity that AWS knows the access key ID, and the secret is not its own.
func (c *Client) SecretRefused(err error) bool {
	return c.refused(err, "SignatureDoesNotMatch") && !c.RegionRefused(err)
}

// RegionRefused says of an error of Identity that AWS knows no such region, or the endpoint is another's.
func (c *Client) RegionRefused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "SignatureDoesNotMatch" && isOtherRegion(api.ErrorMessage())
}

func (c *Client) refused(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && c.ahead.Abs() <= maxSkew && slices.Contains(codes, api.ErrorCode())
}

// SessionRefused says of an error of Identity that AWS does not take the session: it has ended, or was not copied whole.
func (c *Client) SessionRefused(err error) bool { return isRevoked(err) || c.KeysRefused(err) }

func (c *Client) sts(endpoint Endpoint) *sts.Client {
	return sts.NewFromConfig(c.aws, func(o *sts.Options) {
		o.BaseEndpoint = optional(endpoint.URL)
		if endpoint.Global {
			o.Region = "aws-global"
		}
	})
}
