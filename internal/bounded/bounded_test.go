package bounded

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file of any length is read whole.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	text := bytes.Repeat([]byte("x"), MaxPipe+2)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(path); err != nil || !bytes.Equal(got, text) {
		t.Error(len(got), err)
	}
	if _, err := ReadFile(path + "s"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// More than a program may print is none of its output.
func TestOutput(t *testing.T) {
	var o Output
	if n, err := o.Write(make([]byte, MaxOutput)); n != MaxOutput || err != nil {
		t.Error(n, err)
	}
	if n, err := o.Write([]byte("x")); n != 0 || !errors.Is(err, ErrTooLong) || !o.Full() {
		t.Error(n, err)
	}
}
