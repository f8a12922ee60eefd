// Package awsapi owns the AWS SDK: the client and its settings, the trace of its requests, AWS's errors in words, and
// the calls for sessions, identities, MFA devices, access keys, external credential sources and federation. It decides
// nothing, never prints, never asks the person, and stores nothing but the sign-in tokens that the SDK renews.
package awsapi

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

// ClientOptions configure a Client. The SDK reads other settings, such as proxies, from the environment, as every AWS
// client does.
type ClientOptions struct {
	// Profile is the profile that messages name.
	Profile string
	// Stored says that the secret of the profile's keys is in a store of awsmfa's.
	Stored   bool
	Settings Settings
	Region   string
	// RegionFrom is where the region is configured; empty if it is a partition's default.
	RegionFrom msg.Text
	// TakesRegion means that the command has --region, and a person types it.
	TakesRegion bool
	// IAM is the URL of the configured endpoint for IAM, or "" for AWS's own.
	IAM string
	// Proxy is the variable that names the proxy, or "" if none does.
	Proxy string
	// Endpoints are the variables and the setting that name another endpoint than AWS's own.
	Endpoints msg.List
	// Timeout limits one call with its retries, not the time to type a code.
	Timeout time.Duration
	AppID   string
	Now     func() time.Time
	// Trace reports each request and each decision, for --debug.
	Trace func(format string, args ...any)
	// Secret receives each secret that is sent, and the keys that sign requests: no message may show them.
	Secret func(text string)
}

// Client calls AWS with one set of credentials.
type Client struct {
	ClientOptions
	id       string // the access key's, for messages
	aws      aws.Config
	lastHost string        // the host of the last request
	ahead    time.Duration // this computer's clock minus the Date of the last answer
}

// NewClient returns a client with a long-term key pair. It makes no request; its errors are about the settings.
func (r ClientOptions) NewClient(ctx context.Context, keys profile.Keys) (*Client, error) {
	r.Stored = keys.Store != ""
	return r.newClient(ctx, keys.AccessKeyID, keys.SecretAccessKey.Reveal(), "")
}

// NewSessionClient returns a client with a session.
func (r ClientOptions) NewSessionClient(ctx context.Context, s Credentials) (*Client, error) {
	return r.newClient(ctx, s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
}

func (r ClientOptions) newClient(ctx context.Context, id, secret, token string) (*Client, error) {
	// The SDK reads the environment but no file: awsmfa has read those, by rules that the SDK lacks (included
	// profiles). The SDK would refuse a whole profile for one setting of another client (retry_mode = legacy), and
	// every call if AWS_PROFILE names a profile that is in no file.
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
		config.WithLogger(logging.Nop{}), // else it writes to stderr about bodies that it could not discard
	)...)
	if message, ok := errors.AsType[*msg.Error](err); ok { // about a setting
		return nil, message
	}
	if err != nil {
		return nil, badSettings(r.Profile, err)
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok { // the SDK has made one only if it had to add certificates
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

// KeyID returns the ID of the access key that signs the requests.
func (c *Client) KeyID() string { return c.id }

// limited returns a context for one call with its retries.
func (c *Client) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.Timeout)
}

// iam calls IAM, within the time limit. The error is the SDK's, or ctx's.
func (c *Client) iam(ctx context.Context, call func(ctx context.Context, client *iam.Client) error) error {
	limited, cancel := c.limited(ctx)
	defer cancel()
	err := call(limited, iam.NewFromConfig(c.aws, func(o *iam.Options) {
		o.BaseEndpoint = optional(c.ClientOptions.IAM)
	}))
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// answerTimeout is how long change waits for an answer after ctx has ended.
const answerTimeout = 3 * time.Second

// change is iam for a change: when ctx has ended it still waits for AWS's answer, which says what must be undone. The
// caller checks ctx afterwards.
func (c *Client) change(ctx context.Context, call func(ctx context.Context, client *iam.Client) error) error {
	delayed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(answerTimeout):
			cancel()
		case <-delayed.Done():
		}
	})
	defer stop()
	return c.iam(delayed, call)
}

// Now returns AWS's time, by its last answer: codes are computed from the time, and this computer's clock may be wrong.
func (c *Client) Now() time.Time { return c.ClientOptions.Now().Add(-c.ahead) }

// Ahead returns how far this computer's clock is ahead of AWS's, by its last answer; 0 before the first.
func (c *Client) Ahead() time.Duration { return c.ahead }
