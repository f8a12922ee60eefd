package startup

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"awsmfa/internal/msg"
)

const line = `eval "$(awsmfa init bash)"`

// little is text in UTF-16 with a mark, as Windows PowerShell writes it by default.
func little(text string) string { return wide(binary.LittleEndian, text) }

func big(text string) string { return wide(binary.BigEndian, text) }

func wide(order binary.AppendByteOrder, text string) string {
	var all []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		all = order.AppendUint16(all, unit)
	}
	return string(all)
}

func in(tb testing.TB, dir, text string) (path string) {
	tb.Helper()
	path = filepath.Join(dir, "rc")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func content(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// The line is added in the file's encoding, with its line ends, once. Removed, it leaves the file as it was.
func TestAddRemove(t *testing.T) {
	const added = line + "  " + mark
	for name, c := range map[string]struct{ old, want string }{
		"empty":                {"", added + "\n"},
		"only a line end":      {"\n", "\n\n" + added + "\n"},
		"text":                 {"a\nb\n", "a\nb\n\n" + added + "\n"},
		"no line end":          {"a\nb", "a\nb\n" + added + "\n"},
		"blank lines":          {"a\n\n\n", "a\n\n\n\n" + added + "\n"},
		"CRLF":                 {"a\r\nb\r\n", "a\r\nb\r\n\r\n" + added + "\r\n"},
		"CRLF, no line end":    {"a\r\nb", "a\r\nb\r\n" + added + "\r\n"},
		"both":                 {"a\r\nb\n", "a\r\nb\n\n" + added + "\n"},
		"UTF-8":                {"# 山田\n", "# 山田\n\n" + added + "\n"},
		"UTF-8 with a mark":    {"\ufeff# 山田\r\n", "\ufeff# 山田\r\n\r\n" + added + "\r\n"},
		"only a mark":          {"\ufeff", "\ufeff" + added + "\n"},
		"code page 932":        {"# \x8eR\x93c \x83\\\r\n", "# \x8eR\x93c \x83\\\r\n\r\n" + added + "\r\n"},
		"code page 932, open":  {"# \x83\\", "# \x83\\\n" + added + "\n"},
		"bytes":                {"\xff\xff\n", "\xff\xff\n\n" + added + "\n"},
		"UTF-16 LE":            {little("# 山田\r\n"), little("# 山田\r\n\r\n" + added + "\r\n")},
		"UTF-16 LE, open":      {little("# 𠮷\na"), little("# 𠮷\na\n" + added + "\n")},
		"UTF-16 LE, only mark": {little(""), little(added + "\n")},
		"UTF-16 BE":            {big("# \u0a0d\n"), big("# \u0a0d\n\n" + added + "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			path := in(t, t.TempDir(), c.old)
			for range 2 {
				if err := Add(path, line); err != nil {
					t.Fatal(err)
				}
				if got := content(t, path); got != c.want {
					t.Fatalf("%q", got)
				}
			}
			found, err := Lines(path)
			if err != nil || len(found) != 1 || found[0].Text != line || !found[0].Added {
				t.Errorf("%+v, %v", found, err)
			}
			for want := range 2 {
				if n, err := Remove(path); n != 1-want || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
				if got := content(t, path); got != c.old {
					t.Fatalf("%q", got)
				}
			}
		})
	}
}

// What was written around the line since then stays, and so do the lines' ends.
func TestRemoveLater(t *testing.T) {
	const added = line + "  " + mark
	for old, want := range map[string]string{
		"a\n" + added + "\nb":             "a\nb",
		"a\n\n" + added + "\nb\n":         "a\nb\n",
		"a\n\n" + added:                   "a\n",
		"a\n" + added:                     "a",
		added + "\nb\n":                   "b\n",
		"a\n\n" + added + "\n\n\nb\n":     "a\n\n\nb\n",
		"  x; " + added + "\n":            "",
		added + "\na\n" + added + "\n":    "a",
		added + "x\n":                     added + "x\n",
		"a\r\n\r\n" + added + "\r\nb\r\n": "a\r\nb\r\n",
	} {
		path := in(t, t.TempDir(), old)
		if _, err := Remove(path); err != nil || content(t, path) != want {
			t.Errorf("%q became %q, %v", old, content(t, path), err)
		}
	}
}

// A line with other options replaces the one before, where that stands.
func TestAddAgain(t *testing.T) {
	path := in(t, t.TempDir(), "a\n")
	if err := Add(path, line); err != nil {
		t.Fatal(err)
	}
	more := content(t, path) + "b\n"
	path = in(t, filepath.Dir(path), more)
	if err := Add(path, line+" --prompt"); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, path), strings.Replace(more, line, line+" --prompt", 1); got != want {
		t.Errorf("%q", got)
	}
}

// Lines that a person has written are found, too, and comments about them are not.
func TestLines(t *testing.T) {
	for text, want := range map[string]bool{
		`eval "$(awsmfa init zsh)"`:                           true,
		`  source <(awsmfa init zsh --prompt)`:                true,
		`awsmfa init fish | source`:                           true,
		`command -q awsmfa; and awsmfa init fish | source`:    true,
		`Invoke-Expression (awsmfa init pwsh)`:                true,
		`Invoke-Expression (& 'C:\a b\awsmfa.exe' init pwsh)`: true,
		`eval "$("$HOME/go/bin/awsmfa" init bash)"`:           true,
		`# eval "$(awsmfa init zsh)"`:                         false,
		`eval "$(awsmfa completion zsh)"`:                     false,
		`awsmfa initialize`:                                   false,
		`awsmfainit x`:                                        false,
		`zoxide init awsmfa`:                                  false,
		``:                                                    false,
	} {
		found, err := Lines(in(t, t.TempDir(), "a\n"+text+"\n"))
		if err != nil || (len(found) == 1) != want {
			t.Errorf("%q: %+v, %v", text, found, err)
		}
		if want && (found[0].Number != 2 || found[0].Added || found[0].Text != strings.TrimSpace(text)) {
			t.Errorf("%q: %+v", text, found[0])
		}
	}
	if found, err := Lines(filepath.Join(t.TempDir(), "none")); err != nil || found != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// A missing file is created, with its directory, for the user alone.
func TestAddCreates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "config.fish")
	if n, err := Remove(path); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("Remove has created a directory")
	}
	if err := Add(path, line); err != nil || content(t, path) != line+"  "+mark+"\n" {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode() != 0o600) {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// Files that must stay as they are.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ old, want string }{
		"UTF-16 without a mark": {"a\x00\n\x00", "is not text"},
		"half a character":      {"\xff\xfea", "is not text"},
		"UTF-32":                {"\xff\xfe\x00\x00a\x00\x00\x00", "is not text"},
		"signed":                {"a\r\n# SIG # Begin signature block\r\n", "is signed"},
	} {
		t.Run(name, func(t *testing.T) {
			path := in(t, t.TempDir(), c.old)
			if err := Add(path, line); err == nil || !strings.Contains(err.Error(), c.want) || msg.HintOf(err) == "" {
				t.Errorf("%v", err)
			}
			if got := content(t, path); got != c.old {
				t.Errorf("%q", got)
			}
		})
	}
	path := in(t, dir, "a\n")
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Add(path, line); err == nil || !strings.Contains(err.Error(), "is read-only") {
		t.Errorf("%v", err)
	}
	if err := Add(dir, line); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("%v", err)
	}
	if got := content(t, path); got != "a\n" {
		t.Errorf("%q", got)
	}
	if err := os.Chmod(path, 0o600); err != nil { // Windows removes no read-only file
		t.Fatal(err)
	}
}

// A line beyond ASCII is added to a file in UTF-8, and to no other.
func TestAddBeyondASCII(t *testing.T) {
	const line = `eval "$('/home/山田/awsmfa' init bash)"`
	for old, want := range map[string]bool{
		"": true, "a\n": true, "# 山田\n": true, "\ufeff# 山田\r\n": true, "# \x8eR\x93c\n": false, little("a\n"): false,
	} {
		path := in(t, t.TempDir(), old)
		err := Add(path, line)
		if (err == nil) != want || want != strings.Contains(content(t, path), line+"  "+mark) {
			t.Errorf("%q became %q, %v", old, content(t, path), err)
		}
		if found, err := Lines(path); err != nil || (len(found) == 1 && found[0].Text == line) != want {
			t.Errorf("%+v, %v", found, err)
		}
		if _, err := Remove(path); err != nil || content(t, path) != old {
			t.Errorf("%q became %q, %v", old, content(t, path), err)
		}
	}
}

// Dotfiles are often links: what they lead to changes, and a link to nowhere is not followed.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	path := in(t, dir, "a\n")
	link := filepath.Join(dir, "link")
	if err := os.Symlink("rc", link); err != nil {
		t.Skip("no links here: ", err)
	}
	if err := Add(link, line); err != nil || !strings.Contains(content(t, path), mark) {
		t.Errorf("%q, %v", content(t, path), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if n, err := Remove(link); n != 1 || err != nil || content(t, path) != "a\n" {
		t.Errorf("%d, %v", n, err)
	}
	for _, nowhere := range []string{"file", "folder/file", "folder/deep/file"} {
		path := filepath.Join(dir, "nowhere", nowhere)
		at := filepath.Join(dir, "nowhere", strings.Split(nowhere, "/")[0])
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("not there", at); err != nil {
			t.Fatal(err)
		}
		if err := Add(path, line); err == nil || !strings.Contains(err.Error(), ", which is not there") {
			t.Errorf("%s: %v", nowhere, err)
		}
		if _, err := Remove(path); err == nil {
			t.Errorf("%s: removed", nowhere)
		}
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
	}
}

// Older finds the functions that the documentation had, and the completions, but no comment and no plain call.
func TestOlder(t *testing.T) {
	older := []string{
		`mfa() { eval "$(awsmfa env "$@")"; }`,
		`function mfa { awsmfa env @args | Out-String | Invoke-Expression }`,
		`function mfa; awsmfa env $argv | source; end`,
		`alias mfa 'eval "` + "`awsmfa env \\!*`" + `"'`,
		`fn mfa {|@a| eval (awsmfa env $@a | slurp) }`,
		`def --env mfa [...a] { awsmfa env ...$a | from json | load-env }`,
		`aliases['mfa'] = lambda a: execx($(awsmfa env @(args)))`,
		`complete -C 'awsmfa complete tcsh --' awsmfa`,
	}
	others := []string{
		`# mfa() { eval "$(awsmfa env "$@")"; }`,
		`eval "$(awsmfa env prod)"`,
		`eval "$(awsmfa init bash)"`,
		`other "$@"`,
	}
	path := filepath.Join(t.TempDir(), "rc")
	if err := os.WriteFile(path, []byte(strings.Join(append(others, older...), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Older(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range found {
		got = append(got, l.Text)
	}
	if !slices.Equal(got, older) {
		t.Errorf("found %q", got)
	}
	if _, err := Older(filepath.Dir(path)); err == nil || !strings.HasPrefix(err.Error(), "reading ") {
		t.Errorf("a directory: %v", err)
	}
}
