//go:build unix && !darwin

package window

import "strings"

// system returns the programs of a desktop with X or Wayland, its own first.
func system(getenv func(string) string) []program {
	if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
		return nil
	}
	if strings.Contains(getenv("XDG_CURRENT_DESKTOP"), "KDE") {
		return []program{kdialog(), zenity()}
	}
	return []program{zenity(), kdialog()}
}
