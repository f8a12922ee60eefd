//go:build !windows && !darwin

package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// hasKeyring reports whether there is a session bus, where the Secret Service is. Without one the library would start a
// bus with dbus-launch.
func hasKeyring(getenv func(string) string) bool {
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return true
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "bus"))
	return err == nil
}

// isLocked reports whether the collection that the library uses is locked, so that a person will be asked.
// https://specifications.freedesktop.org/secret-service/latest/org.freedesktop.Secret.Collection.html
func isLocked() (bool, error) {
	service, err := ss.NewSecretService()
	if err != nil {
		return false, absent(err)
	}
	locked, err := service.GetLoginCollection().GetProperty("org.freedesktop.Secret.Collection.Locked")
	if err != nil {
		return false, absent(err)
	}
	is, _ := locked.Value().(bool)
	return is, nil
}

// absent marks the errors for a bus, or a service on it, that is not there.
func absent(err error) error {
	if failed, ok := errors.AsType[dbus.Error](err); ok && !strings.HasSuffix(failed.Name, ".ServiceUnknown") &&
		!strings.Contains(failed.Name, ".Spawn.") && !strings.HasSuffix(failed.Name, ".NoReply") {
		return err
	}
	return errors.Join(ErrAbsent, err)
}
