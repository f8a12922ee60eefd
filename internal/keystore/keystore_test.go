package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
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
	if _, err := File("").Get(ctx, id); !errors.Is(err, ErrAbsent) {
		t.Errorf("without a directory: %v", err)
	}
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
