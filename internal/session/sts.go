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
func (o *Obtainer) device(ctx context.Context, want Request) (Request, error) {
	if want = o.remembered(want); want.Serial != "" {
		return want, nil
	}
	c, err := o.client(ctx, want)
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
		return want, msg.DeviceNotFound(o.Reach.Profile, c.Explain(err), isAccessDenied(err))
	}
	chosen, err := o.choose(ctx, devices)
	if err != nil {
		return want, err
	}
	want.Serial, o.found = chosen.Serial, chosen.Serial
	return want, nil
}

func (o *Obtainer) choose(ctx context.Context, devices []mfa.Device) (mfa.Device, error) {
	var usable []mfa.Device
	var keys []string
	for _, d := range devices {
		if d.SecurityKey() {
			keys = append(keys, d.Serial)
		} else {
			usable = append(usable, d)
		}
	}
	o.Reach.Trace("device: %d listed, %d of them security keys", len(devices), len(keys))
	switch {
	case len(usable) == 1:
		return usable[0], nil
	case len(usable) > 1:
		return o.Choose(ctx, usable)
	case len(keys) > 0:
		return mfa.Device{}, msg.OnlySecurityKeys(o.Reach.Profile, keys)
	}
	return mfa.Device{}, msg.NoDevice(o.Reach.Profile, errNoDevice)
}

// withCode asks STS for want with a code from o.Code, and with another while AWS refuses the code and the source has
// more. A device that was found, not named, and that AWS no longer knows is forgotten and found anew, once: the request
// comes back with the device that was asked in the end.
func (o *Obtainer) withCode(ctx context.Context, want Request, found bool) (Session, Request, error) {
	if (mfa.Device{Serial: want.Serial}).SecurityKey() {
		return Session{}, want, msg.SecurityKey(want.Serial)
	}
	c, err := o.client(ctx, want)
	if err != nil {
		return Session{}, want, err
	}
	if len(want.Roles) > 0 {
		o.Say(msg.RoleNeedsOwnCode(want.Roles[0].Profile, want.Roles[0].Duration))
	}
	need := mfa.Need{Profile: o.Reach.Profile, Serial: want.Serial}
	for {
		code, err := o.Code(ctx, need)
		if err != nil {
			return Session{}, want, err
		}
		s, err := c.withCode(ctx, want, code, o.Warn)
		switch {
		case err == nil:
			o.Say(msg.SessionObtained(o.Reach.Profile, want.subject(), s.Expiration))
			return s, want, nil
		case ctx.Err() != nil:
			return Session{}, want, ctx.Err()
		case isWrongCode(err):
			need.Refused = err
		case isWrongDevice(err) && found:
			found = false
			if want, err = o.findAgain(ctx, want, err); err != nil {
				return Session{}, want, err
			}
			need = mfa.Need{Profile: o.Reach.Profile, Serial: want.Serial}
		case isWrongDevice(err):
			return Session{}, want, msg.DeviceRefused(want.Serial, err)
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

// findAgain forgets the device that was remembered and finds another. That there is no other is the refusal it is given.
func (o *Obtainer) findAgain(ctx context.Context, want Request, refusal error) (Request, error) {
	o.Reach.Trace("device: AWS no longer knows the remembered %s", want.Serial)
	if err := o.Cache.Drop(want.user()); err != nil {
		o.Warn(msg.NotForgotten(err), "")
	}
	gone := want.Serial
	want.Serial, o.found = "", ""
	want, err := o.device(ctx, want)
	if err == nil && want.Serial == gone {
		err = msg.DeviceRefused(gone, refusal)
	}
	return want, err
}

// plain asks for what needs neither a code nor a session: a user's session without MFA.
func (o *Obtainer) plain(ctx context.Context, want Request) (Session, error) {
	c, err := o.client(ctx, want)
	if err != nil {
		return Session{}, err
	}
	s, err := c.getSessionToken(ctx, want, "", o.Warn)
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
	return c.given(out.Credentials, want.Duration, warn)
}

// given takes the session out of an answer.
func (c *Client) given(out *types.Credentials, asked time.Duration, warn func(text, hint string)) (Session, error) {
	if out == nil {
		out = &types.Credentials{}
	}
	s := Session{
		AccessKeyID:     aws.ToString(out.AccessKeyId),
		SecretAccessKey: aws.ToString(out.SecretAccessKey),
		SessionToken:    aws.ToString(out.SessionToken),
		Expiration:      aws.ToTime(out.Expiration),
		Obtained:        c.Reach.Now(),
	}
	if err := c.check(s); err != nil {
		return Session{}, err
	}
	c.Trace("sts: %v", s)
	if c.ahead.Abs() > skewed {
		warn(msg.ClockOff(c.ahead), msg.SetClock)
	}
	if given := s.Expiration.Sub(c.Now()); given < asked-skewed {
		warn(msg.Shorter(asked, given), "")
	}
	return s, nil
}

// check refuses what an answer that is not AWS's, or is not whole, makes of a session. Clients would take an empty key for
// none, and go on to other credentials.
func (c *Client) check(s Session) error {
	host := cmp.Or(c.asked, "AWS")
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

// skewed is from where a clock counts as wrong: AWS's services begin to refuse signatures at 5 minutes.
const skewed = 5 * time.Minute
