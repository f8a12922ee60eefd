package atomicfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// retry calls f again while its error is that another process, such as a virus scanner, has the file open; wait is the
// longest that it takes.
func retry(wait time.Duration, f func() error) error {
	const pause = 20 * time.Millisecond
	for ; ; wait -= pause {
		err := f()
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || wait <= 0 {
			return err
		}
		time.Sleep(pause)
	}
}

// Open opens a file for reading. It tries for a tenth of a second: Windows does not open a file that is being replaced.
func Open(path string) (f *os.File, err error) {
	err = retry(time.Second/10, func() error {
		f, err = os.Open(path)
		return err
	})
	return f, err
}

// LockDir is Lock for a directory, with a file in it that unlock removes: Windows locks no directories, and removes no
// file that another process has open, waiting for the lock. Nor does it open a file that is being removed.
func LockDir(ctx context.Context, dir string) (unlock func(), err error) {
	path := filepath.Join(dir, ".awsmfa.lock")
	var release func()
	err = retry(time.Second, func() error {
		release, err = Lock(ctx, path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return func() {
		release()
		os.Remove(path)
	}, nil
}

// rename tries for a second: Windows does not replace a file that a reader or a virus scanner has open.
func rename(from, to string) error {
	err := retry(time.Second, func() error { return os.Rename(from, to) })
	// It is not about permissions: the new file was created in the directory. So another program has the old one open,
	// for which MoveFileEx returns this error.
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		err = windows.ERROR_SHARING_VIOLATION
	}
	return err
}

// syncDir has nothing to do: NTFS keeps a journal of renames.
func syncDir(string) {}
