package session

import (
	"context"
	"slices"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// sourceTTL is how much longer a session must last to assume a role with it. The role's session gets its full duration,
// even if the source session expires sooner.
const sourceTTL = time.Minute

// assumeRole is the provider of a role's session: AssumeRole with the session of what comes before it in the chain.
// It obtains another source session, once, if AWS refuses the cached one.
func (r *Resolver) assumeRole(ctx context.Context, want Request) (Session, error) {
	for {
		started := r.Options.Now()
		source, err := r.cached(want.sourceRequest(), sourceTTL).retrieve(ctx)
		if err != nil {
			return Session{}, err
		}
		want.given = want.External != nil && source.KeyID == ""
		s, err := r.assume(ctx, want, source)
		if !awsapi.Revoked(err) || source.Obtained.After(started) || slices.Contains(r.revoked, source.AccessKeyID) {
			s.KeyID = source.KeyID
			return s, err
		}
		r.Options.Trace("role: AWS no longer accepts the session cached for %s", want.sourceRequest())
		r.revoked, r.given = append(r.revoked, source.AccessKeyID), nil
	}
}

// assume assumes the last role with a session, without a code. Its errors are messages.
func (r *Resolver) assume(ctx context.Context, want Request, source Session) (Session, error) {
	c, err := r.Options.NewSessionClient(ctx, source.Credentials)
	if err != nil {
		return Session{}, err
	}
	return withoutCode(ctx, r.assumer(ctx, c, want), func(err error) error {
		if awsapi.Revoked(err) {
			if disabled := c.CheckRegion(ctx, want.Endpoint); disabled != nil { // the session itself is good
				return disabled
			}
		}
		return explainRole(c, want, err)
	})
}

// assumer returns the func that assumes the last role with a client, and with a code unless it is "".
func (r *Resolver) assumer(
	ctx context.Context, c *awsapi.Client, want Request,
) func(code string) (Session, error) {
	role := want.Roles[len(want.Roles)-1]
	role.SessionName = want.sessionName(role)
	return func(code string) (Session, error) {
		got, err := c.AssumeRole(ctx, want.Endpoint, role, want.Serial, code, r.Warn)
		return newSession(got, r.Options.Now(), role.Duration), err
	}
}

// directRole is the provider of a role's session that is obtained with the long-term keys themselves.
func (r *Resolver) directRole(ctx context.Context, want Request) (Session, error) {
	c, given, err := r.userClient(ctx, want)
	switch {
	case err != nil:
		return Session{}, err
	case given != nil:
		want.given = true
		return r.assume(ctx, want, *given)
	}
	if err := c.CheckRegion(ctx, want.Endpoint); err != nil { // before a code is used
		return Session{}, err
	}
	if !want.NoMFA {
		unlock, err := r.lock(ctx, want.userLock()) // as whatever takes a code
		if err != nil {
			return Session{}, err
		}
		defer unlock()
		role := want.Roles[0]
		r.Say(msg.Textf("profile %q asks for %s, and with an MFA session AWS gives a role at most 1h: "+
			"awsmfa assumes it with the access key itself, which needs a code of its own",
			role.Profile, msg.Duration(role.Duration)))
	}
	explain := func(err error) error { return explainRole(c, want, err) }
	s, err := r.obtain(ctx, want, r.assumer(ctx, c, want), explain)
	s.KeyID = want.keyID(c)
	return s, err
}

// sessionName returns the name of the role's session, which CloudTrail and the session's ARN show: the profile's,
// else the MFA device's, which by AWS's usual policies is the user's name, as trust policies require it in
// sts:RoleSessionName.
func (r Request) sessionName(role profile.Role) string {
	if role.SessionName != "" {
		return role.SessionName
	}
	if r.given {
		return "awsmfa"
	}
	if _, path, ok := strings.Cut(r.Serial, ":mfa/"); ok {
		if name := path[strings.LastIndexByte(path, '/')+1:]; len(name) >= 2 && len(name) <= 64 {
			return name
		}
	}
	return "awsmfa"
}

// explainRole explains an error of AssumeRole.
func explainRole(c *awsapi.Client, want Request, err error) error {
	role := want.Roles[len(want.Roles)-1]
	if len(want.Roles) == 1 && want.given && awsapi.Revoked(err) {
		return sourceRevoked(role.Profile, want.External.Profile, err)
	}
	role.SessionName = want.sessionName(role)
	return c.ExplainRole(err, role, want.caller())
}

// caller returns what assumes the last role.
func (r Request) caller() awsapi.Caller {
	switch {
	case r.NoMFA:
		return awsapi.UserNoMFA
	case r.given && len(r.Roles) == 1:
		return awsapi.Given
	case len(r.Roles) > 1:
		return awsapi.OtherRole
	}
	return awsapi.UserWithMFA
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
