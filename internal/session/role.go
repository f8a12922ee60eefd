package session

import (
	"context"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// sourceTTL is how much longer a session must last to assume a role with it. The role's session gets its full duration,
// even if the source session expires sooner.
const sourceTTL = time.Minute

// assume assumes the last role with the session of its source. If AWS refuses a cached source session, assume never
// uses that one again and obtains another, once.
func (p *Provider) assume(ctx context.Context, want Request) (Session, error) {
	if want.direct() {
		c, err := p.client(ctx, want)
		if err != nil {
			return Session{}, err
		}
		return p.assumeWithoutCode(ctx, c, want)
	}
	source := want.source()
	with, fromCache := p.cached(source, sourceTTL)
	for {
		var err error
		if !fromCache {
			if with, err = p.retrieve(ctx, source, sourceTTL); err != nil {
				return Session{}, err
			}
		}
		c, err := p.Options.NewSessionClient(ctx, with.Credentials())
		if err != nil {
			return Session{}, err
		}
		if want.External != nil { // then KeyID tells whether the source gave this session, or the keys to obtain it
			want.Keys.AccessKeyID = with.KeyID
		}
		named := want
		if !want.isExternal() {
			named = p.withCachedDevice(want) // for the role session's name
		}
		s, err := p.assumeWithoutCode(ctx, c, named)
		if !fromCache || !awsapi.Revoked(err) {
			return s, err
		}
		p.Options.Trace("role: AWS no longer accepts the session cached for %s", source)
		fromCache, p.revoked = false, append(p.revoked, with.AccessKeyID)
	}
}

// assumeWithoutCode assumes the last role without a code. Its errors are messages.
func (p *Provider) assumeWithoutCode(ctx context.Context, c *awsapi.Client, want Request) (Session, error) {
	s, err := p.assumeRole(ctx, c, want, "")
	switch {
	case ctx.Err() != nil:
		return Session{}, ctx.Err()
	case err != nil:
		return Session{}, explain(c, want, err)
	}
	return s, nil
}

// assumeRole assumes the last role. Its errors are the SDK's, or a *msg.Error about the answer.
func (p *Provider) assumeRole(ctx context.Context, c *awsapi.Client, want Request, code string) (Session, error) {
	role := want.Roles[len(want.Roles)-1]
	role.SessionName = want.sessionName(role)
	got, err := c.AssumeRole(ctx, want.Endpoint, role, want.Serial, code, p.Warn)
	return p.session(got), err
}

// sessionName returns the name of the role's session, which CloudTrail and the session's ARN show: the profile's,
// else the MFA device's, which by AWS's usual policies is the user's name, as trust policies require it in
// sts:RoleSessionName.
func (r Request) sessionName(role profile.Role) string {
	if role.SessionName != "" {
		return role.SessionName
	}
	if _, path, ok := strings.Cut(r.Serial, ":mfa/"); ok {
		if name := path[strings.LastIndexByte(path, '/')+1:]; len(name) >= 2 && len(name) <= 64 {
			return name
		}
	}
	return "awsmfa"
}

// explain explains an error of GetSessionToken or AssumeRole for want.
func explain(c *awsapi.Client, want Request, err error) error {
	code, said := awsapi.ErrorCode(err)
	if len(want.Roles) == 0 || code == "" {
		return c.Explain(err)
	}
	role := want.Roles[len(want.Roles)-1]
	switch {
	case len(want.Roles) == 1 && want.isExternal() && awsapi.Revoked(err):
		return sourceRevoked(role.Profile, want.External.Profile, err)
	case code == "AccessDenied" && strings.Contains(said, "sts:"):
		return roleDenied(want, role.Profile, said, err)
	case code == "ValidationError" && strings.Contains(said, "MaxSessionDuration"):
		return msg.Errorf("profile %q asks for %s, longer than the role allows",
			role.Profile, msg.Duration(role.Duration)).
			Hint("lower duration_seconds (or --duration), or have the role's maximum session duration raised").
			Wrap(err)
	case code == "ValidationError" && strings.Contains(said, "role chaining"):
		return msg.Errorf("profile %q asks for %s, "+
			"and AWS gives at most 1h to a role that is assumed with temporary credentials",
			role.Profile, msg.Duration(role.Duration)).
			Hint("set duration_seconds = 3600, or pass --duration 1h").
			Wrap(err)
	}
	return c.Explain(err)
}

// roleDenied is the error for a role that AWS does not let the caller assume. said is AWS's message.
func roleDenied(want Request, profileName, said string, err error) *msg.Error {
	e := msg.Errorf("the role of profile %q cannot be assumed; AWS says: %s", profileName, msg.Foreign(said)).Wrap(err)
	switch {
	case want.NoMFA:
		return e.Hint("check that role_arn is exact (AWS says the same of a role that does not exist) " +
			"and that the role's trust policy allows this; " +
			"it may require an external_id, or MFA, which --no-mfa turns off")
	case want.isExternal() && len(want.Roles) == 1:
		return e.Hint("check that role_arn is exact (AWS says the same of a role that does not exist) " +
			"and that the role's trust policy allows this; " +
			"it may require an external_id, or MFA, which the source's credentials do not have: " +
			"awsmfa asks for a code only if these are a user's long-term keys")
	case len(want.Roles) > 1: // a role's session has no aws:MultiFactorAuthPresent
		return e.Hint("check that role_arn is exact (AWS says the same of a role that does not exist) " +
			"and that the role's trust policy allows this; " +
			"it may require an external_id, or MFA, which AWS does not pass on through another role")
	}
	return e.Hint("check that role_arn is exact (AWS says the same of a role that does not exist) " +
		"and that the role's trust policy allows this; " +
		"it may require an external_id, or a more recent code (--refresh)")
}

// sourceRevoked is the error for a role whose source has a session that AWS refuses. That session may be left over, and
// hide the source that the user meant.
func sourceRevoked(role string, source profile.Profile, err error) *msg.Error {
	if c, ok := source.HiddenSource(); ok && c.Used.Kind == profile.KindKeys {
		return msg.Errorf("AWS no longer accepts the session of profile %q (%s), "+
			"which assumes the role of profile %q; it hides the %s at %s",
			source.Name, c.Used.Pos, role, c.Ignored.Key, c.Ignored.Pos).
			Hint("remove the key pair and its token from %s: then %s counts", msg.Path(c.Used.Pos.File), c.Ignored.Key).
			Wrap(err)
	}
	if s, ok := source.PastedSession(); ok {
		return msg.Errorf("AWS no longer accepts the session that was pasted into profile %q "+
			"in place of the user's own keys (%s), which assumes the role of profile %q", source.Name, s.Where, role).
			Hint("put the keys back: run %s", msg.Command("setup", source.Name)).
			Wrap(err)
	}
	return msg.Errorf("AWS no longer accepts the credentials of profile %q, which assume the role of profile %q",
		source.Name, role).
		Hint("they do not come from awsmfa: renew them where profile %q gets them", source.Name).
		Wrap(err)
}
