package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const id = "AKIAIOSFODNN7EXAMPLE"

func TestFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s := File(dir)
	ctx := t.Context()
	if _, err := s.Get(ctx, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	for _, secret := range []string{"one", "two"} {
		if err := s.Set(ctx, id, secret); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, id); got != secret || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	path := filepath.Join(dir, id+".key")
	if text, err := os.ReadFile(path); !strings.HasSuffix(string(text), "\ntwo\n") || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, id); got != "" || err == nil {
			t.Errorf("open to others: %q, %v", got, err)
		}
	}
	for range 2 {
		if err := s.Remove(ctx, id); err != nil {
			t.Error(err)
		}
	}
	for _, err := range callAll(t, File("")) {
		if !errors.Is(err, ErrAbsent) {
			t.Errorf("without a directory: %v", err)
		}
	}
	if runtime.GOOS == "windows" { // a file below a file is one that is not there
		return
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, err := range callAll(t, File(path)) {
		if err == nil || errors.Is(err, ErrNotFound) && i > 0 {
			t.Errorf("in a file, call %d: %v", i, err)
		}
	}
}

// callAll returns the errors of each call of the store.
func callAll(t *testing.T, s Store) []error {
	t.Helper()
	_, get := s.Get(t.Context(), id)
	return []error{get, s.Set(t.Context(), id, "secret"), s.Remove(t.Context(), id)}
}

// A call that does not end is left behind, after the limit or the end of the context, which may be earlier.
func TestWithin(t *testing.T) {
	hang := func() (string, error) { select {} }
	if _, err := within(t.Context(), time.Millisecond, hang); !errors.Is(err, ErrNoAnswer) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := within(ctx, time.Hour, hang); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := within(late, time.Hour, hang); !errors.Is(err, ErrNoAnswer) {
		t.Error(err)
	}
	answer := func() (string, error) { return "x", nil }
	if got, err := within(t.Context(), time.Hour, answer); got != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
