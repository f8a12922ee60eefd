//go:build unix

package keystore

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"
)

// The exit codes of macOS's security.
func TestOfSecurity(t *testing.T) {
	for code, want := range map[int]struct{ missing, locked bool }{
		44: {missing: true}, 36: {locked: true}, 51: {locked: true}, 128: {locked: true}, 1: {},
	} {
		exit := (*exec.ExitError)(nil)
		if !errors.As(exec.Command("sh", "-c", "exit "+strconv.Itoa(code)).Run(), &exit) {
			t.Fatal("it does not end so")
		}
		err := ofSecurity(exit)
		if errors.Is(err, ErrNotFound) != want.missing || errors.Is(err, ErrLocked) != want.locked {
			t.Errorf("%d: %v", code, err)
		}
		if !errors.Is(err, exit) {
			t.Errorf("%d: %v does not tell the code", code, err)
		}
	}
}
