//go:build unix

package cache

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// create creates the directory if necessary, and denies others access to it. It does not change the permissions of a
// directory behind a link, which may have other purposes.
func (d Dir) create() error {
	info, err := os.Lstat(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.Check(); err != nil {
			return err
		}
		if err := os.MkdirAll(d.Path, 0o700); err != nil {
			return err
		}
		info, err = os.Lstat(d.Path)
	}
	if err != nil {
		return err
	}
	if _, foreign := foreignOwner(info); !foreign && info.IsDir() && info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(d.Path, 0o700)
	}
	return d.Check()
}

// foreignOwner reports whether another user owns a file or a link.
func foreignOwner(info fs.FileInfo) (owner int, foreign bool) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return int(st.Uid), true
	}
	return 0, false
}

// checkAccess checks that this user, and no other, can access the directory.
func (d Dir) checkAccess(info os.FileInfo) *Unusable {
	if u := checkPrivate(info, 0o700); u != nil {
		return u
	}
	if err := unix.Access(d.Path, unix.W_OK|unix.X_OK); err != nil {
		return &Unusable{Reason: Unreadable, Err: err}
	}
	return nil
}

func checkPrivate(info fs.FileInfo, want fs.FileMode) *Unusable {
	if owner, foreign := foreignOwner(info); foreign {
		return &Unusable{Reason: ForeignOwner, Owner: owner}
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return &Unusable{Reason: Loose, Mode: perm, Want: want}
	}
	return nil
}

// checkFile checks that only this user can have written f and can read it. It checks the open file, not its path, so
// that nobody can replace the file between the check and the reading.
func checkFile(f *os.File) *Unusable {
	info, err := f.Stat()
	if err != nil {
		return &Unusable{Reason: Unreadable, Err: err}
	}
	if !info.Mode().IsRegular() {
		return &Unusable{Reason: NotRegular}
	}
	return checkPrivate(info, 0o600)
}
