//go:build !windows && !darwin

package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Without a session bus, and with one that is gone, there is no keyring, and nobody is asked to unlock it.
func TestNoKeyring(t *testing.T) {
	for _, address := range []string{"", "autolaunch:", "unix:path=" + t.TempDir() + "/bus"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		getenv := func(name string) string {
			return map[string]string{"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": t.TempDir()}[name]
		}
		if HasKeyring(t.Context(), getenv) {
			t.Errorf("%q has one", address)
		}
		for _, err := range callAll(t, Keyring(getenv, func() { t.Errorf("%q is locked", address) })) {
			if !errors.Is(err, ErrAbsent) {
				t.Errorf("%q: %v", address, err)
			}
		}
	}
}

// A keyring may be on the session bus that a variable names, or that is in the runtime directory. "autolaunch:" would
// start one.
func TestHasKeyring(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(with, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address, runtime string
		want             bool
	}{
		{"", "", false},
		{"", without, false},
		{"", with, true},
		{"autolaunch:", without, false},
		{"autolaunch:", with, true},
		{"unix:path=/x", without, true},
	} {
		variables := map[string]string{"DBUS_SESSION_BUS_ADDRESS": c.address, "XDG_RUNTIME_DIR": c.runtime}
		if got := hasKeyring(func(name string) string { return variables[name] }); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// What D-Bus says where there is no such service, and otherwise.
func TestAbsent(t *testing.T) {
	for name, want := range map[string]bool{
		"org.freedesktop.DBus.Error.ServiceUnknown":        true,
		"org.freedesktop.DBus.Error.Spawn.ServiceNotFound": true,
		"org.freedesktop.DBus.Error.NoReply":               true,
		"org.freedesktop.DBus.Error.AccessDenied":          false,
	} {
		err := absent(dbus.Error{Name: name})
		if errors.Is(err, ErrAbsent) != want || !errors.As(err, new(dbus.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := absent(os.ErrNotExist); !errors.Is(err, ErrAbsent) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no bus: %v", err)
	}
}
