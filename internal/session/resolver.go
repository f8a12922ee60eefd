package session

import (
	"context"
	"errors"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// A provider obtains the session for a request. It is a func, not an interface: Kong uses reflection, so the linker
// keeps every method of every type that an interface leads to, and this one would lead to all of the SDK's client for
// IAM (5 MB, and 0.5 ms of each start).
type provider func(ctx context.Context, want Request) (Session, error)

// Resolver obtains the session for a request: it composes the providers of its chain. It calls its funcs while it holds
// locks. Only one goroutine at a time may use it.
type Resolver struct {
	// Base is the profile with the user's keys, for hints.
	Base  string
	Cache cache.Dir
	// NoCacheDir means that sessions should be cached, and there is no directory for it.
	NoCacheDir bool
	// MinTTL is how much longer a cached session must last to be used.
	MinTTL time.Duration
	// AnyDuration uses a cached session of a user that was obtained for less than is asked for, too.
	AnyDuration bool
	// Refresh ignores sessions obtained before Started. Those that other processes obtain meanwhile are new enough.
	Refresh bool
	Started time.Time
	// WaitUntil is when to stop waiting for other processes; if it is zero, each wait ends after five minutes.
	WaitUntil time.Time

	// Announce says until when a session lasts, even if it was cached. Else that is said only if it cost a code.
	Announce bool

	Options awsapi.ClientOptions
	// Secret completes a key pair whose secret is in a store of awsmfa's.
	Secret func(ctx context.Context, keys profile.Keys) (profile.Keys, error)
	Code   mfa.Source
	// Choose picks one of several devices.
	Choose func(ctx context.Context, devices []awsapi.Device) (awsapi.Device, error)
	// ByClient means that a program runs awsmfa: hints name no flags.
	ByClient bool

	// Interruptible returns a context for work that takes time, canceled when the person interrupts it, until stop.
	Interruptible func() (ctx context.Context, stop func())

	// Warn reports a problem that did not prevent the session; Say, a notice.
	Warn func(*msg.Error)
	Say  func(msg.Text)

	longTerm *awsapi.Client    // with the long-term keys; nil until needed
	lockErr  error             // why there was no lock
	inMemory map[string][]byte // values that cannot be cached, by cache key
	revoked  []string          // access key IDs of cached sessions that AWS no longer accepts
	given    *Session          // what an external source returned, until it is used
	noDevice bool              // the user of the external source's keys has no device
}

// Retrieve returns the session for want: the cached one while it lasts, else a new one. However many processes ask
// for it at once, one of them asks for a token code. Errors are *msg.Error, or context.Canceled. Sessions that cannot
// be cached stay in memory.
func (r *Resolver) Retrieve(want Request) (s Session, err error) {
	if r.Announce {
		defer func() {
			if err == nil {
				r.announce(r.withCachedDevice(want), s)
			}
		}()
	}
	r.given, r.noDevice = nil, false
	if want.External != nil {
		want.source = want.sourceParts()
	}
	if s, ok := r.cached(want, r.MinTTL).fresh(); ok {
		return s, nil
	}
	ctx, stop := r.Interruptible()
	defer stop()
	with, err := r.findDevice(ctx, want)
	if err != nil {
		return Session{}, err
	}
	if n := len(with.Roles); n > 0 && awsapi.IsRootDevice(with.Serial) { // before a code is used
		return Session{}, awsapi.NoRoleForRoot(with.Roles[n-1].Profile)
	}
	s, err = r.cached(with, r.MinTTL).retrieve(ctx)
	_, unknown := errors.AsType[*unknownDevice](err)
	if !with.found || !unknown && !errors.Is(err, errOtherKeys) {
		return s, err
	}
	if unknown {
		r.forgetDevice(want, with.Serial)
	}
	refused := with.Serial
	with, again := r.findDevice(ctx, want)
	switch {
	case again != nil:
		return Session{}, again
	case unknown && with.Serial == refused: // there is no other
		return Session{}, err
	}
	return r.cached(with, r.MinTTL).retrieve(ctx)
}

// announce says whose session it is, and until when it lasts.
func (r *Resolver) announce(want Request, s Session) {
	name, subject := msg.Escaped(r.Options.Profile), want.subject()
	switch {
	case s.Expiration.IsZero():
		r.Say(msg.Textf("the provider of the credentials for %s does not say how long they last", name))
	case subject == "":
		r.Say(msg.Textf("the session for %s lasts until %s", name, msg.Minute(s.Expiration)))
	default:
		r.Say(msg.Textf("the session for %s (%s) lasts until %s", name, subject, msg.Minute(s.Expiration)))
	}
}

// Cached returns the cached session for want, without any request or write. serial is want's device, else the cached
// one, else "".
func (r *Resolver) Cached(want Request) (s Session, serial string, found bool) {
	s, found = r.cached(want, r.MinTTL).fresh()
	return s, r.withCachedDevice(want).Serial, found
}

// cached composes the provider of the session for want, behind its cache and its lock.
func (r *Resolver) cached(want Request, minTTL time.Duration) *cached {
	switch {
	case want.direct():
		return &cached{r, want, minTTL, r.directRole}
	case len(want.Roles) > 0:
		return &cached{r, want, minTTL, r.assumeRole}
	case want.TakesMFA():
		return &cached{r, r.withCachedDevice(want), minTTL, r.sessionToken}
	}
	return &cached{r, want, minTTL, r.external}
}

// client returns the client with the long-term keys.
func (r *Resolver) client(ctx context.Context, keys awsapi.Credentials) (*awsapi.Client, error) {
	if r.longTerm != nil && r.longTerm.KeyID() == keys.AccessKeyID {
		return r.longTerm, nil
	}
	c, err := r.Options.NewSessionClient(ctx, keys)
	r.longTerm = c
	return c, err
}

// Memory holds what a Resolver has and the cache has not, so that another process can continue with it. It contains
// secrets.
type Memory map[string][]byte

// Memory returns the Resolver's memory.
func (r *Resolver) Memory() Memory { return r.inMemory }

// SetMemory sets the memory to another Resolver's.
func (r *Resolver) SetMemory(m Memory) { r.inMemory = m }

// load returns a value from the memory or the cache, nil if there is none.
func (r *Resolver) load(name string) []byte {
	if value, ok := r.inMemory[name]; ok {
		return value
	}
	value, _, err := r.Cache.Load(name)
	r.warnUnusable(err)
	return value
}

// store caches a value. If that fails, the value stays in memory, and the error is returned.
func (r *Resolver) store(name string, value []byte) error {
	var err error
	if r.Cache.Path != "" {
		if err = r.Cache.Store(name, value); err == nil {
			return nil
		}
	}
	if r.inMemory == nil {
		r.inMemory = map[string][]byte{}
	}
	r.inMemory[name] = value
	return err
}

// remove removes a value from the memory and the cache.
func (r *Resolver) remove(name string) error {
	delete(r.inMemory, name)
	return r.Cache.Remove(name)
}

func (r *Resolver) warnUnusable(err error) {
	if err != nil {
		r.Warn(msg.Errorf("a cache file is not used: %s", CacheError(err)).Wrap(err))
	}
}

// The time to wait for a lock: before a notice, and at most. Another process may have left its question for a code
// unanswered.
const (
	noticeAfter = time.Second
	lockTimeout = 5 * time.Minute
)

// lock waits for a lock. Locks are always taken in one order: the session's, its source's, and last the user's.
func (r *Resolver) lock(ctx context.Context, name string) (unlock func(), err error) {
	waiting := time.AfterFunc(noticeAfter, func() {
		r.Say(msg.Textf("waiting for another awsmfa that is obtaining a session for the same user"))
	})
	defer waiting.Stop()
	started := time.Now()
	end := started.Add(lockTimeout)
	if !r.WaitUntil.IsZero() {
		end = started.Add(max(time.Until(r.WaitUntil), noticeAfter))
	}
	bounded, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	unlock, err = r.Cache.Lock(bounded, name)
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, msg.Errorf("another awsmfa has been obtaining a session for the same user for %s",
			msg.Duration(time.Since(started).Round(time.Second))).
			Hint("it may be asking for a code in a window or another terminal: answer it, or end that awsmfa")
	}
	r.Options.Trace("cache: no lock: %v", err)
	r.lockErr = err // go on without it
	return func() {}, nil
}
