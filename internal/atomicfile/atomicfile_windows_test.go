package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// open opens the file as another program does that lets others do only what share allows.
func open(t *testing.T, path string, access, share uint32) windows.Handle {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, access, share, nil, windows.OPEN_ALWAYS, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Another program has a file open for a moment: opening, replacing and locking wait for it.
func TestBusy(t *testing.T) {
	const all = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	for name, test := range map[string]struct {
		file          string
		access, share uint32
		do            func(dir string) error
	}{
		"open": {"file", windows.GENERIC_READ, 0, func(dir string) error {
			f, err := Open(filepath.Join(dir, "file"))
			if err == nil {
				f.Close()
			}
			return err
		}},
		"replace": {"file", windows.GENERIC_READ, windows.FILE_SHARE_READ, func(dir string) error {
			made, err := Create(dir, ".new-*", []byte("new"), nil)
			if err != nil {
				return err
			}
			return Replace(made, filepath.Join(dir, "file"))
		}},
		"lock, being removed": {".awsmfa.lock", windows.DELETE, all, func(dir string) error {
			unlock, err := LockDir(t.Context(), dir)
			if err == nil {
				unlock()
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := open(t, filepath.Join(dir, test.file), test.access, test.share)
			time.AfterFunc(50*time.Millisecond, func() { windows.CloseHandle(h) })
			if err := test.do(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// Another program has the old file open all the time: the error says so, and the old file stays.
func TestBusyForever(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := open(t, file, windows.GENERIC_READ, windows.FILE_SHARE_READ)
	defer windows.CloseHandle(h)
	made, err := Create(dir, ".new-*", []byte("new"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(made, file); !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(file); string(text) != "old" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}
