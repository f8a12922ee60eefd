package ancestor

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program's name may have any character that a file's name can have.
func TestStrangeNames(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a b", "x) S 1 (y", "(", "zsh (deleted)", "日本語", "-bash"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.Link(self, path); err != nil {
			data, err := os.ReadFile(self)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		all := ancestors(t, "parent", exec.Command(path, self))
		if want := strings.TrimSuffix(name, " (deleted)"); len(all) < 3 || all[0][0] != want ||
			all[1][0] != filepath.Base(self) {
			t.Errorf("%q: %q", name, all)
		}
	}
}

// A script's own name is found after its interpreter's.
func TestScript(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "xonsh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n'"+self+"'\n:\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	all := ancestors(t, "child", exec.Command(script))
	if len(all[0]) < 2 || all[0][1] != "xonsh" {
		t.Errorf("%q", all)
	}
}
