package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"awsmfa/internal/msg"
)

const (
	honban = "\x96{\x94\xd4" // 本番 in code page 932
	sjis   = "[prod]\nregion = eu-west-1\n# " + honban + "\n[" + honban + "]\n" + keyLines + "[odd]\nregion = " +
		honban + "\n"
	// In UTF-8, and not in code page 932: 機能.
	kinou    = "[profile 機能]\nregion = eu-west-1\n"
	keyLines = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " +
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)

func encoded(t *testing.T, config, credentials string) Files {
	t.Helper()
	dir := t.TempDir()
	files := Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{files.Config: config, files.Credentials: credentials} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A requested section is read even if the rest of the file is in another encoding; a line that cannot be read is an
// error.
func TestNotUTF8(t *testing.T) {
	if ansiPage() != utf8Page {
		t.Skip("this Windows reads such files in its ANSI code page")
	}
	files := encoded(t, kinou, sjis)
	at := files.Credentials
	if p, err := Load(files, "prod"); err != nil || p.Region != "eu-west-1" {
		t.Errorf("%v %v", p, err)
	}
	if p, err := Load(files, "機能"); err != nil || p.Region != "eu-west-1" {
		t.Errorf("%v %v", p, err)
	}
	for name, line := range map[string]string{"本番": ":3", "odd": ":8"} {
		want := at + line + " is not UTF-8; it may be Shift_JIS (code page 932)"
		if _, err := Load(files, name); err == nil || err.Error() != want || msg.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(files, "pro"); err == nil || strings.Contains(err.Error()+msg.HintOf(err), `\x`) {
		t.Error(err)
	}
	if names, err := Names(files); err != nil || strings.Join(names, " ") != "機能 prod odd" {
		t.Errorf("%q %v", names, err)
	}
	if err := CheckCLI(at, false); err == nil || !strings.HasPrefix(err.Error(),
		at+":3 is not UTF-8, so that every aws command fails") {
		t.Error(err)
	}
	if err := CheckCLI(files.Config, false); err != nil {
		t.Error(err)
	}
}

// Writing keeps every byte of the file, in any encoding.
func TestNotUTF8Unchanged(t *testing.T) {
	config := "# " + honban + "\n[profile prod]\nregion = eu-west-1\n# " + honban + "\n\n[profile other]\n"
	files := encoded(t, config, sjis)
	if err := AddConfig(files, "prod", []Setting{{Key: "mfa_serial", Value: "GAHT12345678"}}); err != nil {
		t.Fatal(err)
	}
	if err := AddKeys(files, "new", "AKIAIOSFODNN7EXAMPLE",
		NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(config, "]\n", "]\nmfa_serial = GAHT12345678\n", 1)
	if text, err := os.ReadFile(files.Config); err != nil || string(text) != want {
		t.Errorf("%q %v", text, err)
	}
	if text, err := os.ReadFile(files.Credentials); err != nil || !strings.HasPrefix(string(text), sjis) ||
		len(text) <= len(sjis) {
		t.Errorf("%q %v", text, err)
	}
}

func TestLikelyEncoding(t *testing.T) {
	for text, want := range map[string]string{
		honban: "Shift_JIS (code page 932)", "\x83\x5c\x83t\x83g": "Shift_JIS (code page 932)", "\xb6\xc5": "EUC-JP",
		"\xcb\xdc\xc8\xd6": "EUC-JP", "caf\xe9": "windows-1252", "caf\xe9 de Paris": "windows-1252",
	} {
		if got := likelyEncoding([]byte(text)); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestASCIIName(t *testing.T) {
	for name, want := range map[string]string{
		"本番": "prod", "本番-dev": "dev", "ｄｅｖ": "dev", "ステージング2": "2", "default本": "prod",
		"a！b～c": "a!b~c", "a＀b｟c": "a-b-c", // the first and the last of full width, and their neighbours
	} {
		if got := asciiName(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// For the AWS CLI a byte order mark is a line before the first section.
func TestMarkForCLI(t *testing.T) {
	files := encoded(t, "\xef\xbb\xbf"+kinou, "")
	if err := CheckCLI(files.Config, false); err == nil || !strings.Contains(err.Error(),
		"config:1 begins with a byte order mark") {
		t.Error(err)
	}
}
