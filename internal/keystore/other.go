//go:build windows || darwin

package keystore

import (
	"os"
	"path/filepath"
	"runtime"
)

// hasKeyring reports whether there is a keyring. On macOS the login keychain is in the home directory.
func hasKeyring(getenv func(string) string) bool {
	if runtime.GOOS == "windows" {
		return true
	}
	_, err := os.Stat(filepath.Join(getenv("HOME"), "Library", "Keychains"))
	return err == nil
}

// isLocked reports whether a person may be asked to unlock the keyring. Windows' is open as long as its user is signed
// in.
func isLocked() (bool, error) { return runtime.GOOS == "darwin", nil }
