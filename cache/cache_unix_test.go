//go:build unix

package cache

import (
	"os"
	"path/filepath"
	"testing"
)

// A directory that is reached through a link of the user's own is used as it is: its permissions are not ours to change.
func TestLink(t *testing.T) {
	for mode, kept := range map[os.FileMode]bool{0o700: true, 0o755: false} {
		target := filepath.Join(t.TempDir(), "target")
		if err := os.Mkdir(target, mode); err != nil {
			t.Fatal(err)
		}
		d := Dir{filepath.Join(t.TempDir(), "awsmfa")}
		if err := os.Symlink(target, d.Path); err != nil {
			t.Fatal(err)
		}
		err := d.Store("session-0", []byte("value"))
		if _, ok, _ := d.Load("session-0"); ok != kept || (err == nil) != kept {
			t.Errorf("%v: kept %v, %v", mode, ok, err)
		}
		if info, err := os.Stat(target); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v became %v, %v", mode, info.Mode(), err)
		}
	}
}

// A link to nowhere is no place to make a directory at.
func TestLinkToNowhere(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	d := Dir{filepath.Join(t.TempDir(), "awsmfa")}
	if err := os.Symlink(nowhere, d.Path); err != nil {
		t.Fatal(err)
	}
	if err := d.Store("session-0", []byte("value")); err == nil {
		t.Error("it was kept")
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a directory was made")
	}
}

// Another user's link may lead to anything of this user's: it is refused, and what it leads to is left alone.
func TestLinkOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can make another user's link: not proved here")
		return
	}
	target := filepath.Join(t.TempDir(), "target")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	d := Dir{filepath.Join(t.TempDir(), "awsmfa")}
	if err := os.Symlink(target, d.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(d.Path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := d.Store("session-0", []byte("value")); err == nil {
		t.Error("it was kept")
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
}
