package profile

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

// differences are the lines that awsmfa reads differently from the Go SDK on purpose. All other files must be read the
// same; the fuzzer found each of these, or would.
var differences = []struct {
	why string
	is  func(line string, credentials bool) bool
}{
	{
		"a UTF-8 mark: the SDK takes it for a part of the first line, and loses a header there",
		func(line string, _ bool) bool {
			return strings.HasPrefix(line, "\xef\xbb\xbf")
		},
	},
	{"a header after white space that is not ASCII: no header for us", func(line string, _ bool) bool {
		return isHeader(line) && !strings.HasPrefix(strings.TrimLeft(line, " \t\r\v\f"), "[")
	}},
	{
		"a broken header: the SDK goes on with the profile above; for us what stands below it is nobody's",
		func(line string, _ bool) bool {
			_, ok := headerOf(line)
			return isHeader(line) && !ok
		},
	},
	{"# or ; in a name: a comment for the SDK, which then has no header", func(line string, _ bool) bool {
		text, _ := headerOf(line)
		return isHeader(line) && bytes.ContainsAny(text, "#;")
	}},
	{"quotes about a name: the SDK leaves them, botocore does not", func(line string, credentials bool) bool {
		return isHeader(line) && !credentials && strings.ContainsAny(line, `"'`)
	}},
	{
		"[profile services X], [services X] in a credentials file: profiles for the SDK, or sections, as it comes",
		func(line string, credentials bool) bool {
			text, _ := headerOf(line)
			if word, rest := firstWord(text); !credentials && string(word) == "profile" {
				text = rest
			} else if !credentials {
				return false
			}
			word, rest := firstWord(text)
			return isHeader(line) && len(rest) > 0 && (string(word) == "services" || string(word) == "sso-session" ||
				string(word) == "profile")
		},
	},
	{"white space at the end of a continued value: kept by the SDK, not by botocore", func(line string, _ bool) bool {
		return isIndented(line) && !strings.ContainsAny(line, "=:") &&
			strings.TrimSpace(line) != strings.TrimLeft(line, " \t")
	}},
	{"an indented key with nothing behind it: the SDK takes what follows as far indented for its settings, botocore " +
		"does not", func(line string, _ bool) bool {
		e, ok := property([]byte(strings.TrimLeft(line, " \t")))
		return isIndented(line) && ok && len(bytes.TrimSpace(cutComment([]byte(e.value)))) == 0
	}},
	{"[DEFAULT]: a profile for the SDK, the defaults of every section for botocore", func(line string, _ bool) bool {
		text, _ := headerOf(line)
		return string(text) == "DEFAULT"
	}},
	{"a carriage return inside a line: it ends the line for botocore", func(line string, _ bool) bool {
		return strings.Contains(strings.TrimSuffix(line, "\r"), "\r")
	}},
	{"a value that is one quote: the SDK panics", func(line string, _ bool) bool {
		for _, text := range []string{line, string(cutComment([]byte(line)))} {
			if i := strings.IndexAny(text, "=:"); i >= 0 && len(strings.TrimSpace(text[i+1:])) == 1 &&
				strings.ContainsAny(text[i+1:], `"'`) {
				return true
			}
		}
		return false
	}},
}

func isHeader(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "[") }

func headerOf(line string) (text []byte, ok bool) {
	if !isHeader(line) {
		return nil, false
	}
	return headerText([]byte(strings.TrimSpace(line)))
}

func isIndented(line string) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && !blankOrComment([]byte(line))
}

// deliberate returns why the SDK may read the two files differently, or "".
func deliberate(configText, credentialsText string) string {
	for i, text := range []string{configText, credentialsText} {
		for line := range strings.SplitSeq(text, "\n") {
			for _, d := range differences {
				if d.is(line, i == 1) {
					return d.why
				}
			}
		}
	}
	return ""
}

// compareWithSDK reads the same files with both and reports differences if both accept them. It returns why it did not
// compare, or "".
func compareWithSDK(t *testing.T, dir, configText, credentialsText, name string) string {
	t.Helper()
	if reason := deliberate(configText, credentialsText); reason != "" {
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
	missing := err != nil && (strings.Contains(err.Error(), " is neither in ") ||
		strings.Contains(err.Error(), " is not read: "))
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
		"region": sdk.Region, "role_arn": sdk.RoleARN, "mfa_serial": sdk.MFASerial,
		"source_profile": sdk.SourceProfileName,
		"external_id":    sdk.ExternalID, "role_session_name": sdk.RoleSessionName, "ca_bundle": sdk.CustomCABundle,
		"endpoint_url": sdk.BaseEndpoint, "services": sdk.ServicesSectionName,
	} {
		// If the profile is in both files, the SDK ignores these settings of the credentials file; botocore does not.
		if (key == "endpoint_url" || key == "services") && p.contents().credentials.get("", key) != nil && p.contents().
			config.pos.Line != 0 {
			continue
		}
		if got, _ := p.Get(key); got != want {
			t.Errorf("%s: SDK %q, we %q", key, want, got)
		}
	}
	// The SDK also reads a services section in the credentials file; see deliberate. It drops lines of one that is
	// malformed for us.
	c := p.contents()
	if e := c.services.get("sts", "endpoint_url"); c.credentials.get("", "services") == nil && c.servicesErr == nil {
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
	keys, keysErr := p.longTerm(p.KeyPair())
	want := sdk.Credentials
	switch {
	case keysErr == nil && (keys.AccessKeyID != want.AccessKeyID ||
		keys.SecretAccessKey.Reveal() != want.SecretAccessKey):
		t.Errorf("keys: SDK %q, we %q", want.AccessKeyID, keys.AccessKeyID)
	case keysErr == nil && want.SessionToken != "" && p.contents().credentials.get("", "aws_session_token") != nil:
		t.Error("a session's keys for the SDK, long-term ones for us")
	case keysErr != nil && want.HasKeys() && want.SessionToken == "" && !strings.Contains(keysErr.Error(), "pasted") &&
		!strings.Contains(keysErr.Error(), "an invalid character in"):
		t.Errorf("the SDK has keys; we: %v", keysErr)
	}
	return ""
}

// sdkSeeds are the cases of the differential test, and the fuzzer's seeds.
var sdkSeeds = [][3]string{
	{"[profile p]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::1:mfa/a\n", "[p]\n" + testKeys, "p"},
	{"[profile default]\nregion=b\n", "[default]\n" + testKeys, "default"},
	{"[profile p]\n" + testKeys, "[p]\naws_access_key_id=AKIAOTHER\n", "p"},
	{"[profile p]\naws_access_key_id=AKIAOTHER\n", "[p]\n" + testKeys, "p"},
	{"[profile p]\n" + testKeys + "aws_session_token=t\n", "[p]\n" + testKeys, "p"},
	{"[profile p]\n" + testKeys, "[p]\naws_access_key_id=\naws_secret_access_key=\n", "p"},
	{"[profile p]\nrole_arn=r\nsource_profile=q\nmfa_serial=m\nexternal_id = 1\n[profile q]\n" + testKeys, "", "p"},
	{"[profile p]\nservices=s\nendpoint_url=http://a:1/?x=y\n[services s]\nsts =\n  endpoint_url = http://sts # " +
		"x\ns3=\n  endpoint_url=no\n", "", "p"},
	{"[profile p]\nservices=s\n[services s]\nsts =\n  endpoint_url = ht\xffp://sts\n", "", "p"},
	{"[services s]\nsts =\n  endpoint_url = a\nsts =\n  x = y\n[profile p]\nservices: s\n", "", "p"},
	{"[services s]\nsts = v\n  endpoint_url = a\n[profile p]\nservices: s\n", "", "p"},
	{"[profile p]\r\nregion = a \r\n  output = b\r\ns3 =\r\n\tregion = c\r\n", "", "p"},
	{"[profile p]\n  region = \"a # b\"\n  ca_bundle = x # c\n", "", "p"},
	{"[profile p]\nregion='a' # b\nca_bundle=\"x\" y\"\nmfa_serial=\"\"\n", "", "p"},
	{"[profile p]\nregion = a\n  more\n\n# c\n  and more\n[profile q]\n[profile p]\nregion = b", "", "p"},
	{"[profile \t p ] ; c\nREGION:a=b\n", "[ p\t]\nMFA_Serial==c\n", "p"},
	{"[profile my prod]\nregion = a\n", "[my \t prod]\nmfa_serial = b\n", "my prod"},
	{"[p]\nregion=a\n[profilep]\nregion=b\n", "[profile p]\nregion=c\n", "p"},
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

// TestAgainstSDKShuffled combines random lines: a fuzzer of bytes rarely finds such files.
func TestAgainstSDKShuffled(t *testing.T) {
	headers := [2][]string{
		{
			"[profile p]", "[profile p]", "  [profile p] # c", "[default]", "[default] ; c", "[profile q]",
			"[services s]", "[services s]", "[sso-session s]",
			"[profile q r]", "[p]", "[profile p]]",
		},
		{"[p]", "[p] # c", "[default]", "[q  r]", "[q]", "[p2]", "[profile p]"},
	}
	settings := []string{
		"region = a", "region=b ; c", "  region = c # d", "REGION: d", "\tregion=e", "region =", "region = \"g\"",
		"region = 'h' #",
		"aws_access_key_id = AKIAX\naws_secret_access_key = s", "  aws_access_key_id=AKIAY\nAWS_secret_access_key=r",
		"aws_session_token = t",
		"services = s", "services=s", "sts =", "sts =\n  endpoint_url = http://s # c", "sts=v",
		"\tendpoint_url=http://t", "endpoint_url = http://u", "  x = y",
		"mfa_serial = arn:aws:iam::1:mfa/a", "  mfa_serial=b", "external_id = 0 #", "ca_bundle = a\n  more", "", "  ",
		"# c", " ; [profile p]", "x = [profile p]",
	}
	rare := []string{
		"nonsense", "=", "  more", "\t more # c", "[pp", "[]", "region = \"", "    region =", "aws_secret_access_key=",
		"aws_access_key_id=AKIAZ", "aws_session_token=",
		"role_arn = r", "role_arn = r\nsource_profile = q", "source_profile=p", "\r", "[profile \"p\"]",
	}
	dir, compared := t.TempDir(), 0
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		var files [2]string
		for i := range files {
			end := []string{"\n", "\r\n"}[random.IntN(2)]
			for line := range random.IntN(20) {
				from := settings
				if line == 0 || random.IntN(5) == 0 {
					from = headers[i]
				} else if random.IntN(30) == 0 {
					from = rare
				}
				files[i] += strings.ReplaceAll(from[random.IntN(len(from))], "\n", end) + end
			}
			if random.IntN(3) == 0 {
				files[i] = strings.TrimSuffix(files[i], end)
			}
		}
		name := []string{"p", "p", "default", "q r"}[random.IntN(4)]
		if compareWithSDK(t, dir, files[0], files[1], name) == "" {
			compared++
		}
		if t.Failed() {
			t.Fatalf("profile %q of\n%q\n%q", name, files[0], files[1])
		}
	}
	if t.Logf("%d compared", compared); compared < 200 {
		t.Errorf("only %d were compared", compared)
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
