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

// Obtainer obtains sessions. Every field that is a func is called, if at all, while the lock is held.
type Obtainer struct {
	Cache cache.Dir
	// Homeless says that there is no directory to keep sessions in, though they were meant to be kept.
	Homeless bool
	// MinTTL is how long a kept session must still live to be used.
	MinTTL time.Duration
	// Refresh passes over sessions obtained before Started: those that others obtain meanwhile are new enough.
	Refresh bool
	Started time.Time

	Reach Reach
	Code  mfa.Source
	// Choose picks one of several devices.
	Choose func(ctx context.Context, devices []mfa.Device) (mfa.Device, error)

	// Interruptible begins what takes time, and stop ends it: ctx ends when the person wants it to.
	Interruptible func() (ctx context.Context, stop func())

	// Warn is told what did not stop the session from being obtained; Say, what the person should know meanwhile.
	Warn func(text, hint string)
	Say  func(text string)

	connected *Client           // with the long-term keys, when first needed
	unlocked  error             // why there was no lock to be had
	memory    map[string][]byte // what the cache would not keep
	found     string            // the device, when it had to be found
	gone      []string          // the access keys of kept sessions that AWS no longer takes
}

// Obtain returns the session that want asks for: the kept one while it lasts, else a new one, asking for a token code at
// most once however many callers arrive together. Errors are *msg.Error, or context.Canceled. An Obtainer may be asked
// again and again, by one caller at a time: what cannot be kept in the cache it knows by heart.
func (o *Obtainer) Obtain(want Request) (Session, error) {
	if s, ok := o.kept(want, o.MinTTL); ok {
		return s, nil
	}
	ctx, stop := o.Interruptible()
	defer stop()
	return o.obtain(ctx, want, o.MinTTL)
}

// obtain is Obtain beyond its first look. A role is assumed with a session that is obtained in the same way, and kept on
// its own: each step has its own lock, and waits only for those who want the same.
func (o *Obtainer) obtain(ctx context.Context, want Request, minTTL time.Duration) (Session, error) {
	unlock, err := o.lock(ctx, want)
	if err != nil {
		return Session{}, err
	}
	defer unlock()
	var given Session
	if want.fromKeys() && want.Outside != nil {
		if s, ok := o.kept(want, minTTL); ok { // a program may ask somebody: it does not run for what is there
			return s, nil
		}
		if given, err = o.outside(ctx, want); err != nil {
			return Session{}, err
		}
		if !given.isLongTerm() {
			return o.with(ctx, want, given)
		}
		want = o.holding(want, given)
	}
	named := want.Serial != "" || !want.needsCode()
	if !named {
		want, err = o.device(ctx, want)
		if want.Outside != nil && errors.Is(err, errNoDevice) { // nobody asked for MFA
			o.Say(msg.GivenWithoutMFA(want.Outside.Profile.Name, given.AccessKeyID))
			return o.with(ctx, want, given)
		}
		if err != nil {
			return Session{}, err
		}
	}
	s, ok := o.kept(want, minTTL) // whoever held the lock has paid for us, or another profile of the same user has
	if !ok {
		if s, want, err = o.ask(ctx, want, !named); err != nil {
			return Session{}, err
		}
		s.KeyID = want.keyID()
		o.keep(want, s)
	}
	if !named {
		o.remember(want)
	}
	return s, nil
}

// outside asks the source.
func (o *Obtainer) outside(ctx context.Context, want Request) (Session, error) {
	for _, text := range want.Outside.Hidden {
		o.Say(text)
	}
	return o.Reach.outside(ctx, *want.Outside)
}

// holding is want with the long-term keys that its source gave. What is known of others that it gave before is not of these.
func (o *Obtainer) holding(want Request, given Session) Request {
	if o.connected != nil && o.connected.id != given.AccessKeyID {
		o.connected, o.found = nil, ""
	}
	o.Reach.Trace("outside: %s is a long-term key", given.AccessKeyID)
	want.Keys = profile.Keys{AccessKeyID: given.AccessKeyID, SecretAccessKey: profile.NewSecret(given.SecretAccessKey)}
	return want
}

// with is what want comes to where its source gave what no code is asked for: that itself, or the role assumed with it.
func (o *Obtainer) with(ctx context.Context, want Request, given Session) (Session, error) {
	if len(want.Roles) == 0 {
		return given, nil
	}
	want.Keys = profile.Keys{}
	c, err := o.Reach.ConnectSession(ctx, given)
	if err != nil {
		return Session{}, err
	}
	s, err := c.assumed(ctx, want, o.Warn)
	if err == nil {
		o.keep(want, s)
	}
	return s, err
}

// ask asks whoever gives out what is wanted.
func (o *Obtainer) ask(ctx context.Context, want Request, found bool) (s Session, asked Request, err error) {
	switch {
	case want.needsCode():
		return o.withCode(ctx, want, found)
	case len(want.Roles) > 0:
		s, err = o.assume(ctx, want)
	case !want.TakesMFA():
		s, err = o.outside(ctx, want)
		want.Outside.ReadSignIn() // it may have been renewed for that
	default:
		s, err = o.plain(ctx, want)
	}
	return s, want, err
}

// keep keeps a session that was paid for. When it cannot be kept, it is used all the same.
func (o *Obtainer) keep(want Request, s Session) {
	if !want.keepable() || s.Expiration.IsZero() || s.SessionToken == "" {
		return
	}
	if o.Cache.Path == "" {
		o.learn(want.Key(), s)
		if o.Homeless {
			o.Warn(msg.NoPlaceToKeep(), "")
		}
		return
	}
	if err := o.Cache.Keep(want.Key(), s.encode()); err != nil {
		o.learn(want.Key(), s)
		o.Warn(msg.NotKept(err), "")
	} else if o.unlocked != nil {
		o.Warn(msg.NoLock(o.unlocked), "")
	}
}

// Mind is what an Obtainer knows and the cache does not, so that another process can go on where it stopped. There are
// secrets in it.
type Mind struct {
	Sessions map[string][]byte
	Device   string
}

// Mind tells it.
func (o *Obtainer) Mind() Mind { return Mind{o.memory, o.found} }

// Recall takes over another's mind.
func (o *Obtainer) Recall(m Mind) { o.memory, o.found = m.Sessions, m.Device }

func (o *Obtainer) learn(name string, s Session) {
	if o.memory == nil {
		o.memory = map[string][]byte{}
	}
	o.memory[name] = s.encode()
}

// remember keeps a device that was found, now that a session was had with it.
func (o *Obtainer) remember(want Request) {
	known, _, _ := o.Cache.Load(want.user())
	now := want.Serial
	if want.keyID() != "" {
		now += "\n" + want.keyID()
	}
	if string(known) != now && o.unlocked == nil {
		if err := o.Cache.Keep(want.user(), []byte(now)); err != nil {
			o.Warn(msg.NotKept(err), "")
		}
	}
}

// kept looks for a session that is good for want, under the remembered device when want names none.
func (o *Obtainer) kept(want Request, minTTL time.Duration) (Session, bool) {
	if !want.keepable() {
		return Session{}, false
	}
	if len(want.Roles) == 0 && want.needsCode() { // a role session is the same whatever device it was had with
		if want = o.remembered(want); want.Serial == "" {
			return Session{}, false
		}
	}
	text, found := o.memory[want.Key()]
	if !found {
		var err error
		text, found, err = o.Cache.Load(want.Key())
		o.warnUnusable(err)
	}
	if !found {
		o.Reach.Trace("cache: no session kept for %s", want)
		return Session{}, false
	}
	s, err := decode(text)
	if err != nil {
		o.warnUnusable(o.Cache.Torn(want.Key(), err))
		return Session{}, false
	}
	lifetime := want.lifetime()
	end := s.Expiration
	if ours := s.Obtained.Add(lifetime); ours.Before(end) {
		end = ours // by this computer's clock, which is behind AWS's
	}
	switch left := end.Sub(o.Reach.Now()); {
	case left < minTTL:
		o.Reach.Trace("cache: the session kept for %s has %s left, less than %s", want, left.Round(time.Second), minTTL)
		return Session{}, false
	case left > lifetime+clockLeeway:
		o.Reach.Trace("cache: the kept session would outlive its duration, so this computer's clock was set back: not used")
		return Session{}, false
	case slices.Contains(o.gone, s.AccessKeyID):
		return Session{}, false
	case want.isAnother(s.KeyID):
		o.Reach.Trace("cache: the session kept for %s was had with %s, another key: not used", want, s.KeyID)
		return Session{}, false
	case o.Refresh && s.Obtained.Before(o.Started):
		o.Reach.Trace("cache: passed over by --refresh")
		return Session{}, false
	}
	o.Reach.Trace("cache: %v", s)
	return s, true
}

// Kept is Obtain's first look and nothing more: the kept session that is good for want, found without asking anybody and
// without writing anything. serial is the device that want names, else the remembered one, else "".
func (o *Obtainer) Kept(want Request) (s Session, serial string, found bool) {
	s, found = o.kept(want, o.MinTTL)
	return s, o.remembered(want).Serial, found
}

func (o *Obtainer) warnUnusable(err error) {
	var unusable *cache.Unusable
	if errors.As(err, &unusable) {
		o.Warn(msg.Unusable(unusable.Path, unusable.Err, unusable.Reason == cache.AnotherVersion), "")
	}
}

// clockLeeway is how far apart this computer's clock and AWS's may be: AWS itself refuses signatures that are more than
// 15 minutes off.
const clockLeeway = 15 * time.Minute

// remembered fills in the device that an earlier run found, when want names none: kept under the user's name is its
// serial number, and on a line below it the ID of the key that a source gave.
func (o *Obtainer) remembered(want Request) Request {
	if want.Serial != "" || !want.TakesMFA() {
		return want
	}
	if want.Serial = o.found; want.Serial == "" {
		known, _, err := o.Cache.Load(want.user())
		o.warnUnusable(err)
		if serial, keyID, _ := strings.Cut(string(known), "\n"); !want.isAnother(keyID) {
			want.Serial = serial
		}
	}
	return want
}

// patience is how long the lock is waited for in silence, longestWait how long at all: somebody has the question for a
// code before them, or has left it there.
const (
	patience    = time.Second
	longestWait = 5 * time.Minute
)

func (o *Obtainer) lock(ctx context.Context, want Request) (unlock func(), err error) {
	waiting := time.AfterFunc(patience, func() { o.Say(msg.Waiting) })
	defer waiting.Stop()
	bounded, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	unlock, err = o.Cache.Lock(bounded, want.lock())
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, msg.WaitedTooLong(longestWait)
	}
	o.Reach.Trace("cache: no lock: %v", err)
	o.unlocked = err // one at a time is all that is lost
	return func() {}, nil
}

func (o *Obtainer) client(ctx context.Context, want Request) (c *Client, err error) {
	if o.connected == nil {
		o.connected, err = o.Reach.Connect(ctx, want.Keys)
	}
	return o.connected, err
}
