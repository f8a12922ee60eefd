// Package rewrite replaces the contents of a user's own file at once: an AWS file, a shell's start-up file. It follows
// links, keeps owner and permissions, never replaces a read-only file, and notices changes by other programs. It knows
// nothing about the contents. Its errors are messages, and after each nothing has changed.
package rewrite

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"awsmfa/internal/atomicfile"
	"awsmfa/internal/msg"
)

const (
	tries    = 5               // if other programs keep changing the file
	lockWait = 5 * time.Second // for another awsmfa, which needs milliseconds
	staleAge = time.Hour       // of a new file that a killed awsmfa left behind

	temporary = ".awsmfa-*.new"
)

// File replaces the contents of the file at path with the result of compose, which gets the old contents, or nil if
// there is no file. It returns nil if there is nothing to do, and is called again if the file has changed in the
// meantime.
//
// Processes of awsmfa wait for each other, with a lock that ends with the process. Changes by other programs, which do
// not lock, are detected until just before the rename; in the microseconds between that check and the rename the last
// writer wins.
func File(path string, compose func(old []byte) ([]byte, error)) error {
	file, err := resolveLinks(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if text, err := compose(nil); err != nil || text == nil {
			return err // create no directory if nothing is written
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return createError(dir, path, err)
		}
	}
	unlock, err := lock(dir, lockWait)
	if err != nil {
		return busyError(path)
	}
	defer unlock()
	for range tries {
		w, err := prepare(path, compose)
		if err != nil || w == nil {
			return err
		}
		if done, err := w.commit(); err != nil || done {
			return err
		}
	}
	return busyError(path)
}

// lock waits for other awsmfa processes that write in dir. It is an error if the lock is not free in time; if locking
// is not supported, lock does nothing.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	unlock, err = atomicfile.LockDir(ctx, dir)
	if err != nil && ctx.Err() == nil { // writing reports it
		return func() {}, nil
	}
	return unlock, err
}

func busyError(path string) error {
	return msg.Errorf("another program is changing %s; nothing was changed", msg.Path(path)).
		Hint("try again when that is done")
}

// DryRun does the same as File, except for the rename. It does not create a missing directory, but checks that it
// could.
func DryRun(path string, compose func(old []byte) ([]byte, error)) error {
	file, err := resolveLinks(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := compose(nil); err != nil {
			return err
		}
		return canCreate(dir, path)
	}
	unlock, err := lock(dir, lockWait)
	if err != nil {
		return busyError(path)
	}
	defer unlock()
	w, err := prepare(path, compose)
	if err != nil || w == nil {
		return err
	}
	return os.Remove(w.tmp)
}

// canCreate returns an error if dir, which does not exist, cannot be created for the file at path.
func canCreate(dir, path string) error {
	above := filepath.Dir(dir)
	if _, err := os.Stat(above); errors.Is(err, fs.ErrNotExist) && above != dir {
		return canCreate(above, path)
	}
	made, err := os.MkdirTemp(above, temporary)
	if err != nil {
		return createError(above, path, err)
	}
	return os.Remove(made)
}

// replacement is a new file that is written next to the old one and not yet renamed.
type replacement struct {
	path, real string // as requested, and with all links resolved
	tmp        string
	info       fs.FileInfo // of the old file; nil if there is none
	old        []byte
}

// prepare reads the file and writes the new one next to it. It returns nil if there is nothing to do.
func prepare(path string, compose func(old []byte) ([]byte, error)) (*replacement, error) {
	w := &replacement{path: path}
	var err error
	if err = w.readOld(); err != nil {
		return nil, err
	}
	text, err := compose(w.old)
	if err != nil || text == nil {
		return nil, err
	}
	if err := w.checkWritable(); err != nil {
		return nil, err
	}
	dir := filepath.Dir(w.real)
	atomicfile.Sweep(dir, staleAge, func(path string) bool { // they may hold a key
		ours, _ := filepath.Match(temporary, filepath.Base(path))
		return ours
	})
	w.tmp, err = atomicfile.Create(dir, temporary, text, w.inherit)
	if _, ok := errors.AsType[*msg.Error](err); ok { // of inherit
		return nil, err
	}
	if err != nil {
		return nil, createError(dir, path, err)
	}
	return w, nil
}

// inherit gives the new file, while it is empty, the permissions of the old one.
func (w *replacement) inherit(f *os.File) error {
	if w.info == nil {
		return nil
	}
	if err := inherit(f, w.real, w.info); err != nil {
		return msg.Errorf("%s belongs to another user or group, and awsmfa cannot give the new file to them; "+
			"nothing was changed", msg.Path(w.path)).
			Hint("run as the file's owner, or make the file your own").Wrap(err)
	}
	return nil
}

// readOld reads the file at the path as it is now.
func (w *replacement) readOld() error {
	var err error
	if w.real, err = resolveLinks(w.path); err != nil {
		return err
	}
	w.info, w.old = nil, []byte{}
	info, err := os.Lstat(w.real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return ReadError(w.path, err)
	case info.IsDir():
		return DirectoryError(w.path)
	case !info.Mode().IsRegular():
		return msg.Errorf("%s is not a regular file; nothing was changed", msg.Path(w.path)).
			Hint("put a regular file there")
	}
	if w.old, err = os.ReadFile(w.real); err != nil {
		return ReadError(w.path, err)
	}
	w.info = info
	return nil
}

// checkWritable returns an error if the old file is read-only: a rename would replace it all the same.
func (w *replacement) checkWritable() error {
	if w.info == nil {
		return nil
	}
	readOnly := msg.Errorf("%s is read-only; nothing was changed", msg.Path(w.real)).
		Hint("make it writable for your user, or name another AWS file (AWS_CONFIG_FILE, " +
			"AWS_SHARED_CREDENTIALS_FILE)")
	if w.info.Mode().Perm()&0o200 == 0 {
		return readOnly
	}
	f, err := os.OpenFile(w.real, os.O_WRONLY, 0)
	switch {
	case err == nil:
		f.Close()
		return nil
	case errors.Is(err, fs.ErrNotExist): // just removed: commit detects it
		return nil
	case denied(err):
		return readOnly.Wrap(err)
	}
	return writeError(w.path, err)
}

// commit renames the new file over the old one if that has not changed since it was read; otherwise, and after an
// error, it removes the new file. A hard link to the old file keeps the old contents: only a rename is atomic.
func (w *replacement) commit() (done bool, err error) {
	defer func() {
		if !done {
			os.Remove(w.tmp)
		}
	}()
	now := replacement{path: w.path}
	if err := now.readOld(); err != nil {
		return false, err
	}
	unchanged := now.real == w.real && (now.info == nil) == (w.info == nil) && bytes.Equal(now.old, w.old)
	if unchanged && w.info != nil {
		unchanged = os.SameFile(now.info, w.info) && now.info.Mode() == w.info.Mode() &&
			now.info.ModTime().Equal(w.info.ModTime())
	}
	if !unchanged {
		return false, nil
	}
	if err := atomicfile.Replace(w.tmp, w.real); err != nil {
		return false, createError(filepath.Dir(w.real), w.path, err)
	}
	return true, nil
}

// CheckLinks returns an error if there is no file at path because a link on the way leads nowhere.
func CheckLinks(path string) error {
	link, target := atomicfile.DeadLink(path)
	if link == "" {
		return nil
	}
	return DeadLink(link, target)
}

// DeadLink is the error for a link that leads nowhere.
func DeadLink(link, target string) *msg.Error {
	return msg.Errorf("%s is a link to %s, which is not there", msg.Path(link), msg.Path(target)).
		Hint("mount the drive that it is on, or remove the link")
}

// resolveLinks resolves all symbolic links in name. The file, and directories above it, need not exist, but the targets
// of links must.
func resolveLinks(name string) (string, error) {
	if err := CheckLinks(name); err != nil {
		return "", err
	}
	path := name
	for range 40 { // Linux' own limit
		dir, base := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		if base == "" || base == "." || base == ".." {
			return "", DirectoryError(name)
		}
		parent, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return filepath.Join(dir, base), nil
		}
		if err != nil {
			return "", ReadError(name, err)
		}
		path = filepath.Join(parent, base)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", ReadError(name, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", ReadError(name, err)
		}
		if !filepath.IsAbs(link) { // filepath.Join would resolve ".." without following links
			link = parent + string(filepath.Separator) + link
		}
		path = link
	}
	return "", msg.Errorf("%s is a symbolic link that leads nowhere: too many links", msg.Path(name)).
		Hint("look at it with ls -l")
}

// denied reports whether err is about permissions or a read-only file system.
func denied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// createError is the error for a file or directory that could not be created in dir, to write the file at path.
func createError(dir, path string, err error) error {
	if denied(err) {
		return msg.Errorf("the directory %s is read-only, so that %s cannot be replaced; nothing was changed",
			msg.Path(dir), msg.Path(path)).
			Hint("make the directory writable for your user, or name a file elsewhere").Wrap(err)
	}
	return writeError(path, err)
}

func writeError(path string, err error) error {
	return msg.Errorf("writing %s: %s; nothing was changed", msg.Path(path), msg.Cause(err)).
		Hint("fix that and try again").Wrap(err)
}

// ReadError is the error for a file that could not be read, for any reason of the system.
func ReadError(path string, err error) *msg.Error {
	return msg.Errorf("reading %s: %s", msg.Path(path), msg.Cause(err)).Hint("make the file readable for your user").
		Wrap(err)
}

// DirectoryError is the error for a directory in place of a file.
func DirectoryError(path string) *msg.Error {
	return msg.Errorf("%s is a directory, not a file", msg.Path(path)).
		Hint("move the directory away: a file belongs there")
}
