package profile

import (
	"strings"
	"testing"
)

// stored is a pair as awsmfa_key names it, with its secret.
func stored(id string) Keys {
	return Keys{AccessKeyID: id, SecretAccessKey: NewSecret(testSecret), Store: InKeyring}
}

// A pair leaves a file and comes back: every other byte stays, and the other sections, too.
func TestMovePair(t *testing.T) {
	const process = "/bin/awsmfa credential-process p"
	lines := "awsmfa_key = keyring:" + testID + "\ncredential_process = " + process + "\n"
	pair := "aws_access_key_id = " + testID + "\naws_secret_access_key = " + testSecret + "\n"
	for name, tt := range map[string]struct {
		config, credentials           string // before
		pointed, removed, back, plain string // the config file and the credentials file, moved and restored
	}{
		"usual": {
			"[profile p]\nregion = r\n", "[p]\n" + pair,
			"[profile p]\n" + lines + "region = r\n", "", "[p]\n" + pair, "[profile p]\nregion = r\n",
		},
		"no config file": {
			"-", "[p]\n" + pair, "[profile p]\n" + lines, "", "[p]\n" + pair, "[profile p]\n",
		},
		"the last of several": {
			"", "[default]\n" + pair + "\n[p]\n" + pair, "[profile p]\n" + lines, "[default]\n" + pair + "\n",
			"[default]\n" + pair + "\n[p]\n" + pair, "[profile p]\n",
		},
		"between others": {
			"", "# top\n[q]\nregion = x\n\n[p]\n\n" + pair + " \n\n[r]\n# end\n", "[profile p]\n" + lines,
			"# top\n[q]\nregion = x\n\n[r]\n# end\n",
			"# top\n[q]\nregion = x\n\n[r]\n# end\n\n[p]\n" + pair, "[profile p]\n",
		},
		"a comment that may be the next section's": {
			"", "[p]\n" + pair + "\n# q is\n[q]\n", "[profile p]\n" + lines, "[p]\n\n# q is\n[q]\n",
			"[p]\n" + pair + "\n# q is\n[q]\n", "[profile p]\n",
		},
		"a comment beside the header": {
			"", "[p] # mine\n" + pair, "[profile p]\n" + lines, "[p] # mine\n", "[p] # mine\n" + pair, "[profile p]\n",
		},
		"inherited settings": {
			"", "[DEFAULT]\nregion = x\n[p]\n" + pair, "[profile p]\n" + lines, "[DEFAULT]\nregion = x\n[p]\n",
			"[DEFAULT]\nregion = x\n[p]\n" + pair, "[profile p]\n",
		},
		"the same header twice": {
			"", "[p]\n" + pair + "[q]\n[p]\n", "[profile p]\n" + lines, "[p]\n[q]\n[p]\n",
			"[p]\n" + pair + "[q]\n[p]\n", "[profile p]\n",
		},
		"a UTF-8 mark": {
			"", "\xef\xbb\xbf[p]\n" + pair, "[profile p]\n" + lines, "\xef\xbb\xbf[p]\n",
			"\xef\xbb\xbf[p]\n" + pair, "[profile p]\n",
		},
		"comments, another setting, another section": {
			"# c\n[profile q]\n\n[profile p]\n  region = r\n",
			"[q]\n# mine\n" + pair + "\n[p]\nAWS_Access_Key_ID: \"" + testID + "\" # c\nregion = x\n" +
				"aws_secret_access_key='" + testSecret + "'\n# end",
			"# c\n[profile q]\n\n[profile p]\n  awsmfa_key = keyring:" + testID +
				"\n  credential_process = " + process + "\n  region = r\n",
			"[q]\n# mine\n" + pair + "\n[p]\nregion = x\n# end",
			"[q]\n# mine\n" + pair + "\n[p]\n" + pair + "region = x\n# end",
			"# c\n[profile q]\n\n[profile p]\n  region = r\n",
		},
		"Windows' line ends, no end of the last line": {
			"[profile p]\r\nregion = r", "[p]\r\n" + strings.ReplaceAll(strings.TrimSuffix(pair, "\n"), "\n", "\r\n"),
			"[profile p]\r\n" + strings.ReplaceAll(lines, "\n", "\r\n") + "region = r", "",
			"[p]\n" + pair, "[profile p]\r\nregion = r",
		},
		"the lines are there for another key, and for awsmfa elsewhere": {
			"[profile p]\ncredential_process = /old/awsmfa credential-process p\nawsmfa_key = file:" + newID + "\n",
			"[p]\n" + pair,
			"[profile p]\ncredential_process = " + process + "\nawsmfa_key = keyring:" + testID + "\n",
			"", "[p]\n" + pair, "[profile p]\n",
		},
	} {
		files := write(t, tt.config, tt.credentials)
		check := func(step string, err error, config, credentials string) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %s: %v", name, step, err)
			}
			if got := content(t, files.Config); got != config {
				t.Errorf("%s: %s: the config file is %q, not %q", name, step, got, config)
			}
			if got := content(t, files.Credentials); got != credentials {
				t.Errorf("%s: %s: the credentials file is %q, not %q", name, step, got, credentials)
			}
		}
		holders := func() []Holder {
			t.Helper()
			all, err := FindKey(files, testID)
			if err != nil {
				t.Fatal(err)
			}
			var own []Holder
			for _, h := range all {
				if h.Name == "p" {
					own = append(own, h)
				}
			}
			return own
		}
		keys := stored(testID)
		own := holders()
		point := PointToStore(files, keys, []string{"p"}, []string{process})
		if err := point.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		check("point", point.Apply(), tt.pointed, tt.credentials)
		check("again", point.Apply(), tt.pointed, tt.credentials)
		p, err := Load(files, "p")
		if at, is := p.ReturnedPair(); err != nil || !is || at != own[0].Pos {
			t.Errorf("%s: the pair in the file is at %v, %v, %v", name, at, is, err)
		}
		check("remove", RemovePair(files, files.Credentials, keys, own).Apply(), tt.pointed, tt.removed)
		if p, err = Load(files, "p"); err != nil {
			t.Fatal(err)
		}
		got, err := p.LongTermKeys()
		if _, is := p.ReturnedPair(); err != nil || is || got.Store != InKeyring || got.AccessKeyID != testID ||
			got.SecretAccessKey.Reveal() != "" {
			t.Errorf("%s: %+v %v %v", name, got, is, err)
		}
		if c, err := p.Chain(); err != nil || c.Kind != KindKeys || len(c.Conflicts()) != 0 {
			t.Errorf("%s: %v %v", name, c.Conflicts(), err)
		}
		check("add", AddPair(files, keys, []string{"p"}).Apply(), tt.pointed, tt.back)
		check("again", AddPair(files, keys, []string{"p"}).Apply(), tt.pointed, tt.back)
		check("forget", ForgetStore(files, keys, []string{"p"}).Apply(), tt.plain, tt.back)
	}
}

// What awsmfa must not change is an error, and the file stays.
func TestMoveRefused(t *testing.T) {
	pair := "aws_access_key_id = " + testID + "\naws_secret_access_key = " + testSecret + "\n"
	keys := stored(testID)
	for name, tt := range map[string]struct {
		config, credentials string
		change              func(files Files) Change
		want                string
	}{
		"another program": {
			"[profile p]\ncredential_process = other\n", "",
			func(f Files) Change { return PointToStore(f, keys, []string{"p"}, []string{"x credential-process p"}) },
			"already has a credential_process",
		},
		"the pair has changed": {
			"", "[p]\n" + strings.ReplaceAll(pair, testSecret, testSecret+"x"),
			func(f Files) Change {
				return RemovePair(f, f.Credentials, keys, []Holder{{Name: "p", ID: testID, Pos: Pos{f.Credentials, 2}}})
			},
			"another program has changed the keys",
		},
		"a value that goes on": {
			"", "[p]\naws_access_key_id = " + testID + "\naws_secret_access_key = " + testSecret + "\n  more\n",
			func(f Files) Change {
				return RemovePair(f, f.Credentials, keys, []Holder{{Name: "p", ID: testID, Pos: Pos{f.Credentials, 2}}})
			},
			"another program has changed the keys",
		},
		"another key came back": {
			"", "[p]\n" + strings.ReplaceAll(pair, testID, newID),
			func(f Files) Change { return AddPair(f, keys, []string{"p"}) }, "has another access key",
		},
		"inherited": {
			"[DEFAULT]\nawsmfa_key = keyring:" + testID + "\n[profile p]\n", "",
			func(f Files) Change { return ForgetStore(f, keys, []string{"p"}) }, "cannot be replaced",
		},
		"a name that clients misread": {
			"", "", func(f Files) Change { return AddPair(f, keys, []string{"two words"}) }, "cannot be named",
		},
	} {
		files := write(t, tt.config, tt.credentials)
		change := tt.change(files)
		for _, err := range []error{change.Check(), change.Apply()} {
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), testSecret) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if content(t, files.Config) != tt.config || content(t, files.Credentials) != tt.credentials {
			t.Errorf("%s: a file has changed", name)
		}
	}
}

// A value of awsmfa_key that awsmfa does not write is an error with its place.
func TestStoredMalformed(t *testing.T) {
	for _, value := range []string{"keyring", "keyring:", "elsewhere:" + testID, "keyring:secret/secret"} {
		files := write(t, "[profile p]\nawsmfa_key = "+value+"\ncredential_process = x\n", "")
		p, err := Load(files, "p")
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.LongTermKeys()
		if err == nil || !strings.Contains(plainly(files, err), "neither keyring:ID nor file:ID (config:2)") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
