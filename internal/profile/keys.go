package profile

import (
	"strings"

	"awsmfa/internal/msg"
)

const (
	idKey     = "aws_access_key_id"
	serialKey = "mfa_serial"
	secretKey = "aws_secret_access_key"
	storedKey = "awsmfa_key" // see stored.go
)

// tokenKeys are the settings for a session token. The older name takes precedence, as in botocore.
var tokenKeys = []string{"aws_security_token", "aws_session_token"}

// Keys are an access key pair, usually a user's long-term one. They are safe to print: the secret shows as [secret].
type Keys struct {
	AccessKeyID     string
	SecretAccessKey Secret // empty if Store has it
	SessionToken    Secret // empty for long-term keys
	Where           Pos    // of aws_access_key_id or awsmfa_key
	Store           string // InKeyring or InFile: where awsmfa keeps the secret; "" for keys in the AWS files
}

// sourceKeys are the settings that say where a profile's credentials come from (see Kind).
var sourceKeys = []string{
	"web_identity_token_file", "role_arn", idKey, secretKey, "source_profile", "credential_source",
	"sso_session", "sso_start_url", "sso_account_id", "credential_process", "login_session", storedKey,
}

// Kind is where a profile's credentials come from.
type Kind uint8

// The kinds.
const (
	KindNone             Kind = iota // no setting for credentials
	KindWebIdentity                  // web_identity_token_file
	KindRole                         // role_arn
	KindKeys                         // a key pair or half of one, long-term or not; awsmfa_key
	KindSource                       // source_profile or credential_source without a role, which is a mistake
	KindCredentialSource             // a role's credential_source: environment, container or instance
	KindSSO                          // sso_account_id, sso_role_name
	KindLogin                        // login_session, of "aws login"
	KindProcess                      // credential_process
)

// Source is a setting for where credentials come from.
type Source struct {
	Kind Kind
	Key  string
	Pos  Pos
}

// sources returns the profile's own sources of credentials, without roles and source profiles, in botocore's order of
// precedence (credentials.py, ProfileProviderBuilder).
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
	if p.has("sso_account_id") || p.has("sso_role_name") { // without either, sso_session is for bearer tokens
		add(KindSSO, ssoKeys...)
	}
	pair(&c.credentials)
	add(KindLogin, "login_session")
	add(KindKeys, storedKey)
	if !p.has(storedKey) { // else it is awsmfa itself
		add(KindProcess, "credential_process")
	}
	pair(&c.config)
	return all
}

var ssoKeys = []string{"sso_session", "sso_start_url", "sso_account_id", "sso_role_name"}

// own returns the source of the profile's own credentials, of KindNone if there is none.
func (p Profile) own() Source {
	if all := p.sources(); len(all) > 0 {
		return all[0]
	}
	return Source{}
}

// pair returns the position of the profile's key pair, or half of one, whether it is used or not.
func (p Profile) pair() Pos {
	for _, s := range p.sources() {
		if s.Kind == KindKeys {
			return s.Pos
		}
	}
	return Pos{}
}

// IsRole reports whether the profile has role_arn, even an empty one.
func (p Profile) IsRole() bool { return p.Where("role_arn") != Pos{} }

// sourceWithoutRole returns a source_profile or credential_source without role_arn.
func (p Profile) sourceWithoutRole() Source {
	for _, key := range []string{"source_profile", "credential_source"} {
		if p.has(key) && !p.IsRole() {
			return Source{KindSource, key, p.Where(key)}
		}
	}
	return Source{}
}

// Kind returns where the profile's credentials come from. A role takes precedence over the profile's own credentials,
// except web identity, which obtains that role.
func (p Profile) Kind() Kind {
	switch own := p.own().Kind; {
	case own != KindWebIdentity && p.IsRole():
		return KindRole
	case own == KindNone:
		return p.sourceWithoutRole().Kind
	default:
		return own
	}
}

// Conflict is two sources of credentials in one profile, of which only the first is used.
type Conflict struct {
	Profile       string
	Used, Ignored Source
}

// Warning returns the message for the conflict.
func (c Conflict) Warning() *msg.Error {
	return msg.Errorf("profile %q has %s (%s) and %s (%s): the first is used, the second is ignored", c.Profile,
		c.Used.Key, c.Used.Pos, c.Ignored.Key, c.Ignored.Pos).Hint("remove the one that is not meant")
}

// conflicts returns a conflict of used with each of ignored.
func (p Profile) conflicts(used Source, ignored ...Source) (all []Conflict) {
	for _, source := range ignored {
		if source.Kind != KindNone {
			all = append(all, Conflict{p.Name, used, source})
		}
	}
	return all
}

// HiddenSource returns the first source that the profile's own credentials take precedence over, if any.
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

// usersOnly is the hint of commands for IAM users, given another kind of profile.
const usersOnly = "MFA devices, access keys and their policies belong to IAM users: " +
	"name a profile with a user's own keys"

// LongTermKeys returns the profile's own key pair, the one to call sts:GetSessionToken with; it is the user's even if
// the profile has a role, too. It is a *msg.Error with file and line if there is no pair, if it is not long-term, or if
// AWS clients would not use it for this profile.
func (p Profile) LongTermKeys() (Keys, error) {
	own := p.own()
	switch pair := p.pair(); {
	case own.Kind == KindKeys:
		return p.longTerm(p.KeyPair())
	case pair != Pos{}:
		return Keys{}, msg.Errorf("profile %q has a key pair (%s) that is ignored, because %s (%s) takes precedence",
			p.Name, pair,
			own.Key, own.Pos).Hint("remove one of the two, or name a profile that has only the user's own keys")
	}
	switch p.Kind() {
	case KindRole, KindWebIdentity:
		return Keys{}, p.roleError()
	case KindSource:
		return Keys{}, p.sourceWithoutRoleError()
	case KindSSO:
		return Keys{}, msg.Errorf("profile %q signs in through IAM Identity Center (%s, %s); "+
			"it has no key pair of its own", p.Name, own.Key, own.Pos).Hint(usersOnly)
	case KindProcess:
		return Keys{}, msg.Errorf("profile %q gets its credentials from a program (credential_process, %s); "+
			"it has no key pair of its own", p.Name, own.Pos).Hint(usersOnly)
	case KindLogin:
		return Keys{}, msg.Errorf("profile %q signs in through the console (login_session, %s); "+
			"it has no key pair of its own", p.Name, own.Pos).Hint(usersOnly)
	case KindNone, KindKeys, KindCredentialSource:
	}
	return Keys{}, p.noKeysError()
}

// sourceWithoutRoleError is the error for sourceWithoutRole; its hint names a misspelt role_arn.
func (p Profile) sourceWithoutRoleError() error {
	source := p.sourceWithoutRole()
	return p.OrMisspelt(msg.Errorf("profile %q has %s (%s) but no role_arn", p.Name, source.Key, source.Pos).
		Hint("add role_arn, or remove the line"), "role_arn")
}

// roleError is the error for a profile that is a role, where a user's own keys are required.
func (p Profile) roleError() error {
	source, _ := p.Get("source_profile")
	switch {
	case p.has("web_identity_token_file"):
		return msg.Errorf("profile %q signs in with a web identity token (web_identity_token_file, %s); "+
			"it has no key pair of its own", p.Name, p.Where("web_identity_token_file")).Hint(usersOnly)
	case source != "" && source != p.Name:
		return msg.Errorf("profile %q is a role (role_arn, %s), assumed with the keys of profile %q; "+
			"it has no key pair of its own",
			p.Name, p.Where("role_arn"), source).Hint("name the profile that has the keys: %s", msg.Word(source))
	case p.has("credential_source"):
		from, _ := p.Get("credential_source")
		return msg.Errorf("profile %q gets its credentials from credential_source = %s (%s); "+
			"it has no key pair of its own", p.Name, msg.Escaped(from), p.Where("credential_source")).Hint(usersOnly)
	}
	return p.roleWithoutSourceError()
}

// longTerm returns an error for a key pair that is a session.
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
		return Keys{}, msg.Errorf("profile %q holds a pasted session (%s, %s); its key pair (%s) hides %s (%s)", p.Name,
			key, at, c.Used.Pos, c.Ignored.Key, c.Ignored.Pos).
			Hint("remove the key pair and its token from %s, so that %s is used", msg.Path(at.File), c.Ignored.Key)
	}
	if strings.HasPrefix(keys.AccessKeyID, "AKIA") {
		return Keys{}, msg.Errorf("profile %q holds the token of a pasted session (%s, %s) beside the user's own keys",
			p.Name, key, at).Hint("remove that line, or run %s", msg.Command("setup", p.Name))
	}
	return Keys{}, msg.Errorf("profile %q holds a pasted session in place of the user's own keys (%s, %s)",
		p.Name, key, at).Hint("restore the user's own keys: run %s", msg.Command("setup", p.Name))
}

// PastedSession returns the session that was pasted in place of the user's own keys, if any. A session that hides
// another source of credentials does not count: it is in the place of that source, not of keys.
func (p Profile) PastedSession() (Keys, bool) {
	if p.own().Kind != KindKeys {
		return Keys{}, false
	}
	keys, err := p.KeyPair()
	_, hides := p.HiddenSource()
	return keys, err == nil && !hides && keys.isSession()
}

// isSession reports whether STS issued the key pair.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func (k Keys) isSession() bool {
	return k.SessionToken.Reveal() != "" || strings.HasPrefix(k.AccessKeyID, "ASIA")
}

// KeyPair returns the profile's own key pair, long-term or not: it can assume a role. Its errors are like those of
// LongTermKeys. Both keys must be in the same file: the credentials file if it has either, else the config file. Half a
// pair in the credentials file is an error even if the config file has a whole one, as in the Go SDK (mergeSections). A
// session token counts only in the same file, as in botocore; the Go SDK would combine one from the config file with a
// pair from the credentials file. Of keys in a store of awsmfa's the secret is empty.
func (p Profile) KeyPair() (Keys, error) {
	if p.own().Key == storedKey {
		return p.storedKeys()
	}
	return p.plainPair()
}

// plainPair is KeyPair for a pair in the files.
func (p Profile) plainPair() (Keys, error) {
	c := p.contents()
	from, elsewhere := &c.credentials, &c.config
	id, secret := from.get("", idKey), from.get("", secretKey)
	if id == nil && secret == nil {
		from, elsewhere = elsewhere, from
		id, secret = from.get("", idKey), from.get("", secretKey)
	}
	switch {
	case id == nil && secret == nil:
		return Keys{}, p.noKeysError()
	case secret == nil:
		if other := elsewhere.get("", secretKey); other != nil && elsewhere.get("", idKey) == nil {
			return Keys{}, p.splitPairError(id, other)
		}
		return Keys{}, p.halfPairError(id, secretKey)
	case id == nil:
		if other := elsewhere.get("", idKey); other != nil && elsewhere.get("", secretKey) == nil {
			return Keys{}, p.splitPairError(other, secret)
		}
		return Keys{}, p.halfPairError(secret, idKey)
	}
	for _, e := range []*entry{id, secret} {
		if e.value == "" {
			return Keys{}, msg.Errorf("profile %q has an empty %s (%s)", p.Name, e.key, e.pos).
				Hint("run aws configure --profile %s", msg.Word(p.Name))
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
			return Keys{}, msg.Errorf("profile %q has white space or an invalid character in %s (%s)", p.Name, e.key,
				e.pos).Hint("copy the key again; check for indented lines below it, which continue it")
		}
	}
	return keys, nil
}

// halfPairError is the error for a key without the other one.
func (p Profile) halfPairError(have *entry, missing string) error {
	return p.OrMisspelt(msg.Errorf("profile %q has %s (%s) but no %s", p.Name, have.key, have.pos, missing).
		Hint("add %s below it, or run aws configure --profile %s", missing, msg.Word(p.Name)), missing)
}

// splitPairError is the error for keys in different files, which AWS clients do not combine.
func (p Profile) splitPairError(id, secret *entry) error {
	return msg.Errorf("profile %q has aws_access_key_id at %s and aws_secret_access_key at %s; "+
		"both must be in the same file", p.Name, id.pos, secret.pos).Hint("move both keys to the credentials file")
}
