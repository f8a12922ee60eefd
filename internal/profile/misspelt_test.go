package profile

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// The known settings are those of the table in docs/config.md.
func TestHonoured(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	var table []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\| .+ \\|$").
		FindAllStringSubmatch(string(doc), -1) {
		table = append(table, m[1])
	}
	if got := slices.Sorted(slices.Values(knownKeys)); !slices.Equal(got, slices.Sorted(slices.Values(table))) {
		t.Errorf("%v, and the table has %v", got, table)
	}
}

func TestMeantBy(t *testing.T) {
	for key, want := range map[string]string{
		"access_key_id": idKey, "awsaccesskeyid": idKey, "aws_access_key": idKey, "aws-access-key-id": idKey,
		"aws_acces_key_id":  idKey,
		"secret_access_key": secretKey, "aws_secret_key": secretKey, "awssecretkey": secretKey,
		"aws_secret_acess_key": secretKey,
		"session_token":        "aws_session_token", "credential-process": "credential_process",
		"credentials_process": "credential_process",
		"role-arn":            "role_arn", "rolearn": "role_arn", "source-profile": "source_profile",
		"source_profil": "source_profile",
		"mfa-serial":    "mfa_serial", "mfa_serail": "mfa_serial", "regoin": "region", "aws_region": "region",
		"service":       "services",
		"sso-start-url": "sso_start_url", "ca-bundle": "ca_bundle", "externalid": "external_id",
		"aws_mfa_serial": "mfa_serial",
	} {
		if got := misspellingOf(key); got != want {
			t.Errorf("%s means %q, not %q", key, got, want)
		}
	}
	// Settings of other clients and tools, and known settings, are not misspelt.
	others := []string{
		"output", "s3", "cli_pager", "cli_auto_prompt", "parent_profile", "web_identity_token_process",
		"sso_account_name",
		"sso_registration_scopes", "proxy_ca_bundle", "defaults_mode", "api_versions", "user_agent_appid",
		"metadata_service_timeout",
		"metadata_service_num_attempts", "ec2_metadata_service_endpoint", "parameter_validation",
		"s3_us_east_1_regional_endpoint",
		"account_id_endpoint_mode", "sigv4a_signing_region_set", "granted_sso_start_url", "granted_sso_account_id",
		"aws_account_id",
		"aws_expiration", "x_principal_arn", "x_security_token_expires", "yubikey_serial",
		"request_checksum_calculation", "role_name",
		"duration", "tcp_keepalive", "signature_version", "max_retries", "account",
	}
	for _, key := range append(others, knownKeys...) {
		if got := misspellingOf(key); got != "" {
			t.Errorf("%s means %q", key, got)
		}
	}
}
