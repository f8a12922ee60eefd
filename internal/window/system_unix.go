//go:build unix && !darwin

package window

import "strings"

// system returns the programs of a desktop with X or Wayland, its own first.
func system(getenv func(string) string, environ []string) (ways []way, looked []string) {
	switch {
	case getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "":
		return nil, nil
	case strings.Contains(getenv("XDG_CURRENT_DESKTOP"), "KDE"):
		return find(environ, kdialog(), zenity())
	}
	return find(environ, zenity(), kdialog())
}
