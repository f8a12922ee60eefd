// Package ancestor tells which programs this process was started by, nearest first: the shell that evaluates awsmfa's
// output is one of them, whatever $SHELL says of the login shell. It only reads what the system tells any process of
// the same user; where the system tells nothing, there are no ancestors.
package ancestor

import (
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// most bounds the walk: a parent that has ended may have left its number to a younger process.
const most = 24

// Process is a running program.
type Process struct {
	// Path is the program's file, or "" where the system does not say.
	Path string
	// Name is what the system calls the process: the file's name, cut to 15 characters on Linux and macOS; for a
	// script on Linux, the script's.
	Name string
	pid  int
}

// Names returns what the program may be known by, surest first: its file, what the system calls it, and, where the
// file is Python, the script that Python runs (xonsh is one).
func (p Process) Names() []string {
	names := make([]string, 0, 3)
	if p.Path != "" {
		names = append(names, filepath.Base(p.Path))
	}
	names = append(names, p.Name)
	if strings.HasPrefix(strings.ToLower(names[0]), "python") {
		for _, arg := range arguments(p.pid)[1:] {
			if !strings.HasPrefix(arg, "-") {
				names = append(names, filepath.Base(arg))
				break
			}
		}
	}
	return names
}

// All goes from the parent of this process upwards.
func All() iter.Seq[Process] {
	return func(yield func(Process) bool) {
		look := looker()
		for pid, n := os.Getppid(), 0; pid > 0 && n < most; n++ {
			p, parent, ok := look(pid)
			if !ok || !yield(p) {
				return
			}
			pid = parent
		}
	}
}
