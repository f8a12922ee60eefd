package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// Request is what is asked for, all of it: it is what AWS is asked, and its hash is what the session is kept under, so
// that the two cannot drift apart. How AWS is reached (region, proxies, time limits) is not part of it: the session is
// the same.
type Request struct {
	// Keys is the long-term key pair that it begins with; Outside, when it is not nil, is what it begins with instead.
	// Where Outside gives long-term keys in its turn, both are there from then on.
	Keys     profile.Keys
	External *ExternalSource

	// Serial is the MFA device's serial number; "" stands for the one device that the user has, until it is found.
	Serial string
	// NoMFA asks for the session of a user without a device.
	NoMFA bool
	// Duration is that of the MFA session.
	Duration time.Duration
	Endpoint Endpoint

	// Roles are assumed in this order; the session of the last is what is wanted. See Roles.
	Roles []profile.Role
}

// Endpoint is where STS is asked. Sessions of different endpoints are different sessions: another URL is another AWS,
// and the global endpoint gives out tokens that regions which must be enabled first do not take (AWS STS, "Regions and
// endpoints").
type Endpoint struct {
	// URL is the endpoint that settings name for STS, or "" for AWS's own.
	URL string
	// Global is set by sts_regional_endpoints = legacy.
	Global bool
}

// Roles fills in how long the roles of a chain last: the last as long as asked, else as its profile says, else an hour;
// those before it no longer than they are good for. AWS gives a role that is assumed with another role's session an hour
// at most, and what it would refuse is refused here, before a code is asked for.
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
			return nil, msg.ChainTooLong(r.Profile, chain.Roles[i-1].Profile, r.Duration)
		}
		roles = append(roles, r)
	}
	return roles, nil
}

// direct says that the role is assumed straight from the long-term keys: AWS gives it more than an hour in no other way
// (IAM User Guide, "Role chaining"), and without MFA there is no session to assume it with.
func (r Request) direct() bool {
	return len(r.Roles) == 1 && r.TakesMFA() && (r.NoMFA || r.Roles[0].Duration > profile.MaxChainedDuration)
}

// TakesMFA says that it begins with a user's long-term keys, or may: what a program or a container gives is known only
// when it is asked.
func (r Request) TakesMFA() bool {
	return r.External == nil || r.External.Kind == profile.KindProcess || r.External.Kind == profile.KindCredentialSource
}

// fromKeys says that AWS is asked for this itself with the long-term keys, not with a session that they gave.
func (r Request) fromKeys() bool { return r.TakesMFA() && (len(r.Roles) == 0 || r.direct()) }

// needsCode says that AWS is asked for this itself with a token code, not with a session that was.
func (r Request) needsCode() bool { return r.fromKeys() && !r.NoMFA }

// isExternal says that the credentials it begins with are a session that somebody else gave out.
func (r Request) isExternal() bool { return r.External != nil && r.Keys.AccessKeyID == "" }

// source is what the last role is assumed with.
func (r Request) source() Request {
	r.Roles = r.Roles[:len(r.Roles)-1]
	return r
}

// cacheable says whether the session is worth keeping and can be known again. What a program, a container or an instance
// gives is kept by these themselves; a session that was had with long-term keys of theirs is kept here.
func (r Request) cacheable() bool {
	return len(r.Roles) > 0 || r.TakesMFA() || r.External.Kind == profile.KindSSO
}

// lifetime is the most that the session can last.
func (r Request) lifetime() time.Duration {
	switch {
	case len(r.Roles) > 0:
		return r.Roles[len(r.Roles)-1].Duration
	case !r.TakesMFA():
		return maxExternal
	}
	return r.Duration
}

// CacheKey is the name that the session is kept under.
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

// rolePrefix is what the names of all role sessions of one user begin with.
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

// lockName is the name of what one caller at a time does. Two codes for one user at the same time would be asked for on one
// screen, and one code counts once; everything else waits only for the same.
func (r Request) lockName() string {
	if r.needsCode() {
		return r.userKey()
	}
	return r.CacheKey()
}

// userKey names whose keys these are, where: what a remembered device hangs on. Keys that a source gives are named by the
// source's settings, so that what is kept of them is found without asking it; see keyID.
func (r Request) userKey() string { return "user-" + hash(r.userParts()...) }

func (r Request) userParts() []string {
	where := []string{r.Endpoint.URL, fmt.Sprint(r.Endpoint.Global)}
	if r.External != nil {
		return append(append([]string{"", ""}, where...), r.External.keyParts()...)
	}
	return append([]string{r.Keys.AccessKeyID, r.Keys.SecretAccessKey.Reveal()}, where...)
}

// sourceKeyID is that of the key that the source gave; "" of a key that the name of what is kept is made of, and before the
// source was asked.
func (r Request) sourceKeyID() string {
	if r.External == nil {
		return ""
	}
	return r.Keys.AccessKeyID
}

// isOtherKey says that what is kept was had with another key than the one that the source gave this time.
func (r Request) isOtherKey(keyID string) bool {
	return keyID != "" && r.sourceKeyID() != "" && keyID != r.sourceKeyID()
}

// String says what is wanted, for --debug.
func (r Request) String() string {
	var what string
	switch {
	case r.External != nil:
		what = r.External.Profile.String()
	case r.NoMFA:
		what = r.Keys.AccessKeyID + " without MFA"
	case r.Serial != "":
		what = r.Serial
	default:
		what = r.Keys.AccessKeyID
	}
	for _, role := range r.Roles {
		what += " → " + role.ARN
	}
	return what
}

// Format writes String for every verb: nothing of a request that opens anything is shown.
func (r Request) Format(w fmt.State, _ rune) { io.WriteString(w, r.String()) }

// hash cannot be turned back (a secret access key has 240 bits), and no two lists of parts run into one.
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
