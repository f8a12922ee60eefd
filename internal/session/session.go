// Package session obtains sessions: from the cache or, under its lock, from AWS, once for each link of a chain of
// roles. A Resolver composes the providers of a chain; each is behind one decorator that caches and locks. The package
// never prints, never asks the person itself, and stores nothing outside the given cache.
package session

import (
	"errors"
	"slices"
	"strings"
	"time"

	"awsmfa/internal/awsapi"
)

// The limits of GetSessionToken for an IAM user (AWS STS API Reference, "GetSessionToken", DurationSeconds).
const (
	MinDuration     = 15 * time.Minute
	MaxDuration     = 36 * time.Hour
	DefaultDuration = 12 * time.Hour
)

// Session is a set of temporary credentials. Printed with any verb, it shows no secret.
type Session struct {
	awsapi.Credentials
	Obtained time.Time     // by this computer's clock
	Duration time.Duration // that AWS was asked for; an external source decides itself
	KeyID    string        // of the long-term key that obtained the session, if it may change; see Request.keyID
}

// newSession returns the session that was obtained just now.
func newSession(c awsapi.Credentials, now time.Time, duration time.Duration) Session {
	return Session{Credentials: c, Obtained: now, Duration: duration}
}

// isLongTerm reports whether a source returned a user's long-term key pair, not a session. (The IDs of temporary keys
// begin with ASIA: IAM User Guide, "IAM identifiers".)
func (s Session) isLongTerm() bool {
	return s.SessionToken == "" && !strings.HasPrefix(s.AccessKeyID, "ASIA")
}

// end returns when the session ends, by this computer's clock: it may be behind AWS's.
func (s Session) end() time.Time {
	if ours := s.Obtained.Add(s.Duration); ours.Before(s.Expiration) {
		return ours
	}
	return s.Expiration
}

// encode returns the session as seven lines, for the cache. Decoding JSON would take longer than the rest of a call
// that finds a cached session.
func (s Session) encode() []byte {
	return []byte(strings.Join([]string{
		s.AccessKeyID, s.SecretAccessKey, s.SessionToken,
		s.Expiration.UTC().Format(time.RFC3339), s.Obtained.UTC().Format(time.RFC3339Nano),
		s.Duration.String(), s.KeyID, "",
	}, "\n"))
}

// decode reverses encode. Its error shows nothing of the text.
func decode(text []byte) (Session, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != 8 || slices.Contains(lines[:6], "") || lines[7] != "" {
		return Session{}, errNoSession
	}
	expiration, err1 := time.Parse(time.RFC3339, lines[3])
	obtained, err2 := time.Parse(time.RFC3339Nano, lines[4])
	duration, err3 := time.ParseDuration(lines[5])
	if err1 != nil || err2 != nil || err3 != nil || duration <= 0 {
		return Session{}, errNoSession
	}
	c := awsapi.Credentials{
		AccessKeyID: lines[0], SecretAccessKey: lines[1], SessionToken: lines[2], Expiration: expiration,
	}
	return Session{Credentials: c, Obtained: obtained, Duration: duration, KeyID: lines[6]}, nil
}

var errNoSession = errors.New("not a session")
