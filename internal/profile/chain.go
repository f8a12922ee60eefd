package profile

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"awsmfa/internal/msg"
)

// The limits of AssumeRole (AWS STS API Reference, "AssumeRole", DurationSeconds; IAM User Guide, "Role chaining").
const (
	MinRoleDuration     = 15 * time.Minute
	MaxRoleDuration     = 12 * time.Hour
	DefaultRoleDuration = time.Hour
	MaxChainedDuration  = time.Hour // of a role that is assumed with temporary credentials
)

// Chain is the way to what a profile stands for: from the profile whose own credentials it begins with, over the roles
// that are assumed one with the other.
type Chain struct {
	// Base has the credentials, which are of this Kind: never KindRole, KindSource or KindNone.
	Base Profile
	Kind Kind
	// Roles are assumed in this order; none where the profile is Base.
	Roles []Role

	links []Profile // from the one that was asked for to Base
}

// Role is a role as a profile describes it. An empty field is one that the profile does not set.
type Role struct {
	Profile        string // the profile's name
	ARN            string
	SessionName    string        // role_session_name
	ExternalID     string        // external_id
	SourceIdentity string        // source_identity
	Duration       time.Duration // duration_seconds
	Tags           []Tag         // session_tags, in order
	TransitiveTags []string      // transitive_session_tags: keys of tags that the roles after this one have too
}

// Tag is a session tag.
type Tag struct{ Key, Value string }

// Chain follows the profile's source_profile settings, through the files as they were when it was loaded. Its errors are
// *msg.Error: a source that is not there, a circle, settings that contradict each other or that AWS would refuse, each
// with its place.
//
// The rules are botocore's (credentials.py, AssumeRoleProvider): a role is assumed with what its source_profile or
// credential_source gives, whatever else stands beside them; a profile that is only a source and has a key pair gives its
// own credentials, even where it is a role too; and source_profile without a role is nothing. A role with neither is
// assumed with the profile's own credentials, as the Go SDK and aws-vault do. (Botocore refuses it.)
func (p Profile) Chain() (Chain, error) {
	c := Chain{links: []Profile{p}}
	way := []string{p.Name}
	for at := p; ; {
		c.Base, c.Kind = at, at.own().Kind
		if !at.assumes(len(way) > 1) {
			return c, c.check()
		}
		role, err := at.role()
		if err != nil {
			return Chain{}, err
		}
		c.Roles = append([]Role{role}, c.Roles...)
		source, _ := at.Get("source_profile")
		if at.has("credential_source") {
			if c.Kind = KindCredentialSource; source != "" {
				from := at.Where("credential_source")
				return Chain{}, msg.ProfileTwoSources(at.Name, from.File, from.Line)
			}
		}
		if source == "" || source == at.Name {
			return c, c.check()
		}
		from := at.Where("source_profile")
		if way = append(way, source); slices.Contains(way[:len(way)-1], source) {
			return Chain{}, msg.ProfileLoop(way, from.File, from.Line)
		}
		next, err := at.contents().library.Load(source)
		if err != nil {
			return Chain{}, msg.ProfileSourceUnreadable(at.Name, from.File, from.Line, err)
		}
		at, c.links = next, append(c.links, next)
	}
}

// assumes says that the profile stands for its role, not for its own credentials. isSource is for one that another
// profile names as its source.
func (p Profile) assumes(isSource bool) bool {
	return p.isRole() && p.own().Kind != KindWebIdentity && (!isSource || p.pair() == Pos{})
}

// Conflicts are the settings on the way that say where credentials come from and are passed over, each with the one that
// decides.
func (c Chain) Conflicts() (all []Conflict) {
	for i, p := range c.links {
		own := p.sources()
		from := Source{KindCredentialSource, "credential_source", p.Where("credential_source")}
		switch {
		case i < len(c.links)-1:
			from = Source{KindSource, "source_profile", p.Where("source_profile")}
			all = append(all, p.conflicts(from, own...)...)
		case c.Kind == KindCredentialSource:
			all = append(all, p.conflicts(from, own...)...)
		case len(own) == 0:
		default:
			all = append(all, p.conflicts(own[0], append(own[1:], p.roleSettingAlone())...)...)
			if i > 0 && p.isRole() && own[0].Kind != KindWebIdentity {
				all = append(all, p.conflicts(own[0], Source{KindRole, "role_arn", p.Where("role_arn")})...)
			}
		}
	}
	return all
}

// Own is the way to the profile's own key pair: none, whatever role stands beside it, and whoever else that is assumed with.
// LongTermKeys says whether there is such a pair.
func (p Profile) Own() Chain { return Chain{Base: p, Kind: KindKeys, links: []Profile{p}} }

// check refuses a base that has no credentials.
func (c Chain) check() error {
	p := c.Base
	if c.Kind == KindCredentialSource {
		if from, _ := p.Get("credential_source"); !slices.Contains(credentialSources, from) {
			at := p.Where("credential_source")
			return msg.ProfileBadCredentialSource(p.Name, from, credentialSources, at.File, at.Line)
		}
	}
	if c.Kind != KindNone {
		return nil
	}
	if p.Where("role_arn").Line != 0 {
		return p.roleAlone()
	}
	switch lost := p.roleSettingAlone(); {
	case lost.Kind != KindNone:
		return p.roleSettingAloneError(lost)
	case p.has("sso_session"), p.has("sso_start_url"):
		at := p.Where("")
		return msg.ProfileSSOIncomplete(p.Name, "sso_account_id", at.File, at.Line)
	}
	return p.noKeys()
}

// The values of credential_source (AWS SDKs and Tools Reference Guide, "Assume role credential provider").
const (
	FromEnvironment = "Environment"
	FromInstance    = "Ec2InstanceMetadata"
	FromContainer   = "EcsContainer"
)

var credentialSources = []string{FromEnvironment, FromInstance, FromContainer}

// Get returns the first setting called key on the way from the profile that was asked for to Base.
func (c Chain) Get(key string) string {
	for _, p := range c.links {
		if p.has(key) {
			value, _ := p.Get(key)
			return value
		}
	}
	return ""
}

// Where returns where that setting stands.
func (c Chain) Where(key string) Pos {
	for _, p := range c.links {
		if p.has(key) {
			return p.Where(key)
		}
	}
	return Pos{}
}

// role reads the settings of the role that the profile is.
func (p Profile) role() (Role, error) {
	r := Role{Profile: p.Name}
	if r.ARN, _ = p.Get("role_arn"); r.ARN == "" {
		at := p.Where("role_arn")
		return Role{}, msg.ProfileRoleEmpty(p.Name, at.File, at.Line)
	}
	r.SessionName, _ = p.Get("role_session_name")
	r.ExternalID, _ = p.Get("external_id")
	r.SourceIdentity, _ = p.Get("source_identity")
	if !IsRoleARN(r.ARN) || len(r.ARN) > 2048 {
		at := p.Where("role_arn")
		return Role{}, msg.ProfileBadRoleARN(p.Name, at.File, at.Line)
	}
	for _, s := range []struct {
		key, value, others string
		longest            int
	}{
		{"role_session_name", r.SessionName, "_+=,.@-", 64},
		{"external_id", r.ExternalID, "_+=,.@:/-", 1224},
		{"source_identity", r.SourceIdentity, "_+=,.@-", 64},
	} {
		if s.value != "" && !isWord(s.value, s.others, 2, s.longest) {
			at := p.Where(s.key)
			return Role{}, msg.ProfileBadWord(p.Name, s.key, s.others, s.longest, at.File, at.Line)
		}
	}
	if text, _ := p.Get("duration_seconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32) // as a duration, more would not fit
		r.Duration = time.Duration(seconds) * time.Second
		if err != nil || r.Duration < MinRoleDuration || r.Duration > MaxRoleDuration {
			at := p.Where("duration_seconds")
			return Role{}, msg.ProfileBadRoleDuration(p.Name, at.File, at.Line)
		}
	}
	return r, p.tags(&r)
}

// isWord says whether text has the form that AssumeRole asks of names: ASCII letters, digits and the others (AWS STS API
// Reference, "AssumeRole": RoleSessionName, ExternalId, SourceIdentity).
func isWord(text, others string, shortest, longest int) bool {
	return shortest <= len(text) && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(others, r))
	})
}

// takesTags says whether AssumeRole would look at the tags at all (AWS STS API Reference, "AssumeRole", Tags, and "Tag").
// Which sizes fit together is AWS's to say: it packs them.
func takesTags(tags []Tag) bool {
	seen := map[string]bool{}
	for _, t := range tags {
		lower := strings.ToLower(t.Key)
		if utf8.RuneCountInString(t.Key) > 128 || utf8.RuneCountInString(t.Value) > 256 || strings.HasPrefix(lower, "aws:") ||
			seen[lower] || strings.ContainsFunc(t.Key+t.Value, func(r rune) bool {
			return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
		}) {
			return false
		}
		seen[lower] = true
	}
	return len(tags) <= 50
}

// tags reads session_tags, "key=value,key=value", and transitive_session_tags, "key,key" (aws-vault, USAGE.md).
func (p Profile) tags(r *Role) error {
	if text, _ := p.Get("session_tags"); text != "" {
		for _, pair := range strings.Split(text, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if key = strings.TrimSpace(key); !ok || key == "" {
				at := p.Where("session_tags")
				return msg.ProfileBadTags(p.Name, at.File, at.Line)
			}
			r.Tags = append(r.Tags, Tag{key, strings.TrimSpace(value)})
		}
		if !takesTags(r.Tags) {
			at := p.Where("session_tags")
			return msg.ProfileTagsRefused(p.Name, at.File, at.Line)
		}
	}
	text, _ := p.Get("transitive_session_tags")
	for _, key := range strings.Split(text, ",") {
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		if !slices.ContainsFunc(r.Tags, func(t Tag) bool { return t.Key == key }) {
			at := p.Where("transitive_session_tags")
			return msg.ProfileNoSuchTag(p.Name, key, at.File, at.Line)
		}
		r.TransitiveTags = append(r.TransitiveTags, key)
	}
	return nil
}

// IsRoleARN says whether text has the form of a role's ARN, in whatever partition; whether there is such a role is AWS's
// to say. (IAM User Guide, "IAM identifiers".)
func IsRoleARN(text string) bool {
	parts := strings.SplitN(text, ":", 6) // a path may have colons
	if len(parts) != 6 {
		return false
	}
	name, isRole := strings.CutPrefix(parts[5], "role/")
	digits := strings.Trim(parts[4], "0123456789") == ""
	blank := strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
	return parts[0] == "arn" && parts[1] != "" && parts[2] == "iam" && parts[3] == "" && len(parts[4]) == 12 && digits &&
		isRole && name != "" && !strings.HasSuffix(name, "/") && !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") && !blank
}

// SSO is what a profile says of its sign-in through IAM Identity Center.
type SSO struct {
	// Session is the name of the sso-session section, whose token the AWS CLI keeps under that name; "" in the older form,
	// whose token it keeps under StartURL.
	Session  string
	StartURL string
	Region   string // of the portal
	Account  string // twelve digits
	Role     string // the permission set's name
}

// SSO returns the settings of a profile of KindSSO. One that is missing is a *msg.Error, and so is one that is not the
// same in the profile and in its sso-session section: botocore refuses both.
func (p Profile) SSO() (SSO, error) {
	var s SSO
	s.Session, _ = p.Get("sso_session")
	at := p.Where("sso_session")
	if section := p.contents().sso; s.Session != "" && section.pos.Line == 0 {
		return SSO{}, msg.ProfileSSOMissing(p.Name, s.Session, at.File, at.Line)
	}
	for _, e := range p.contents().sso.entries {
		if own := p.contents().find(e.key); s.Session != "" && e.parent == "" && own != nil && own.value != e.value {
			return SSO{}, msg.ProfileSSODiffers(p.Name, s.Session, e.key, own.pos.File, own.pos.Line, e.pos.File, e.pos.Line)
		}
	}
	for _, setting := range []struct {
		key   string
		value *string
	}{
		{"sso_start_url", &s.StartURL}, {"sso_region", &s.Region}, {"sso_account_id", &s.Account}, {"sso_role_name", &s.Role},
	} {
		*setting.value, _ = p.Get(setting.key)
		e := p.contents().sso.get("", setting.key)
		if s.Session != "" && e != nil {
			*setting.value = e.value
		}
		if *setting.value == "" {
			at := p.Where("")
			return SSO{}, p.OrMisspelt(msg.ProfileSSOIncomplete(p.Name, setting.key, at.File, at.Line), setting.key)
		}
	}
	return s, nil
}
