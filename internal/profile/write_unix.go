//go:build unix

package profile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// inherit gives the new file the old one's owner, group and permissions, while it is still empty. Access lists and
// other extended attributes are not copied.
func inherit(f *os.File, _ string, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, ok2 := now.Sys().(*syscall.Stat_t)
	if ok && ok2 && (was.Uid != is.Uid || was.Gid != is.Gid) {
		if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(old.Mode().Perm())
}

// lock waits for other awsmfa that write in dir. The lock is on the directory itself, so there is no file to leave
// behind. Where there are no such locks it is free; the error is that it was not to be had in time.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}, nil //nolint:nilerr // it is the writing that matters, and it will tell
	}
	for deadline := time.Now().Add(wait); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			f.Close()
			return func() {}, nil
		case time.Now().After(deadline):
			f.Close()
			return nil, err
		}
	}
}

func replace(from, to string) error { return os.Rename(from, to) }

// syncDir makes the rename last through a power cut, where the file system lets it; the file is whole without it.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
