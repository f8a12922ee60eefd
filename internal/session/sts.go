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

// errNoDevice lies under the error of a user who has no device.
var errNoDevice = errors.New("no MFA device")

// device finds out which device want means: the one it names, the remembered one, or the one that IAM lists.
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
			notListed = notListed.Hint(mfa.NameDevice)
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

// withCode asks STS for want with a code from o.Code, and with another while AWS refuses the code and the source has
// more. A device that was found, not named, and that AWS no longer knows is forgotten and found anew, once: the request
// comes back with the device that was asked in the end.
func (p *Provider) withCode(ctx context.Context, want Request, found bool) (Session, Request, error) {
	if (mfa.Device{Serial: want.Serial}).IsSecurityKey() {
		return Session{}, want, mfa.UnusableKey(want.Serial)
	}
	c, err := p.client(ctx, want)
	if err != nil {
		return Session{}, want, err
	}
	if len(want.Roles) > 0 {
		p.Say(msg.RoleNeedsOwnCode(want.Roles[0].Profile, want.Roles[0].Duration))
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

// subject is whose session a code gives: the last role's, else the device's user's.
func (r Request) subject() string {
	if n := len(r.Roles); n > 0 {
		return r.Roles[n-1].ARN
	}
	return r.Serial
}

// findNewDevice forgets the device that was remembered and finds another. That there is no other is the refusal it is given.
func (p *Provider) findNewDevice(ctx context.Context, want Request, refusal error) (Request, error) {
	p.Options.Trace("device: AWS no longer knows the remembered %s", want.Serial)
	if err := p.Cache.Remove(want.userKey()); err != nil {
		p.Warn(msg.NotForgotten(err), "")
	}
	gone := want.Serial
	want.Serial, p.foundSerial = "", ""
	want, err := p.device(ctx, want)
	if err == nil && want.Serial == gone {
		err = deviceRefused(gone, refusal)
	}
	return want, err
}

func deviceRefused(serial string, err error) *msg.Error {
	return msg.Errorf("AWS does not know %s as an MFA device of this user", serial).
		Hint("check mfa_serial or --serial; without either awsmfa finds the device itself").
		Wrap(err)
}

// withoutMFA asks for what needs neither a code nor a session: a user's session without MFA.
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

func (c *Client) withCode(ctx context.Context, want Request, code string, warn func(text, hint string)) (Session, error) {
	if len(want.Roles) > 0 {
		return c.assumeRole(ctx, want, code, warn)
	}
	return c.getSessionToken(ctx, want, code, warn)
}

// getSessionToken asks for a session; without a code, for one without MFA.
func (c *Client) getSessionToken(ctx context.Context, want Request, code string, warn func(text, hint string)) (Session, error) {
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

// parseCredentials takes the session out of an answer.
func (c *Client) parseCredentials(out *types.Credentials, asked time.Duration, warn func(text, hint string)) (Session, error) {
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
	if c.ahead.Abs() > maxSkew {
		warn(msg.ClockOff(c.ahead), msg.SetClock)
	}
	if given := s.Expiration.Sub(c.Now()); given < asked-maxSkew {
		warn(msg.Shorter(asked, given), "")
	}
	return s, nil
}

// check refuses what an answer that is not AWS's, or is not whole, makes of a session. Clients would take an empty key for
// none, and go on to other credentials.
func (c *Client) check(s Session) error {
	host := cmp.Or(c.lastHost, "AWS")
	switch {
	case s.AccessKeyID == "" || s.SecretAccessKey == "":
		return msg.AnswerLacks(host, "access key")
	case s.SessionToken == "":
		return msg.AnswerLacks(host, "session token")
	case s.Expiration.IsZero():
		return msg.AnswerLacks(host, "expiration")
	case !s.Expiration.After(c.Now()):
		return msg.AnswerEnded(host, s.Expiration)
	}
	return nil
}

func seconds(d time.Duration) *int32 { return aws.Int32(int32(d / time.Second)) }

// maxSkew is from where a clock counts as wrong: AWS's services begin to refuse signatures at 5 minutes.
const maxSkew = 5 * time.Minute
