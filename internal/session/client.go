package session

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/logging"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// ClientOptions is how AWS is reached. What neither it nor its Settings name, the SDK reads from the environment, as every AWS
// client does: proxies, and what has a variable there.
type ClientOptions struct {
	// Profile is the one that messages name.
	Profile  string
	Settings Settings
	// Region is the one whose endpoints are asked.
	Region string
	// IAM is the URL that settings name for IAM, or "" for AWS's own.
	IAM string
	// Timeout is for one call with its retries, not for the person who types a code.
	Timeout time.Duration
	AppID   string
	Now     func() time.Time
	// Trace is told each request and each decision, for --debug.
	Trace func(format string, args ...any)
	// Secret is told each secret that is sent, and the keys that requests are signed with: no message may show them.
	Secret func(text string)
}

// Client is AWS as one set of credentials sees it.
type Client struct {
	ClientOptions
	id       string // the access key's, for messages
	aws      aws.Config
	lastHost string        // the host that was asked last
	ahead    time.Duration // how far this computer's clock is ahead of the one its last answer was dated with
}

// NewClient makes a client with a long-term key pair. It asks nobody yet; its errors are of the settings.
func (r ClientOptions) NewClient(ctx context.Context, keys profile.Keys) (*Client, error) {
	return r.newClient(ctx, keys.AccessKeyID, keys.SecretAccessKey.Reveal(), "")
}

// NewSessionClient makes a client with a session.
func (r ClientOptions) NewSessionClient(ctx context.Context, s Session) (*Client, error) {
	return r.newClient(ctx, s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
}

func (r ClientOptions) newClient(ctx context.Context, id, secret, token string) (*Client, error) {
	// The SDK reads the environment, and no file: what those say has been read, with included profiles and by rules that
	// it does not have. It would refuse a whole profile for one setting that is another client's (retry_mode = legacy), and
	// everything where AWS_PROFILE names one and no file has it.
	if name, ok := os.LookupEnv("AWS_PROFILE"); ok { //nolint:forbidigo // only the SDK reads it, here
		os.Unsetenv("AWS_PROFILE")           //nolint:errcheck // the name is one
		defer os.Setenv("AWS_PROFILE", name) //nolint:errcheck // as above
	}
	cfg, err := config.LoadDefaultConfig(ctx, append(r.Settings.options(),
		config.WithSharedConfigFiles([]string{}),
		config.WithSharedCredentialsFiles([]string{}),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, token)),
		config.WithRegion(r.Region),
		config.WithAppID(r.AppID),
		config.WithLogger(logging.Nop{}), // it would write to stderr, of bodies that it could not discard
	)...)
	var told *msg.Error // of a setting
	switch {
	case errors.As(err, &told):
		return nil, told
	case err != nil:
		return nil, msg.ClientSettings(r.Profile, err)
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok { // as the SDK itself would: it makes one earlier only to add certificates to it
		client = awshttp.NewBuildableClient()
	}
	r.Secret(secret)
	r.Secret(token)
	c := &Client{ClientOptions: r, id: id}
	cfg.HTTPClient = c.traced(client)
	c.aws = cfg
	return c, nil
}

func (c *Client) traced(client *awshttp.BuildableClient) aws.HTTPClient {
	return tracing{
		HTTPClient: newBare(client), now: c.ClientOptions.Now, trace: c.Trace, secret: c.Secret,
		asked: func(host string) { c.lastHost = host },
		dated: func(there time.Time) { c.ahead = c.ClientOptions.Now().Sub(there) },
	}
}

// Call bounds one call with its retries.
func (c *Client) Call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.Timeout)
}

// IAM is what internal/mfa speaks to IAM with.
func (c *Client) IAM() *iam.Client {
	return iam.NewFromConfig(c.aws, func(o *iam.Options) { o.BaseEndpoint = optional(c.ClientOptions.IAM) })
}

// Now is AWS's time, as near as its last answer told it: codes are made from the clock, and this computer's may be wrong.
func (c *Client) Now() time.Time { return c.ClientOptions.Now().Add(-c.ahead) }

// Ahead is how far this computer's clock is ahead of AWS's, as near as its last answer told it; 0 before there is one.
func (c *Client) Ahead() time.Duration { return c.ahead }
