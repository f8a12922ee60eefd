package session

import (
	"context"
	"errors"

	"awsmfa/internal/awsapi"
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
	devices, err := awsapi.ListDevices(call, c.IAM())
	if ctx.Err() != nil {
		return want, ctx.Err()
	}
	if err != nil {
		notListed := awsapi.NotListed(p.Options.Profile, c.Explain(err))
		if awsapi.AccessDenied(err) {
			notListed = notListed.WithHint(awsapi.NameDevice())
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

func (p *Provider) choose(ctx context.Context, devices []awsapi.Device) (awsapi.Device, error) {
	var usable []awsapi.Device
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
		return awsapi.Device{}, awsapi.OnlySecurityKeys(p.Options.Profile, keys)
	}
	return awsapi.Device{}, awsapi.NoDevice(p.Options.Profile, errNoDevice)
}

// withCode obtains the session with a code from p.Code, and with another while AWS refuses the code and the source has
// more. found means that the device was not named in want but found: if AWS no longer knows it, withCode looks for it
// again, once. It returns want with the device that was used.
func (p *Provider) withCode(ctx context.Context, want Request, found bool) (Session, Request, error) {
	if (awsapi.Device{Serial: want.Serial}).IsSecurityKey() {
		return Session{}, want, awsapi.UnusableKey(want.Serial)
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
		s, err := p.tryCode(ctx, c, want, code)
		switch {
		case err == nil:
			p.Say(msg.Textf("the session for %s (%s) lasts until %s",
				msg.Escaped(p.Options.Profile), want.subject(), msg.Minute(s.Expiration)))
			return s, want, nil
		case ctx.Err() != nil:
			return Session{}, want, ctx.Err()
		case awsapi.WrongCode(err):
			need.Refused = err
		case awsapi.UnknownDevice(err) && found:
			found = false
			if want, err = p.findNewDevice(ctx, want, err); err != nil {
				return Session{}, want, err
			}
			need = mfa.CodeRequest{Profile: p.Options.Profile, Serial: want.Serial}
		case awsapi.UnknownDevice(err):
			return Session{}, want, deviceRefused(want.Serial, err)
		default:
			return Session{}, want, explain(c, want, err)
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
	got, err := c.GetSessionToken(ctx, want.Endpoint, want.Duration, "", "", p.Warn)
	if ctx.Err() != nil {
		return Session{}, ctx.Err()
	}
	if err != nil {
		return Session{}, c.Explain(err)
	}
	return p.session(got), nil
}

// tryCode obtains the session with a code. Its errors are the SDK's, or a *msg.Error about the answer.
func (p *Provider) tryCode(ctx context.Context, c *awsapi.Client, want Request, code string) (Session, error) {
	if len(want.Roles) > 0 {
		return p.assumeRole(ctx, c, want, code)
	}
	got, err := c.GetSessionToken(ctx, want.Endpoint, want.Duration, want.Serial, code, p.Warn)
	return p.session(got), err
}
