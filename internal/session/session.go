// Package session obtains sessions: from the cache or, under its lock, from AWS, once for each link of a chain of roles.
// It never prints, never asks the person itself, and stores nothing outside the given cache.
package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// The limits of GetSessionToken for an IAM user (AWS STS API Reference, "GetSessionToken", DurationSeconds).
const (
	MinDuration     = 15 * time.Minute
	MaxDuration     = 36 * time.Hour
	DefaultDuration = 12 * time.Hour
)

// Session is a set of temporary credentials. Printed with any verb, it shows no secret.
type Session struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time // by AWS's clock, to the second
	Obtained        time.Time // by this computer's clock
	KeyID           string    // of the external source's long-term key that obtained the session; else ""
}

// Credentials returns the session as awsapi takes it.
func (s Session) Credentials() awsapi.Credentials {
	return awsapi.Credentials{
		AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey,
		SessionToken: s.SessionToken, Expiration: s.Expiration,
	}
}

// session returns the session that was obtained just now.
func (p *Provider) session(c awsapi.Credentials) Session {
	return Session{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
		SessionToken: c.SessionToken, Expiration: c.Expiration, Obtained: p.Options.Now(),
	}
}

// isLongTerm reports whether a source returned a user's long-term key pair, not a session. (The IDs of temporary keys
// begin with ASIA: IAM User Guide, "IAM identifiers".)
func (s Session) isLongTerm() bool {
	return s.SessionToken == "" && !strings.HasPrefix(s.AccessKeyID, "ASIA")
}

// Format writes the session's ID and expiration, and no secret, for every verb.
func (s Session) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "session %s until %s", s.AccessKeyID, s.Expiration.UTC().Format(time.RFC3339))
}

// encode returns the session as five lines, for the cache, and a sixth if it has a KeyID. Decoding JSON would take
// longer than the rest of a call that finds a cached session.
func (s Session) encode() []byte {
	lines := []string{
		s.AccessKeyID, s.SecretAccessKey, s.SessionToken,
		s.Expiration.UTC().Format(time.RFC3339), s.Obtained.UTC().Format(time.RFC3339Nano),
	}
	if s.KeyID != "" {
		lines = append(lines, s.KeyID)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// decode reverses encode. Its error shows nothing of the text.
func decode(text []byte) (Session, error) {
	lines := strings.Split(string(text), "\n")
	n := len(lines) - 1
	if n != 5 && n != 6 || slices.Contains(lines[:n], "") || lines[n] != "" {
		return Session{}, errNoSession
	}
	expiration, err := time.Parse(time.RFC3339, lines[3])
	if err != nil {
		return Session{}, errNoSession
	}
	obtained, err := time.Parse(time.RFC3339Nano, lines[4])
	if err != nil {
		return Session{}, errNoSession
	}
	return Session{
		AccessKeyID: lines[0], SecretAccessKey: lines[1], SessionToken: lines[2],
		Expiration: expiration, Obtained: obtained, KeyID: strings.Join(lines[5:n], ""),
	}, nil
}

var errNoSession = errors.New("not a session")

// Provider obtains sessions. It calls its funcs while it holds the lock. Only one goroutine at a time may use it.
type Provider struct {
	Cache cache.Dir
	// NoCacheDir means that sessions should be cached, and there is no directory for it.
	NoCacheDir bool
	// MinTTL is how much longer a cached session must last to be used.
	MinTTL time.Duration
	// Refresh ignores sessions obtained before Started. Those that other processes obtain meanwhile are new enough.
	Refresh bool
	Started time.Time

	Options awsapi.ClientOptions
	Code    mfa.Source
	// Choose picks one of several devices.
	Choose func(ctx context.Context, devices []awsapi.Device) (awsapi.Device, error)

	// Interruptible returns a context for work that takes time, canceled when the person interrupts it, until stop.
	Interruptible func() (ctx context.Context, stop func())

	// Warn reports a problem that did not prevent the session; Say, a notice.
	Warn func(*msg.Error)
	Say  func(msg.Text)

	longTerm    *awsapi.Client    // with the long-term keys; nil until needed
	lockErr     error             // why there was no lock
	inMemory    map[string][]byte // sessions that cannot be cached, by cache key
	foundSerial string            // the device, if it had to be found
	revoked     []string          // access key IDs of cached sessions that AWS no longer accepts
}

// Retrieve returns the session for want: the cached one while it lasts, else a new one. However many processes ask
// for it at once, one of them asks for a token code. Errors are *msg.Error, or context.Canceled. Sessions that cannot
// be cached stay in memory.
func (p *Provider) Retrieve(want Request) (Session, error) {
	if s, ok := p.cached(want, p.MinTTL); ok {
		return s, nil
	}
	ctx, stop := p.Interruptible()
	defer stop()
	return p.retrieve(ctx, want, p.MinTTL)
}

// retrieve obtains the session under the lock. A role's source session is retrieved in the same way, with a cache
// file and a lock of its own.
func (p *Provider) retrieve(ctx context.Context, want Request, minTTL time.Duration) (Session, error) {
	unlock, err := p.lock(ctx, want)
	if err != nil {
		return Session{}, err
	}
	defer unlock()
	var given Session
	if want.fromKeys() && want.External != nil {
		if s, ok := p.cached(want, minTTL); ok { // before a program runs, which may ask the person
			return s, nil
		}
		if given, err = p.external(ctx, want); err != nil {
			return Session{}, err
		}
		if !given.isLongTerm() {
			return p.fromSource(ctx, want, given)
		}
		want = p.withSourceKeys(want, given)
	}
	named := want.Serial != "" || !want.needsCode()
	if !named {
		want, err = p.device(ctx, want)
		if want.External != nil && errors.Is(err, errNoDevice) { // and no setting asks for MFA
			p.Say(msg.Textf("the user of access key %s, from profile %q, has no MFA device: "+
				"the key is used without MFA", given.AccessKeyID, want.External.Profile.Name))
			return p.fromSource(ctx, want, given)
		}
		if err != nil {
			return Session{}, err
		}
	}
	s, ok := p.cached(want, minTTL) // another process may have obtained it while it held the lock
	if !ok {
		if s, want, err = p.request(ctx, want, !named); err != nil {
			return Session{}, err
		}
		s.KeyID = want.sourceKeyID()
		p.store(want, s)
	}
	if !named {
		p.storeDevice(want)
	}
	return s, nil
}

// external retrieves the credentials of the external source.
func (p *Provider) external(ctx context.Context, want Request) (Session, error) {
	for _, notice := range want.External.Hidden {
		p.Say(notice)
	}
	c, err := p.Options.External(ctx, *want.External)
	if err != nil {
		return Session{}, err
	}
	return p.session(c), nil
}

// withSourceKeys returns want with the long-term keys that its source returned, and drops what belongs to earlier ones.
func (p *Provider) withSourceKeys(want Request, given Session) Request {
	if p.longTerm != nil && p.longTerm.KeyID() != given.AccessKeyID {
		p.longTerm, p.foundSerial = nil, ""
	}
	p.Options.Trace("source: %s is a long-term key", given.AccessKeyID)
	want.Keys = profile.Keys{
		AccessKeyID: given.AccessKeyID, SecretAccessKey: profile.NewSecret(given.SecretAccessKey),
	}
	return want
}

// fromSource returns the credentials that want's source returned, or the role assumed with them, without a code.
func (p *Provider) fromSource(ctx context.Context, want Request, given Session) (Session, error) {
	if len(want.Roles) == 0 {
		return given, nil
	}
	want.Keys = profile.Keys{}
	c, err := p.Options.NewSessionClient(ctx, given.Credentials())
	if err != nil {
		return Session{}, err
	}
	s, err := p.assumeWithoutCode(ctx, c, want)
	if err == nil {
		p.store(want, s)
	}
	return s, err
}

// request obtains a new session, and returns want with the device that was used. found means that want's device was
// found, not named.
func (p *Provider) request(ctx context.Context, want Request, found bool) (s Session, used Request, err error) {
	switch {
	case want.needsCode():
		return p.withCode(ctx, want, found)
	case len(want.Roles) > 0:
		s, err = p.assume(ctx, want)
	case !want.TakesMFA():
		s, err = p.external(ctx, want)
		want.External.ReadSignIn() // the SDK may have renewed it
	default:
		s, err = p.withoutMFA(ctx, want)
	}
	return s, want, err
}

// store caches a session. If that fails, it warns, and the session stays in memory.
func (p *Provider) store(want Request, s Session) {
	if !want.cacheable() || s.Expiration.IsZero() || s.SessionToken == "" {
		return
	}
	if p.Cache.Path == "" {
		p.storeInMemory(want.CacheKey(), s)
		if p.NoCacheDir {
			p.Warn(NoCacheDir())
		}
		return
	}
	if err := p.Cache.Store(want.CacheKey(), s.encode()); err != nil {
		p.storeInMemory(want.CacheKey(), s)
		p.Warn(notCached(err))
	} else if p.lockErr != nil {
		p.Warn(msg.Errorf("processes cannot wait for one another, so several may ask for a code: %s",
			CacheError(p.lockErr)).Wrap(p.lockErr))
	}
}

// NoCacheDir is the warning that there is no cache directory.
func NoCacheDir() *msg.Error {
	return msg.Errorf("there is no cache directory: every call asks for a code").
		Hint("set HOME (on Windows LOCALAPPDATA), or XDG_CACHE_HOME to an absolute path")
}

func notCached(err error) *msg.Error {
	return msg.Errorf("the session is valid, but cannot be cached for the next call: %s", CacheError(err)).Wrap(err)
}

// Memory holds what a Provider has and the cache has not, so that another process can continue with it. It contains
// secrets.
type Memory struct {
	Sessions map[string][]byte
	Device   string
}

// Memory returns the Provider's memory.
func (p *Provider) Memory() Memory { return Memory{p.inMemory, p.foundSerial} }

// SetMemory sets the memory to another Provider's.
func (p *Provider) SetMemory(m Memory) { p.inMemory, p.foundSerial = m.Sessions, m.Device }

func (p *Provider) storeInMemory(name string, s Session) {
	if p.inMemory == nil {
		p.inMemory = map[string][]byte{}
	}
	p.inMemory[name] = s.encode()
}

// storeDevice caches a device that was found, after it gave a session.
func (p *Provider) storeDevice(want Request) {
	known, _, _ := p.Cache.Load(want.userKey())
	now := want.Serial
	if want.sourceKeyID() != "" {
		now += "\n" + want.sourceKeyID()
	}
	if string(known) != now && p.lockErr == nil {
		if err := p.Cache.Store(want.userKey(), []byte(now)); err != nil {
			p.Warn(msg.Errorf("the MFA device that was found cannot be cached for the next call: %s", err).Wrap(err))
		}
	}
}

// cached returns the cached session for want, under the cached device if want names none.
func (p *Provider) cached(want Request, minTTL time.Duration) (Session, bool) {
	if !want.cacheable() {
		return Session{}, false
	}
	if len(want.Roles) == 0 && want.needsCode() { // a role's session does not depend on the device
		if want = p.withCachedDevice(want); want.Serial == "" {
			return Session{}, false
		}
	}
	text, found := p.inMemory[want.CacheKey()]
	if !found {
		var err error
		text, found, err = p.Cache.Load(want.CacheKey())
		p.warnUnusable(err)
	}
	if !found {
		p.Options.Trace("cache: no session for %s", want)
		return Session{}, false
	}
	s, err := decode(text)
	if err != nil {
		p.warnUnusable(p.Cache.Damaged(want.CacheKey(), err))
		return Session{}, false
	}
	lifetime := want.lifetime()
	end := s.Expiration
	if ours := s.Obtained.Add(lifetime); ours.Before(end) {
		end = ours // this computer's clock is behind AWS's
	}
	switch left := end.Sub(p.Options.Now()); {
	case left < minTTL:
		p.Options.Trace("cache: the session for %s has %s left, less than %s", want, left.Round(time.Second), minTTL)
		return Session{}, false
	case left > lifetime+clockLeeway:
		p.Options.Trace("cache: not used: this computer's clock was set back (the session would outlive its duration)")
		return Session{}, false
	case slices.Contains(p.revoked, s.AccessKeyID):
		return Session{}, false
	case want.isOtherKey(s.KeyID):
		p.Options.Trace("cache: the session for %s was obtained with another key, %s: not used", want, s.KeyID)
		return Session{}, false
	case p.Refresh && s.Obtained.Before(p.Started):
		p.Options.Trace("cache: --refresh ignores the session")
		return Session{}, false
	}
	p.Options.Trace("cache: %v", s)
	return s, true
}

// Cached returns the cached session for want, without any request or write. serial is want's device, else the cached
// one, else "".
func (p *Provider) Cached(want Request) (s Session, serial string, found bool) {
	s, found = p.cached(want, p.MinTTL)
	return s, p.withCachedDevice(want).Serial, found
}

func (p *Provider) warnUnusable(err error) {
	if err != nil {
		p.Warn(msg.Errorf("a cache file is not used: %s", CacheError(err)).Wrap(err))
	}
}

// clockLeeway is how far apart this computer's clock and AWS's may be: AWS refuses signatures that are more than 15
// minutes off.
const clockLeeway = 15 * time.Minute

// withCachedDevice fills in the cached device if want names none. Its cache file holds the serial number and, on a
// second line, the ID of the external source's key.
func (p *Provider) withCachedDevice(want Request) Request {
	if want.Serial != "" || !want.TakesMFA() {
		return want
	}
	if want.Serial = p.foundSerial; want.Serial == "" {
		known, _, err := p.Cache.Load(want.userKey())
		p.warnUnusable(err)
		if serial, keyID, _ := strings.Cut(string(known), "\n"); !want.isOtherKey(keyID) {
			want.Serial = serial
		}
	}
	return want
}

// The time to wait for the lock: before a notice, and at most. Another process may have left its question for a code
// unanswered.
const (
	noticeAfter = time.Second
	lockTimeout = 5 * time.Minute
)

func (p *Provider) lock(ctx context.Context, want Request) (unlock func(), err error) {
	waiting := time.AfterFunc(noticeAfter, func() {
		p.Say(msg.Textf("waiting for another awsmfa that is obtaining a session for the same user"))
	})
	defer waiting.Stop()
	bounded, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	unlock, err = p.Cache.Lock(bounded, want.lockName())
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, msg.Errorf("another awsmfa has been obtaining a session for the same user for %s",
			msg.Duration(lockTimeout)).
			Hint("it may be asking for a code in another terminal: answer it, or end that awsmfa")
	}
	p.Options.Trace("cache: no lock: %v", err)
	p.lockErr = err // go on without it
	return func() {}, nil
}

func (p *Provider) client(ctx context.Context, want Request) (c *awsapi.Client, err error) {
	if p.longTerm == nil {
		p.longTerm, err = p.Options.NewClient(ctx, want.Keys)
	}
	return p.longTerm, err
}
