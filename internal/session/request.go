package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Request holds every parameter that identifies a session; their hash is the cache key. Two things are not part of the
// key: the durations, for a session that lasts longer serves as well, and the connection settings (region, proxies,
// timeouts), which do not change the session.
type Request struct {
	// Keys is the long-term key pair, unless External is set.
	Keys     profile.Keys
	External *awsapi.ExternalSource

	// Serial is the MFA device's serial number; "" means the user's only device, which is still to be found.
	Serial string
	// SerialVariable is the variable that Serial is from, "" if it is from elsewhere. It is for messages.
	SerialVariable string
	// NoMFA asks for a session without MFA.
	NoMFA bool
	// Duration is the duration of the MFA session.
	Duration time.Duration
	Endpoint awsapi.Endpoint

	// Roles are assumed in this order; the request is for the session of the last. See the function Roles.
	Roles []profile.Role

	found  bool     // Serial is from the cache, or from IAM
	given  bool     // an external source gave a session, not keys
	source []string // External's part of the cache key, as it was when Retrieve was called
}

// Roles returns the roles of a chain with their durations: of the last asked, else its profile's, else an hour; of
// those before it an hour. AWS gives at most an hour to a role that is assumed with another role's session, so a
// longer one is an error here, before a code is asked for.
func Roles(chain profile.Chain, asked time.Duration) ([]profile.Role, error) {
	var roles []profile.Role
	for i, r := range chain.Roles {
		switch {
		case i < len(chain.Roles)-1:
			r.Duration = profile.DefaultRoleDuration
		case asked != 0:
			r.Duration = asked
		case r.Duration == 0:
			r.Duration = profile.DefaultRoleDuration
		}
		if i > 0 && r.Duration > profile.MaxChainedDuration {
			return nil, msg.Errorf("profile %q asks for %s, "+
				"and AWS gives at most 1h to a role that is assumed with another role (profile %q)",
				r.Profile, msg.Duration(r.Duration), chain.Roles[i-1].Profile).
				Hint("set duration_seconds = 3600, or pass --duration 1h: awsmfa renews it without a code")
		}
		roles = append(roles, r)
	}
	return roles, nil
}

// direct reports whether the role is assumed with the long-term keys themselves: AWS gives more than an hour only so
// (IAM User Guide, "Role chaining"), and without MFA no session is needed.
func (r Request) direct() bool {
	return len(r.Roles) == 1 && r.TakesMFA() && (r.NoMFA || r.Roles[0].Duration > profile.MaxChainedDuration)
}

// TakesMFA reports whether the base credentials are, or may turn out to be, a user's long-term keys: a program or a
// container may return either.
func (r Request) TakesMFA() bool {
	if r.External == nil {
		return true
	}
	switch r.External.Kind {
	case profile.KindProcess, profile.KindCredentialSource:
		return true
	case profile.KindSSO, profile.KindLogin, profile.KindWebIdentity:
	case profile.KindKeys: // with a session token
	case profile.KindNone, profile.KindRole, profile.KindSource: // a chain has none of these
	}
	return false
}

// needsDevice reports whether the chain begins with a session, or a role, that takes a token code.
func (r Request) needsDevice() bool { return r.TakesMFA() && !r.NoMFA }

// sourceRequest returns the request for the session that assumes the last role.
func (r Request) sourceRequest() Request {
	r.Roles = r.Roles[:len(r.Roles)-1]
	return r
}

// cacheable reports whether to cache the session. Programs, containers and instances cache their own sessions; only a
// session that was obtained with their long-term keys is cached here.
func (r Request) cacheable(s Session) bool {
	switch {
	case s.Expiration.IsZero() || s.SessionToken == "":
		return false
	case len(r.Roles) > 0, r.External == nil, r.External.Kind == profile.KindSSO:
		return true
	}
	return s.KeyID != ""
}

// duration returns how long the session shall last.
func (r Request) duration() time.Duration {
	switch {
	case len(r.Roles) > 0:
		return r.Roles[len(r.Roles)-1].Duration
	case !r.TakesMFA():
		return awsapi.MaxExternalDuration
	}
	return r.Duration
}

// subject returns the ARN of the last role, else the device's serial number, for messages.
func (r Request) subject() string {
	if n := len(r.Roles); n > 0 {
		return r.Roles[n-1].ARN
	}
	return r.Serial
}

// CacheKey returns the name of the session in the cache.
func (r Request) CacheKey() string {
	switch {
	case len(r.Roles) > 0:
		return r.rolePrefix() + hash(r.roleParts()...)
	case !r.TakesMFA():
		return "external-" + hash(r.userParts()...)
	case r.NoMFA:
		return r.noMFAKey()
	}
	return r.sessionPrefix() + hash(r.Serial)
}

// noMFAKey returns the name of the session without MFA in the cache.
func (r Request) noMFAKey() string { return r.sessionPrefix() + "nomfa" }

// sessionPrefix and rolePrefix are the common prefixes of the cache keys of all the user's sessions.
func (r Request) sessionPrefix() string { return "session-" + hash(r.userParts()...)[:16] + "-" }

func (r Request) rolePrefix() string { return "role-" + hash(r.userParts()...)[:16] + "-" }

func (r Request) roleParts() []string {
	const each = 6 // of a role
	parts := slices.Grow(r.userParts(), 1+each*len(r.Roles))
	parts = append(parts, strconv.FormatBool(r.NoMFA))
	for _, role := range r.Roles {
		tags := make([]string, 0, 2*len(role.Tags))
		for _, t := range role.Tags {
			tags = append(tags, t.Key, t.Value)
		}
		parts = append(parts, role.ARN, role.SessionName, role.ExternalID, role.SourceIdentity,
			hash(tags...), hash(role.TransitiveTags...))
	}
	return parts
}

// lockName returns the name of the session's lock. Whatever takes a token code has the user's lock: two questions at a
// time would share one screen, and each code works once.
func (r Request) lockName() string {
	if len(r.Roles) > 0 || !r.needsDevice() {
		return r.lockedName()
	}
	return r.userLock()
}

// lockedName is the cache key without a sign-in's token: a lock file stays, and the token changes every hour.
func (r Request) lockedName() string {
	if r.External != nil {
		r.source, _ = r.External.CacheKeyParts()
	}
	return r.CacheKey()
}

// userLock returns the name of the lock for the user's token codes and device.
func (r Request) userLock() string { return r.deviceKey() }

// deviceKey returns the cache key of the user's device.
func (r Request) deviceKey() string { return "user-" + hash(r.userParts()...) }

// codeKey returns the cache key of the hash of the last token code of the user's.
func (r Request) codeKey() string { return "code-" + hash(r.userParts()...) }

// userParts identify the base credentials. An external source's settings identify its keys, so that it need not be
// called to find what is cached for them; see Session.KeyID.
func (r Request) userParts() []string {
	global := strconv.FormatBool(r.Endpoint.Global)
	if r.External != nil {
		return append([]string{"", r.Endpoint.URL, global}, r.sourceParts()...)
	}
	// The secret may be in the keyring, which stays closed.
	return []string{r.Keys.AccessKeyID, r.Endpoint.URL, global}
}

func (r Request) sourceParts() []string {
	if r.source != nil {
		return r.source
	}
	settings, signIn := r.External.CacheKeyParts()
	return append(settings, signIn)
}

// String describes the request for --debug, without secrets.
func (r Request) String() string {
	var text string
	switch {
	case r.External != nil:
		text = r.External.Profile.String()
	case r.NoMFA:
		text = r.Keys.AccessKeyID + " without MFA"
	case r.Serial != "":
		text = r.Serial
	default:
		text = r.Keys.AccessKeyID
	}
	for _, role := range r.Roles {
		text += " → " + role.ARN
	}
	return text
}

// Format writes String for every verb, so that no secret is ever printed.
func (r Request) Format(w fmt.State, _ rune) { io.WriteString(w, r.String()) }

// noParts is the hash of an empty list: the first half of SHA-256 of nothing.
const noParts = "e3b0c44298fc1c149afbf4c8996fb924"

// hash returns the same value only for the same list of parts. It does not reveal a secret access key, which has 240
// bits.
func hash(parts ...string) string {
	if len(parts) == 0 { // a role's tags, usually
		return noParts
	}
	text := make([]byte, 0, 512)
	for _, p := range parts {
		text = append(binary.BigEndian.AppendUint64(text, uint64(len(p))), p...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
