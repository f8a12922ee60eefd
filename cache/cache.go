// Package cache stores small private files in one directory of the user: sessions, and the MFA device that was found
// for a key. It does not know whether a value is still valid, and never trusts a file that another user could have
// written.
//
// A file has a header line with a version, the name of the file and the length of the value, and then the value. It is
// written under a temporary name and renamed, so that a reader sees the old or the new file, never a part. A file that
// is incomplete, of another version, stored under another name, owned by another user, or accessible to others is a
// miss; the error has the reason.
//
// The same files in another directory can be lasting ones, which nothing removes because of their age.
package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"awsmfa/internal/atomicfile"
)

// version is the version of the file format. A file of another version stays until Store replaces it.
const version = 1

// sweepAge is the age at which Store removes a session's file. Sessions last 36 hours at most (GetSessionToken's
// limit).
const sweepAge = 37 * time.Hour

// maxSize limits a file, in bytes. A session with a long token has about 2 KiB; AWS documents no limit.
const maxSize = 256 << 10

const (
	lockSuffix = ".lock"
	tmpPrefix  = ".awsmfa-" // of files that are being written
)

// Dir is the directory with the files. The zero Dir stores nothing: every Load is a miss, every lock is free.
type Dir struct {
	Path string
	// Lasting says that the directory is no cache: its files do not expire. Their names end with .key.
	Lasting bool
}

// header returns the first line of a file.
func (d Dir) header(name string, size int) string {
	return d.magic() + strconv.Itoa(version) + " " + name + " " + strconv.Itoa(size) + "\n"
}

func (d Dir) magic() string {
	if d.Lasting {
		return "awsmfa key "
	}
	return "awsmfa cache "
}

func (d Dir) suffix() string {
	if d.Lasting {
		return ".key"
	}
	return ".cache"
}

// Load returns the value stored under name and reports whether there is one. If the error is not nil it is an
// *Unusable: the file exists, but is not used, or a lasting one may be where no drive is mounted.
func (d Dir) Load(name string) (value []byte, ok bool, err error) {
	if d.Path == "" {
		return nil, false, nil
	}
	path := d.file(name)
	f, err := atomicfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, false, d.reachable(path)
	}
	if err != nil {
		return nil, false, &Unusable{Path: path, Reason: Unreadable, Err: err}
	}
	defer f.Close()
	if u := checkFile(f); u != nil {
		u.Path = path
		return nil, false, u
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, false, &Unusable{Path: path, Reason: Unreadable, Err: err}
	}
	value, reason := d.decode(data, name)
	if reason != "" {
		return nil, false, &Unusable{Path: path, Reason: reason}
	}
	return value, true, nil
}

// reachable returns an *Unusable if a lasting file may be where no drive is mounted. A cache is only empty then.
func (d Dir) reachable(path string) error {
	if !d.Lasting {
		return nil
	}
	return checkLinks(path)
}

// checkLinks returns an *Unusable if a link on the way to path leads nowhere.
func checkLinks(path string) error {
	if link, target := atomicfile.DeadLink(path); link != "" {
		return &Unusable{Path: link, Reason: DeadLink, Target: target}
	}
	return nil
}

// Damaged returns the error for a value from Load that the caller cannot decode.
func (d Dir) Damaged(name string, err error) error {
	return &Unusable{Path: d.file(name), Reason: Damaged, Err: err}
}

// decode returns the value in a file's contents; the reason is "" if it is valid.
func (d Dir) decode(data []byte, name string) ([]byte, Reason) {
	first, value, _ := bytes.Cut(data, []byte("\n"))
	if string(first)+"\n" == d.header(name, len(value)) {
		return value, ""
	}
	rest, hasMagic := strings.CutPrefix(string(first), d.magic())
	number, rest, _ := strings.Cut(rest, " ")
	storedName, _, _ := strings.Cut(rest, " ")
	switch n, err := strconv.Atoi(number); {
	case !hasMagic || err != nil:
		return nil, Damaged
	case n != version:
		return nil, AnotherVersion
	case storedName != name:
		return nil, OtherName
	}
	return nil, Damaged
}

// Store writes value under name, atomically and accessible only to this user, and removes the files of old sessions.
// The error is the system's, an *Unusable about the directory, or a *TooLarge.
func (d Dir) Store(name string, value []byte) error {
	if d.Path == "" {
		return nil
	}
	data := append([]byte(d.header(name, len(value))), value...)
	if len(data) > maxSize {
		return &TooLarge{Size: len(data), Max: maxSize}
	}
	if err := d.create(); err != nil {
		return err
	}
	tmp, err := atomicfile.Create(d.Path, tmpPrefix+"*", data, nil)
	if err != nil {
		return err
	}
	if err := atomicfile.Replace(tmp, d.file(name)); err != nil {
		return err
	}
	d.sweep()
	return nil
}

// sweep removes the files of old sessions, and temporary files that killed processes left behind. It removes no other
// program's files, whatever their names.
func (d Dir) sweep() {
	age := sweepAge
	if d.Lasting { // a temporary file has a key
		age = time.Hour
	}
	atomicfile.Sweep(d.Path, age, func(path string) bool {
		return strings.HasPrefix(filepath.Base(path), tmpPrefix) || !d.Lasting && d.isSession(path)
	})
}

// isSession reports whether Store wrote the file for a session. The files of devices do not expire.
func (d Dir) isSession(path string) bool {
	name, ok := strings.CutSuffix(filepath.Base(path), d.suffix())
	if !ok || strings.HasPrefix(name, "user-") {
		return false
	}
	f, err := atomicfile.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	first := make([]byte, len(d.magic()))
	_, err = io.ReadFull(f, first)
	return err == nil && string(first) == d.magic()
}

// Remove removes the file of name. It is no error if there is none, unless a lasting one may be where no drive is
// mounted: an *Unusable.
func (d Dir) Remove(name string) error {
	if d.Path == "" {
		return nil
	}
	if err := d.reachable(d.file(name)); err != nil {
		return err
	}
	if err := os.Remove(d.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Lock waits for the lock of name, and holds it until unlock is called or this process ends: it is a kernel lock on an
// open file. If ctx ends first the error is ctx's. Any other error means that locking is impossible, because there is
// no directory, or the file system does not support it.
func (d Dir) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if d.Path == "" {
		return func() {}, nil
	}
	if err := d.create(); err != nil {
		return nil, err
	}
	return atomicfile.Lock(ctx, filepath.Join(d.Path, name+lockSuffix))
}

// Check returns an *Unusable if other users can access the directory or own it, or if it is not writable. It changes
// nothing. It is no error if there is no directory yet.
func (d Dir) Check() error {
	if err := checkLinks(d.Path); err != nil {
		return err
	}
	info, err := os.Lstat(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if owner, foreign := foreignOwner(info); foreign {
			return &Unusable{Path: d.Path, Reason: ForeignLink, Owner: owner}
		}
		info, err = os.Stat(d.Path)
	}
	switch {
	case err != nil:
		return &Unusable{Path: d.Path, Reason: Unreadable, Err: err}
	case !info.IsDir():
		return &Unusable{Path: d.Path, Reason: NotDirectory}
	}
	if u := d.checkAccess(info); u != nil {
		u.Path = d.Path
		return u
	}
	return nil
}

func (d Dir) file(name string) string { return filepath.Join(d.Path, name+d.suffix()) }
