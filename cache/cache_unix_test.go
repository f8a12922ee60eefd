//go:build unix

package cache

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// If the directory is the user's link to another, awsmfa does not change the permissions of that.
func TestLink(t *testing.T) {
	for mode, stored := range map[os.FileMode]bool{0o700: true, 0o755: false} {
		target := filepath.Join(t.TempDir(), "target")
		if err := os.Mkdir(target, mode); err != nil {
			t.Fatal(err)
		}
		d := Dir{Path: filepath.Join(t.TempDir(), "awsmfa")}
		if err := os.Symlink(target, d.Path); err != nil {
			t.Fatal(err)
		}
		err := d.Store("session-0", []byte("value"))
		if _, ok, _ := d.Load("session-0"); ok != stored || (err == nil) != stored {
			t.Errorf("%v: stored %v, %v", mode, ok, err)
		}
		if info, err := os.Stat(target); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v became %v, %v", mode, info.Mode(), err)
		}
	}
}

// awsmfa does not create the target of a broken link.
func TestLinkToNowhere(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	d := Dir{Path: filepath.Join(t.TempDir(), "awsmfa")}
	if err := os.Symlink(nowhere, d.Path); err != nil {
		t.Fatal(err)
	}
	if err := d.Store("session-0", []byte("value")); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a directory was created")
	}
	below := Dir{Path: filepath.Join(d.Path, "below")}
	want := Unusable{Path: d.Path, Reason: DeadLink, Target: nowhere}
	for _, err := range []error{below.Store("session-0", []byte("value")), below.Check(), d.Check()} {
		if u := (*Unusable)(nil); !errors.As(err, &u) || *u != want {
			t.Errorf("%v", err)
		}
	}
}

// Another user's link may lead to any directory of this user: it is an error, and its target is not changed.
func TestLinkOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make another user's link")
	}
	for _, mode := range []os.FileMode{0o700, 0o755} {
		target := filepath.Join(t.TempDir(), "target")
		if err := os.Mkdir(target, mode); err != nil {
			t.Fatal(err)
		}
		d := Dir{Path: filepath.Join(t.TempDir(), "awsmfa")}
		if err := os.Symlink(target, d.Path); err != nil {
			t.Fatal(err)
		}
		if err := os.Lchown(d.Path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		err := d.Store("session-0", []byte("value"))
		var unusable *Unusable
		if !errors.As(err, &unusable) || unusable.Reason != ForeignLink || unusable.Owner != 65534 {
			t.Errorf("%v: %v", mode, err)
		}
		if info, err := os.Stat(target); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v, %v", info, err)
		}
	}
}

// Another user's directory is an error, and is not changed.
func TestDirectoryOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make another user's directory")
	}
	d := Dir{Path: filepath.Join(t.TempDir(), "awsmfa")}
	if err := os.Mkdir(d.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(d.Path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	err := d.Store("session-0", []byte("value"))
	var unusable *Unusable
	if !errors.As(err, &unusable) || unusable.Reason != ForeignOwner || unusable.Owner != 65534 {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(d.Path); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
}

// A file is not used if others can read or write it, if it is not a regular file, and if another user owns it.
func TestNotPrivate(t *testing.T) {
	const name = "session-0"
	for what, c := range map[string]struct {
		spoil  func(path string) error
		reason Reason
	}{
		"readable by others": {func(path string) error { return os.Chmod(path, 0o604) }, Loose},
		"writable by group":  {func(path string) error { return os.Chmod(path, 0o620) }, Loose},
		"pipe": {func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return syscall.Mkfifo(path, 0o600)
		}, NotRegular},
		"link to itself": {func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Symlink(path, path)
		}, Unreadable},
		"another's": {func(path string) error { return os.Chown(path, 65534, 65534) }, ForeignOwner},
	} {
		d := Dir{Path: t.TempDir()}
		if err := d.Store(name, []byte("value")); err != nil {
			t.Fatal(err)
		}
		if err := c.spoil(d.file(name)); err != nil {
			if os.Geteuid() != 0 && errors.Is(err, os.ErrPermission) {
				t.Logf("%s: only root can make one: not proved here", what)
				continue
			}
			t.Fatal(err)
		}
		value, ok, err := d.Load(name)
		var unusable *Unusable
		if ok || value != nil || !errors.As(err, &unusable) ||
			unusable.Reason != c.reason || unusable.Path != d.file(name) {
			t.Errorf("%s: %q, %v", what, value, err)
		}
	}
}

// An incomplete write is an error, and leaves no file.
func TestNotWritten(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	full := limit
	full.Cur = 10 // bytes in a file: writing more fails, as on a full disk
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	err := d.Store("session-0", []byte("value"))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(d.Path); len(entries) != 0 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}

// awsmfa does not change the permissions of a directory that others cannot access.
func TestPermissionsStay(t *testing.T) {
	d := Dir{Path: filepath.Join(t.TempDir(), "awsmfa")}
	if err := os.Mkdir(d.Path, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := d.Store("session-0", []byte("value")); err == nil && os.Geteuid() != 0 {
		t.Error("no error for a directory that is not writable")
	}
	if info, err := os.Stat(d.Path); err != nil || info.Mode().Perm() != 0o500 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
