//go:build unix

package bounded

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A pipe is read to its end; nobody waits for ever for one that nobody writes to; a device has no end.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(path, []byte("text"), 0o600)
	if text, err := ReadFile(path); string(text) != "text" || err != nil {
		t.Error(text, err)
	}
	if _, err := readFile(path, 100*time.Millisecond); !errors.Is(err, ErrTooSlow) {
		t.Error(err)
	}
	if _, err := ReadFile("/dev/zero"); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}
