package profile

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const (
	newID     = "AKIAI44QH8DHBEXAMPLE"
	newSecret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLE+y=" // with all that a secret may have in it
)

var newPair = Keys{AccessKeyID: newID, SecretAccessKey: NewSecret(newSecret)}

// keysOf returns the key pair of profile p.
func keysOf(tb testing.TB, files Files) Keys {
	tb.Helper()
	p, err := Load(files, "p")
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := p.LongTermKeys()
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// Only the two values change, and no other byte of either file, in any spelling.
func TestReplaceKeys(t *testing.T) {
	for _, test := range []struct{ name, config, credentials string }{
		{"usual", "[profile p]\nregion=x\n", "[p]\n" + testKeys},
		{"among others with the same key", "-", "[a]\n" + testKeys + "[p]\n" + testKeys + "[z]\n" + testKeys},
		{"config file", "# c\n[profile p]\nregion=x\n" + testKeys + "[profile q]\n" + testKeys, "[a]\n" + testKeys},
		{"default in the config file", "[default]\n" + testKeys + "[profile p]\n" + testKeys, "-"},
		{"no line end", "-", strings.TrimSuffix("[p]\n"+testKeys, "\n")},
		{"CRLF", "-", "\xef\xbb\xbf[p]\r\n" + strings.ReplaceAll(testKeys, "\n", "\r\n") + "\r\n"},
		{"no blanks", "-", "[p]\naws_access_key_id=" + testID + "\naws_secret_access_key=" + testSecret + "\n"},
		{"colons, tabs, blanks, capitals", "-", "[p]\nAWS_ACCESS_KEY_ID\t:\t " + testID +
			"\t \nAws_Secret_Access_Key : " + testSecret + " \n"},
		{"quotes", "-", "[p]\naws_access_key_id = \"" + testID + "\"\naws_secret_access_key = '" + testSecret + "'\n"},
		{"comments with the key in them", "-", "# " + testID + "\n[p] ; " + testID + "\naws_access_key_id = " + testID +
			" # " + testID +
			"\n;aws_secret_access_key = " + testSecret + "\naws_secret_access_key = " + testSecret + " ; " +
			testSecret + "\n"},
		{"indented", "-", "  [p]\n  aws_access_key_id = " + testID + "\n  aws_secret_access_key = " + testSecret +
			"\n"},
		{"the secret first, another setting between", "-", "[p]\naws_secret_access_key = " + testSecret +
			"\n\nregion = x\naws_access_key_id = " + testID + "\n"},
		{"apart in two headers", "-", "[p]\naws_access_key_id = " + testID +
			"\n[q]\nx = y\n[p]\naws_secret_access_key = " + testSecret + "\n"},
		{"garbage in other sections", "[x]\n=\n", "[a]\n=====\n[p]\n" + testKeys + "[b]\nwhat?\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			was := keysOf(t, files)
			if err := Replaceable(files, "p", was); err != nil {
				t.Fatal(err)
			}
			if content(t, files.Config) != test.config || content(t, files.Credentials) != test.credentials {
				t.Error("the rehearsal has changed something")
			}
			onlyTheFiles(t, filepath.Dir(files.Credentials))
			if err := ReplaceKeys(files, "p", was, newPair); err != nil {
				t.Fatal(err)
			}
			onlyTheFiles(t, filepath.Dir(files.Credentials))
			now := keysOf(t, files)
			if now.AccessKeyID != newID || now.SecretAccessKey.Reveal() != newSecret || now.Where != was.Where {
				t.Errorf("%s at %v", now.AccessKeyID, now.Where)
			}
			// Only the two lines differ, and these only in the value.
			old, text, elsewhere := test.credentials, content(t, files.Credentials),
				content(t, files.Config) == test.config
			if was.Where.File == files.Config {
				old, text, elsewhere = test.config, content(t, files.Config),
					content(t, files.Credentials) == test.credentials
			}
			lines, changed := strings.SplitAfter(text, "\n"), 0
			for i, line := range strings.SplitAfter(old, "\n") {
				if lines[i] != line {
					changed++
					line = strings.Replace(strings.Replace(line, testID, newID, 1), testSecret, newSecret, 1)
				}
				if lines[i] != line {
					t.Errorf("line %d is %q", i+1, lines[i])
				}
			}
			if changed != 2 || !elsewhere || len(lines) != strings.Count(old, "\n")+1 {
				t.Errorf("%d lines changed: %q", changed, text)
			}
			// Back again.
			if err := ReplaceKeys(files, "p", now, was); err != nil {
				t.Fatal(err)
			}
			if content(t, files.Config) != test.config || content(t, files.Credentials) != test.credentials {
				t.Error("not as it was")
			}
		})
	}
}

// The dry run finds each obstacle, and nothing changes.
func TestReplaceKeysRefused(t *testing.T) {
	text := "[p]\n" + testKeys
	for name, test := range map[string]struct {
		change func(t *testing.T, file string)
		want   string
	}{
		"another key": {
			func(t *testing.T, file string) { put(t, file, strings.ReplaceAll(text, testID, newID)) },
			"another program has changed the keys of profile",
		},
		"another secret": {func(t *testing.T, file string) {
			put(t, file,
				strings.ReplaceAll(text, testSecret, newSecret))
		}, "another program has changed the keys of profile"},
		"no key": {func(t *testing.T, file string) { put(t, file, "[p]\n") }, "has no "},
		"no file": {func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, "has no "},
		"a token besides": {
			func(t *testing.T, file string) { put(t, file, text+"aws_session_token = x\n") },
			"aws_session_token",
		},
		"a line that cannot be read": {
			func(t *testing.T, file string) { put(t, file, text+"what?\n") },
			"credentials:4",
		},
		"read-only": {func(t *testing.T, file string) {
			if err := os.Chmod(file, 0o400); err != nil {
				t.Fatal(err)
			}
		}, "is read-only; nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			files := write(t, "[profile p]\n", text)
			was := keysOf(t, files)
			test.change(t, files.Credentials)
			before := content(t, files.Credentials)
			for what, err := range map[string]error{
				"dry run":   Replaceable(files, "p", was),
				"replacing": ReplaceKeys(files, "p", was, newPair),
			} {
				noSecret(t, err)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if content(t, files.Credentials) != before {
				t.Error("it was changed")
			}
			onlyTheFiles(t, filepath.Dir(files.Credentials))
		})
	}
	files := write(t, "-", text)
	was := keysOf(t, files)
	for _, pair := range [][2]string{
		{"", newSecret},
		{newID, ""},
		{newID, "a b"},
		{newID, "a\nb"},
		{"ASIA" + newID[4:], newSecret},
		{newSecret, newID},
	} {
		if err := ReplaceKeys(files, "p", was, Keys{
			AccessKeyID:     pair[0],
			SecretAccessKey: NewSecret(pair[1]),
		}); err == nil {
			t.Errorf("%q was written", pair[0])
		}
	}
	if content(t, files.Credentials) != text {
		t.Error("it was changed")
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The file behind a link is replaced, and keeps its permissions.
func TestReplaceKeysInPlace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	files := write(t, "-", "[p]\n"+testKeys)
	file := filepath.Join(t.TempDir(), "real")
	if err := os.Rename(files.Credentials, file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, files.Credentials); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceKeys(files, "p", keysOf(t, files), newPair); err != nil {
		t.Fatal(err)
	}
	if link, err := os.Readlink(files.Credentials); err != nil || link != file {
		t.Errorf("the link leads to %q, %v", link, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestHolders(t *testing.T) {
	files := write(t, "\xef\xbb\xbf[default]\naws_access_key_id = "+testID+"\n[profile \"a "+
		"b\"]\nwhat?\naws_access_key_id="+testID+" # c\n"+
		"[services x]\naws_access_key_id = "+testID+"\n[broken\naws_access_key_id = "+testID+"\n[profile "+
		"c]\n#aws_access_key_id = "+testID+"\n[profile s]\nawsmfa_key = keyring:"+testID+
		"\n[profile t]\nawsmfa_key = elsewhere:"+testID+"\n",
		"aws_access_key_id = "+testID+"\r\n[q]\r\nAWS_ACCESS_KEY_ID : '"+testID+"'\r\n[r]\naws_access_key_id = "+
			""+newID+"\n[z]\nx = "+testID+"\n")
	all, err := FindKey(files, testID)
	want := []Holder{
		{"default", testID, "", Pos{files.Config, 2}},
		{"a b", testID, "", Pos{files.Config, 5}},
		{"s", testID, InKeyring, Pos{files.Config, 13}},
		{"q", testID, "", Pos{files.Credentials, 3}},
	}
	if err != nil || !slices.Equal(all, want) {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := FindKey(Files{Config: filepath.Join(t.TempDir(), "none")}, testID); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := FindKey(Files{Config: t.TempDir()}, testID); err == nil {
		t.Error("a directory is no error")
	}
}

// The pair replaces a pasted session, and the lines of its token are removed. It is an error if that would affect other
// profiles, or more than whole lines.
func TestReplacePasted(t *testing.T) {
	session := "aws_access_key_id = ASIAEXAMPLE000000000\naws_secret_access_key = x\n"
	pair := "aws_access_key_id = " + newID + "\naws_secret_access_key = " + newSecret + "\n"
	for _, test := range []struct {
		name, config, credentials string
		want                      string // the file afterwards, or the error
	}{
		{"usual", "-", "[p]\n" + session + "aws_session_token = t\nregion = x\n[q]\nregion = y\n", "[p]\n" + pair +
			"region = x\n[q]\nregion = y\n"},
		{"token first, twice, in both names", "-", "[p]\naws_session_token=a\naws_security_token=b\n" + session +
			"aws_session_token=c", "[p]\n" + pair},
		{"no token", "-", "[p]\n" + session, "[p]\n" + pair},
		{"empty token", "-", "[p]\n" + session + "aws_session_token =\n", "[p]\n" + pair},
		{"others with the same session", "-", "[a]\n" + session + "[p]\n" + session + "[z]\n" + session, "[a]\n" +
			session + "[p]\n" + pair + "[z]\n" + session},
		{"config file", "[profile p]\n" + session + "aws_session_token = t\n", "-", "[profile p]\n" + pair},
		{"a user's key beside a token", "-", "[p]\n" + testKeys + "aws_session_token = t\n", "[p]\n" + pair},
		{
			"a token of many lines", "-", "[p]\n" + session + "aws_session_token = t\n  u\n",
			"aws_session_token (credentials:4) is written in an unusual way",
		},
		{
			"settings below a token", "-", "[p]\n" + session + "aws_session_token =\n  a = b\n",
			"aws_session_token (credentials:4) is written in an unusual way",
		},
		{
			"all profiles' session", "-", "[DEFAULT]\n" + session + "[p]\nregion = x\n",
			"aws_access_key_id (credentials:2) is written in an unusual way",
		},
		{
			"all profiles' token", "-", "[DEFAULT]\naws_session_token = t\n[p]\n" + session,
			"aws_session_token (credentials:2) is written in an unusual way",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			p, err := Load(files, "p")
			if err != nil {
				t.Fatal(err)
			}
			was, ok := p.PastedSession()
			if !ok {
				t.Fatal("it is not taken for a session")
			}
			file, before := was.Where.File, content(t, was.Where.File)
			rehearsed := Replaceable(files, "p", was)
			if content(t, file) != before {
				t.Error("the rehearsal has changed something")
			}
			err = ReplaceKeys(files, "p", was, newPair)
			if after := content(t, file); err == nil && (after != test.want || rehearsed != nil) {
				t.Errorf("%q; rehearsed: %v", after, rehearsed)
			}
			if err == nil {
				return
			}
			noSecret(t, err)
			said := strings.ReplaceAll(err.Error(), filepath.Dir(file)+string(filepath.Separator), "")
			if !strings.Contains(said, test.want) || rehearsed == nil || content(t, file) != before {
				t.Errorf("%v; rehearsed: %v", err, rehearsed)
			}
		})
	}
}
