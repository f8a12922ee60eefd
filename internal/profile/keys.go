package profile

import (
	"strings"

	"awsmfa/internal/msg"
)

const (
	idKey     = "aws_access_key_id"
	secretKey = "aws_secret_access_key"
)

// Keys are a user's long-term access key pair. They can be printed: the secret shows as [secret].
type Keys struct {
	AccessKeyID     string
	SecretAccessKey Secret
	SessionToken    Secret // of a pair that is not long-term; else empty
	Where           Pos    // of aws_access_key_id
}

// Kind says where a profile's credentials come from.
type Kind uint8

// The kinds, in the order in which a profile that has the settings of several is judged.
const (
	KindNone         Kind = iota // no word on credentials
	KindWebIdentity              // web_identity_token_file
	KindRole                     // role_arn
	KindKeys                     // a key pair or half of one, long-term or not
	KindSource                   // source_profile with neither role nor keys
	KindSurroundings             // credential_source: what the environment, the container or the instance gives
	KindSSO                      // sso_session, sso_start_url
	KindLogin                    // login_session, of "aws login"
	KindProcess                  // credential_process
)

// Kind tells where the profile's credentials come from. A role comes before the profile's own keys, as in both SDKs;
// the keys before SSO and processes, as in the Go SDK (botocore puts SSO first).
func (p Profile) Kind() Kind {
	source, _ := p.Get("source_profile")
	switch own := p.own(); {
	case own == KindWebIdentity:
		return own
	case p.has("role_arn"):
		return KindRole
	case own != KindKeys && source != "" && source != p.Name:
		return KindSource
	default:
		return own
	}
}

// own is Kind for the credentials that the profile itself has, no role and no source.
func (p Profile) own() Kind {
	switch {
	case p.has("web_identity_token_file"):
		return KindWebIdentity
	case p.Where(idKey) != Pos{}, p.Where(secretKey) != Pos{}:
		return KindKeys
	case p.has("credential_source"):
		return KindSurroundings
	case p.has("sso_session"), p.has("sso_start_url"), p.has("sso_account_id"):
		return KindSSO
	case p.has("login_session"):
		return KindLogin
	case p.has("credential_process"):
		return KindProcess
	}
	return KindNone
}

func (p Profile) has(key string) bool {
	v, ok := p.Get(key)
	return ok && v != ""
}

// LongTermKeys returns the profile's own key pair, which is what sts:GetSessionToken may be called with. A profile that
// has none, or one that is not long-term, or one that is not what an AWS client would use for this profile, is an error
// (a *msg.Error) that says so with file and line.
func (p Profile) LongTermKeys() (Keys, error) {
	at := func(key string) (string, int) { w := p.Where(key); return w.File, w.Line }
	switch p.Kind() {
	case KindKeys:
		return p.longTerm(p.KeyPair())
	case KindRole:
		if p.own() == KindKeys { // they are the user's, whatever role stands beside them
			return p.longTerm(p.KeyPair())
		}
		return Keys{}, p.roleError()
	case KindWebIdentity, KindSurroundings:
		return Keys{}, p.roleError()
	case KindSource:
		source, _ := p.Get("source_profile")
		file, line := at("source_profile")
		return Keys{}, msg.ProfileSourceOnly(p.Name, source, file, line)
	case KindSSO:
		for _, key := range []string{"sso_session", "sso_start_url", "sso_account_id"} {
			if p.has(key) {
				file, line := at(key)
				return Keys{}, msg.ProfileSSO(p.Name, key, file, line)
			}
		}
	case KindProcess:
		file, line := at("credential_process")
		return Keys{}, msg.ProfileProcess(p.Name, file, line)
	case KindLogin:
		file, line := at("login_session")
		return Keys{}, msg.ProfileLogin(p.Name, file, line)
	case KindNone:
	}
	return Keys{}, p.noKeys()
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

// longTerm refuses a key pair that is not long-term.
func (p Profile) longTerm(keys Keys, err error) (Keys, error) {
	switch {
	case err != nil:
		return Keys{}, err
	case keys.SessionToken.Reveal() != "":
		key := "aws_session_token"
		if t := p.Where(key); t.File != keys.Where.File {
			key = "aws_security_token"
		}
		at := p.Where(key)
		return Keys{}, msg.ProfileTemporaryToken(p.Name, key, at.File, at.Line)
	case strings.HasPrefix(keys.AccessKeyID, "ASIA"):
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
		return Keys{}, msg.ProfileTemporaryID(p.Name, keys.Where.File, keys.Where.Line)
	}
	return keys, nil
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
	for _, key := range []string{"aws_session_token", "aws_security_token"} { // the second is botocore's older name
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
