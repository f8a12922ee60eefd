package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Request holds every parameter that identifies a session; its hash is the cache key. The connection settings (region,
// proxies, timeouts) are not part of it: they do not change the session.
type Request struct {
	// Keys is the long-term key pair, unless External is set. If External returns a long-term key pair, Keys is set
	// to it.
	Keys     profile.Keys
	External *awsapi.ExternalSource

	// Serial is the MFA device's serial number; "" means the user's only device, which is still to be found.
	Serial string
	// NoMFA asks for a session without MFA.
	NoMFA bool
	// Duration is the duration of the MFA session.
	Duration time.Duration
	Endpoint awsapi.Endpoint

	// Roles are assumed in this order; the request is for the session of the last. See the function Roles.
	Roles []profile.Role
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
	return r.External == nil || r.External.Kind == profile.KindProcess ||
		r.External.Kind == profile.KindCredentialSource
}

// fromKeys reports whether the long-term keys themselves sign the call for this session.
func (r Request) fromKeys() bool { return r.TakesMFA() && (len(r.Roles) == 0 || r.direct()) }

// needsCode reports whether the call for this session itself takes a token code.
func (r Request) needsCode() bool { return r.fromKeys() && !r.NoMFA }

// isExternal reports whether the base credentials are a session from an external source.
func (r Request) isExternal() bool { return r.External != nil && r.Keys.AccessKeyID == "" }

// source returns the request for the session that assumes the last role.
func (r Request) source() Request {
	r.Roles = r.Roles[:len(r.Roles)-1]
	return r
}

// cacheable reports whether to cache the session. Programs, containers and instances cache their own sessions; only a
// session that was obtained with their long-term keys is cached here.
func (r Request) cacheable() bool {
	return len(r.Roles) > 0 || r.TakesMFA() || r.External.Kind == profile.KindSSO
}

// lifetime returns the longest that the session can last.
func (r Request) lifetime() time.Duration {
	switch {
	case len(r.Roles) > 0:
		return r.Roles[len(r.Roles)-1].Duration
	case !r.TakesMFA():
		return awsapi.MaxExternalDuration
	}
	return r.Duration
}

// CacheKey returns the name of the session in the cache.
func (r Request) CacheKey() string {
	switch {
	case len(r.Roles) > 0:
		return r.rolePrefix() + hash(r.roleParts()...)
	case r.NoMFA:
		return "plain-" + hash(append(r.userParts(), r.Duration.String())...)
	case !r.TakesMFA():
		return "outside-" + hash(r.userParts()...)
	}
	return "session-" + hash(append(r.userParts(), r.Serial, r.Duration.String())...)
}

// rolePrefix returns the common prefix of the cache keys of all the user's role sessions.
func (r Request) rolePrefix() string { return "role-" + hash(r.userParts()...)[:16] + "-" }

func (r Request) roleParts() []string {
	parts := append(r.userParts(), fmt.Sprint(r.NoMFA, r.direct()))
	for _, role := range r.Roles {
		tags := make([]string, 0, 2*len(role.Tags))
		for _, t := range role.Tags {
			tags = append(tags, t.Key, t.Value)
		}
		parts = append(parts, role.ARN, role.SessionName, role.ExternalID, role.SourceIdentity, role.Duration.String(),
			hash(tags...), hash(role.TransitiveTags...))
	}
	return parts
}

// lockName returns the name of the lock for this request: per user if it needs a code, for two questions at a time
// would share one screen and each code works once; else per session.
func (r Request) lockName() string {
	if r.needsCode() {
		return r.userKey()
	}
	return r.CacheKey()
}

// userKey returns the cache key of the user's device. An external source's settings identify its keys, so that it
// need not be called to find what is cached for them; see sourceKeyID.
func (r Request) userKey() string { return "user-" + hash(r.userParts()...) }

func (r Request) userParts() []string {
	endpoint := []string{r.Endpoint.URL, fmt.Sprint(r.Endpoint.Global)}
	if r.External != nil {
		return append(append([]string{"", ""}, endpoint...), r.External.CacheKeyParts()...)
	}
	return append([]string{r.Keys.AccessKeyID, r.Keys.SecretAccessKey.Reveal()}, endpoint...)
}

// sourceKeyID returns the ID of the long-term key that the external source returned; "" before that, and for keys
// from the profile, which are part of the cache key.
func (r Request) sourceKeyID() string {
	if r.External == nil {
		return ""
	}
	return r.Keys.AccessKeyID
}

// isOtherKey reports whether a cached value was obtained with keyID, a key other than the source's current one.
func (r Request) isOtherKey(keyID string) bool {
	return keyID != "" && r.sourceKeyID() != "" && keyID != r.sourceKeyID()
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

// hash returns the same value only for the same list of parts. It reveals none of them: a secret access key has 240
// bits.
func hash(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
