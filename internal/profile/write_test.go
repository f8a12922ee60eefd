package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"awsmfa/internal/msg"
	"awsmfa/internal/shelltest"
)

const testDevice = "arn:aws:iam::123456789012:mfa/al"

// content returns a file's text, or "-" if there is none.
func content(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "-"
	}
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// onlyTheFiles fails if a writer left a file behind.
func onlyTheFiles(tb testing.TB, dir string) {
	tb.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".awsmfa*"))
	if err != nil || len(left) > 0 {
		tb.Errorf("left behind: %q, %v", left, err)
	}
}

// noSecret fails if err shows a part of the pair, or is not a *msg.Error.
func noSecret(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	if e := (*msg.Error)(nil); !errors.As(err, &e) {
		tb.Errorf("not a *msg.Error: %T", err)
	}
	if all := fmt.Sprintf("%v %+v %#v %s", err, err, err, msg.HintOf(err)); strings.Contains(all, testSecret) ||
		strings.Contains(all, testID) {
		tb.Errorf("shows a secret: %s", all)
	}
}

func TestAddKeys(t *testing.T) {
	ours := "[new]\n" + testKeys
	dos := strings.ReplaceAll(ours, "\n", "\r\n")
	for _, test := range []struct{ name, credentials, want string }{
		{"no file", "-", ours},
		{"empty", "", ours},
		{"after another", "[a]\nx=y\n", "[a]\nx=y\n\n" + ours},
		{"no line end", "[a]\nx=y", "[a]\nx=y\n\n" + ours},
		{"only a comment, no line end", "# c", "# c\n\n" + ours},
		{"CRLF", "# c\r\n[a]\r\nx = y\r\n", "# c\r\n[a]\r\nx = y\r\n\r\n" + dos},
		{"CRLF, no line end", "[a]\r\nx = y", "[a]\r\nx = y\r\n\r\n" + dos},
		{"mostly CRLF", "[a]\r\nx = y\r\nz=1\n", "[a]\r\nx = y\r\nz=1\n\r\n" + dos},
		{"mostly LF", "[a]\nx = y\nz=1\r\n", "[a]\nx = y\nz=1\r\n\n" + ours},
		{"UTF-8 mark", "\xef\xbb\xbf[a]\nx=y\n", "\xef\xbb\xbf[a]\nx=y\n\n" + ours},
		{"only a UTF-8 mark: the SDK sees no header on its line", "\xef\xbb\xbf", "\xef\xbb\xbf\n" + ours},
		{"blank lines and spaces stay", "\n\n[a]\n  x   =  y  \n \t\n\n", "\n\n[a]\n  x   =  y  \n \t\n\n" + ours},
		{"garbage elsewhere", "[a]\nnonsense\n\xff\xfe=\n[b\n<<<<\n", "[a]\nnonsense\n\xff\xfe=\n[b\n<<<<\n\n" + ours},
		{"names like it", "[new2]\n[ne]\n[New]\n# [new]\nx=[new]\n", "[new2]\n[ne]\n[New]\n# [new]\nx=[new]\n\n" +
			ours},
		{"duplicates of others", "[a]\nx=1\n[a]\nx=2\n", "[a]\nx=1\n[a]\nx=2\n\n" + ours},
		{"a long file", strings.Repeat("# comment\n", 20000), strings.Repeat("# comment\n", 20000) + "\n" + ours},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, "[profile new]\nregion=a\n", test.credentials)
			if err := AddKeys(files, "new", testID, NewSecret(testSecret)); err != nil {
				t.Fatal(err, msg.HintOf(err))
			}
			if got := content(t, files.Credentials); got != test.want {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
			onlyTheFiles(t, filepath.Dir(files.Credentials))
			p, err := Load(files, "new")
			if err != nil {
				t.Fatal(err)
			}
			if keys, err := p.LongTermKeys(); err != nil || keys.AccessKeyID != testID ||
				keys.SecretAccessKey.Reveal() != testSecret {
				t.Error("not read back", err)
			}
			if err := AddKeys(files, "new", testID, NewSecret(testSecret)); err == nil ||
				!strings.Contains(err.Error(), "already exists") {
				t.Errorf("again: %v", err)
			}
			if got := content(t, files.Credentials); got != test.want {
				t.Errorf("again: %q", got)
			}
		})
	}
}

func TestAddKeysRefused(t *testing.T) {
	for _, test := range []struct{ name, config, credentials, profile, id, secret, want string }{
		{
			"there", "-", "# c\n[p]\n", "p", testID, testSecret,
			`profile "p" already exists (credentials:2), and an existing section is never changed`,
		},
		{"there, other spelling", "-", "[x]\r\n \t[ p\t] # c", "p", testID, testSecret, "credentials:2"},
		{"a header that was meant", "-", "[p\n", "p", testID, testSecret, "credentials:1"},
		{"UTF-16", "-", "\xff\xfe[\x00p\x00", "p", testID, testSecret, "credentials is UTF-16"},
		{"NUL", "-", "[a]\nx\x00\n", "p", testID, testSecret, "a NUL byte at credentials:2"},
		{
			"before a section", "-", "x=y\n[a]\n", "p", testID, testSecret,
			"the line at credentials:1 is before the first section",
		},
		{"role", "[profile p]\nregion=a\nrole_arn=r\n", "-", "p", testID, testSecret, "(role_arn, config:3)"},
		{
			"keys in the config file", "[profile p]\n" + testKeys, "-", "p", testID, testSecret,
			"(aws_access_key_id, config:2)",
		},
		{"session", "-", "-", "p", "ASIAIOSFODNN7EXAMPLE", testSecret, "a temporary access key ID"},
		{"empty id", "-", "-", "p", "", testSecret, "aws_access_key_id is empty"},
		{"no secret", "-", "-", "p", testID, "", "aws_secret_access_key is empty"},
		{"line end in the secret", "-", "-", "p", testID, testSecret + "\n", "aws_secret_access_key is empty or has"},
		{"section in the secret", "-", "-", "p", testID, "x\n[q]", "aws_secret_access_key is empty or has"},
		{"blank", "-", "-", "p", testID, testSecret + " ", "invalid"},
		{"quoted", "-", "-", "p", testID, `"` + testSecret + `"`, "invalid"},
		{"comment", "-", "-", "p", testID, "#" + testSecret, "invalid"},
		{"no-break space", "-", "-", "p", testID, testSecret + "\u00a0", "invalid"},
		{"no name", "-", "-", "", testID, testSecret, "name is empty"},
		{"a blank in the name", "-", "-", "my prod", testID, testSecret, "cannot be named"},
		{"a section in the name", "-", "-", "p]\n[q", testID, testSecret, "cannot be named"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			err := AddKeys(files, test.profile, test.id, NewSecret(test.secret))
			if got := plainly(files, err); !strings.Contains(got, test.want) || err == nil {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			noSecret(t, err)
			if got := content(t, files.Credentials); got != test.credentials {
				t.Errorf("changed: %q", got)
			}
			onlyTheFiles(t, filepath.Dir(files.Credentials))
		})
	}
}

// TestAddConfig marks the new text in want with « and ».
func TestAddConfig(t *testing.T) {
	both := []Setting{{Key: "region", Value: "eu-west-1"}, {Key: "mfa_serial", Value: testDevice}}
	ours := "«region = eu-west-1\nmfa_serial = " + testDevice + "\n»"
	const serial = "«mfa_serial = " + testDevice + "\n»"
	dos := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for _, test := range []struct{ name, profile, want string }{
		{"new", "p", "«[profile p]\n»" + ours},
		{"new default", "default", "[profile a]\nregion=x\n«\n[default]\n»" + ours},
		{"no line end", "p", "[profile a]\nx=y«\n\n[profile p]\n»" + ours},
		{"CRLF", "p", dos("# c\n[profile a]\nx=y\n\n«[profile p]\n»" + ours)},
		{"CRLF within", "p", dos("[profile p]\n" + serial + "region = eu-west-1\n\n# c\n[profile q]\n")},
		{"UTF-8 mark", "p", "\xef\xbb\xbf[profile p]\n" + ours + "[profile q]\n"},
		{"below a header alone", "p", "[profile p]\n" + ours + "[profile q]\n"},
		{"a header alone, no line end", "p", "[profile p]«\n»" + ours},
		{"last line without an end", "p", "[profile p]\n" + serial + "region = eu-west-1"},
		{"below the header", "p", "[profile p]\n" + serial + "output = json\nregion = eu-west-1\n\n\n[profile q]\n"},
		{"a comment of its own", "p", "[profile p]\n" + ours + "# region = x\noutput = json\n# about q\n[profile q]\n"},
		{"a comment at the end, no line end", "p", "[profile p]\n" + ours + "output = json\n; c"},
		{"another style", "p", "[profile p]\n" + ours + "output=json\n"},
		{"colons", "p", "[profile p]\n" + ours + "output: json\n"},
		{"a group last", "p", "[profile p]\n" + ours + "x=y\ns3 =\n  region = no\n  mfa_serial = no\n\n[profile q]\n"},
		{"a group first", "p", "[profile p]\n" + ours + "s3 =\n  region = no\n  mfa_serial = no\n[profile q]\n"},
		{"an indented section", "p", "[profile p]\n«  region = eu-west-1\n  mfa_serial = " + testDevice +
			"\n»  output=json\n\n[profile q]\n"},
		{"all indented", "p", "  [profile p]\n«\tregion = eu-west-1\n\tmfa_serial = " + testDevice +
			"\n»\toutput=json\n\n\t[profile q]\n"},
		{"nothing but indented headers", "p", "  [profile p]\n«  region = eu-west-1\n  mfa_serial = " + testDevice +
			"\n»  [profile q]\n"},
		{"an indented group", "p", "[profile p]\n«  region = eu-west-1\n  mfa_serial = " + testDevice +
			"\n»  s3 =\n    a = b\n  [profile q]\n"},
		{"ragged: more of a value for botocore", "p", "[profile p]\n" + ours + "output = a\n  x = y\n"},
		{"more of a value", "p", "[profile p]\n" + ours + "x = a\n  b\n\n  c\n"},
		{"odd header", "p", " [ profile \t p ] ; c\n" + ours + "[x\n"},
		{"quoted name, there already", "my prod", "[profile \"my prod\"]\n" + ours + "x = y\n"},
		{"duplicates", "p", "[profile p]\n" + ours + "x=1\n[profile q]\n[profile p]\nx=2\n[profile q]\n"},
		{"the one that is read", "default", "[profile default]\n" + ours + "x = y\n[profile p]\nregion = no\n"},
		{"carriage returns", "p", "[profile q]\rx = y\r[profile p]\r" + strings.Replace(ours, "«", "«\n", 1) +
			"x = y\r[profile r]\r"},
		{"a new one, below [DEFAULT]", "p", "[DEFAULT]\noutput = json\n«\n[profile p]\n»" + ours},
		{
			"of the same name", "p",
			"[p]\nregion = no\n[sso-session p]\nregion = no\n[services p]\nsts =\n  x = y\n«\n[profile p]\n»" + ours,
		},
		{"garbage elsewhere", "p", "[profile a]\nnonsense\n=\n\xff\n[profile p]\n" + ours + "x = y\n[b\n<<<\n[]\n[["},
		{"the same but for case", "p", "[profile p]\n" + serial + "REGION: eu-west-1\n"},
		{"in the credentials file", "both", "«[profile both]\n»" + serial},
		{"all there", "p", "[profile p]\nregion =   eu-west-1  \nmfa_serial=" + testDevice},
		{"a Japanese comment", "p", "# 設定\n[profile p]\n" + ours + "# 地域\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := strings.NewReplacer("«", "", "»", "").Replace(test.want)
			old := test.want
			for {
				before, rest, ok := strings.Cut(old, "«")
				_, after, _ := strings.Cut(rest, "»")
				if !ok {
					break
				}
				old = before + after
			}
			files := write(t, old, "[both]\nregion = eu-west-1\n")
			for range 2 { // the second time there is nothing to do
				if err := AddConfig(files, test.profile, both); err != nil {
					t.Fatal(err, msg.HintOf(err))
				}
				if got := content(t, files.Config); got != want {
					t.Fatalf("\n got %q\nwant %q", got, want)
				}
			}
			onlyTheFiles(t, filepath.Dir(files.Config))
			p, err := Load(files, test.profile)
			if err != nil || p.Region != "eu-west-1" || p.MFASerial != testDevice {
				t.Errorf("read back: %q, %q, %v", p.Region, p.MFASerial, err)
			}
		})
	}
}

func TestAddConfigRefused(t *testing.T) {
	region := func(v string) []Setting { return []Setting{{Key: "region", Value: v}} }
	for _, test := range []struct {
		name, config, credentials, profile string
		settings                           []Setting
		want                               string
	}{
		{
			"another value", "[profile p]\n\nRegion = us-east-1\n", "-", "p",
			[]Setting{{Key: "mfa_serial", Value: "x"}, {Key: "region", Value: "b"}},
			`profile "p" has region = "us-east-1" (config:3), not "b"`,
		},
		{"an empty value", "[profile p]\nregion =\n", "-", "p", region("b"), `region = "" (config:2)`},
		{
			"another value in the credentials file", "-", "[p]\nregion=a\n", "p", region("b"),
			`region = "a" (credentials:2), not "b"`,
		},
		{"twice", "-", "-", "p", append(region("a"), Setting{Key: "REGION", Value: "b"}), `region = "a"`},
		{"malformed", "[profile p]\nnonsense\n", "-", "p", region("b"), "config:2"},
		{"malformed header", "[profile p\n", "-", "p", region("b"), "config:1"},
		{
			"an indented header below", "[profile p]\nx = y\n\n  [profile q]\n", "-", "p", region("b"),
			`profile "p": the line at config:4 is indented further than the profile's settings`,
		},
		{
			"a header indented as the first setting is, not the last", "[profile p]\n  x = y\nz = 1\n  [profile q]\n",
			"-", "p", region("b"), "the line at config:4 is indented further",
		},
		{"an indentation that is none for us", "[profile p]\n\vx = y\n", "-", "p", region("b"), "the line at config:2"},
		{"UTF-16", "[\x00p\x00]\x00", "-", "p", region("b"), "config is UTF-16"},
		{"NUL", "[profile q]\n\n\x00", "-", "p", region("b"), "a NUL byte at config:3"},
		{"a line end", "-", "-", "p", region("a\n[profile q]"), "cannot be written"},
		{"a carriage return", "-", "-", "p", region("a\rb"), "cannot be written"},
		{"a blank at the end", "-", "-", "p", region("a "), "cannot be written"},
		{"a comment", "-", "-", "p", region("a #b"), "cannot be written"},
		{"a comment at once", "-", "-", "p", region(";b"), "cannot be written"},
		{"quotes", "-", "-", "p", region(`"a b"`), "cannot be written"},
		{"a quote", "-", "-", "p", region(`'`), "cannot be written"},
		{
			"nothing, where lines are indented", "[profile p]\n  output = json\n", "-", "p", region(""),
			"cannot be written",
		},
		{"no UTF-8", "-", "-", "p", region("\xff"), "cannot be written"},
		{"line separator", "-", "-", "p", region("a\u2028b"), "cannot be written"},
		{
			"a secret", "-", "-", "p",
			[]Setting{{Key: "AWS_Secret_Access_Key", Value: testSecret}},
			"cannot be written to a config file",
		},
		{"a sign in the key", "-", "-", "p", []Setting{{Key: "a=b", Value: "c"}}, "cannot be written to a config file"},
		{"no key", "-", "-", "p", []Setting{{Key: "", Value: "c"}}, "cannot be written to a config file"},
		{"no name", "-", "-", "", region("a"), "name is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			err := AddConfig(files, test.profile, test.settings)
			if got := plainly(files, err); err == nil || !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			noSecret(t, err)
			if got := content(t, files.Config); got != test.config {
				t.Errorf("changed: %q", got)
			}
			onlyTheFiles(t, filepath.Dir(files.Config))
		})
	}
}

// goodNames can be written, badNames cannot.
var (
	goodNames = []string{
		"default", "prod", "a.b_c-d/e+f@g", "a=b:c", "profile", "services", "sso-session", "-x", "%d",
		"$HOME", "`x`", "{a}", "a,b!", "Prod", "plugins", "1",
	}
	badNames = []string{
		"", " ", "my prod", "a\tb", " a", "a#b", "a;b", "a]b", "[a", `a"b`, "it's", `a\b`, "a\nb",
		"a\x00", "a\u00a0b", "a\u2028", "\xff", "DEFAULT", "Default", "\ufeffa",
	}
)

func TestNamesReadBack(t *testing.T) {
	all := goodNames
	if runtime.GOOS != "windows" {
		all = append(all, "本番", "é")
	}
	for _, name := range all {
		files := write(t, "-", "-")
		if err := errors.Join(CheckName(name), AddKeys(files, name, testID, NewSecret(testSecret)),
			AddConfig(files, name, []Setting{{Key: "region", Value: "a"}})); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		p, err := Load(files, name)
		if err != nil || p.Region != "a" {
			t.Errorf("%q: %v", name, err)
		}
		sdk, err := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
			o.ConfigFiles, o.CredentialsFiles = []string{files.Config}, []string{files.Credentials}
		})
		if err != nil || sdk.Region != "a" || sdk.Credentials.AccessKeyID != testID ||
			sdk.Credentials.SecretAccessKey != testSecret {
			t.Errorf("the SDK reads %q otherwise: %v", name, err)
		}
	}
	for _, name := range badNames {
		files := write(t, "-", "-")
		for _, err := range []error{
			CheckName(name), AddKeys(files, name, testID, NewSecret(testSecret)),
			AddConfig(files, name, []Setting{{Key: "region", Value: "a"}}),
		} {
			if err == nil {
				t.Errorf("%q was accepted", name)
			}
		}
	}
}

// TestBotocoreReads reads the written files with botocore, if python3 has it.
func TestBotocoreReads(t *testing.T) {
	python := shelltest.Python(t, "botocore")
	type file struct{ Name, Config, Credentials string }
	var all []file
	add := func(name, text string) {
		files := write(t, text, "-")
		if err := errors.Join(AddConfig(files, name, []Setting{
			{Key: "region", Value: "a"},
			{Key: "mfa_serial", Value: testDevice},
		}), AddKeys(files, name, testID, NewSecret(testSecret))); err != nil {
			t.Errorf("%q in %q: %v", name, text, err)
			return
		}
		all = append(all, file{name, files.Config, files.Credentials})
	}
	for _, name := range append(goodNames, "本番") {
		add(name, "-")
	}
	for _, text := range []string{
		"[profile p]\n  x=y\n\n[profile q]\nregion=q\n", "  [profile p]\n  x=y\n  [profile q]\n  region=q\n",
		"  [profile p]\n  [profile q]\n  region=q\n",
		"[profile p]\nx=y\n  z=1\n[profile q]\nregion=q\n", "[profile p]\ns3 =\n  a=b\n# c\n[profile q]\nregion=q",
		"[profile p]\r\n  s3 =\r\n    a=b\r\n[profile q]\r\nregion=q\r\n",
		"[profile q]\nregion=q", "[profile q]\n  region=q", "[profile p]\n\n[profile q]\nregion=q\n",
		"[profile p]\n  s3 =\n    a=b\n  [profile q]\n  region=q\n",
		"[profile p]\nx = y\n  more\n\n# c\n  more\n\n[profile q]\nregion=q\n",
	} {
		add("p", text)
	}
	asked, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", `
import json, sys
from botocore.configloader import load_config, raw_config_parse
for f in json.load(sys.stdin):
    try:
        c, k = load_config(f["Config"])["profiles"], raw_config_parse(f["Credentials"])
        p = c[f["Name"]]
        k = k[f["Name"]]
        q = c.get("q", {"region": "q"})
        got = [p["region"], p["mfa_serial"], k["aws_access_key_id"], k["aws_secret_access_key"], q["region"]]
        if f["Name"] == "p" and "q" not in c: got = "q is lost"
    except Exception as e:
        got = repr(e)
    if got != sys.argv[1:]: print(ascii(f["Name"]), ascii(open(f["Config"]).read()), ascii(got))
`, "a", testDevice, testID, testSecret, "q")
	cmd.Env = append(os.Environ(), "PYTHONUTF8=1")
	cmd.Stdin = bytes.NewReader(asked)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWriteNewFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home", ".aws")
	files := Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	if err := AddConfig(files, "my prod", []Setting{{Key: "region", Value: "a"}}); err == nil {
		t.Error("a bad name was accepted")
	}
	if _, err := os.Lstat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory was made for nothing: %v", err)
	}
	if err := errors.Join(AddKeys(files, "p", testID, NewSecret(testSecret)),
		AddConfig(files, "p", []Setting{{Key: "region", Value: "a"}})); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]fs.FileMode{
		dir: fs.ModeDir | 0o700, files.Config: 0o600,
		files.Credentials: 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o640, 0o700, 0o200 | 0o400 | 0o004} { // kept, whatever it is
		if err := os.Chmod(files.Config, mode); err != nil {
			t.Fatal(err)
		}
		if err := AddConfig(files, fmt.Sprintf("p%o", mode), []Setting{{Key: "region", Value: "a"}}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(files.Config); err != nil || info.Mode() != mode {
			t.Errorf("%v is now %v, %v", mode, info.Mode(), err)
		}
	}
}

func TestWriteThroughLinks(t *testing.T) {
	for _, test := range []struct {
		name  string
		links map[string]string // name → what it points to; * is the directory
		real  string            // the file that they lead to
	}{
		{"absolute", map[string]string{"config": "*/dot/config"}, "dot/config"},
		{"relative", map[string]string{"config": "dot/config"}, "dot/config"},
		{"chained", map[string]string{"config": "dot/a", "dot/a": "../b", "b": "*/dot/c"}, "dot/c"},
		{"through a linked directory", map[string]string{"config": "aws/../real", "aws": "dot/deep"}, "dot/real"},
		{
			"out of a linked directory",
			map[string]string{"config": "aws/a", "aws": "dot/deep", "dot/deep/a": "../real"},
			"dot/real",
		},
	} {
		for _, old := range []string{"[profile a]\nx=y", "-"} { // "-": the links dangle
			t.Run(test.name+old[:1], func(t *testing.T) {
				dir := t.TempDir()
				if err := os.MkdirAll(filepath.Join(dir, "dot", "deep"), 0o700); err != nil {
					t.Fatal(err)
				}
				for name, to := range test.links {
					err := os.Symlink(strings.ReplaceAll(to, "*", dir), filepath.Join(dir, name))
					if err != nil && runtime.GOOS == "windows" {
						t.Skip(err) // without the right to
					} else if err != nil {
						t.Fatal(err)
					}
				}
				file, want := filepath.Join(dir, test.real), "[profile p]\nregion = a\n"
				if old != "-" {
					want = old + "\n\n" + want
					if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				setting := []Setting{{Key: "region", Value: "a"}}
				err := AddConfig(Files{Config: filepath.Join(dir, "config")}, "p", setting)
				if old == "-" {
					if err == nil || !strings.HasSuffix(err.Error(), ", which is not there") || msg.HintOf(err) == "" {
						t.Error(err)
					}
					if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%s was made: %v", file, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || content(t, file) != want {
					t.Errorf("%v %q", err, content(t, file))
				}
				for name, to := range test.links {
					if got, err := os.Readlink(filepath.Join(dir, name)); err != nil ||
						got != strings.ReplaceAll(to, "*", dir) {
						t.Errorf("%s: %q, %v", name, got, err)
					}
				}
				onlyTheFiles(t, filepath.Dir(file))
			})
		}
	}
}

func TestWriteWhereThatCannotBe(t *testing.T) {
	add := func(path string) error {
		return AddConfig(Files{Config: path}, "p", []Setting{{Key: "region", Value: "a"}})
	}
	dir := t.TempDir()
	read := filepath.Join(dir, "read")
	if err := os.WriteFile(read, []byte("# c\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	_ = os.Symlink("loop", filepath.Join(dir, "loop"))
	for _, test := range []struct{ path, want string }{
		{read, "read is read-only; nothing was changed"},
		{dir, "is a directory, not a file"},
		{filepath.Join(read, "config"), "not a directory"},
		{filepath.Join(dir, "loop"), "too many links"},
		{"", "no file to write to"},
		{os.DevNull, "is not a regular file"},
	} {
		if runtime.GOOS == "windows" && (test.path == os.DevNull || strings.HasPrefix(test.path, read+`\`) ||
			strings.HasSuffix(test.path, "loop")) {
			continue
		}
		if err := add(test.path); err == nil || !strings.Contains(err.Error(), test.want) || msg.HintOf(err) == "" {
			t.Errorf("%s: %v", test.path, err)
		}
	}
	if got := content(t, read); got != "# c\n" {
		t.Errorf("changed: %q", got)
	}
	if err := os.Chmod(read, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := add(read); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(read, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := add(read); err != nil {
		t.Errorf("nothing to do, and yet: %v", err)
	}
	onlyTheFiles(t, dir)
}

func TestWriteTogether(t *testing.T) {
	files := write(t, "# c", "-")
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			name := "p" + strconv.Itoa(i)
			if err := errors.Join(AddKeys(files, name, testID, NewSecret(testSecret)),
				AddConfig(files, name, []Setting{{Key: "region", Value: "a"}})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all, err := Names(files); err != nil || len(all) != 24 {
		t.Errorf("%d profiles, %v", len(all), err)
	}
	if got := content(t, files.Config); len(got) != len("# c\n")+10*len("\n[profile p0]\nregion = "+
		"a\n")+14*len("\n[profile p10]\nregion = a\n") {
		t.Errorf("%q", got)
	}
	onlyTheFiles(t, filepath.Dir(files.Config))
}

// checkAdd adds to a config file and checks the result. It returns whether anything was added, and whether the SDK was
// used.
func checkAdd(t *testing.T, files Files, old, name string, settings []Setting) (added, compared bool) {
	t.Helper()
	if err := os.WriteFile(files.Config, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	before := map[string]*contents{}
	all, _ := Names(files)
	for _, n := range all {
		if p, err := Load(files, n); err == nil {
			before[n] = p.contents()
		}
	}
	err := AddConfig(files, name, settings)
	text := content(t, files.Config)
	onlyTheFiles(t, filepath.Dir(files.Config))
	if err != nil {
		if text != old {
			t.Errorf("an error, and changed: %v", err)
		}
		if strings.Contains(err.Error(), "would be misread") {
			t.Errorf("%v", err)
		}
		return false, false
	}
	if text == old {
		return false, false
	}
	at := 0 // where old and new part
	for at < len(old) && text[at] == old[at] {
		at++
	}
	tail := old[at:]
	for !strings.HasSuffix(text, tail) && at > 0 { // the new lines may begin as the old ones went on
		at--
		tail = old[at:]
	}
	if !strings.HasPrefix(text, old[:at]) || !strings.HasSuffix(text, tail) {
		t.Error("not the old text with something put in")
	}
	c, err := readWith(files, name, nil, nil) // not Load, which wants the services section too
	if err != nil {
		t.Errorf("not read back: %v", err)
		return true, false
	}
	for _, s := range settings {
		if e := c.find(s.Key); e == nil || e.value != s.Value {
			t.Errorf("%s reads back as %+v", s.Key, e)
		}
	}
	for n, was := range before {
		if n == name {
			continue
		}
		q, err := Load(files, n)
		if err != nil || len(q.contents().config.entries) != len(was.config.entries) {
			t.Errorf("%q is read otherwise: %v", n, err)
			continue
		}
		for i, e := range was.config.entries {
			if now := q.contents().config.entries[i]; e.key != now.key || e.value != now.value ||
				e.parent != now.parent {
				t.Errorf("%q is read otherwise: %v, %v", n, e.key, now.key)
			}
		}
	}
	if deliberate(old, "") != "" {
		return true, false
	}
	sdk, err := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{files.Config}, []string{files.Credentials}
	})
	if err != nil {
		return true, false // it wants a whole role, a services section …
	}
	for _, s := range settings {
		if got := map[string]string{"region": sdk.Region, "mfa_serial": sdk.MFASerial}[s.Key]; got != s.Value {
			t.Errorf("the SDK reads %s as %q", s.Key, got)
		}
	}
	return true, true
}

func TestAddConfigShuffled(t *testing.T) {
	lines := []string{
		"[profile p]", "[profile p]", "  [ profile\tp ] # c", "\t[profile q]", "[default]", "[profile default]",
		"[profile q]", "[services s]", "[p]", "[profile \"p\"]", "[pp",
		"region = a", "  x=y", "\tx = y", "x: y", "x=y ; c", "region =", "s3 =", "  s3 =", "    a = b", "\tc = d",
		"  more", "nonsense", "output=json", "mfa_serial = " + testDevice,
		"", "", "  ", "# c", "  # c", "; [profile p]", "y = [profile p]", "services = s",
	}
	files := write(t, "-", "-")
	random := rand.New(rand.NewPCG(3, 4))
	added, compared := 0, 0
	for range 3000 {
		old, end := "", []string{"\n", "\r\n"}[random.IntN(2)]
		for range random.IntN(14) {
			old += lines[random.IntN(len(lines))] + end
		}
		if random.IntN(3) == 0 {
			old = strings.TrimSuffix(old, end)
		}
		name := []string{"p", "p", "default", "new"}[random.IntN(4)]
		a, c := checkAdd(t, files, old, name, []Setting{
			{Key: "region", Value: "a"},
			{Key: "mfa_serial", Value: testDevice},
		})
		if t.Failed() {
			t.Fatalf("%q in\n%q\n%q", name, old, content(t, files.Config))
		}
		if a {
			added++
		}
		if c {
			compared++
		}
	}
	if t.Logf("%d added to, %d compared with the SDK", added, compared); added < 500 || compared < 250 {
		t.Errorf("only %d were added to, %d compared", added, compared)
	}
}

func FuzzAddConfig(f *testing.F) {
	for _, seed := range sdkSeeds {
		f.Add(seed[0], seed[2], "eu-west-1", testDevice)
	}
	f.Add("  [profile p]\n  s3 =\n    a = b\n  [profile q]\n", "p", "a # b", "\"x\"")
	f.Add("\xef\xbb\xbf", "本番", "x=y", "[profile q]")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, old, name, region, serial string) {
		checkAdd(t, Files{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}, old, name,
			[]Setting{{Key: "region", Value: region}, {Key: "mfa_serial", Value: serial}})
	})
}

// TestSelfCheck passes texts that a bug might compose to the last check before the rename.
func TestSelfCheck(t *testing.T) {
	const old = "[profile p]\nx=y\n[profile q]\nx=z\n"
	for text, want := range map[string]bool{
		"[profile p]\nx=y\nregion=a\n[profile q]\nx=z\n":    true,
		"[profile p]\nx=n\nregion=a\n[profile q]\nx=z\n":    false, // changed above
		"[profile p]\nx=y\nregion=a\n[profile r]\nx=z\n":    false, // and below
		"[profile p]\nx=y\nregion=a[profile q]\nx=z\n":      false, // in the line below
		"[profile p]\nx=y\n[profile s]\n[profile q]\nx=z\n": false, // one profile more
		old: false, // nothing new
	} {
		if got := onlyInserted([]byte(old), []byte(text), len("[profile p]\nx=y\n"), false, "p", false); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	add := []Setting{{Key: "Region", Value: "a"}}
	for text, want := range map[string]bool{
		"x=y\nregion=a":        true,
		"x=y\nregion=b":        false,
		"x=y\n  region=a":      true,
		"x=y\n  c\nregion=a":   false,
		"x=\n  region=a":       false,
		"x=y\nregion=a\nz=1":   false,
		"x=y\nregion=a\n more": false,
	} {
		read := func(text string) *section {
			c, err := readWith(Files{}, "p", []byte("[profile p]\n"+text), nil)
			if err != nil {
				t.Fatal(err)
			}
			return &c.config
		}
		if got := read(text).extends(read("x=y"), add); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
