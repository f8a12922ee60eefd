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
	minRoleDuration     = 15 * time.Minute
	MaxRoleDuration     = 12 * time.Hour
	DefaultRoleDuration = time.Hour
	MaxChainedDuration  = time.Hour // of a role that is assumed with temporary credentials
)

// Chain is how to obtain a profile's credentials: the profile to begin with, and the roles to assume one after the
// other.
type Chain struct {
	// Base has the first credentials, of this Kind: never KindRole, KindSource or KindNone.
	Base Profile
	Kind Kind
	// Roles are in the order of assuming them; empty if the profile itself is Base.
	Roles []Role

	links []Profile // from the requested one to Base
}

// Role is a role as a profile describes it. Settings that the profile does not have are empty.
type Role struct {
	Profile        string // the profile's name
	ARN            string
	SessionName    string        // role_session_name
	ExternalID     string        // external_id
	SourceIdentity string        // source_identity
	Duration       time.Duration // duration_seconds
	Tags           []Tag         // session_tags, in order
	TransitiveTags []string      // transitive_session_tags: keys of tags that later roles of the chain inherit
}

// Tag is a session tag.
type Tag struct{ Key, Value string }

// Chain follows the profile's source_profile settings, in the files as they were when the profile was loaded. Its
// errors are of type *msg.Error, with file and line: a missing source, a cycle, or settings that contradict each other
// or that AWS would refuse.
//
// The rules are botocore's (credentials.py, AssumeRoleProvider): source_profile and credential_source take precedence
// over all other sources of a role; a source profile that has a key pair uses it, even if it is a role, too; and
// source_profile without a role has no effect. A role with neither is assumed with the profile's own credentials, as in
// the Go SDK and aws-vault. (Botocore refuses it.)
func (p Profile) Chain() (Chain, error) {
	const usual = 2 // links: a role and its source
	c := Chain{links: append(make([]Profile, 0, usual), p)}
	visited := append(make(cycle, 0, usual), p.Name)
	for at := p; ; {
		c.Base, c.Kind = at, at.own().Kind
		if !at.assumes(len(visited) > 1) {
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
				return Chain{}, msg.Errorf("profile %q has both source_profile and credential_source (%s)", at.Name,
					at.Where("credential_source")).Hint("remove one of the two lines")
			}
		}
		if source == "" || source == at.Name {
			return c, c.check()
		}
		from := at.Where("source_profile")
		if visited = append(visited, source); slices.Contains(visited[:len(visited)-1], source) {
			return Chain{}, msg.Errorf("the source profiles form a cycle: %s (%s)", visited, from).
				Hint("end the chain with a profile that has credentials of its own")
		}
		next, err := at.contents().library.source(source)
		if err != nil {
			return Chain{}, msg.Errorf("source_profile of profile %q (%s): %s", at.Name, from, err).Wrap(err)
		}
		at, c.links = next, append(c.links, next)
	}
}

// assumes reports whether the profile's role is used, and not its own credentials. isSource means that another profile
// names it as its source.
func (p Profile) assumes(isSource bool) bool {
	return p.IsRole() && p.own().Kind != KindWebIdentity && (!isSource || p.pair() == Pos{})
}

// Conflicts lists the sources of credentials in the chain that are ignored, each with the one that is used.
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
			all = append(all, p.conflicts(own[0], append(own[1:], p.sourceWithoutRole())...)...)
			if i > 0 && p.IsRole() && own[0].Kind != KindWebIdentity {
				all = append(all, p.conflicts(own[0], Source{KindRole, "role_arn", p.Where("role_arn")})...)
			}
		}
	}
	return all
}

// Profiles returns the profiles from the requested one to Base.
func (c Chain) Profiles() []Profile { return slices.Clone(c.links) }

// Own returns the chain that uses only the profile's own key pair, and no role. It may have none: see LongTermKeys.
func (p Profile) Own() Chain { return Chain{Base: p, Kind: KindKeys, links: []Profile{p}} }

// check returns an error if the base has no credentials.
func (c Chain) check() error {
	p := c.Base
	if c.Kind == KindCredentialSource {
		if from, _ := p.Get("credential_source"); !slices.Contains(credentialSources, from) {
			return msg.Errorf("profile %q: credential_source = %s is not supported (%s)", p.Name, msg.Escaped(from),
				p.Where("credential_source")).Hint("use one of %s", msg.List(credentialSources))
		}
	}
	if c.Kind != KindNone {
		return nil
	}
	if p.Where("role_arn").Line != 0 {
		return p.roleWithoutSourceError()
	}
	switch {
	case p.sourceWithoutRole().Kind != KindNone:
		return p.sourceWithoutRoleError()
	case p.has("sso_session"), p.has("sso_start_url"):
		return p.incompleteSSOError("sso_account_id")
	}
	return p.noKeysError()
}

// The values of credential_source (AWS SDKs and Tools Reference Guide, "Assume role credential provider").
const (
	FromEnvironment = "Environment"
	FromInstance    = "Ec2InstanceMetadata"
	FromContainer   = "EcsContainer"
)

var credentialSources = []string{FromEnvironment, FromInstance, FromContainer}

// SourceKey returns the setting that says where the first credentials come from.
func (c Chain) SourceKey() string {
	if c.Kind == KindCredentialSource {
		return "credential_source"
	}
	return c.Base.own().Key
}

// Get returns the first setting called key on the way from the requested profile to Base.
func (c Chain) Get(key string) string {
	for _, p := range c.links {
		if p.has(key) {
			value, _ := p.Get(key)
			return value
		}
	}
	return ""
}

// Where returns the position of that setting.
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
		return Role{}, msg.Errorf("profile %q has an empty role_arn (%s)", p.Name, p.Where("role_arn")).
			Hint("set it to the role's ARN, arn:aws:iam::ACCOUNT:role/NAME, or remove the line")
	}
	r.SessionName, _ = p.Get("role_session_name")
	r.ExternalID, _ = p.Get("external_id")
	r.SourceIdentity, _ = p.Get("source_identity")
	if !isRoleARN(r.ARN) || len(r.ARN) > 2048 {
		return Role{}, msg.Errorf("profile %q: role_arn is not the ARN of a role (%s)", p.Name, p.Where("role_arn")).
			Hint("it looks like arn:aws:iam::ACCOUNT:role/NAME, with the account's twelve digits")
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
			return Role{}, msg.Errorf("profile %q: AWS does not accept this %s (%s)", p.Name, s.key, p.Where(s.key)).
				Hint("write 2 to %d characters, each an ASCII letter, a digit or one of %s", s.longest, s.others)
		}
	}
	if text, _ := p.Get("duration_seconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32) // a time.Duration cannot hold more
		r.Duration = time.Duration(seconds) * time.Second
		if err != nil || r.Duration < minRoleDuration || r.Duration > MaxRoleDuration {
			return Role{}, msg.Errorf("profile %q: duration_seconds is not between 900 and 43200 (%s)", p.Name,
				p.Where("duration_seconds")).Hint("give it in seconds: 3600 for one hour, 43200 for twelve")
		}
	}
	return r, p.tags(&r)
}

// isWord reports whether AssumeRole accepts text as a name: ASCII letters, digits and the others (AWS STS API
// Reference, "AssumeRole": RoleSessionName, ExternalId, SourceIdentity).
func isWord(text, others string, shortest, longest int) bool {
	return shortest <= len(text) && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune(others, r))
	})
}

// areValidTags reports whether the tags are within the limits of AssumeRole (AWS STS API Reference, "AssumeRole", Tags,
// and "Tag"), except for their total size, which only AWS knows: it packs them.
func areValidTags(tags []Tag) bool {
	seen := map[string]bool{}
	for _, t := range tags {
		lower := strings.ToLower(t.Key)
		if utf8.RuneCountInString(t.Key) > 128 || utf8.RuneCountInString(t.Value) > 256 ||
			strings.HasPrefix(lower, "aws:") ||
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
				return msg.Errorf("profile %q: session_tags are not of the form key=value,key=value (%s)", p.Name,
					p.Where("session_tags")).Hint("write each tag as key=value, with commas between")
			}
			r.Tags = append(r.Tags, Tag{key, strings.TrimSpace(value)})
		}
		if !areValidTags(r.Tags) {
			return msg.Errorf("profile %q: AWS does not accept these session_tags (%s)", p.Name,
				p.Where("session_tags")).
				Hint("at most 50, each key once and not beginning with aws:, keys up to 128 and values up to 256 " +
					"letters, digits, blanks and _.:/=+-@")
		}
	}
	text, _ := p.Get("transitive_session_tags")
	for _, key := range strings.Split(text, ",") {
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		if !slices.ContainsFunc(r.Tags, func(t Tag) bool { return t.Key == key }) {
			return msg.Errorf("profile %q: transitive_session_tags names %q, which session_tags does not have (%s)",
				p.Name, key, p.Where("transitive_session_tags")).
				Hint("give the tag a value in session_tags, or remove it from transitive_session_tags")
		}
		r.TransitiveTags = append(r.TransitiveTags, key)
	}
	return nil
}

// isRoleARN reports whether text has the form of a role's ARN, in any partition (IAM User Guide, "IAM identifiers").
func isRoleARN(text string) bool {
	parts := strings.SplitN(text, ":", 6) // a path may have colons
	if len(parts) != 6 {
		return false
	}
	name, isRole := strings.CutPrefix(parts[5], "role/")
	account := len(parts[4]) == 12 && strings.Trim(parts[4], "0123456789") == ""
	blank := strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
	last := name[strings.LastIndexByte(name, '/')+1:]
	return parts[0] == "arn" && parts[1] != "" && parts[2] == "iam" && parts[3] == "" && account && isRole &&
		last != "" && !strings.Contains(last, ":") && !blank
}

// SSO holds a profile's settings for IAM Identity Center.
type SSO struct {
	// Session is the name of the sso-session section, under which the AWS CLI caches the token; "" in the older form,
	// with the token cached under StartURL.
	Session  string
	StartURL string
	Region   string // of the portal
	Account  string // twelve digits
	Role     string // the permission set's name
}

// SSO returns the settings of a profile of KindSSO. A missing one is a *msg.Error, and so is one that differs between
// the profile and its sso-session section: botocore refuses both.
func (p Profile) SSO() (SSO, error) {
	var s SSO
	s.Session, _ = p.Get("sso_session")
	section := p.contents().sso // nil without sso_session
	if s.Session != "" && section.pos.Line == 0 {
		return SSO{}, msg.Errorf("profile %q refers to [sso-session %s] (%s), which is not in the config file", p.Name,
			msg.Escaped(s.Session), p.Where("sso_session")).Hint("run aws configure sso, or fix the name")
	}
	for _, e := range section.all() {
		if own := p.contents().find(e.key); e.parent == "" && own != nil && own.value != e.value {
			return SSO{}, msg.Errorf("profile %q has another %s (%s) than its [sso-session %s] (%s)", p.Name, e.key,
				own.pos, msg.Escaped(s.Session), e.pos).Hint("remove one of the two lines")
		}
	}
	for _, setting := range []struct {
		key   string
		value *string
	}{
		{"sso_start_url", &s.StartURL},
		{"sso_region", &s.Region},
		{"sso_account_id", &s.Account},
		{"sso_role_name", &s.Role},
	} {
		*setting.value, _ = p.Get(setting.key)
		if e := section.get("", setting.key); e != nil {
			*setting.value = e.value
		}
		if *setting.value == "" {
			return SSO{}, p.OrMisspelt(p.incompleteSSOError(setting.key), setting.key)
		}
	}
	return s, nil
}

func (p Profile) incompleteSSOError(missing string) *msg.Error {
	return msg.Errorf("profile %q (%s) signs in through IAM Identity Center, but %s is missing",
		p.Name, p.Where(""), missing).Hint("run aws configure sso --profile %s", msg.Word(p.Name))
}
