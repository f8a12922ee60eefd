package profile

import (
	"strings"

	"awsmfa/internal/msg"
)

const (
	idKey     = "aws_access_key_id"
	secretKey = "aws_secret_access_key"
)

// tokenKeys are the names of a session token's setting. The older one is botocore's, for which it counts before the other.
var tokenKeys = []string{"aws_security_token", "aws_session_token"}

// Keys are a user's long-term access key pair. They can be printed: the secret shows as [secret].
type Keys struct {
	AccessKeyID     string
	SecretAccessKey Secret
	SessionToken    Secret // of a pair that is not long-term; else empty
	Where           Pos    // of aws_access_key_id
}

// Kind says where a profile's credentials come from.
type Kind uint8

// The kinds.
const (
	KindNone             Kind = iota // no word on credentials
	KindWebIdentity                  // web_identity_token_file
	KindRole                         // role_arn
	KindKeys                         // a key pair or half of one, long-term or not
	KindSource                       // source_profile or credential_source without a role, which is a mistake
	KindCredentialSource             // a role's credential_source: what the environment, the container or the instance gives
	KindSSO                          // sso_account_id, sso_role_name
	KindLogin                        // login_session, of "aws login"
	KindProcess                      // credential_process
)

// Source is a setting that says where credentials come from.
type Source struct {
	Kind Kind
	Key  string
	Pos  Pos
}

// sources are all that the profile itself has, no role and no source profile. The first decides: the order is botocore's
// (credentials.py, ProfileProviderBuilder).
func (p Profile) sources() []Source {
	var all []Source
	add := func(kind Kind, keys ...string) {
		for _, key := range keys {
			if p.has(key) {
				all = append(all, Source{kind, key, p.Where(key)})
				return
			}
		}
	}
	pair := func(in *section) {
		for _, key := range []string{idKey, secretKey} {
			if e := in.get("", key); e != nil {
				all = append(all, Source{KindKeys, key, e.pos})
				return
			}
		}
	}
	c := p.contents()
	add(KindWebIdentity, "web_identity_token_file")
	if p.has("sso_account_id") || p.has("sso_role_name") { // without both, sso_session is for bearer tokens
		add(KindSSO, ssoKeys...)
	}
	pair(&c.credentials)
	add(KindLogin, "login_session")
	add(KindProcess, "credential_process")
	pair(&c.config)
	return all
}

var ssoKeys = []string{"sso_session", "sso_start_url", "sso_account_id", "sso_role_name"}

// own is the source that the profile's own credentials come from; of KindNone where there is none.
func (p Profile) own() Source {
	if all := p.sources(); len(all) > 0 {
		return all[0]
	}
	return Source{}
}

// pair is where the profile has a key pair or half of one, whether it counts or not.
func (p Profile) pair() Pos {
	for _, s := range p.sources() {
		if s.Kind == KindKeys {
			return s.Pos
		}
	}
	return Pos{}
}

// isRole says that role_arn is there, be it empty.
func (p Profile) isRole() bool { return p.Where("role_arn") != Pos{} }

// roleSettingAlone is the setting of a role that is none: source_profile or credential_source without role_arn.
func (p Profile) roleSettingAlone() Source {
	for _, key := range []string{"source_profile", "credential_source"} {
		if p.has(key) && !p.isRole() {
			return Source{KindSource, key, p.Where(key)}
		}
	}
	return Source{}
}

// Kind tells where the profile's credentials come from. A role comes before the profile's own credentials, but for web
// identity, which is the role.
func (p Profile) Kind() Kind {
	switch own := p.own().Kind; {
	case own != KindWebIdentity && p.isRole():
		return KindRole
	case own == KindNone:
		return p.roleSettingAlone().Kind
	default:
		return own
	}
}

// Conflict is two settings of a profile that both say where its credentials come from: Won does, Over is passed over.
type Conflict struct {
	Profile       string
	Used, Ignored Source
}

// conflicts are won's with all of over.
func (p Profile) conflicts(won Source, over ...Source) (all []Conflict) {
	for _, o := range over {
		if o.Kind != KindNone {
			all = append(all, Conflict{p.Name, won, o})
		}
	}
	return all
}

// HiddenSource is what the profile's own credentials hide first; there may be nothing.
func (p Profile) HiddenSource() (Conflict, bool) {
	all := p.sources()
	if len(all) < 2 {
		return Conflict{}, false
	}
	return Conflict{p.Name, all[0], all[1]}, true
}

func (p Profile) has(key string) bool {
	v, ok := p.Get(key)
	return ok && v != ""
}

// LongTermKeys returns the profile's own key pair, which is what sts:GetSessionToken may be called with; they are the
// user's, whatever role stands beside them. A profile that has none, or one that is not long-term, or one that is not
// what an AWS client would use for this profile, is an error (a *msg.Error) that says so with file and line.
func (p Profile) LongTermKeys() (Keys, error) {
	own := p.own()
	switch pair := p.pair(); {
	case own.Kind == KindKeys:
		return p.longTerm(p.KeyPair())
	case pair != Pos{}:
		return Keys{}, msg.ProfileKeysPassedOver(p.Name, own.Key, own.Pos.File, own.Pos.Line, pair.File, pair.Line)
	}
	switch lost := p.roleSettingAlone(); p.Kind() {
	case KindRole, KindWebIdentity:
		return Keys{}, p.roleError()
	case KindSource:
		return Keys{}, p.roleSettingAloneError(lost)
	case KindSSO:
		return Keys{}, msg.ProfileSSO(p.Name, own.Key, own.Pos.File, own.Pos.Line)
	case KindProcess:
		return Keys{}, msg.ProfileProcess(p.Name, own.Pos.File, own.Pos.Line)
	case KindLogin:
		return Keys{}, msg.ProfileLogin(p.Name, own.Pos.File, own.Pos.Line)
	default:
		return Keys{}, p.noKeys()
	}
}

// roleSettingAloneError says of a source that there is no role for it, and which setting may have been meant as one.
func (p Profile) roleSettingAloneError(lost Source) error {
	return p.OrMisspelt(msg.ProfileRoleLost(p.Name, lost.Key, lost.Pos.File, lost.Pos.Line), "role_arn")
}

// roleError tells what kind of role the profile is.
func (p Profile) roleError() error {
	role := p.Where("role_arn")
	source, _ := p.Get("source_profile")
	switch {
	case p.has("web_identity_token_file"):
		at := p.Where("web_identity_token_file")
		return msg.ProfileWebIdentity(p.Name, at.File, at.Line)
	case source != "" && source != p.Name:
		return msg.ProfileRole(p.Name, source, role.File, role.Line)
	case p.has("credential_source"):
		from, _ := p.Get("credential_source")
		at := p.Where("credential_source")
		return msg.ProfileRoleFromSurroundings(p.Name, from, at.File, at.Line)
	}
	return p.roleAlone()
}

// longTerm refuses a key pair that is a session.
func (p Profile) longTerm(keys Keys, err error) (Keys, error) {
	if err != nil || !keys.isSession() {
		return keys, err
	}
	key, at := idKey, keys.Where
	for _, token := range tokenKeys {
		if t := p.Where(token); t.File == keys.Where.File && keys.SessionToken.Reveal() != "" {
			key, at = token, t
			break
		}
	}
	if c, ok := p.HiddenSource(); ok {
		return Keys{}, c.hides(key, at)
	}
	if strings.HasPrefix(keys.AccessKeyID, "AKIA") {
		return Keys{}, msg.ProfileTokenLeft(p.Name, key, at.File, at.Line)
	}
	return Keys{}, msg.ProfilePasted(p.Name, key, at.File, at.Line)
}

// PastedSession is the session that stands in the place of the user's own keys, if there is one. One that hides another source
// of credentials stands in that one's place.
func (p Profile) PastedSession() (Keys, bool) {
	if p.own().Kind != KindKeys {
		return Keys{}, false
	}
	keys, err := p.KeyPair()
	_, hides := p.HiddenSource()
	return keys, err == nil && !hides && keys.isSession()
}

// isSession says of a key pair that STS gave it out.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func (k Keys) isSession() bool {
	return k.SessionToken.Reveal() != "" || strings.HasPrefix(k.AccessKeyID, "ASIA")
}

// hides says that a session, which key at its place marks as one, hides another source.
func (c Conflict) hides(key string, at Pos) error {
	over := c.Ignored.Pos
	return msg.ProfilePastedHides(c.Profile, key, at.File, at.Line, c.Used.Pos.Line, c.Ignored.Key, over.File, over.Line)
}

// KeyPair returns the profile's own key pair, long-term or not: what a role may be assumed with. Its errors are as those
// of LongTermKeys. The pair stands in one file: the credentials file if that has both keys, else
// the config file. Half a pair in the credentials file is an error even over a whole one in the config file, as in the
// Go SDK (mergeSections). A session token counts when it stands beside the pair, as in botocore; the Go SDK would send
// one from the config file with a pair from the credentials file.
func (p Profile) KeyPair() (Keys, error) {
	c := p.contents()
	from, elsewhere := &c.credentials, &c.config
	id, secret := from.get("", idKey), from.get("", secretKey)
	if id == nil && secret == nil {
		from, elsewhere = elsewhere, from
		id, secret = from.get("", idKey), from.get("", secretKey)
	}
	switch {
	case id == nil && secret == nil:
		return Keys{}, p.noKeys()
	case secret == nil:
		if apart := elsewhere.get("", secretKey); apart != nil && elsewhere.get("", idKey) == nil {
			return Keys{}, msg.ProfilePairApart(p.Name, id.pos.File, id.pos.Line, apart.pos.File, apart.pos.Line)
		}
		return Keys{}, p.OrMisspelt(msg.ProfileHalfPair(p.Name, idKey, id.pos.File, id.pos.Line, secretKey), secretKey)
	case id == nil:
		if apart := elsewhere.get("", idKey); apart != nil && elsewhere.get("", secretKey) == nil {
			return Keys{}, msg.ProfilePairApart(p.Name, apart.pos.File, apart.pos.Line, secret.pos.File, secret.pos.Line)
		}
		return Keys{}, p.OrMisspelt(msg.ProfileHalfPair(p.Name, secretKey, secret.pos.File, secret.pos.Line, idKey), idKey)
	}
	for _, e := range []*entry{id, secret} {
		if e.value == "" {
			return Keys{}, msg.ProfileKeyEmpty(p.Name, e.key, e.pos.File, e.pos.Line)
		}
	}
	keys := Keys{AccessKeyID: id.value, SecretAccessKey: NewSecret(secret.value), Where: id.pos}
	for _, key := range tokenKeys {
		if t := from.get("", key); t != nil && t.value != "" {
			keys.SessionToken = NewSecret(t.value)
			break
		}
	}
	for _, e := range []*entry{id, secret} {
		if strings.ContainsFunc(e.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return Keys{}, msg.ProfileKeyGarbled(p.Name, e.key, e.pos.File, e.pos.Line)
		}
	}
	return keys, nil
}
