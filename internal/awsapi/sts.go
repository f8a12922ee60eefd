package awsapi

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Credentials are what AWS, or an external source, returns. Printed with any verb, they show no secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" in a long-term key pair
	Expiration      time.Time // by AWS's clock, to the second; zero if they do not expire
}

// Format writes the key's ID and the expiration, and no secret, for every verb.
func (c Credentials) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "session %s until %s", c.AccessKeyID, c.Expiration.UTC().Format(time.RFC3339))
}

// Endpoint is an endpoint of STS. Another URL is another AWS, and regions that must be enabled do not accept the tokens
// of the global endpoint (AWS STS, "Regions and endpoints").
type Endpoint struct {
	// URL is the URL of the configured endpoint, or "" for AWS's own.
	URL string
	// Global is set by sts_regional_endpoints = legacy.
	Global bool
}

// GetSessionToken calls STS's GetSessionToken, without MFA if code is "". Errors are the SDK's, or a *msg.Error about
// the answer.
func (c *Client) GetSessionToken(
	ctx context.Context, endpoint Endpoint, duration time.Duration, serial, code string, warn func(*msg.Error),
) (Credentials, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	in := &sts.GetSessionTokenInput{DurationSeconds: seconds(duration)}
	if code != "" {
		in.SerialNumber, in.TokenCode = aws.String(serial), aws.String(code)
	}
	out, err := c.sts(endpoint).GetSessionToken(ctx, in)
	if err != nil {
		return Credentials{}, err
	}
	s, err := c.parseCredentials(out.Credentials, warn)
	switch given := s.Expiration.Sub(c.Now()).Round(time.Minute); {
	case err != nil, given >= duration-maxSkew:
	case given == time.Hour:
		warn(msg.Errorf("AWS gave a session of %s instead of %s: the root user gets at most 1h; use an IAM user",
			msg.Duration(given), msg.Duration(duration)))
	default:
		warn(msg.Errorf("AWS gave a session of %s instead of %s", msg.Duration(given), msg.Duration(duration)).
			WithHint(c.shorterSession()))
	}
	return s, err
}

// AssumeRole calls STS's AssumeRole, without MFA if code is "". Errors are the SDK's, or a *msg.Error about the answer.
func (c *Client) AssumeRole(
	ctx context.Context, endpoint Endpoint, role profile.Role, serial, code string, warn func(*msg.Error),
) (Credentials, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	in := &sts.AssumeRoleInput{
		RoleArn:           aws.String(role.ARN),
		RoleSessionName:   aws.String(role.SessionName),
		DurationSeconds:   seconds(role.Duration),
		ExternalId:        optional(role.ExternalID),
		SourceIdentity:    optional(role.SourceIdentity),
		TransitiveTagKeys: role.TransitiveTags,
	}
	for _, t := range role.Tags {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	if code != "" {
		in.SerialNumber, in.TokenCode = aws.String(serial), aws.String(code)
	}
	out, err := c.sts(endpoint).AssumeRole(ctx, in)
	if err != nil {
		return Credentials{}, err
	}
	s, err := c.parseCredentials(out.Credentials, warn)
	if given := s.Expiration.Sub(c.Now()); err == nil && given < role.Duration-maxSkew {
		warn(msg.Errorf("AWS gave the role of profile %q a session of %s instead of %s",
			role.Profile, msg.Duration(given.Round(time.Minute)), msg.Duration(role.Duration)).
			WithHint(c.shorterSession()))
	}
	return s, err
}

// shorterSession is the hint for a session that AWS itself would not shorten.
func (c *Client) shorterSession() msg.Text {
	if len(c.Endpoints) == 0 {
		return msg.Text{}
	}
	return msg.Textf("look for the reason at what answers instead of AWS: %s", c.Endpoints)
}

// parseCredentials returns the session in an answer.
func (c *Client) parseCredentials(out *types.Credentials, warn func(*msg.Error)) (Credentials, error) {
	if out == nil {
		out = &types.Credentials{}
	}
	s := Credentials{
		AccessKeyID:     aws.ToString(out.AccessKeyId),
		SecretAccessKey: aws.ToString(out.SecretAccessKey),
		SessionToken:    aws.ToString(out.SessionToken),
		Expiration:      aws.ToTime(out.Expiration),
	}
	if err := c.check(s); err != nil {
		return Credentials{}, err
	}
	c.Trace("sts: %v", s)
	apart := msg.Duration(c.ahead.Abs().Round(time.Second))
	switch {
	case c.ahead < -maxSkew:
		warn(msg.Errorf("this computer's clock is %s behind AWS's: AWS will refuse other tools' requests", apart).
			Hint(SetClock))
	case c.ahead > maxSkew:
		warn(msg.Errorf("this computer's clock is %s ahead of AWS's: AWS will refuse other tools' requests", apart).
			Hint(SetClock))
	}
	return s, nil
}

// check refuses an incomplete session, from an answer that is not AWS's or is damaged. Clients would ignore an empty
// key and use other credentials instead.
func (c *Client) check(s Credentials) error {
	host := cmp.Or(c.lastHost, "AWS")
	switch {
	case s.AccessKeyID == "" || s.SecretAccessKey == "":
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no access key", host).
			WithHint(c.answeredInstead())
	case s.SessionToken == "":
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no session token", host).
			WithHint(c.answeredInstead())
	case s.Expiration.IsZero():
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no expiration", host).
			WithHint(c.answeredInstead())
	case !s.Expiration.After(c.Now()):
		return msg.Errorf("%s returned a session that expired at %s", host, s.Expiration.UTC().Format(time.RFC3339)).
			Hint("check this computer's clock, and the endpoint's")
	}
	return nil
}

func seconds(d time.Duration) *int32 { return aws.Int32(int32(d / time.Second)) }

// maxSkew is the tolerated error of this computer's clock: AWS's services begin to refuse signatures at 5 minutes.
const maxSkew = 5 * time.Minute

// optional returns nil for "", which AWS would refuse as too short.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
