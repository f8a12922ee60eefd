package cache

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// No contents of a file crash decode, and every value it returns was stored under that name.
func FuzzDecode(f *testing.F) {
	const name = "session-0123"
	whole := Dir{}.header(name, 5) + "value"
	for _, seed := range []string{
		"", "\n", whole, whole[:len(whole)-1], whole + "x",
		strings.Replace(whole, "cache 1", "cache 2", 1),
		strings.Replace(whole, name, "session-4567", 1),
		Dir{}.magic(), Dir{}.magic() + "1",
		Dir{}.magic() + "1 " + name + " 99999999999999999999\n",
		Dir{}.magic() + "-1 " + name + " 5\nvalue",
		Dir{}.magic() + "01 " + name + " 5\nvalue",
		`{"version":1}`, "\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		value, reason := Dir{}.decode(data, name)
		if reason == "" && !bytes.Equal(append([]byte((Dir{}).header(name, len(value))), value...), data) &&
			len(value) > 0 { // of an empty value the last byte, the end of the line, may be missing
			t.Errorf("%q is taken for the value in %q", data, value)
		}
		if reason != "" && value != nil {
			t.Errorf("%q: %s, but %q is returned", data, reason, value)
		}
	})
}

// Every value is read as it was stored. A part of its file is invalid, and so is the file with more at its end.
func FuzzStored(f *testing.F) {
	f.Add("session-0123", []byte("value\n"))
	f.Add("user-", []byte("\x00\n\n"))
	f.Fuzz(func(t *testing.T, name string, value []byte) {
		if len(value) == 0 || strings.ContainsAny(name, "\n ") {
			return // awsmfa has no such names and values
		}
		file := append([]byte(Dir{}.header(name, len(value))), value...)
		if got, reason := (Dir{}).decode(file, name); reason != "" || !bytes.Equal(got, value) {
			t.Errorf("stored %q, found %q, %s", value, got, reason)
		}
		for i := range file {
			if got, reason := (Dir{}).decode(file[:i], name); reason == "" {
				t.Errorf("%q is taken for complete: %q", file[:i], got)
			}
		}
		if got, reason := (Dir{}).decode(append(file, 'x'), name); reason == "" {
			t.Errorf("one byte too many is taken for complete: %q", got)
		}
	})
}

// The file format stays the same: otherwise an update would cost every user a code.
func TestFormat(t *testing.T) {
	const name, whole = "session-0", "awsmfa cache 1 session-0 5\nvalue"
	d := Dir{Path: t.TempDir()}
	if err := os.WriteFile(filepath.Join(d.Path, "session-0.cache"), []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if value, ok, err := d.Load(name); string(value) != "value" || !ok || err != nil {
		t.Errorf("%q, %v, %v", value, ok, err)
	}
	if err := d.Store(name, []byte("value")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(d.Path, "session-0.cache")); string(data) != whole || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

// It is an error if the file cannot be replaced, and no temporary file is left.
func TestNotReplaced(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(d.file("session-0"), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.Store("session-0", []byte("value")); err == nil {
		t.Error("no error")
	}
	if err := d.Remove("session-0"); err == nil {
		t.Error("no error")
	}
	if entries, err := os.ReadDir(d.Path); len(entries) != 1 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}

// A directory that cannot be accessed is an error, unlike one that does not exist.
func TestCheckBelowAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var unusable *Unusable
	if err := (Dir{Path: filepath.Join(file, "awsmfa")}).Check(); runtime.GOOS != "windows" &&
		(!errors.As(err, &unusable) || unusable.Reason != Unreadable) {
		t.Errorf("%v", err)
	}
	if err := (Dir{Path: file}).Check(); !errors.As(err, &unusable) || unusable.Reason != NotDirectory {
		t.Errorf("%v", err)
	}
}

// A zero Dir is not the working directory.
func TestZeroDirIsNoDirectory(t *testing.T) {
	here := Dir{Path: t.TempDir()}
	if err := here.Store("session-0", []byte("value")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(here.Path)
	if value, ok, err := (Dir{}).Load("session-0"); ok || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	if err := (Dir{}).Remove("session-0"); err != nil {
		t.Error(err)
	}
	if value, ok, err := here.Load("session-0"); string(value) != "value" || !ok || err != nil {
		t.Errorf("%q, %v, %v", value, ok, err)
	}
}

func TestZeroDirStoresNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	var d Dir
	if err := d.Store("session-0", []byte("value")); err != nil {
		t.Error(err)
	}
	if _, ok, err := d.Load("session-0"); ok || err != nil {
		t.Error(ok, err)
	}
	unlock, err := d.Lock(t.Context(), "session-0")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := d.Remove("session-0"); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir("."); len(entries) != 0 {
		t.Errorf("it left %v", entries)
	}
}

func TestRemove(t *testing.T) {
	d := Dir{Path: filepath.Join(t.TempDir(), "a", "b")}
	if err := d.Remove("user-0"); err != nil {
		t.Error(err)
	}
	if err := d.Store("user-0", []byte("value")); err != nil {
		t.Fatal(err)
	}
	if value, ok, err := d.Load("user-0"); string(value) != "value" || !ok || err != nil {
		t.Error(value, ok, err)
	}
	if err := d.Remove("user-0"); err != nil {
		t.Error(err)
	}
	if _, ok, err := d.Load("user-0"); ok || err != nil {
		t.Error(ok, err)
	}
}

// Store removes old sessions and temporary files that killed processes left behind, and nothing else.
func TestSweep(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	old, young := time.Now().Add(-sweepAge-time.Minute), time.Now().Add(-sweepAge+time.Minute)
	ours := Dir{}.header("whatever", 5) + "value"
	for name, file := range map[string]struct {
		content string
		at      time.Time
		stays   bool
	}{
		"session-0.cache": {ours, old, false},
		"role-0.cache":    {ours, old, false},
		"session-1.cache": {ours, young, true},
		"user-0.cache":    {ours, old, true},
		"browser.cache":   {"somebody's", old, true},
		"empty.cache":     {"", old, true},
		"session-0.lock":  {"", old, true},
		"user-0.lock":     {"", old, true},
		".awsmfa-0":       {"", old, false},
		".awsmfa-1":       {"", young, true},
		".new-0":          {"", old, true},
		"somebody's":      {ours, old, true},
	} {
		path := filepath.Join(d.Path, name)
		if err := os.WriteFile(path, []byte(file.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, file.at, file.at); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if _, err := os.Stat(path); (err == nil) != file.stays {
				t.Errorf("%s stays: %v, %v", name, err == nil, file.stays)
			}
		}()
	}
	if err := d.Store("session-new", []byte("value")); err != nil {
		t.Fatal(err)
	}
}

// Load finds every value that Store accepts, and Store rejects a value that is too long for Load.
func TestLong(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	long := bytes.Repeat([]byte("x"), 100<<10)
	if err := d.Store("session-0", long); err != nil {
		t.Fatal(err)
	}
	if value, ok, err := d.Load("session-0"); !bytes.Equal(value, long) || !ok || err != nil {
		t.Error(len(value), ok, err)
	}
	var tooLarge *TooLarge
	if err := d.Store("session-0", make([]byte, maxSize)); !errors.As(err, &tooLarge) || tooLarge.Size <= tooLarge.Max {
		t.Errorf("%v", err)
	}
}

// With many writers each reader sees a complete value, and no other file is left.
func TestWritersAndReaders(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	values := make([][]byte, 4)
	for i := range values {
		values[i] = bytes.Repeat([]byte{byte('a' + i)}, 1000*(i+1))
	}
	if err := d.Store("session-0", values[0]); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, v := range values {
		all.Go(func() {
			for range 20 {
				if err := d.Store("session-0", v); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 200 {
				got, ok, err := d.Load("session-0")
				if !ok || err != nil || !bytes.Equal(got, values[got[0]-'a']) {
					t.Errorf("found %d bytes, %v, %v", len(got), ok, err)
					return
				}
			}
		})
	}
	all.Wait()
	if entries, err := os.ReadDir(d.Path); len(entries) != 1 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
}

// Only one holds a lock; other names have other locks; giving up does not block the next one.
func TestLock(t *testing.T) {
	d := Dir{Path: filepath.Join(t.TempDir(), "cache")}
	unlock, err := d.Lock(t.Context(), "user-0")
	if err != nil {
		t.Fatal(err)
	}
	other, err := d.Lock(t.Context(), "user-1")
	if err != nil {
		t.Fatal(err)
	}
	other()

	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := d.Lock(ctx, "user-0")
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	unlock()

	holders, most := 0, 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			unlock, err := d.Lock(t.Context(), "user-0")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			holders++
			most = max(most, holders)
			mu.Unlock()
			if err := d.Store("user-0", []byte("held")); err != nil { // takes its time
				t.Error(err)
			}
			mu.Lock()
			holders--
			mu.Unlock()
			unlock()
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d held the lock at once", most)
	}
}

// Load returns an *Unusable with the path and the reason, and Store replaces the file.
func TestUnusable(t *testing.T) {
	const name = "session-0"
	for data, reason := range map[string]Reason{
		"torn":                                  Damaged,
		"1 of somebody else's":                  Damaged,
		Dir{}.magic() + "one":                   Damaged,
		Dir{}.header("session-1", 1) + "x":      OtherName,
		Dir{}.magic() + "7 whatever comes then": AnotherVersion,
	} {
		t.Run(data, func(t *testing.T) {
			d := Dir{Path: t.TempDir()}
			if err := os.WriteFile(d.file(name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
			value, ok, err := d.Load(name)
			var unusable *Unusable
			if value != nil || ok || !errors.As(err, &unusable) ||
				unusable.Reason != reason || unusable.Path != d.file(name) {
				t.Errorf("%q, %v, %v", value, ok, err)
			}
			if err := d.Store(name, []byte("new")); err != nil {
				t.Fatal(err)
			}
			if value, ok, err := d.Load(name); string(value) != "new" || !ok || err != nil {
				t.Errorf("%q, %v, %v", value, ok, err)
			}
		})
	}
}

// A value that the caller cannot decode is an *Unusable, too.
func TestDamaged(t *testing.T) {
	d := Dir{Path: t.TempDir()}
	inner := errors.New("no JSON")
	var unusable *Unusable
	if err := d.Damaged("session-0", inner); !errors.As(err, &unusable) || unusable.Reason != Damaged ||
		unusable.Path != d.file("session-0") || !errors.Is(err, inner) {
		t.Errorf("%v", err)
	}
}

// The files of a lasting directory stay, however old; what a killed process left behind does not.
func TestLasting(t *testing.T) {
	d := Dir{Path: t.TempDir(), Lasting: true}
	if err := d.Store("A", []byte("one")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(d.Path, tmpPrefix+"123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	longAgo := time.Now().Add(-1000 * time.Hour)
	for _, path := range []string{left, filepath.Join(d.Path, "A.key")} {
		if err := os.Chtimes(path, longAgo, longAgo); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Store("B", []byte("two")); err != nil {
		t.Fatal(err)
	}
	if value, ok, err := d.Load("A"); string(value) != "one" || !ok || err != nil {
		t.Errorf("%q, %v, %v", value, ok, err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("the temporary file is there")
	}
	if _, _, err := (Dir{Path: d.Path}).Load("A"); err != nil {
		t.Errorf("in a cache: %v", err)
	}
}
