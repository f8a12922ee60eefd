// Package completions holds the scripts that complete awsmfa's command line, one file per shell. A script asks the
// hidden command `awsmfa complete` for the candidates, so it knows no command, no flag and no profile itself, and need
// not be replaced when awsmfa is.
package completions

import "embed"

//go:embed awsmfa.*
var files embed.FS

// extensions map each shell, by its name in package shells, to the extension of its script.
var extensions = []struct{ shell, extension string }{
	{"bash", "bash"},
	{"zsh", "zsh"},
	{"fish", "fish"},
	{"pwsh", "ps1"},
	{"tcsh", "tcsh"},
	{"elvish", "elv"},
	{"nu", "nu"},
	{"xonsh", "xsh"},
}

// Shells returns the names of the shells that have a script.
func Shells() []string {
	var names []string
	for _, e := range extensions {
		names = append(names, e.shell)
	}
	return names
}

// Script returns the script for a shell. It reports false if there is none.
func Script(shell string) (text string, ok bool) {
	for _, e := range extensions {
		if e.shell == shell {
			data, err := files.ReadFile("awsmfa." + e.extension)
			return string(data), err == nil
		}
	}
	return "", false
}
