package session

import (
	"context"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
)

// sessionToken is the provider of a user's own session: GetSessionToken with the long-term keys. An external source may
// give a session instead of keys; then it is the session.
func (r *Resolver) sessionToken(ctx context.Context, want Request) (Session, error) {
	c, given, err := r.userClient(ctx, want)
	switch {
	case err != nil:
		return Session{}, err
	case given != nil:
		return *given, nil
	}
	if err := c.CheckRegion(ctx, want.Endpoint); err != nil { // before a code is used
		return Session{}, err
	}
	get := func(code string) (Session, error) {
		got, err := c.GetSessionToken(ctx, want.Endpoint, want.Duration, want.Serial, code, r.Warn)
		return newSession(got, r.Options.Now(), want.Duration), err
	}
	s, err := r.obtain(ctx, want, get, c.Explain)
	s.KeyID = want.keyID(c)
	return s, err
}

// keyID identifies the keys of a session beyond its cache key: an external source's by their ID, and those of a profile
// by a hash of the secret, which may be corrected in the file. It is "" if a store of awsmfa's has the secret.
func (r Request) keyID(c *awsapi.Client) string {
	switch {
	case r.External != nil:
		return c.KeyID()
	case r.Keys.Store != "":
		return ""
	}
	return hash(r.Keys.SecretAccessKey.Reveal())
}

// withoutCode obtains a session without a code. Its errors are messages.
func withoutCode(
	ctx context.Context, get func(code string) (Session, error), explain func(error) error,
) (Session, error) {
	s, err := get("")
	switch {
	case ctx.Err() != nil:
		return Session{}, ctx.Err()
	case err != nil:
		return Session{}, explain(err)
	}
	return s, nil
}

// obtain obtains a session, with MFA by a code from r.Code, and by another while AWS refuses the code and the source
// has more. Then the user's lock is held.
func (r *Resolver) obtain(
	ctx context.Context, want Request, get func(code string) (Session, error), explain func(error) error,
) (Session, error) {
	if want.NoMFA {
		return withoutCode(ctx, get, explain)
	}
	if (awsapi.Device{Serial: want.Serial}).IsSecurityKey() {
		return Session{}, awsapi.UnusableKey(want.Serial, want.SerialVariable)
	}
	need := mfa.CodeRequest{
		Profile: r.Options.Profile, Base: r.Base, Serial: want.Serial, Why: r.tooShort(want),
		IsSpent: func(code string) bool { return r.isSpent(want, code) },
	}
	for {
		code, err := r.Code(ctx, need)
		if err != nil {
			return Session{}, err
		}
		s, err := get(code)
		switch {
		case err == nil:
			r.spend(want, code)
			if !r.Announce { // else that follows
				r.announce(want, s)
			}
			return s, nil
		case ctx.Err() != nil:
			return Session{}, ctx.Err()
		case awsapi.WrongCode(err):
			need.Refused = err
		case awsapi.UnknownDevice(err):
			return Session{}, deviceRefused(want, err)
		default:
			return Session{}, explain(err)
		}
	}
}

// tooShort says that a cached session of the same user lasts, but was obtained for less than is asked for.
func (r *Resolver) tooShort(want Request) msg.Text {
	c := &cached{r: r, want: want}
	s, ok := c.load()
	if !ok || r.Refresh || s.Duration >= want.duration() || s.end().Sub(r.Options.Now()) < r.MinTTL || !c.usable(s) {
		return msg.Text{}
	}
	return msg.Textf("The cached session was obtained for %s; one of %s needs a code.",
		msg.Duration(s.Duration), msg.Duration(want.duration()))
}

// spentFor is how long a code could still be on an authenticator's screen, and AWS accept it.
const spentFor = 2 * time.Minute

// spend notes that AWS accepted the code: no other process tries it again. Only its hash is stored, and an accepted
// code is worth nothing.
func (r *Resolver) spend(want Request, code string) {
	note := hash(want.Serial, code) + " " + r.Options.Now().UTC().Format(time.RFC3339)
	if err := r.store(want.codeKey(), []byte(note)); err != nil {
		r.Options.Trace("code: not noted as used: %v", err)
	}
}

// isSpent reports whether AWS accepted the code a moment ago.
func (r *Resolver) isSpent(want Request, code string) bool {
	note := string(r.load(want.codeKey()))
	if len(note) < len(hash()) || note[:len(hash())] != hash(want.Serial, code) {
		return false
	}
	at, err := time.Parse(" "+time.RFC3339, note[len(hash()):])
	return err == nil && r.Options.Now().Sub(at).Abs() < spentFor
}
