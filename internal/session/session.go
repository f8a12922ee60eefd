// Package session is the one place where a session is obtained: from what is asked for, through the cache and its lock,
// to STS and back, once for each link of a chain. It speaks to AWS through the SDK, which also runs a credential_process
// and renews the tokens that the AWS CLI keeps, and it says what AWS answered in plain words. It never prints, never asks
// anyone itself, and keeps nothing but in the cache it is given.
package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"awsmfa/cache"
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

// Session is a set of temporary credentials. However it is printed, it shows no secret.
type Session struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time // as AWS said it, to the second
	Obtained        time.Time // by this computer's clock
	KeyID           string    // of the long-term key that a source gave and the session was had with; else ""
}

// isLongTerm says of what a source gave that it is a user's long-term key pair, not a session. (The IDs of temporary keys
// begin with ASIA: IAM User Guide, "IAM identifiers".)
func (s Session) isLongTerm() bool {
	return s.SessionToken == "" && !strings.HasPrefix(s.AccessKeyID, "ASIA")
}

// Format writes which session it is and nothing that opens anything, for every verb.
func (s Session) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "session %s until %s", s.AccessKeyID, s.Expiration.UTC().Format(time.RFC3339))
}

// encode puts a session into five lines, for the cache, and a sixth with the KeyID where there is one: a call that finds
// one is over before a JSON decoder has looked at its first type.
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

// decode is encode's other way. Its error shows nothing of the text.
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
		AccessKeyID: lines[0], SecretAccessKey: lines[1], SessionToken: lines[2], Expiration: expiration, Obtained: obtained,
		KeyID: strings.Join(lines[5:n], ""),
	}, nil
}

var errNoSession = errors.New("not a session")

// Provider obtains sessions. Every field that is a func is called, if at all, while the lock is held.
type Provider struct {
	Cache cache.Dir
	// NoCacheDir says that there is no directory to keep sessions in, though they were meant to be kept.
	NoCacheDir bool
	// MinTTL is how long a kept session must still live to be used.
	MinTTL time.Duration
	// Refresh passes over sessions obtained before Started: those that others obtain meanwhile are new enough.
	Refresh bool
	Started time.Time

	Options ClientOptions
	Code    mfa.Source
	// Choose picks one of several devices.
	Choose func(ctx context.Context, devices []mfa.Device) (mfa.Device, error)

	// Interruptible begins what takes time, and stop ends it: ctx ends when the person wants it to.
	Interruptible func() (ctx context.Context, stop func())

	// Warn is told what did not stop the session from being obtained; Say, what the person should know meanwhile.
	Warn func(text, hint string)
	Say  func(notice any)

	longTerm    *Client           // with the long-term keys, when first needed
	lockErr     error             // why there was no lock to be had
	inMemory    map[string][]byte // what the cache would not keep
	foundSerial string            // the device, when it had to be found
	revoked     []string          // the access keys of kept sessions that AWS no longer takes
}

// Retrieve returns the session that want asks for: the kept one while it lasts, else a new one, asking for a token code at
// most once however many callers arrive together. Errors are *msg.Error, or context.Canceled. An Obtainer may be asked
// again and again, by one caller at a time: what cannot be kept in the cache it knows by heart.
func (p *Provider) Retrieve(want Request) (Session, error) {
	if s, ok := p.cached(want, p.MinTTL); ok {
		return s, nil
	}
	ctx, stop := p.Interruptible()
	defer stop()
	return p.retrieve(ctx, want, p.MinTTL)
}

// retrieve is Obtain beyond its first look. A role is assumed with a session that is obtained in the same way, and kept on
// its own: each step has its own lock, and waits only for those who want the same.
func (p *Provider) retrieve(ctx context.Context, want Request, minTTL time.Duration) (Session, error) {
	unlock, err := p.lock(ctx, want)
	if err != nil {
		return Session{}, err
	}
	defer unlock()
	var given Session
	if want.fromKeys() && want.External != nil {
		if s, ok := p.cached(want, minTTL); ok { // a program may ask somebody: it does not run for what is there
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
		if want.External != nil && errors.Is(err, errNoDevice) { // nobody asked for MFA
			p.Say(msg.Textf("the user of access key %s, which profile %q gives, has no MFA device: it is used without MFA",
				given.AccessKeyID, want.External.Profile.Name))
			return p.fromSource(ctx, want, given)
		}
		if err != nil {
			return Session{}, err
		}
	}
	s, ok := p.cached(want, minTTL) // whoever held the lock has paid for us, or another profile of the same user has
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

// external asks the source.
func (p *Provider) external(ctx context.Context, want Request) (Session, error) {
	for _, text := range want.External.Hidden {
		p.Say(text)
	}
	return p.Options.external(ctx, *want.External)
}

// withSourceKeys is want with the long-term keys that its source gave. What is known of others that it gave before is not of these.
func (p *Provider) withSourceKeys(want Request, given Session) Request {
	if p.longTerm != nil && p.longTerm.id != given.AccessKeyID {
		p.longTerm, p.foundSerial = nil, ""
	}
	p.Options.Trace("outside: %s is a long-term key", given.AccessKeyID)
	want.Keys = profile.Keys{AccessKeyID: given.AccessKeyID, SecretAccessKey: profile.NewSecret(given.SecretAccessKey)}
	return want
}

// fromSource is what want comes to where its source gave what no code is asked for: that itself, or the role assumed with it.
func (p *Provider) fromSource(ctx context.Context, want Request, given Session) (Session, error) {
	if len(want.Roles) == 0 {
		return given, nil
	}
	want.Keys = profile.Keys{}
	c, err := p.Options.NewSessionClient(ctx, given)
	if err != nil {
		return Session{}, err
	}
	s, err := c.assumeWithoutCode(ctx, want, p.Warn)
	if err == nil {
		p.store(want, s)
	}
	return s, err
}

// request asks whoever gives out what is wanted.
func (p *Provider) request(ctx context.Context, want Request, found bool) (s Session, asked Request, err error) {
	switch {
	case want.needsCode():
		return p.withCode(ctx, want, found)
	case len(want.Roles) > 0:
		s, err = p.assume(ctx, want)
	case !want.TakesMFA():
		s, err = p.external(ctx, want)
		want.External.ReadSignIn() // it may have been renewed for that
	default:
		s, err = p.withoutMFA(ctx, want)
	}
	return s, want, err
}

// store keeps a session that was paid for. When it cannot be kept, it is used all the same.
func (p *Provider) store(want Request, s Session) {
	if !want.cacheable() || s.Expiration.IsZero() || s.SessionToken == "" {
		return
	}
	if p.Cache.Path == "" {
		p.storeInMemory(want.CacheKey(), s)
		if p.NoCacheDir {
			p.Warn(msg.NoCacheDir(), "")
		}
		return
	}
	if err := p.Cache.Store(want.CacheKey(), s.encode()); err != nil {
		p.storeInMemory(want.CacheKey(), s)
		p.Warn(msg.NotCached(err), "")
	} else if p.lockErr != nil {
		p.Warn(msg.NoLock(p.lockErr), "")
	}
}

// Memory is what an Obtainer knows and the cache does not, so that another process can go on where it stopped. There are
// secrets in it.
type Memory struct {
	Sessions map[string][]byte
	Device   string
}

// Memory tells it.
func (p *Provider) Memory() Memory { return Memory{p.inMemory, p.foundSerial} }

// SetMemory takes over another's mind.
func (p *Provider) SetMemory(m Memory) { p.inMemory, p.foundSerial = m.Sessions, m.Device }

func (p *Provider) storeInMemory(name string, s Session) {
	if p.inMemory == nil {
		p.inMemory = map[string][]byte{}
	}
	p.inMemory[name] = s.encode()
}

// storeDevice keeps a device that was found, now that a session was had with it.
func (p *Provider) storeDevice(want Request) {
	known, _, _ := p.Cache.Load(want.userKey())
	now := want.Serial
	if want.sourceKeyID() != "" {
		now += "\n" + want.sourceKeyID()
	}
	if string(known) != now && p.lockErr == nil {
		if err := p.Cache.Store(want.userKey(), []byte(now)); err != nil {
			p.Warn(msg.NotCached(err), "")
		}
	}
}

// cached looks for a session that is good for want, under the remembered device when want names none.
func (p *Provider) cached(want Request, minTTL time.Duration) (Session, bool) {
	if !want.cacheable() {
		return Session{}, false
	}
	if len(want.Roles) == 0 && want.needsCode() { // a role session is the same whatever device it was had with
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
		p.Options.Trace("cache: no session kept for %s", want)
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
		end = ours // by this computer's clock, which is behind AWS's
	}
	switch left := end.Sub(p.Options.Now()); {
	case left < minTTL:
		p.Options.Trace("cache: the session kept for %s has %s left, less than %s", want, left.Round(time.Second), minTTL)
		return Session{}, false
	case left > lifetime+clockLeeway:
		p.Options.Trace("cache: the kept session would outlive its duration, so this computer's clock was set back: not used")
		return Session{}, false
	case slices.Contains(p.revoked, s.AccessKeyID):
		return Session{}, false
	case want.isOtherKey(s.KeyID):
		p.Options.Trace("cache: the session kept for %s was had with %s, another key: not used", want, s.KeyID)
		return Session{}, false
	case p.Refresh && s.Obtained.Before(p.Started):
		p.Options.Trace("cache: passed over by --refresh")
		return Session{}, false
	}
	p.Options.Trace("cache: %v", s)
	return s, true
}

// Cached is Obtain's first look and nothing more: the kept session that is good for want, found without asking anybody and
// without writing anything. serial is the device that want names, else the remembered one, else "".
func (p *Provider) Cached(want Request) (s Session, serial string, found bool) {
	s, found = p.cached(want, p.MinTTL)
	return s, p.withCachedDevice(want).Serial, found
}

func (p *Provider) warnUnusable(err error) {
	var unusable *cache.Unusable
	if errors.As(err, &unusable) {
		p.Warn(msg.Unusable(unusable.Path, unusable.Err, unusable.Reason == cache.AnotherVersion), "")
	}
}

// clockLeeway is how far apart this computer's clock and AWS's may be: AWS itself refuses signatures that are more than
// 15 minutes off.
const clockLeeway = 15 * time.Minute

// withCachedDevice fills in the device that an earlier run found, when want names none: kept under the user's name is its
// serial number, and on a line below it the ID of the key that a source gave.
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

// patience is how long the lock is waited for in silence, longestWait how long at all: somebody has the question for a
// code before them, or has left it there.
const (
	noticeAfter = time.Second
	lockTimeout = 5 * time.Minute
)

func (p *Provider) lock(ctx context.Context, want Request) (unlock func(), err error) {
	waiting := time.AfterFunc(noticeAfter, func() { p.Say(msg.Waiting) })
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
		return nil, msg.WaitedTooLong(lockTimeout)
	}
	p.Options.Trace("cache: no lock: %v", err)
	p.lockErr = err // one at a time is all that is lost
	return func() {}, nil
}

func (p *Provider) client(ctx context.Context, want Request) (c *Client, err error) {
	if p.longTerm == nil {
		p.longTerm, err = p.Options.NewClient(ctx, want.Keys)
	}
	return p.longTerm, err
}
