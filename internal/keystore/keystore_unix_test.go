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
	for code, want := range map[int]error{44: ErrNotFound, 36: ErrLocked, 51: ErrLocked, 128: ErrLocked, 1: nil} {
		exit := (*exec.ExitError)(nil)
		if !errors.As(exec.Command("sh", "-c", "exit "+strconv.Itoa(code)).Run(), &exit) {
			t.Fatal("it does not end so")
		}
		err := ofSecurity(exit)
		for _, other := range []error{ErrNotFound, ErrLocked} {
			if errors.Is(err, other) != (other == want) {
				t.Errorf("%d: %v", code, err)
			}
		}
		if !errors.Is(err, exit) {
			t.Errorf("%d: %v does not tell the code", code, err)
		}
	}
}
