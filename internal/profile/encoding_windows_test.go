package profile

import (
	"os"
	"strings"
	"testing"

	"awsmfa/internal/msg"
)

func japanese(t *testing.T) {
	t.Helper()
	if ansiPage() != 932 {
		t.Skip("the ANSI code page is not 932")
	}
}

// A file that is not UTF-8 is read in the ANSI code page, in which the AWS CLI writes.
func TestANSIFile(t *testing.T) {
	japanese(t)
	files := encoded(t, kinou, sjis)
	p, err := Load(files, "本番")
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := p.LongTermKeys(); err != nil || keys.Where.Line != 5 {
		t.Errorf("%v %v", keys, err)
	}
	if p, err := Load(files, "odd"); err != nil || p.Region != "本番" {
		t.Errorf("%q %v", p.Region, err)
	}
	if names, err := Names(files); err != nil || strings.Join(names, " ") != "機能 prod 本番 odd" {
		t.Errorf("%q %v", names, err)
	}
	if holders, err := FindKey(files, "AKIAIOSFODNN7EXAMPLE"); err != nil || len(holders) != 1 ||
		holders[0].Name != "本番" {
		t.Errorf("%v %v", holders, err)
	}
}

// Writing keeps the file's bytes and its encoding, even in a section with a name that is not ASCII.
func TestANSIUnchanged(t *testing.T) {
	japanese(t)
	config := "# \x83\x5c\n[profile " + honban + "]\nregion = eu-west-1\n# " + honban + "\n\n[profile other]\n"
	credentials := "[" + honban + "]\n# " + honban + "\n" + strings.Replace(keyLines, "EXAMPLE\n",
		"EXAMPLE # "+honban+"\n", 1)
	files := encoded(t, config, credentials)
	if err := AddConfig(files, "本番", []Setting{{Key: "mfa_serial", Value: "GAHT12345678"}}); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(config, "]\n", "]\nmfa_serial = GAHT12345678\n", 1)
	if text, err := os.ReadFile(files.Config); err != nil || string(text) != want {
		t.Errorf("%q %v", text, err)
	}
	p, err := Load(files, "本番")
	if err != nil {
		t.Fatal(err)
	}
	was, err := p.LongTermKeys()
	if err != nil {
		t.Fatal(err)
	}
	now := Keys{
		AccessKeyID:     "AKIAI44QH8DHBEXAMPLE",
		SecretAccessKey: NewSecret("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"),
	}
	if err := ReplaceKeys(files, "本番", was, now); err != nil {
		t.Fatal(err)
	}
	want = strings.NewReplacer(was.AccessKeyID, now.AccessKeyID, was.SecretAccessKey.Reveal(),
		now.SecretAccessKey.Reveal()).Replace(credentials)
	if text, err := os.ReadFile(files.Credentials); err != nil || string(text) != want {
		t.Errorf("%q %v", text, err)
	}
}

func TestANSIName(t *testing.T) {
	japanese(t)
	for name, hint := range map[string]string{"本番": "such as prod", "é-dev": "such as dev"} {
		err := CheckName(name)
		if err == nil || !strings.Contains(err.Error(), "code page 932") || !strings.HasSuffix(msg.HintOf(err), hint) {
			t.Errorf("%s: %v, %s", name, err, msg.HintOf(err))
		}
	}
	if err := CheckSetting(Setting{Key: "ca_bundle", Value: `C:\本番.pem`}); err == nil ||
		!strings.Contains(err.Error(), "code page 932") {
		t.Error(err)
	}
}

// The AWS CLI reads files in code page 932: it can read only some text in UTF-8. Comments count.
func TestANSIForCLI(t *testing.T) {
	japanese(t)
	for text, line := range map[string]string{
		sjis: "", "[prod]\n# ASCII\n": "", "[profile 本番]\n": "", kinou: "config:1 ", "[default]\n\n# 機能\n": "config:3 ",
	} {
		files := encoded(t, text, "")
		err := CheckCLI(files.Config, false)
		if (err != nil) != (line != "") || err != nil && !strings.Contains(err.Error(),
			line+"cannot be read in code page 932") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if got := string(ForCLI("ca_bundle = 本番\n")); got != "ca_bundle = "+honban+"\n" {
		t.Errorf("%q", got)
	}
	if got := string(ForCLI("ca_bundle = é\n")); got != "ca_bundle = é\n" {
		t.Errorf("%q", got)
	}
}
