package profile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

// deliberate says why the two files are read otherwise by us than by the Go SDK on purpose, or "" when they are not.
// Everything else must agree. The list is complete: the fuzzer found each of these.
func deliberate(configText, credentialsText, name string) string {
	inCredentials := false
	for _, text := range []string{configText, credentialsText} {
		text = strings.TrimPrefix(text, "\xef\xbb\xbf")
		if text != configText && text != credentialsText {
			return "a UTF-8 mark: the SDK takes it for a part of the first line, and loses a header there"
		}
		for line := range strings.SplitSeq(text, "\n") {
			trimmed := strings.TrimSpace(line)
			ours := strings.TrimLeft(line, " \t\r\v\f")
			if strings.HasPrefix(trimmed, "[") != strings.HasPrefix(ours, "[") {
				return "a header after white space of Unicode (U+00A0, U+0085): only ASCII blanks come before ours"
			}
			if strings.HasPrefix(trimmed, "[") {
				text, ok := headerText([]byte(ours))
				sdk := strings.TrimSpace(strings.SplitN(strings.SplitN(trimmed, "#", 2)[0], ";", 2)[0])
				switch {
				case !ok:
					return "a broken header: the SDK goes on with the profile above; here nothing below it is anybody's"
				case !strings.HasSuffix(sdk, "]") || strings.TrimSpace(sdk[1:len(sdk)-1]) != string(text):
					return "# or ; in a name: the SDK takes it for a comment"
				case bytes.ContainsAny(text, `"'`):
					return "quotes about a name: the SDK keeps them in it; ours go, as in botocore"
				case regexp.MustCompile(`^profile[ \t]+(services|sso-session|profile)[ \t]`).Match(text),
					inCredentials && regexp.MustCompile(`^(services|sso-session)[ \t]`).Match(text):
					return "[profile services X], and [services X] in a credentials file: profiles for the SDK, or sections, as it comes"
				case len(text) > 0 && strings.ContainsFunc(string(text[:1]), func(r rune) bool { return r > 0x7e || r < 0x20 }),
					len(ours) > 1 && strings.IndexByte("\r\v\f\u0085\u00a0\u2000\u3000", ours[1]) >= 0:
					return "strange white space within a header's brackets"
				case len(text) == 0:
					return "[]: the SDK drops what stands below; so do we, but for continued lines"
				}
				continue
			}
			if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && !blankOrComment([]byte(line)) {
				body := strings.TrimLeft(line, " \t")
				if _, value, ok := property([]byte(body)); !ok && strings.TrimRight(body, " \t\r\v\f") != body {
					return "white space at the end of a continued value: the SDK keeps it, botocore does not"
				} else if ok && value == "" || ok && strings.TrimSpace(string(cutComment([]byte(value)))) == "" {
					return "an indented key with nothing behind it: what follows as far indented belongs to it for the SDK, not for botocore"
				}
			}
			if v := strings.TrimSpace(line[strings.IndexAny(line, "=:")+1:]); v == `"` || v == "'" {
				return "a value that is one quote: the SDK panics"
			}
			if strings.HasSuffix(strings.TrimSpace(string(cutComment([]byte(line)))), `"`) || strings.HasSuffix(strings.TrimSpace(string(cutComment([]byte(line)))), "'") {
				if v := strings.TrimSpace(string(cutComment([]byte(line)))); len(v) > 0 && strings.IndexAny(v, "=:") >= 0 && len(strings.TrimSpace(v[strings.IndexAny(v, "=:")+1:])) == 1 {
					return "a value that is one quote: the SDK panics"
				}
			}
		}
		inCredentials = true
	}
	if isUTF16([]byte(configText)) || isUTF16([]byte(credentialsText)) {
		return "UTF-16"
	}
	return ""
}

// compareWithSDK reads the same files with both, and reports how they differ where both accept them. It returns why it
// did not compare, or "".
func compareWithSDK(t *testing.T, dir, configText, credentialsText, name string) string {
	t.Helper()
	if reason := deliberate(configText, credentialsText, name); reason != "" {
		return reason
	}
	files := Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{files.Config: configText, files.Credentials: credentialsText} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sdk, sdkErr := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{files.Config}, []string{files.Credentials}
	})
	p, err := Load(files, name)

	notExist := config.SharedConfigProfileNotExistError{}
	sdkMissing := errors.As(sdkErr, &notExist) && notExist.Profile == name
	missing := err != nil && (strings.Contains(err.Error(), " is neither in ") || strings.Contains(err.Error(), " is not read: "))
	switch {
	case err != nil && !missing:
		return "malformed for us; the SDK drops lines that it does not understand"
	case sdkMissing != missing && (sdkErr == nil || sdkMissing):
		t.Errorf("SDK: %v; we: %v", sdkErr, err)
		return ""
	case sdkErr != nil || err != nil:
		return "refused by the SDK or by both"
	}

	for key, want := range map[string]string{
		"region": sdk.Region, "role_arn": sdk.RoleARN, "mfa_serial": sdk.MFASerial, "source_profile": sdk.SourceProfileName,
		"external_id": sdk.ExternalID, "role_session_name": sdk.RoleSessionName, "ca_bundle": sdk.CustomCABundle,
		"endpoint_url": sdk.BaseEndpoint, "services": sdk.ServicesSectionName,
	} {
		// Settings that the SDK does not take over from the credentials file when the profile is in both; botocore does.
		if (key == "endpoint_url" || key == "services") && p.contents().credentials.get("", key) != nil && p.contents().config.pos.Line != 0 {
			continue
		}
		if got, _ := p.Get(key); got != want {
			t.Errorf("%s: SDK %q, we %q", key, want, got)
		}
	}
	// The SDK finds a service's endpoint in a services section that is in the credentials file too; see deliberate.
	if e := p.contents().services.get("sts", "endpoint_url"); p.contents().credentials.get("", "services") == nil {
		got := ""
		if e != nil {
			got = e.value
		}
		if want := sdk.Services.ServiceValues["sts"]["endpoint_url"]; got != want {
			t.Errorf("endpoint of sts: SDK %q, we %q", want, got)
		}
	}
	if sdk.SourceProfileName != "" {
		return "" // the SDK has cleared the keys then
	}
	keys, keysErr := p.keyPair()
	want := sdk.Credentials
	switch {
	case keysErr == nil && (keys.AccessKeyID != want.AccessKeyID || keys.SecretAccessKey.Reveal() != want.SecretAccessKey):
		t.Errorf("keys: SDK %q, we %q", want.AccessKeyID, keys.AccessKeyID)
	case keysErr == nil && want.SessionToken != "" && p.contents().credentials.get("", "aws_session_token") != nil:
		t.Error("a session's keys for the SDK, long-term ones for us")
	case keysErr != nil && want.HasKeys() && want.SessionToken == "" && !strings.Contains(keysErr.Error(), "temporary") && !strings.Contains(keysErr.Error(), "strange"):
		t.Errorf("the SDK has keys; we: %v", keysErr)
	}
	return ""
}

// sdkSeeds are the cases of the differential test, and where the fuzzer starts.
var sdkSeeds = [][3]string{
	{"[profile p]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::1:mfa/a\n", "[p]\n" + testKeys, "p"},
	{"[default]\nregion=a\n[profile default]\nregion=b\n", "[default]\n" + testKeys, "default"},
	{"[profile default]\nregion=b\n[default]\nregion=a\n", "", "default"},
	{"[profile p]\n" + testKeys, "[p]\naws_access_key_id=AKIAOTHER\n", "p"},
	{"[profile p]\naws_access_key_id=AKIAOTHER\n", "[p]\n" + testKeys, "p"},
	{"[profile p]\n" + testKeys + "aws_session_token=t\n", "[p]\n" + testKeys, "p"},
	{"[profile p]\n" + testKeys, "[p]\naws_access_key_id=\naws_secret_access_key=\n", "p"},
	{"[profile p]\nrole_arn=r\nsource_profile=q\nmfa_serial=m\nexternal_id = 1\n[profile q]\n" + testKeys, "", "p"},
	{"[profile p]\nservices=s\nendpoint_url=http://a:1/?x=y\n[services s]\nsts =\n  endpoint_url = http://sts # x\ns3=\n  endpoint_url=no\n", "", "p"},
	{"[services s]\nsts =\n  endpoint_url = a\nsts =\n  x = y\n[profile p]\nservices: s\n", "", "p"},
	{"[services s]\nsts = v\n  endpoint_url = a\n[profile p]\nservices: s\n", "", "p"},
	{"[profile p]\r\nregion = a \r\n  output = b\r\ns3 =\r\n\tregion = c\r\n", "", "p"},
	{"[profile p]\n  region = \"a # b\"\n  ca_bundle = x # c\n", "", "p"},
	{"[profile p]\nregion='a' # b\nca_bundle=\"x\" y\"\nmfa_serial=\"\"\n", "", "p"},
	{"[profile p]\nregion = a\n  more\n\n# c\n  and more\n[profile q]\n[profile p]\nregion = b", "", "p"},
	{"[profile \t p ] ; c\nREGION:a=b\n", "[ p\t]\nMFA_Serial==c\n", "p"},
	{"[profile my prod]\nregion = a\n", "[my \t prod]\nmfa_serial = b\n", "my prod"},
	{"[p]\nregion=a\n[profilep]\nregion=b\n", "[profile p]\nregion=c\n", "p"},
	{"[DEFAULT]\nregion=a\n", "", "DEFAULT"},
	{"[profile 本番]\nregion=a\n", "[本番]\nmfa_serial=b\n", "本番"},
	{"[profile a]b]\nregion=a\n", "[a]b]\nmfa_serial=b\n", "a]b"},
	{"[sso-session p]\nregion=a\n[profile x]\nx\n=\n", "[q]\n", "p"},
}

func TestAgainstSDK(t *testing.T) {
	dir := t.TempDir()
	compared := 0
	for _, seed := range sdkSeeds {
		if reason := compareWithSDK(t, dir, seed[0], seed[1], seed[2]); reason == "" {
			compared++
		} else {
			t.Logf("not compared, %s: %q", reason, seed)
		}
		if t.Failed() {
			t.Fatalf("for %q", seed)
		}
	}
	if compared < len(sdkSeeds)-4 {
		t.Errorf("only %d of %d were compared", compared, len(sdkSeeds))
	}
}

func FuzzLoadAgainstSDK(f *testing.F) {
	for _, seed := range sdkSeeds {
		f.Add(seed[0], seed[1], seed[2])
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, configText, credentialsText, name string) {
		compareWithSDK(t, dir, configText, credentialsText, name)
	})
}
