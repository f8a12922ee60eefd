package profile

import (
	"slices"
	"strings"

	"awsmfa/internal/msg"
)

// Misspelt is a setting that no AWS client reads, with a name that is almost that of another.
type Misspelt struct {
	Key, Meant string
	Pos
}

func (m Misspelt) hint() msg.Text {
	return msg.Textf("write %s instead of %s (%s)", m.Meant, msg.Escaped(m.Key), m.Pos)
}

// Misspelt lists the profile's misspelt settings in the order of its files, except those that it also has under their
// right names.
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

// OrMisspelt returns err, an error for the lack of the settings called keys. If the profile has one of them misspelt,
// the hint names that.
func (p Profile) OrMisspelt(err *msg.Error, keys ...string) error {
	for _, m := range p.Misspelt() {
		if slices.Contains(keys, m.Meant) {
			return err.WithHint(m.hint())
		}
	}
	return err
}

// noKeysError is the error for a profile without an access key. Its hint names a likely reason.
func (p Profile) noKeysError() error {
	err := msg.Errorf("profile %q has no access key (%s)", p.Name, p.Where("")).
		Hint("run aws configure --profile %s", msg.Word(p.Name))
	if renamed := p.contents().files.Renamed(); len(renamed) > 0 {
		file := renamed[0]
		err = err.Hint("%s does not exist, but %s does; an editor has appended .txt to its name, "+
			"which Windows does not show; rename it: %s",
			msg.Path(file), msg.Path(file+".txt"), renameCommand(file))
	}
	return p.OrMisspelt(err, append(slices.Clone(sourceKeys), "include_profile")...)
}

// roleWithoutSourceError is the error for a role that has nothing to assume it with.
func (p Profile) roleWithoutSourceError() error {
	err := msg.Errorf("profile %q is a role (role_arn, %s) without a source profile", p.Name, p.Where("role_arn")).
		Hint("add source_profile with the name of the profile that has the keys")
	return p.OrMisspelt(err, "source_profile", "credential_source", "web_identity_token_file")
}

// credentialKeys are the settings about credentials.
var credentialKeys = slices.Concat(sourceKeys, tokenKeys, []string{
	"external_id", "role_session_name", "duration_seconds", "source_identity", "session_tags",
	"transitive_session_tags", "mfa_serial", "mfa_process", "sso_region", "sso_role_name", "include_profile",
}, ownKeys)

// ownKeys are the settings that only awsmfa reads.
var ownKeys = []string{"awsmfa_ask", "awsmfa_duration"}

// CredentialKeys returns the settings about credentials.
func CredentialKeys() []string { return slices.Clone(credentialKeys) }

// knownKeys are the settings that AWS clients and awsmfa read (docs/config.md).
var knownKeys = slices.Concat(credentialKeys, []string{
	"region", "endpoint_url", "services", "ignore_configured_endpoint_urls", "sts_regional_endpoints",
	"use_fips_endpoint", "use_dualstack_endpoint", "max_attempts", "retry_mode", "ca_bundle",
})

// misspellingOf returns the setting that key is a misspelling of: equal apart from "aws", separators and case, or one
// or two edits away. It returns "" for a known setting, and for one that resembles none.
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
		limit := 0
		switch {
		case len(right) >= 10:
			limit = 2
		case len(right) >= 6:
			limit = 1
		}
		if within(limit, []rune(written), []rune(right)) {
			return name
		}
	}
	return ""
}

// lettersOf returns the letters and digits of a setting's name, in lower case, without a leading "aws".
func lettersOf(key string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(key))
	return strings.TrimPrefix(letters, "aws")
}
