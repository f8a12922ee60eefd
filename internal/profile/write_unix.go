//go:build unix

package profile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// inherit gives the new file, while it is empty, the owner, group and permissions of the old one. It does not copy
// access lists and other extended attributes.
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

// lock waits for other awsmfa processes that write in dir. It locks the directory itself, so it leaves no file behind.
// It is an error if the lock is not free in time; if locking is not supported, lock does nothing.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}, nil //nolint:nilerr // writing reports it
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

// syncDir makes the rename durable, if the file system supports it.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
