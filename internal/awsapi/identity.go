package awsapi

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"awsmfa/internal/msg"
	"awsmfa/internal/partition"
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
	out, err := c.callerIdentity(ctx, endpoint)
	if err != nil {
		err = cmp.Or(c.regionDisabled(ctx, endpoint, err), c.Explain(err))
	}
	if ctx.Err() != nil {
		return Identity{}, ctx.Err()
	}
	if err != nil {
		return Identity{}, err
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

func (c *Client) callerIdentity(ctx context.Context, endpoint Endpoint) (*sts.GetCallerIdentityOutput, error) {
	call, cancel := c.limited(ctx)
	defer cancel()
	return c.sts(endpoint).GetCallerIdentity(call, &sts.GetCallerIdentityInput{})
}

// CheckRegion returns an error, a *msg.Error or ctx's, if the account of the keys has not enabled the client's region,
// so that AWS accepts no request there. It makes a request only in a region that accounts must enable.
func (c *Client) CheckRegion(ctx context.Context, endpoint Endpoint) error {
	if !partition.MustBeEnabled(c.Region) {
		return nil
	}
	_, err := c.callerIdentity(ctx, endpoint)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.regionDisabled(ctx, endpoint, err)
}

var errRegionDisabled = errors.New("the region is not enabled")

// regionDisabled returns the error for a region that the account has not enabled: there AWS knows none of its keys. It
// returns nil if err has another cause: then the partition's default region, which every account has, refuses the
// keys, too.
func (c *Client) regionDisabled(ctx context.Context, endpoint Endpoint, err error) error {
	if !unknownKey(err) || !partition.MustBeEnabled(c.Region) {
		return nil
	}
	elsewhere := *c
	elsewhere.aws.Region = partition.OfRegion(c.Region).Region
	if _, err := elsewhere.callerIdentity(ctx, endpoint); err != nil {
		return nil //nolint:nilerr // err is explained without this one
	}
	disabled := msg.Errorf("the account of %s has not enabled the region %q: AWS does not know its keys there",
		c.id, c.Region).Wrap(errRegionDisabled)
	if !c.TakesRegion {
		return disabled.Hint("set %s to an enabled region, such as %s; "+
			"or have an administrator enable this one (AWS console, Account, AWS Regions)",
			c.RegionFrom, elsewhere.aws.Region)
	}
	return disabled.
		Hint("use an enabled region: %s; or have an administrator enable this one (AWS console, Account, AWS Regions)",
			msg.Command("exec", c.Profile, "--region", elsewhere.aws.Region).With("-- COMMAND"))
}

// errRoot is wrapped in the errors about the root user.
var errRoot = errors.New("the root user")

// IsRoot reports whether an error of NotAUser or of a role is about the root user.
func IsRoot(err error) bool { return errors.Is(err, errRoot) }

// IsRoot reports whether the keys are the root user's.
func (i Identity) IsRoot() bool { return strings.HasSuffix(i.ARN, ":root") }

// IsRootDevice reports whether the serial number is that of the root user's first device.
func IsRootDevice(serial string) bool {
	return strings.HasSuffix(serial, ":mfa/root-account-mfa-device")
}

// NoRoleForRoot is the error for a role that the root user's keys shall assume.
func NoRoleForRoot(roleProfile string) *msg.Error {
	return msg.Errorf("the role of profile %q cannot be assumed: AWS gives the root user no roles", roleProfile).
		Hint("create an IAM user with an access key in the IAM console, and name its profile in source_profile").
		Wrap(errRoot)
}

// RootWithoutDevice is the error for the root user without a device.
func RootWithoutDevice(profileName string) *msg.Error {
	return msg.Errorf("profile %q has the keys of the root user, who has no MFA device", profileName).
		Hint("add one in the AWS console, under Security credentials; "+
			"better, create an IAM user there, and run %s with its access key", msg.Command("setup")).
		Wrap(errRoot)
}

// NotAUser is the error for keys of something else than an IAM user.
func NotAUser(arn string) *msg.Error {
	if (Identity{ARN: arn}).IsRoot() {
		return msg.Errorf("the keys belong to the root user, %s", arn).
			Hint("%s and %s give the root user a session; for everything else, roles included, "+
				"create an IAM user with an access key in the IAM console",
				msg.Command("env").With("PROFILE"), msg.Command("exec").With("PROFILE -- COMMAND")).
			Wrap(errRoot)
	}
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

// RegionRefused reports whether Identity failed because AWS has no such region, the endpoint is in another one, or the
// account has not enabled it.
func (c *Client) RegionRefused(err error) bool {
	code, said := errorCode(err)
	return code == "SignatureDoesNotMatch" && isOtherRegion(said) || errors.Is(err, errRegionDisabled)
}

func (c *Client) refused(err error, codes ...string) bool {
	code, _ := errorCode(err)
	return c.ahead.Abs() <= maxSkew && slices.Contains(codes, code)
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
