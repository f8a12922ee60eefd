//go:build unix

package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// make sees to it that the directory is there and closed to others. One that is reached through a link is taken as it is:
// what else it is for is not ours to know.
func (d Dir) make() error {
	info, err := os.Lstat(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(d.Path, 0o700); err != nil {
			return err
		}
		info, err = os.Lstat(d.Path)
	}
	if err != nil {
		return err
	}
	if _, foreign := owned(info); foreign == nil && info.IsDir() && info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(d.Path, 0o700)
	}
	return d.Check()
}

// owned says whether a file, or a link, is this user's.
func owned(info fs.FileInfo) (Reason, error) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return Foreign, fmt.Errorf("owned by user %d", st.Uid)
	}
	return 0, nil
}

// closed says whether the directory is this user's, for this user alone, and to be written to.
func (d Dir) closed(info os.FileInfo) (Reason, error) {
	if reason, err := owned(info); err != nil {
		return reason, err
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return Loose, fmt.Errorf("permissions are %04o, not 0700", perm)
	}
	if err := unix.Access(d.Path, unix.W_OK|unix.X_OK); err != nil {
		return Unreadable, err
	}
	return 0, nil
}

// open never waits: what stands under the name may be a pipe that somebody put there.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// private says whether only this user can have written f and can read it. It asks the open file, not its name, so
// nothing can be put in its place between the question and the reading.
func private(f *os.File) (Reason, error) {
	info, err := f.Stat()
	if err != nil {
		return Unreadable, err
	}
	if !info.Mode().IsRegular() {
		return Foreign, errors.New("not a regular file")
	}
	if reason, err := owned(info); err != nil {
		return reason, err
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return Loose, fmt.Errorf("permissions are %04o, not 0600", perm)
	}
	return 0, nil
}

func replace(from, to string) error { return os.Rename(from, to) }

func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
