package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// names returns the names of the files in dir.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// The new file has its permissions before it has contents, and replaces the old one.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := Create(dir, ".new-*", []byte("new"), func(f *os.File) error {
		if info, err := f.Stat(); err != nil || info.Size() != 0 {
			t.Errorf("%v, %v", info, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); string(text) != "old" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := Replace(made, file); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); string(text) != "new" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

// No new file is left after an error.
func TestErrors(t *testing.T) {
	dir, refused := t.TempDir(), errors.New("refused")
	if _, err := Create(dir, ".new-*", nil, func(*os.File) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	if err := os.MkdirAll(filepath.Join(dir, "file", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	made, err := Create(dir, ".new-*", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Replace(made, filepath.Join(dir, "file")); err == nil {
		t.Error("no error")
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

// LockDir leaves nothing in the directory, and fails at once where there is none.
func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		unlock, err := LockDir(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 3*poll)
		if _, err := LockDir(soon, dir); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		cancel()
		unlock()
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	if _, err := LockDir(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// One holds the lock at a time, also while others remove the file that Windows locks; nobody gets an error.
func TestLockDirTogether(t *testing.T) {
	dir := t.TempDir()
	var holders atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				unlock, err := LockDir(t.Context(), dir)
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				time.Sleep(time.Millisecond)
				holders.Add(-1)
				unlock()
			}
		})
	}
	all.Wait()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// holderVariable makes this test binary hold the locks in the directory that it names.
const holderVariable = "AWSMFA_TEST_HOLD"

// A process that is killed holds no lock any more.
func TestKilledHolder(t *testing.T) {
	if dir := os.Getenv(holderVariable); dir != "" {
		_, err := Lock(t.Context(), filepath.Join(dir, "lock"))
		_, err2 := LockDir(t.Context(), dir)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		time.Sleep(time.Minute)
	}
	dir := t.TempDir()
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledHolder$")
	holder.Env = append(os.Environ(), holderVariable+"="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("held"))); err != nil {
		t.Fatal(err)
	}
	for what, lock := range map[string]func(context.Context) (func(), error){
		"file":      func(ctx context.Context) (func(), error) { return Lock(ctx, filepath.Join(dir, "lock")) },
		"directory": func(ctx context.Context) (func(), error) { return LockDir(ctx, dir) },
	} {
		soon, cancel := context.WithTimeout(t.Context(), 3*poll)
		if _, err := lock(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", what, err)
		}
		cancel()
		got := make(chan error, 1)
		defer func() {
			select {
			case err := <-got:
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("%s: the killed process still holds the lock", what)
			}
		}()
		go func() {
			unlock, err := lock(t.Context())
			if err == nil {
				unlock()
			}
			got <- err
		}()
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
}
