package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"awsmfa/internal/msg"
)

const (
	testID     = "AKIAIOSFODNN7EXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	testKeys   = "aws_access_key_id = " + testID + "\naws_secret_access_key = " + testSecret + "\n"
)

// write creates the two files in a temporary directory; it does not create a file for "-".
func write(tb testing.TB, config, credentials string) Files {
	tb.Helper()
	dir := tb.TempDir()
	files := Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{files.Config: config, files.Credentials: credentials} {
		if text == "-" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return files
}

// plainly returns err's text and hint as one string, without the test's directory.
func plainly(files Files, err error) string {
	if err == nil {
		return "<nil>"
	}
	text := err.Error()
	if hint := msg.HintOf(err); hint != "" {
		text += " | " + hint
	}
	return strings.ReplaceAll(text, filepath.Dir(files.Config)+string(filepath.Separator), "")
}

// [default] is the profile of programs that name none, however its header is written.
func TestUnnamed(t *testing.T) {
	for _, header := range []string{"default", "profile default", `profile "default"`, "profile  default"} {
		files := write(t, "[profile p]\nregion = a\n["+header+"]\nendpoint_url = http://a\n", "-")
		p, err := Load(files, "p")
		if err != nil {
			t.Fatal(err)
		}
		if url := p.Unnamed("endpoint_url"); url != "http://a" {
			t.Errorf("[%s]: %q", header, url)
		}
	}
}

func TestLoad(t *testing.T) {
	for _, test := range []struct {
		name, config, credentials, profile string
		want                               map[string]string // key → value; "-" is not there
	}{
		{
			"the usual",
			"[profile prod]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::1:mfa/al\nmfa_process=op item get\n",
			"[prod]\n" + testKeys, "prod",
			map[string]string{
				"region": "eu-west-1", "mfa_serial": "arn:aws:iam::1:mfa/al",
				"mfa_process": "op item get", idKey: testID,
			},
		},
		{"only credentials", "-", "[prod]\nregion=x\n", "prod", map[string]string{"region": "x"}},
		{
			"credentials win, every key", "[profile p]\nregion=a\nendpoint_url=http://a\n",
			"[p]\nregion=b\nendpoint_url=http://b", "p",
			map[string]string{"region": "b", "endpoint_url": "http://b"},
		},
		{"an empty value wins too", "[profile p]\nregion=a\n", "[p]\nregion=", "p", map[string]string{"region": ""}},
		{"default", "[default]\nregion=a", "-", "default", map[string]string{"region": "a"}},
		{"profile default", "[profile default]\nregion=b", "-", "default", map[string]string{"region": "b"}},
		{
			"[DEFAULT] says what a section does not",
			"[profile p]\nregion=a\ns3 =\n  x = y\n[DEFAULT]\nregion=b\nmfa_serial=m\ns3 =\n  z = y\n",
			"[DEFAULT]\n" + testKeys + "output=json\n[p]\n", "p",
			map[string]string{"region": "a", "mfa_serial": "m", idKey: testID, "output": "json"},
		},
		{
			"[DEFAULT] is of its own file, and of the sections that are there",
			"[DEFAULT]\nregion=a\n", "[p]\noutput=b", "p",
			map[string]string{"region": "-", "output": "b"},
		},
		{
			"a carriage return ends a line", "[profile p]\rregion=a\r\rmfa_serial=m\routput=b\r\n x=y\n", "-", "p",
			map[string]string{"region": "a", "mfa_serial": "m", "output": "b"},
		},
		{
			"command lines are taken raw",
			"[profile p]\ncredential_process = \"/opt/my tools/creds\" \"two words\" # 1\nmfa_process='/opt/my " +
				"tools/code'\nregion=\"a\"", "-", "p",
			map[string]string{
				"credential_process": `"/opt/my tools/creds" "two words" # 1`,
				"mfa_process":        "'/opt/my tools/code'", "region": "a",
			},
		},
		{
			"a command line in several lines is one",
			"[profile p]\nmfa_process = op item\n  get\n  --format=otp\n  region = a", "-", "p",
			map[string]string{"mfa_process": "op item get --format=otp", "region": "a"},
		},
		{
			"a source's name with # in it", "[profile p]\nsource_profile=team #2\n[profile team #2]", "-", "p",
			map[string]string{"source_profile": "team #2"},
		},
		{
			"a source with a comment", "[profile p]\nsource_profile=team #2", "[team]", "p",
			map[string]string{"source_profile": "team"},
		},
		{
			"a source's name with quotes in it", "[profile p]\nsource_profile=\"team\"", "[\"team\"]", "p",
			map[string]string{"source_profile": `"team"`},
		},
		{
			"an included profile's name with # in it",
			"[profile p]\ninclude_profile=q #2\n[profile q #2]\nregion=a", "-", "p",
			map[string]string{"region": "a"},
		},
		{
			"blanks in a header", " \t[ \tprofile \t p\t ] # [profile q]\nregion=a", "-", "p",
			map[string]string{"region": "a"},
		},
		{
			"quoted name", "[profile \"my prod\"]\nregion=a", "[my prod]\noutput=b", "my prod",
			map[string]string{"region": "a", "output": "b"},
		},
		{
			"name quoted by aws configure", `[profile 'it'"'"'s x']` + "\nregion=a", "-", "it's x",
			map[string]string{"region": "a"},
		},
		{"unquoted blanks in a name", "[profile my prod]\nregion=a", "-", "my prod", map[string]string{"region": "a"}},
		{
			"a name with # ; ] in it", "[profile a#b;c]d]\nregion=a", "[a#b;c]d] ; note]", "a#b;c]d",
			map[string]string{"region": "a"},
		},
		{
			"a Japanese name", "[profile 本番]\nregion=a\n[profile 本]\nregion=b", "-", "本番",
			map[string]string{"region": "a"},
		},
		{
			"a name that begins another's",
			"[profile prod-old]\nregion=b\n[profile prod]\nregion=a\n[profile prod2]\nregion=c", "-", "prod",
			map[string]string{"region": "a"},
		},
		{
			"case of names", "[profile Prod]\nregion=b\n[profile prod]\nregion=a", "-", "prod",
			map[string]string{"region": "a"},
		},
		{
			"case of keys", "[profile p]\nREGION=a\nMfa_Serial=s", "-", "p",
			map[string]string{"region": "a", "MFA_SERIAL": "s"},
		},
		{
			"repeated sections and keys",
			"[profile p]\nregion=a\noutput=x\n[profile q]\nregion=q\n[profile p]\nregion=b\nregion=c", "-", "p",
			map[string]string{"region": "c", "output": "x"},
		},
		{
			"comments", "# a\n ; b\n[profile p] # c\n# region=no\n  ; region=no\nregion=a # d\noutput=b ; " +
				"e\ncli_pager=c#d;e\nx=y\t#z", "-", "p",
			map[string]string{"region": "a", "output": "b", "cli_pager": "c#d;e", "x": "y"},
		},
		{
			"CRLF", "[profile p]\r\nregion=a\r\n\r\noutput = b \r\n", "[p]\r\nx=y\r", "p",
			map[string]string{"region": "a", "output": "b", "x": "y"},
		},
		{
			"UTF-8 mark", "\xef\xbb\xbf[profile p]\nregion=a", "\xef\xbb\xbf# c\n[p]\nx=y", "p",
			map[string]string{"region": "a", "x": "y"},
		},
		{
			"= and : in values", "[profile p]\nmfa_process=a --b=c\nendpoint_url = http://h:1/?a=b\nx: y=z", "-", "p",
			map[string]string{"mfa_process": "a --b=c", "endpoint_url": "http://h:1/?a=b", "x": "y=z"},
		},
		{
			"quotes about a value", "[profile p]\nregion=\"a\"\noutput='b'\nx=\"\ny=\"c'", "-", "p",
			map[string]string{"region": "a", "output": "b", "x": `"`, "y": `"c'`},
		},
		{
			"settings of settings", "[profile p]\ns3 =\n  region = no\n\n  # c\n\taddressing_style=path\nregion=a", "-",
			"p",
			map[string]string{"region": "a", "s3": "", "addressing_style": "-"},
		},
		{
			"a section indented as a whole", "  [profile p]\n  s3 =\n    region = no\n  region=a # c\n  output=b", "-",
			"p",
			map[string]string{"region": "a", "output": "b", "s3": ""},
		},
		{
			"more of a value", "[profile p]\nx = a\n  b  \n\n  c\nregion=r", "-", "p",
			map[string]string{"x": "a\nb\nc", "region": "r"},
		},
		{
			"indented under a value", "[profile p]\nregion = a\n  output = b", "-", "p",
			map[string]string{"region": "a", "output": "b"},
		},
		{
			"other kinds of section",
			"[sso-session p]\nregion=s\n[services " +
				"p]\nsts=\n[p]\nregion=n\n[profilep]\nregion=m\n[profile]\nregion=o\n[profile p]\noutput=a",
			"[profile p]\nregion=c", "p",
			map[string]string{"region": "-", "output": "a"},
		},
		{
			"garbage elsewhere",
			"[profile a]\nnonsense\n\x00\xff\n[profile b\n  [\n[]\n[[\n[profile p]\nregion=a\n[profile " +
				"p2\nregion=no\n=", "[q]\nx\n[\n[p]\ny=z", "p",
			map[string]string{"region": "a", "y": "z"},
		},
		{
			"a bracket in a value",
			"[profile q]\nx = [profile p]\nregion=no\n# [profile p]\n[profile p]\nregion=a\nx=[1]", "-", "p",
			map[string]string{"region": "a", "x": "[1]"},
		},
		{"a header alone", "[profile p]", "-", "p", map[string]string{"region": "-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := Load(write(t, test.config, test.credentials), test.profile)
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range test.want {
				got, ok := p.Get(key)
				if !ok {
					got = "-"
				}
				if got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
			for field, key := range map[string]string{
				p.Region: "region", p.MFASerial: "mfa_serial",
			} {
				if v, _ := p.Get(key); v != field {
					t.Errorf("the field for %s is %q, Get says %q", key, field, v)
				}
			}
		})
	}
}

// Names that AWS clients interpret differently are an error.
func TestAmbiguous(t *testing.T) {
	const apart = " have the same name; AWS clients disagree on which one counts | move all settings to one of the " +
		"two, and delete the other"
	const both = " followed by a comment; both exist | rename one of the two sections, or remove the comment from " +
		"the line"
	for _, test := range []struct{ name, config, credentials, profile, want string }{
		{
			"two spellings", "[profile p]\nregion=a\n[profile \"p\"]\nrole_arn=r", "-", "p",
			`[profile p] at config:1 and [profile "p"] at config:3` + apart,
		},
		{"blanks", "-", "[p]\n[q]\n[ p ]", "p", "[p] at credentials:1 and [ p ] at credentials:3" + apart},
		{
			"default", "[profile default]\n[default]\n", "-", "default",
			"[profile default] at config:1 and [default] at config:2" + apart,
		},
		{
			"default below", "[default]\n[profile default]\n", "-", "default",
			"[default] at config:1 and [profile default] at config:2" + apart,
		},
		{
			"sso-session", "[profile p]\nsso_session=s\n[sso-session s]\n[sso-session 's']\n", "-", "p",
			"[sso-session s] at config:3 and [sso-session 's'] at config:4" + apart,
		},
		{
			"services", "[profile p]\nservices=s\n[services s]\n[services 's']\n", "-", "p",
			"[services s] at config:3 and [services 's'] at config:4" + apart,
		},
		{
			"source_profile", "[profile p]\nsource_profile = team #2\n[profile team #2]\n", "[team]\n", "p",
			`source_profile at config:2 may mean "team #2", or "team"` + both,
		},
		{
			"include_profile", "[profile p]\ninclude_profile = q ;2\n[profile q]\n[profile q ;2]\n", "-", "p",
			`include_profile at config:2 may mean "q ;2", or "q"` + both,
		},
		{
			"services named", "[profile p]\nservices = q #2\n[services q]\n[services q #2]\n", "-", "p",
			`services at config:2 may mean "q #2", or "q"` + both,
		},
		{
			"sso_session named", "[profile p]\nsso_session = q #2\n[sso-session q]\n[sso-session q #2]\n", "-", "p",
			`sso_session at config:2 may mean "q #2", or "q"` + both,
		},
		{
			"DEFAULT", "[DEFAULT]\nregion=a\n", "-", "default",
			`profile "default" is not read: [DEFAULT] at config:1 holds defaults for every section of the file | ` +
				`write [default], in lower case`,
		},
	} {
		files := write(t, test.config, test.credentials)
		p, err := Load(files, test.profile)
		if err == nil {
			_, _, err = p.ServiceEndpoint("sts")
		}
		if got := plainly(files, err); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestWhere(t *testing.T) {
	files := write(t, "\n\n[profile p]\r\nregion=a\n\n[profile q]\n[profile p]\nx=y\n",
		"# c\n[p]\naws_secret_access_key=s\n")
	p, err := Load(files, "p")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]Pos{
		"": {files.Config, 3}, "Region": {files.Config, 4}, "x": {files.Config, 8}, secretKey: {files.Credentials, 3},
		"no": {},
	} {
		if got := p.Where(key); got != want {
			t.Errorf("Where(%q) = %v, want %v", key, got, want)
		}
	}
}

func TestServiceEndpoint(t *testing.T) {
	section := "[services dev]\nsts =\n  endpoint_url = http://sts\n  x = y\niam = \n\tEndpoint_URL = http://iam\n\n"
	for _, test := range []struct{ name, config, credentials, sts, iam, s3 string }{
		{"section above", section + "[profile p]\nservices = dev\n", "-", "http://sts", "http://iam", ""},
		{
			"section below, and a general one", "[profile p]\nservices = dev\nendpoint_url=http://all\n" + section, "-",
			"http://sts", "http://iam", "http://all",
		},
		{
			"no services", "[profile p]\nendpoint_url=http://all\n" + section, "-", "http://all", "http://all",
			"http://all",
		},
		{"services in the credentials file", section, "[p]\nservices=dev", "http://sts", "http://iam", ""},
		{
			"quoted", strings.Replace(section, "dev", `"my dev"`, 1) + "[profile p]\nservices = my dev\n", "-",
			"http://sts", "http://iam", "",
		},
		{"none", "[profile p]\n", "-", "", "", ""},
	} {
		p, err := Load(write(t, test.config, test.credentials), "p")
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for service, want := range map[string]string{"sts": test.sts, "IAM": test.iam, "s3": test.s3} {
			if got, _, err := p.ServiceEndpoint(service); got != want || err != nil {
				t.Errorf("%s: %s is %q (%v), want %q", test.name, service, got, err, want)
			}
		}
	}
}

// TestMalformed reads testdata/malformed: NAME.config and NAME.credentials, either of which may be missing, with the
// message that profile "prod" must give in NAME.want.
func TestMalformed(t *testing.T) {
	wants, err := filepath.Glob("testdata/malformed/*.want")
	if err != nil || len(wants) < 10 {
		t.Fatal(wants, err)
	}
	for _, want := range wants {
		base := strings.TrimSuffix(want, ".want")
		t.Run(filepath.Base(base), func(t *testing.T) {
			text, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Load(Files{base + ".config", base + ".credentials"}, "prod")
			if err == nil {
				_, _, err = p.ServiceEndpoint("sts")
			}
			got := strings.ReplaceAll(fmt.Sprint(err), filepath.Dir(base)+string(filepath.Separator), "")
			if got != strings.TrimSpace(string(text)) {
				t.Errorf("got  %s\nwant %s", got, text)
			}
			if e := (*msg.Error)(nil); err != nil && !errors.As(err, &e) {
				t.Errorf("%T is no *msg.Error", err)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	files := write(t, "-", "[p]\n")
	if err := os.Mkdir(files.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Load(files, "p")
	if got := plainly(files, err); !strings.HasPrefix(got, "config is a directory, not a file") {
		t.Error(got)
	}
	if _, err := Names(files); err == nil {
		t.Error("Names read a directory")
	}

	files = write(t, "-", "[p]\n")
	files.Config = filepath.Join(files.Credentials, "x") // under a file: an error even for root, though not on Windows
	if _, err = Load(files, "p"); runtime.GOOS != "windows" && (err == nil ||
		!strings.HasPrefix(plainly(files, err), "reading ")) {
		t.Error(err)
	}

	if runtime.GOOS == "windows" {
		return // it has neither such links without a privilege, nor such modes
	}
	files = write(t, "-", "-")
	if err := os.Symlink("config", files.Config); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(files, "p"); !strings.HasPrefix(plainly(files, err),
		"reading config: too many levels of symbolic links") {
		t.Error(err)
	}
	if os.Geteuid() == 0 {
		return // to whom no mode forbids anything
	}
	files = write(t, "[profile p]\n", "-")
	if err := os.Chmod(files.Config, 0); err != nil {
		t.Fatal(err)
	}
	_, err = Load(files, "p")
	if got := plainly(files, err); !strings.HasPrefix(got, "reading config: permission denied") ||
		!errors.Is(err, fs.ErrPermission) {
		t.Error(got)
	}
}

func TestNotFound(t *testing.T) {
	some := "[default]\n[profile prod]\n[profile prod-eu]\n[sso-session prdo]\n[services prdo]\n"
	const nowhere = ` is neither in config nor in credentials | `
	for _, test := range []struct{ name, config, credentials, profile, want string }{
		{"a slip", some, "[staging]\n", "prdo", `profile "prdo"` + nowhere + `did you mean "prod"?`},
		{"case", some, "-", "PROD", `profile "PROD"` + nowhere + `did you mean one of "prod", "prod-eu"?`},
		{"a beginning", some, "-", "pro", `profile "pro"` + nowhere + `did you mean one of "prod", "prod-eu"?`},
		{"nothing near", some, "[staging]\n", "zzzzzz", `profile "zzzzzz"` + nowhere +
			`the profiles are "default", "prod", "prod-eu", "staging"`},
		{"many", some, "[b]\n[c]\n[d]\n", "zzzzzz", `profile "zzzzzz"` + nowhere +
			`there are 6 profiles; the first are "default", "prod", "prod-eu", "b", "c"`},
		{"none", "", "-", "prod", `profile "prod"` + nowhere + `there are no profiles yet: run awsmfa setup prod`},
		{"no files", "-", "-", "my prod", `profile "my prod" was not found: neither config nor credentials exists | ` +
			`run awsmfa setup "my prod"`},
		{"control characters", "[profile a\x1b[2Jb]\n", "-", "a\x1b[2J\n", `profile "a\x1b[2J\n"` + nowhere +
			`did you mean "a\x1b[2Jb"?`},
		{"no name", "", "", "", `the profile name is empty | name a profile, for example: awsmfa env default`},
		{
			"no prefix", "\n[dev]\nregion=a", "-", "dev",
			`profile "dev" is not read: its header at config:2 is not valid in a config file | in a config file ` +
				`write [profile dev]`,
		},
		{
			"prefix in capitals", "[Profile my dev]\n", "-", "my dev",
			`profile "my dev" is not read: its header at config:1 is not valid in a config file | in a config file ` +
				`write [profile "my dev"]`,
		},
		{
			"prefix in the credentials", "-", "[a]\n[profile dev]\n", "dev",
			`profile "dev" is not read: its header at credentials:2 is not valid in a credentials file | in a ` +
				`credentials file write [dev]`,
		},
		{"garbage elsewhere", "[profile prod]\nnonsense\n\x00\n[x\n", "[", "prdo", `profile "prdo"` + nowhere +
			`did you mean "prod"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			_, err := Load(files, test.profile)
			if got := plainly(files, err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	files := write(t, "\xef\xbb\xbfjunk\n[profile b]\nx\n[default]\n[profile a]\n[sso-session s]\n[services "+
		"s]\n[c]\n[profile b]\n[profile \"my d\"]\n[profile e",
		"[z]\n[a]\n[profile q]\n[本]\n[default]")
	got, err := Names(files)
	if want := []string{"b", "default", "a", "my d", "z", "本"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if got, err := Names(write(t, "-", "-")); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if _, err := Names(Files{}); err != nil {
		t.Error(err)
	}
}

func TestLongTermKeys(t *testing.T) {
	const role = "role_arn = arn:aws:iam::1:role/r\n"
	for _, test := range []struct{ name, config, credentials, want string }{
		{"credentials file", "", "[p]\n" + testKeys, ""},
		{"config file", "[profile p]\n" + testKeys, "", ""},
		{
			"the credentials file's pair wins", "[profile p]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=o\n",
			"[p]\n" + testKeys, "",
		},
		{"half a pair in the config file under a whole one", "[profile p]\naws_access_key_id=AKIAOTHER\n", "[p]\n" +
			testKeys, ""},
		{"a token elsewhere than the pair", "[profile p]\naws_session_token=t\n", "[p]\n" + testKeys, ""},
		{"an empty token", "", "[p]\naws_session_token=\n" + testKeys, ""},
		{"keys and SSO", "[profile p]\nsso_session=s\n", "[p]\n" + testKeys, ""},
		{"role of its own keys", "[profile p]\n" + role + "source_profile = p\n", "[p]\n" + testKeys, ""},
		{"keys and a source without a role", "[profile p]\nsource_profile=s\n", "[p]\n" + testKeys, ""},
		{
			"none", "\n[profile p]\nregion=a", "",
			`profile "p" has no access key (config:2) | run aws configure --profile p`,
		},
		{
			"no secret", "", "[p]\naws_access_key_id=" + testID,
			`profile "p" has aws_access_key_id (credentials:2) but no aws_secret_access_key | add ` +
				`aws_secret_access_key below it, or run aws configure --profile p`,
		},
		{
			"no id", "[profile p]\naws_secret_access_key=" + testSecret, "",
			`profile "p" has aws_secret_access_key (config:2) but no aws_access_key_id | add aws_access_key_id below ` +
				`it, or run aws configure --profile p`,
		},
		{
			"half over a whole one", "[profile p]\n" + testKeys, "[p]\naws_access_key_id=" + testID,
			`profile "p" has aws_access_key_id (credentials:2) but no aws_secret_access_key | add ` +
				`aws_secret_access_key below it, or run aws configure --profile p`,
		},
		{
			"a pair apart", "[profile p]\naws_access_key_id=" + testID, "[p]\naws_secret_access_key=" + testSecret,
			`profile "p" has aws_access_key_id at config:2 and aws_secret_access_key at credentials:2; both must be ` +
				`in the same file | move both keys to the credentials file`,
		},
		{
			"empty secret", "", "[p]\naws_access_key_id=" + testID + "\naws_secret_access_key=\n",
			`profile "p" has an empty aws_secret_access_key (credentials:3) | run aws configure --profile p`,
		},
		{
			"continued secret", "", "[p]\n" + testKeys + "  more\n",
			`profile "p" has white space or an invalid character in aws_secret_access_key (credentials:3) | copy the ` +
				`key again; check for indented lines below it, which continue it`,
		},
		{
			"token", "", "[p]\n" + testKeys + "aws_session_token = t0k3n\n",
			`profile "p" holds the token of a pasted session (aws_session_token, credentials:4) beside the user's ` +
				`own keys | remove that line, or run awsmfa setup p`,
		},
		{
			"pasted session", "", "[p]\naws_access_key_id=ASIAX\naws_secret_access_key=s\naws_security_token = t\n",
			`profile "p" holds a pasted session in place of the user's own keys (aws_security_token, credentials:4) ` +
				`| restore the user's own keys: run awsmfa setup p`,
		},
		{
			"ASIA", "", "[p]\naws_access_key_id=ASIAX\naws_secret_access_key=s\n",
			`profile "p" holds a pasted session in place of the user's own keys (aws_access_key_id, credentials:2) | ` +
				`restore the user's own keys: run awsmfa setup p`,
		},
		{
			"role", "[profile p]\n" + role + "source_profile = my base\n", "",
			`profile "p" is a role (role_arn, config:2), assumed with the keys of profile "my base"; it has no key ` +
				`pair of its own | name the profile that has the keys: "my base"`,
		},
		{
			"role alone", "[profile p]\n" + role, "",
			`profile "p" is a role (role_arn, config:2) without a source profile | add source_profile with the name ` +
				`of the profile that has the keys`,
		},
		{
			"role from the machine", "[profile p]\n" + role + "credential_source = Ec2InstanceMetadata\n", "",
			`profile "p" gets its credentials from credential_source = Ec2InstanceMetadata (config:3); it has no key ` +
				`pair of its own | MFA devices, access keys and their policies belong to IAM users: name a profile ` +
				`with a user's own keys`,
		},
		{
			"source without role", "[profile p]\nsource_profile = base\n", "",
			`profile "p" has source_profile (config:2) but no role_arn | add role_arn, or remove the line`,
		},
		{
			"web identity", "[profile p]\n" + role + "web_identity_token_file=/t\n", "",
			`profile "p" signs in with a web identity token (web_identity_token_file, config:3); it has no key pair ` +
				`of its own | MFA devices, access keys and their policies belong to IAM users: name a profile with a ` +
				`user's own keys`,
		},
		{
			"process", "[profile p]\ncredential_process=x --password " + testSecret + "\n", "",
			`profile "p" gets its credentials from a program (credential_process, config:2); it has no key pair of ` +
				`its own | MFA devices, access keys and their policies belong to IAM users: name a profile with a ` +
				`user's own keys`,
		},
		{
			"SSO", "[profile p]\nsso_session=s\nsso_account_id=1\n", "",
			`profile "p" signs in through IAM Identity Center (sso_session, config:2); it has no key pair of its own ` +
				`| MFA devices, access keys and their policies belong to IAM users: name a profile with a user's own ` +
				`keys`,
		},
		{
			"old SSO", "[profile p]\nsso_start_url=s\nsso_role_name=r\n", "",
			`profile "p" signs in through IAM Identity Center (sso_start_url, config:2); it has no key pair of its ` +
				`own | MFA devices, access keys and their policies belong to IAM users: name a profile with a user's ` +
				`own keys`,
		},
		{
			"keys that SSO hides", "[profile p]\n" + testSSO, "[p]\n" + testKeys,
			`profile "p" has a key pair (credentials:2) that is ignored, because sso_start_url (config:2) takes ` +
				`precedence | remove one of the two, or name a profile that has only the user's own keys`,
		},
		{
			"a session left behind over a program", "[profile p]\ncredential_process=x\n", "[p]\n" + testKeys +
				"aws_session_token=t\n",
			`profile "p" holds a pasted session (aws_session_token, credentials:4); its key pair (credentials:2) ` +
				`hides credential_process (config:2) | remove the key pair and its token from credentials, so that ` +
				`credential_process is used`,
		},
		{
			"a session without its token over a sign-in", "[profile p]\nlogin_session=x\n",
			"[p]\naws_access_key_id=ASIAEXAMPLE\naws_secret_access_key=x\n",
			`profile "p" holds a pasted session (aws_access_key_id, credentials:2); its key pair (credentials:2) ` +
				`hides login_session (config:2) | remove the key pair and its token from credentials, so that ` +
				`login_session is used`,
		},
		{
			"login", "[profile p]\nlogin_session=s\n", "",
			`profile "p" signs in through the console (login_session, config:2); it has no key pair of its own | MFA ` +
				`devices, access keys and their policies belong to IAM users: name a profile with a user's own keys`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			keys, err := p.LongTermKeys()
			if test.want == "" {
				if err != nil || keys.AccessKeyID != testID || keys.SecretAccessKey.Reveal() != testSecret ||
					keys.Where.Line == 0 {
					t.Errorf("%v %v", keys, err)
				}
				return
			}
			if got := plainly(files, err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if strings.Contains(plainly(files, err), testSecret) || strings.Contains(plainly(files, err), "t0k3n") {
				t.Error("a secret in the message")
			}
		})
	}
}

// TestNoSecretShows prints values with all verbs and encoders.
func TestNoSecretShows(t *testing.T) {
	p, err := Load(write(t, "", "[p]\n"+testKeys), "p")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := p.LongTermKeys()
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := p.Get(secretKey); ok || v != "" {
		t.Error("Get gives the secret")
	}
	type hidden struct {
		k Keys
		p Profile
		s *Secret
	}
	for _, v := range []any{
		p, &p, keys, &keys, keys.SecretAccessKey, &keys.SecretAccessKey,
		hidden{keys, p, &keys.SecretAccessKey},
		&hidden{keys, p, nil},
		[]Keys{keys},
		map[string]any{"a": keys, "b": p},
		struct{ K, P any }{keys, p},
	} {
		var out []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
		j, err := json.Marshal(v)
		out = append(out, string(j), fmt.Sprint(err))
		for _, text := range out {
			for _, bad := range []string{
				testSecret, fmt.Sprintf("%x", testSecret), fmt.Sprintf("%X", testSecret),
				"K7MDENG",
			} {
				if strings.Contains(text, bad) {
					t.Errorf("%T shows the secret: %s", v, text)
				}
			}
		}
	}
	if got := fmt.Sprintf("%v %s %#v", keys.SecretAccessKey, keys.SecretAccessKey,
		keys.SecretAccessKey); got != "[secret] [secret] [secret]" {
		t.Error(got)
	}
	if (Secret{}).Reveal() != "" {
		t.Error("the zero Secret reveals something")
	}
}

func TestFindFiles(t *testing.T) {
	home := filepath.FromSlash("/home/al")
	usual := Files{filepath.Join(home, ".aws", "config"), filepath.Join(home, ".aws", "credentials")}
	for _, test := range []struct {
		env  map[string]string
		want Files
	}{
		{nil, usual},
		{map[string]string{"AWS_CONFIG_FILE": "", "AWS_PROFILE": "x"}, usual},
		{map[string]string{"AWS_CONFIG_FILE": "/c", "AWS_SHARED_CREDENTIALS_FILE": "rel/k"}, Files{"/c", "rel/k"}},
		{
			map[string]string{"AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "~x/k"},
			Files{filepath.Join(home, "c"), "~x/k"},
		},
		{
			map[string]string{"AWS_CONFIG_FILE": "$D/c", "AWS_SHARED_CREDENTIALS_FILE": "${D}/$NO/k", "D": "/d"},
			Files{"/d/c", "/d/$NO/k"},
		},
	} {
		if got := FindFiles(func(k string) string { return test.env[k] }, home); got != test.want {
			t.Errorf("%v: got %v, want %v", test.env, got, test.want)
		}
	}
}

// A large file is read like a small one: from its byte order mark to its last line, which has no line end, with the
// same line numbers.
func TestLargeFile(t *testing.T) {
	large := "\ufeff" + string(bigConfig(4000, "team")) + "[profile last]\nregion = eu-north-1\nx=" +
		strings.Repeat("y", 1<<20)
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(large), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, region := range map[string]string{
		"prod": "eu-west-1", "last": "eu-north-1",
		"team-00000-production": "eu-central-1",
	} {
		p, err := Load(Files{Config: path}, name)
		if err != nil || p.Region != region {
			t.Errorf("%s: %q %v", name, p.Region, err)
			continue
		}
		before, _, _ := strings.Cut(large, "[profile "+name+"]")
		if line := strings.Count(before, "\n") + 1; p.Where("").Line != line {
			t.Errorf("%s is at %d, not %d", name, p.Where("").Line, line)
		}
	}
	all, err := Names(Files{Config: path})
	if err != nil || len(all) != 4001 {
		t.Errorf("%d names, %v", len(all), err)
	}
}

// TestSkippedSectionsCostNothing checks that skipped sections of either file need no memory.
func TestSkippedSectionsCostNothing(t *testing.T) {
	cost := func(n int) float64 {
		big := string(bigConfig(n, "team"))
		creds := strings.ReplaceAll(strings.ReplaceAll(big, "[profile prod]", "[prod]"), "[profile ", "[")
		files := write(t, big, creds)
		return testing.AllocsPerRun(5, func() {
			if _, err := Load(files, "prod"); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, many := cost(1), cost(2000); many > one+2 {
		t.Errorf("%v allocations with one profile, %v with 2,000", one, many)
	}
}

// Of two session tokens the one under the older name counts, as in botocore.
func TestBothTokens(t *testing.T) {
	for _, lines := range []string{
		"aws_session_token=new\naws_security_token=old\n",
		"aws_security_token=old\naws_session_token=new\n",
	} {
		p, err := Load(write(t, "-", "[p]\n"+testKeys+lines), "p")
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := p.KeyPair(); err != nil || keys.SessionToken.Reveal() != "old" {
			t.Errorf("%q: %v, token %q", lines, err, keys.SessionToken.Reveal())
		}
	}
}
