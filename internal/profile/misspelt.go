package profile

import (
	"slices"
	"strings"

	"awsmfa/internal/msg"
)

// Misspelt is a setting whose name is nearly that of one that counts, and says nothing to any AWS client.
type Misspelt struct {
	Key, Meant string
	Pos
}

// Misspelt lists such settings of the profile, in the order of its files, but for those that it has under their right
// names as well.
func (p Profile) Misspelt() []Misspelt {
	var all []Misspelt
	c := p.contents()
	for _, s := range append([]section{c.credentials, c.config}, c.included...) {
		for _, e := range s.entries {
			if meant := misspellingOf(e.key); e.parent == "" && meant != "" && p.Where(meant) == (Pos{}) {
				all = append(all, Misspelt{e.key, meant, e.pos})
			}
		}
	}
	return all
}

// OrMisspelt is err, which says that the profile lacks what the keys set; where one of them is there misspelt, the hint
// names that.
func (p Profile) OrMisspelt(err *msg.Error, keys ...string) error {
	for _, m := range p.Misspelt() {
		if slices.Contains(keys, m.Meant) {
			err.WithHint(msg.Textf("%s", msg.WriteInstead(m.Meant, m.Key, m.File, m.Line)))
			break
		}
	}
	return err
}

// noKeys says that the profile has no access key, and why that may be.
func (p Profile) noKeys() error {
	at := p.Where("")
	err := msg.ProfileNoKeys(p.Name, at.File, at.Line)
	if renamed := p.contents().files.Renamed(); len(renamed) > 0 {
		err.WithHint(msg.Textf("%s", msg.NoKeysButRenamed(renamed[0])))
	}
	return p.OrMisspelt(err, idKey, secretKey, "role_arn", "source_profile", "credential_source", "credential_process",
		"login_session", "sso_session", "sso_start_url", "sso_account_id", "web_identity_token_file", "include_profile")
}

// roleAlone says that the profile is a role and names nobody to assume it.
func (p Profile) roleAlone() error {
	role := p.Where("role_arn")
	err := msg.ProfileRoleAlone(p.Name, role.File, role.Line)
	return p.OrMisspelt(err, "source_profile", "credential_source", "web_identity_token_file")
}

// knownKeys are the settings that count (docs/config.md).
var knownKeys = []string{
	idKey, secretKey, "aws_session_token", "aws_security_token", "role_arn", "source_profile",
	"credential_source", "external_id", "role_session_name", "duration_seconds", "source_identity",
	"session_tags", "transitive_session_tags", "mfa_serial", "mfa_process", "credential_process",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "web_identity_token_file",
	"login_session", "include_profile", "region", "endpoint_url", "services",
	"ignore_configured_endpoint_urls", "sts_regional_endpoints", "use_fips_endpoint", "use_dualstack_endpoint",
	"max_attempts", "retry_mode", "ca_bundle",
}

// misspellingOf is the setting that key is a misspelling of: the same but for "aws", signs between words and case, or a slip or
// two away; "" for one that is right, or that is something else.
func misspellingOf(key string) string {
	if slices.Contains(knownKeys, key) {
		return ""
	}
	written := lettersOf(key)
	switch written {
	case "accesskey":
		return idKey
	case "secretkey":
		return secretKey
	}
	for _, name := range knownKeys {
		right := lettersOf(name)
		slips := 0 // that can still be meant
		switch {
		case len(right) >= 10:
			slips = 2
		case len(right) >= 6:
			slips = 1
		}
		if distance(written, right, slips) <= slips {
			return name
		}
	}
	return ""
}

// lettersOf is a setting's name without "aws" before it and signs in it.
func lettersOf(key string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(key))
	return strings.TrimPrefix(letters, "aws")
}
