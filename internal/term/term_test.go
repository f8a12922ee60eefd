package term_test

import (
	"testing"

	"awsmfa/internal/term"
)

// The console's own window sets nothing, and ConEmu and mintty are not known to draw narrow.
func TestDrawsNarrow(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"NOTHING", "", false},
		{"WT_SESSION", "0f6a9a9e-6bc6-4b4b-8a3b-2a3a6ad8e5c1", true},
		{"TERM_PROGRAM", "vscode", true},
		{"TERM_PROGRAM", "WezTerm", true},
		{"TERM_PROGRAM", "Tabby", true},
		{"TERM_PROGRAM", "Hyper", true},
		{"TERM_PROGRAM", "zed", true},
		{"TERM_PROGRAM", "mintty", false},
		{"TERM", "xterm-256color", false},
		{"TERMINAL_EMULATOR", "JetBrains-JediTerm", true},
		{"TERMINAL_EMULATOR", "another", false},
		{"ALACRITTY_LOG", `C:\Users\alice\AppData\Local\Temp\Alacritty-4711.log`, true},
		{"ConEmuANSI", "ON", false},
	} {
		getenv := func(name string) string {
			if name == c.name {
				return c.value
			}
			return ""
		}
		if got := term.DrawsNarrow(getenv); got != c.want {
			t.Errorf("%s=%s: %v", c.name, c.value, got)
		}
	}
}
