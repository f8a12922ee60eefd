package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The short form of a path is the same file, without spaces if the drive has short names; otherwise it is the path
// itself.
func TestWithoutBlanks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a directory", "awsmfa.exe")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	short := withoutBlanks(path)
	want, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(short)
	if err != nil || !os.SameFile(got, want) || strings.Contains(short, " ") && short != path {
		t.Errorf("%q became %q: %v", path, short, err)
	}
	if word, ok := processWord(short, `\~`); !ok || !strings.Contains(short, " ") && word != short {
		t.Errorf("%q is written %q, %v", short, word, ok)
	}
	for _, plain := range []string{`C:\awsmfa\awsmfa.exe`, filepath.Join(t.TempDir(), "not there", "awsmfa.exe")} {
		if got := withoutBlanks(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}
