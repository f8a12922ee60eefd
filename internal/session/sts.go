package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
)

// errNoDevice is wrapped in the error for a user without a device.
var errNoDevice = errors.New("no MFA device")

// device fills in the device: the one in want, the cached one, or the one that IAM lists.
func (p *Provider) device(ctx context.Context, want Request) (Request, error) {
	if want = p.withCachedDevice(want); want.Serial != "" {
		return want, nil
	}
	c, err := p.client(ctx, want)
	if err != nil {
		return want, err
	}
	call, cancel := c.Call(ctx)
	defer cancel()
	devices, err := mfa.Devices(call, c.IAM())
	if ctx.Err() != nil {
		return want, ctx.Err()
	}
	if err != nil {
		notListed := mfa.NotListed(p.Options.Profile, c.Explain(err))
		if isAccessDenied(err) {
			notListed = notListed.WithHint(mfa.NameDevice())
		}
		return want, notListed
	}
	chosen, err := p.choose(ctx, devices)
	if err != nil {
		return want, err
	}
	want.Serial, p.foundSerial = chosen.Serial, chosen.Serial
	return want, nil
}

func (p *Provider) choose(ctx context.Context, devices []mfa.Device) (mfa.Device, error) {
	var usable []mfa.Device
	var keys []string
	for _, d := range devices {
		if d.IsSecurityKey() {
			keys = append(keys, d.Serial)
		} else {
			usable = append(usable, d)
		}
	}
	p.Options.Trace("device: %d listed, %d of them security keys", len(devices), len(keys))
	switch {
	case len(usable) == 1:
		return usable[0], nil
	case len(usable) > 1:
		return p.Choose(ctx, usable)
	case len(keys) > 0:
		return mfa.Device{}, mfa.OnlySecurityKeys(p.Options.Profile, keys)
	}
	return mfa.Device{}, mfa.NoDevice(p.Options.Profile, errNoDevice)
}

// withCode obtains the session with a code from p.Code, and with another while AWS refuses the code and the source has
// more. found means that the device was not named in want but found: if AWS no longer knows it, withCode looks for it
// again, once. It returns want with the device that was used.
func (p *Provider) withCode(ctx context.Context, want Request, found bool) (Session, Request, error) {
	if (mfa.Device{Serial: want.Serial}).IsSecurityKey() {
		return Session{}, want, mfa.UnusableKey(want.Serial)
	}
	c, err := p.client(ctx, want)
	if err != nil {
		return Session{}, want, err
	}
	if len(want.Roles) > 0 {
		p.Say(msg.Textf("profile %q asks for %s, and with an MFA session AWS gives a role at most 1h: "+
			"awsmfa assumes it with the access key itself, which needs a code of its own",
			want.Roles[0].Profile, msg.Duration(want.Roles[0].Duration)))
	}
	need := mfa.CodeRequest{Profile: p.Options.Profile, Serial: want.Serial}
	for {
		code, err := p.Code(ctx, need)
		if err != nil {
			return Session{}, want, err
		}
		s, err := c.withCode(ctx, want, code, p.Warn)
		switch {
		case err == nil:
			p.Say(msg.Textf("the session for %s (%s) lasts until %s",
				msg.Escaped(p.Options.Profile), want.subject(), msg.Minute(s.Expiration)))
			return s, want, nil
		case ctx.Err() != nil:
			return Session{}, want, ctx.Err()
		case isWrongCode(err):
			need.Refused = err
		case isWrongDevice(err) && found:
			found = false
			if want, err = p.findNewDevice(ctx, want, err); err != nil {
				return Session{}, want, err
			}
			need = mfa.CodeRequest{Profile: p.Options.Profile, Serial: want.Serial}
		case isWrongDevice(err):
			return Session{}, want, deviceRefused(want.Serial, err)
		default:
			return Session{}, want, c.explainFor(want, err)
		}
	}
}

// subject returns the ARN of the last role, else the device's serial number, for messages.
func (r Request) subject() string {
	if n := len(r.Roles); n > 0 {
		return r.Roles[n-1].ARN
	}
	return r.Serial
}

// findNewDevice removes the cached device and looks for another. If there is no other, AWS's refusal is the error.
func (p *Provider) findNewDevice(ctx context.Context, want Request, refusal error) (Request, error) {
	p.Options.Trace("device: AWS no longer knows the cached %s", want.Serial)
	if err := p.Cache.Remove(want.userKey()); err != nil {
		p.Warn(msg.Errorf("the MFA device that AWS no longer knows cannot be removed from the cache: %s", err).
			Wrap(err))
	}
	old := want.Serial
	want.Serial, p.foundSerial = "", ""
	want, err := p.device(ctx, want)
	if err == nil && want.Serial == old {
		err = deviceRefused(old, refusal)
	}
	return want, err
}

func deviceRefused(serial string, err error) *msg.Error {
	return msg.Errorf("AWS does not know %s as an MFA device of this user", serial).
		Hint("check mfa_serial or --serial; without either awsmfa finds the device itself").
		Wrap(err)
}

// withoutMFA obtains a user's session without MFA.
func (p *Provider) withoutMFA(ctx context.Context, want Request) (Session, error) {
	c, err := p.client(ctx, want)
	if err != nil {
		return Session{}, err
	}
	s, err := c.getSessionToken(ctx, want, "", p.Warn)
	if ctx.Err() != nil {
		return Session{}, ctx.Err()
	}
	if err != nil {
		return Session{}, c.Explain(err)
	}
	return s, nil
}

func (c *Client) withCode(ctx context.Context, want Request, code string, warn func(*msg.Error)) (Session, error) {
	if len(want.Roles) > 0 {
		return c.assumeRole(ctx, want, code, warn)
	}
	return c.getSessionToken(ctx, want, code, warn)
}

// getSessionToken calls GetSessionToken, without MFA if code is "".
func (c *Client) getSessionToken(
	ctx context.Context, want Request, code string, warn func(*msg.Error),
) (Session, error) {
	ctx, cancel := c.Call(ctx)
	defer cancel()
	in := &sts.GetSessionTokenInput{DurationSeconds: seconds(want.Duration)}
	if code != "" {
		in.SerialNumber, in.TokenCode = aws.String(want.Serial), aws.String(code)
	}
	out, err := c.sts(want.Endpoint).GetSessionToken(ctx, in)
	if err != nil {
		return Session{}, err
	}
	return c.parseCredentials(out.Credentials, want.Duration, warn)
}

// parseCredentials returns the session in an answer.
func (c *Client) parseCredentials(
	out *types.Credentials, asked time.Duration, warn func(*msg.Error),
) (Session, error) {
	if out == nil {
		out = &types.Credentials{}
	}
	s := Session{
		AccessKeyID:     aws.ToString(out.AccessKeyId),
		SecretAccessKey: aws.ToString(out.SecretAccessKey),
		SessionToken:    aws.ToString(out.SessionToken),
		Expiration:      aws.ToTime(out.Expiration),
		Obtained:        c.ClientOptions.Now(),
	}
	if err := c.check(s); err != nil {
		return Session{}, err
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
	if given := s.Expiration.Sub(c.Now()); given < asked-maxSkew {
		warn(msg.Errorf("AWS gave a session of %s instead of %s: the root user gets at most 1h; use an IAM user",
			msg.Duration(given.Round(time.Minute)), msg.Duration(asked)))
	}
	return s, nil
}

// check refuses an incomplete session, from an answer that is not AWS's or is damaged. Clients would ignore an empty
// key and use other credentials instead.
func (c *Client) check(s Session) error {
	host := cmp.Or(c.lastHost, "AWS")
	const checkEndpoint = "check the endpoint settings " +
		"(AWS_ENDPOINT_URL, endpoint_url, AWS_CONTAINER_CREDENTIALS_…), and whether a proxy answered instead"
	switch {
	case s.AccessKeyID == "" || s.SecretAccessKey == "":
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no access key", host).
			Hint(checkEndpoint)
	case s.SessionToken == "":
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no session token", host).
			Hint(checkEndpoint)
	case s.Expiration.IsZero():
		return msg.Errorf("the answer from %s is not AWS's, or is damaged: it has no expiration", host).
			Hint(checkEndpoint)
	case !s.Expiration.After(c.Now()):
		return msg.Errorf("%s returned a session that expired at %s", host, s.Expiration.UTC().Format(time.RFC3339)).
			Hint("check this computer's clock, and the endpoint's")
	}
	return nil
}

func seconds(d time.Duration) *int32 { return aws.Int32(int32(d / time.Second)) }

// maxSkew is the tolerated error of this computer's clock: AWS's services begin to refuse signatures at 5 minutes.
const maxSkew = 5 * time.Minute
