// Package cache keeps small private files in one directory of the user's: the sessions that were paid for with a token
// code, and which MFA device was found for a key. It never decides whether what it kept is still good, never talks to
// anyone, and never trusts a file that another could have written.
//
// A file is a line with the version, the name it was kept under and a length, and the value. It is written beside its
// place and renamed into it, so a reader sees the old one or the new one, whole. What is torn, foreign, of another
// version, kept under another name or open to others is a miss, told by an error that says why.
package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// version is the layout of the files. A file of another version is left alone until its name is kept anew.
const version = 1

// sweepAge is when a file that was kept with Keep is removed for good: no session that AWS gives out lives longer
// than 36 hours (GetSessionToken's limit), so what is older holds nothing.
const sweepAge = 37 * time.Hour

// maxSize bounds a file, in bytes: a session with a long token is about 2 KiB, and AWS names no limit.
const maxSize = 256 << 10

const (
	suffix     = ".cache"
	lockSuffix = ".lock"
	tmpPrefix  = ".awsmfa-" // of a file that is being written
)

// Dir is the directory that the files are in. The zero Dir keeps nothing: every look is a miss, every lock is free.
type Dir struct{ Path string }

// An Unusable error says that a kept file is there and why it is not used: it is a miss, and worth a warning.
type Unusable struct {
	Path   string
	Reason Reason
	Err    error // what the system or the decoder said; may be nil
}

// Reason is why a kept file is not used.
type Reason int

// The reasons.
const (
	Unreadable     Reason = iota // the system refused
	Damaged                      // not a whole file of ours
	Foreign                      // belongs to another user, is no regular file, or was kept under another name
	Loose                        // others may read or write it
	AnotherVersion               // written by another version of awsmfa
)

func (e *Unusable) Error() string {
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

func (e *Unusable) Unwrap() error { return e.Err }

// header is the first line of a file: what it is, the version, the name it was kept under and how many bytes follow.
func header(name string, size int) string {
	return magic + strconv.Itoa(version) + " " + name + " " + strconv.Itoa(size) + "\n"
}

const magic = "awsmfa cache "

// Load returns the value kept under name and reports whether there is one. The error, always an *Unusable, tells of a
// file that is there and is not used; it is a miss all the same.
func (d Dir) Load(name string) (value []byte, ok bool, err error) {
	if d.Path == "" {
		return nil, false, nil
	}
	path := d.file(name)
	f, err := open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, &Unusable{Path: path, Reason: Unreadable, Err: err}
	}
	defer f.Close()
	if reason, err := private(f); err != nil {
		return nil, false, &Unusable{Path: path, Reason: reason, Err: err}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, false, &Unusable{Path: path, Reason: Unreadable, Err: err}
	}
	value, reason, err := decode(data, name)
	if err != nil {
		return nil, false, &Unusable{Path: path, Reason: reason, Err: err}
	}
	return value, true, nil
}

// Damaged is the error for a value that Load returned whole and that makes no sense to whoever kept it.
func (d Dir) Damaged(name string, err error) error {
	return &Unusable{Path: d.file(name), Reason: Damaged, Err: err}
}

// decode takes the value out of a file's bytes.
func decode(data []byte, name string) ([]byte, Reason, error) {
	first, value, _ := bytes.Cut(data, []byte("\n"))
	if string(first)+"\n" == header(name, len(value)) {
		return value, 0, nil
	}
	rest, ours := strings.CutPrefix(string(first), magic)
	number, rest, _ := strings.Cut(rest, " ")
	keptUnder, _, _ := strings.Cut(rest, " ")
	switch n, err := strconv.Atoi(number); {
	case !ours || err != nil:
		return nil, Damaged, errors.New("not a file of this cache")
	case n != version:
		return nil, AnotherVersion, fmt.Errorf("version %d", n)
	case keptUnder != name:
		return nil, Foreign, errors.New("kept under another name")
	}
	return nil, Damaged, errors.New("not whole")
}

// Store writes value under name, whole or not at all, for this user alone, and removes sessions too old to be of use.
// Its error is the system's (no space, a read-only file system), or says that the directory is not ours or the value
// longer than Load would read.
func (d Dir) Store(name string, value []byte) error {
	if d.Path == "" {
		return nil
	}
	data := append([]byte(header(name, len(value))), value...)
	if len(data) > maxSize {
		return fmt.Errorf("%d bytes are more than the %d that a file may hold", len(data), maxSize)
	}
	if err := d.make(); err != nil {
		return err
	}
	if err := d.write(d.file(name), data); err != nil {
		return err
	}
	d.sweep()
	return nil
}

func (d Dir) write(path string, data []byte) (err error) {
	tmp, err := os.CreateTemp(d.Path, tmpPrefix+"*") // 0600 from the first byte
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err == nil {
		err = tmp.Sync() // a session costs a code: a crash after this must not cost another
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return replace(tmp.Name(), path)
}

// sweep removes what can hold nothing of use: old sessions, and temporary files whose writer was killed. Files of others
// stay, whatever they are called. Nothing depends on it, so its errors are dropped.
func (d Dir) sweep() {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return
	}
	old := time.Now().Add(-sweepAge)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(old) {
			continue
		}
		path := filepath.Join(d.Path, e.Name())
		if strings.HasPrefix(e.Name(), tmpPrefix) || isSession(path) {
			os.Remove(path)
		}
	}
}

// isSession says whether a file is one that Keep wrote under its name. A device's is none: it stays the user's.
func isSession(path string) bool {
	name, ok := strings.CutSuffix(filepath.Base(path), suffix)
	if !ok || strings.HasPrefix(name, "user-") {
		return false
	}
	f, err := open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	first := make([]byte, len(magic))
	_, err = io.ReadFull(f, first)
	return err == nil && string(first) == magic
}

// Remove forgets what was kept under name; nothing there is no error.
func (d Dir) Remove(name string) error {
	if d.Path == "" {
		return nil
	}
	if err := os.Remove(d.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Lock waits until no other process holds name, then holds it until unlock is called or this process ends, in whatever
// way: the lock is the kernel's, on an open file. It gives up when ctx ends, with ctx's error; any other error means
// that there can be no lock here (no directory, a file system without locks).
func (d Dir) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if d.Path == "" {
		return func() {}, nil
	}
	if err := d.make(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(d.Path, name+lockSuffix), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// The wait is the kernel's too: the next holder starts at once, however many wait. When ctx ends first, the
	// waiting goroutine lets go as soon as it gets hold.
	locked := make(chan error, 1)
	go func() { locked <- lock(f) }()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
		}
		return func() { f.Close() }, nil
	case <-ctx.Done():
		go func() {
			<-locked //nolint:errcheck // whatever came of it, the file is closed
			f.Close()
		}()
		return nil, ctx.Err()
	}
}

// Check says what is wrong with the directory, as an *Unusable: others may look into it, it is another user's, nothing can
// be kept in it. It changes nothing. A directory that is not there yet is none of these.
func (d Dir) Check() error {
	info, err := os.Lstat(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if reason, err := owned(info); err != nil {
			return &Unusable{Path: d.Path, Reason: reason, Err: errors.New("a link " + err.Error())}
		}
		info, err = os.Stat(d.Path)
	}
	switch {
	case err != nil:
		return &Unusable{Path: d.Path, Reason: Unreadable, Err: err}
	case !info.IsDir():
		return &Unusable{Path: d.Path, Reason: Foreign, Err: errors.New("not a directory")}
	}
	if reason, err := d.closed(info); err != nil {
		return &Unusable{Path: d.Path, Reason: reason, Err: err}
	}
	return nil
}

func (d Dir) file(name string) string { return filepath.Join(d.Path, name+suffix) }
