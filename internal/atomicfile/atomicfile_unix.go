//go:build unix

package atomicfile

import (
	"context"
	"os"
	"syscall"
)

// Open opens a file for reading that another process may be replacing. It does not block if the file is a pipe.
func Open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// LockDir is Lock for a directory. It locks the directory itself, so it leaves no file behind.
func LockDir(ctx context.Context, dir string) (unlock func(), err error) {
	return lock(ctx, dir, os.O_RDONLY)
}

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a rename durable, if the file system supports it.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
