package session

import (
	"context"
	"slices"
	"time"

	"awsmfa/internal/msg"
)

// cached is the decorator of every provider: it gives out the cached session while it lasts, else one from next, which
// it asks once however many processes ask at once.
type cached struct {
	r      *Resolver
	want   Request
	minTTL time.Duration
	next   provider
}

func (c *cached) retrieve(ctx context.Context) (Session, error) {
	if s, ok := c.fresh(); ok {
		return s, nil
	}
	unlock, err := c.r.lock(ctx, c.want.lockName())
	if err != nil {
		return Session{}, err
	}
	defer unlock()
	if s, ok := c.fresh(); ok { // another process obtained it while it had the lock
		return s, nil
	}
	s, err := c.next(ctx, c.want)
	if err != nil {
		return Session{}, err
	}
	c.store(s)
	return s, nil
}

// clockLeeway is how far apart this computer's clock and AWS's may be: AWS refuses signatures that are more than 15
// minutes off.
const clockLeeway = 15 * time.Minute

// fresh returns the cached session, if it can be used.
func (c *cached) fresh() (Session, bool) {
	r, want := c.r, c.want
	if len(want.Roles) == 0 && want.needsDevice() && want.Serial == "" { // a role's session does not depend on it
		return Session{}, false
	}
	s, ok := c.load()
	if !ok {
		r.Options.Trace("cache: no session for %s", want)
		return Session{}, false
	}
	switch left := s.end().Sub(r.Options.Now()); {
	case left < c.minTTL:
		r.Options.Trace("cache: the session for %s has %s left, less than %s", want, left.Round(time.Second), c.minTTL)
	case s.Duration < want.duration() && (!r.AnyDuration || len(want.Roles) > 0):
		r.Options.Trace("cache: the session for %s is one of %s, less than %s", want, s.Duration, want.duration())
	case r.Refresh && s.Obtained.Before(r.Started):
		r.Options.Trace("cache: --refresh ignores the session")
	case c.usable(s):
		r.Options.Trace("cache: %v", s)
		return s, true
	}
	return Session{}, false
}

// load returns the cached session.
func (c *cached) load() (Session, bool) {
	text := c.r.load(c.want.CacheKey())
	if text == nil {
		return Session{}, false
	}
	s, err := decode(text)
	if err != nil {
		c.r.warnUnusable(c.r.Cache.Damaged(c.want.CacheKey(), err))
		return Session{}, false
	}
	return s, true
}

// usable reports whether AWS still accepts the session, as far as can be known.
func (c *cached) usable(s Session) bool {
	r := c.r
	switch left := s.end().Sub(r.Options.Now()); {
	case left > s.Duration+clockLeeway:
		r.Options.Trace("cache: not used: this computer's clock was set back (the session would outlive its duration)")
	case slices.Contains(r.revoked, s.AccessKeyID):
	case s.KeyID != "" && r.isOtherKey(c.want, s.KeyID):
		r.Options.Trace("cache: the session for %s was obtained with another key, %s: not used", c.want, s.KeyID)
	default:
		return true
	}
	return false
}

// store caches a session, unless the cached one lasts longer. If that fails, it warns, and the session stays in memory.
func (c *cached) store(s Session) {
	r := c.r
	if !c.want.cacheable(s) {
		return
	}
	if x := c.want.External; x != nil { // the SDK may have renewed the sign-in: the next call looks under that
		x.ReadSignIn()
		c.want.source = nil
	}
	if old, ok := c.load(); ok && !r.Refresh && c.usable(old) && old.end().After(s.end()) {
		return
	}
	err := r.store(c.want.CacheKey(), s.encode())
	switch {
	case err != nil:
		r.Warn(msg.Errorf("the session is valid, but cannot be cached for the next call: %s", CacheError(err)).
			Wrap(err))
	case r.Cache.Path == "" && r.NoCacheDir:
		r.Warn(NoCacheDir())
	case r.Cache.Path != "" && r.lockErr != nil:
		r.Warn(msg.Errorf("processes cannot wait for one another, so several may ask for a code: %s",
			CacheError(r.lockErr)).Wrap(r.lockErr))
	}
}

// NoCacheDir is the warning that there is no cache directory.
func NoCacheDir() *msg.Error {
	return msg.Errorf("there is no cache directory: every call asks for a code").
		Hint("set HOME (on Windows LOCALAPPDATA), or XDG_CACHE_HOME to an absolute path")
}
