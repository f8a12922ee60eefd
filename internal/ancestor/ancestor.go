// Package ancestor tells which programs this process was started by, nearest first, and which shell is one of them: the
// one that evaluates awsmfa's output, whatever $SHELL says of the login shell. It only reads what the system tells any
// process of the same user; where the system tells nothing, there are no ancestors.
package ancestor

import (
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"awsmfa/shells"
)

// most bounds the walk: a parent that has ended may have left its number to a younger process.
const most = 24

// Shell finds the shell that runs this process, and its file where that is known: an ancestor, else the login shell that
// $SHELL names, else the system's usual one.
func Shell(getenv func(string) string) (s shells.Shell, path string) {
	for p := range All() {
		path := p.Path
		for name := range p.Names() {
			s, err := shells.Lookup(name)
			if err == nil && !s.Data && (s.Name != "cmd" || runtime.GOOS == "windows") {
				return s, path
			}
			path = "" // not the shell's own file, but an interpreter's, or that of many programs in one
		}
	}
	if login := getenv("SHELL"); login != "" {
		if s, err := shells.Lookup(filepath.Base(login)); err == nil && !s.Data {
			return s, login
		}
	}
	usual := "sh"
	if runtime.GOOS == "windows" {
		usual = "pwsh"
	}
	s, _ = shells.Lookup(usual)
	return s, ""
}

// Process is a running program.
type Process struct {
	// Path is the program's file, or "" where the system does not say.
	Path string
	pid  int
}

// Names goes through what the program may be known by, surest first: its file, what the system calls the process (the
// file's name, cut to 15 characters on Linux and macOS; for a script on Linux, the script's), and, where the file is
// Python, the script that Python runs (xonsh is one). Each is asked for only when it is wanted.
func (p Process) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		file := filepath.Base(p.Path)
		if p.Path != "" && !yield(file) {
			return
		}
		if name, _, ok := status(p.pid); ok {
			// A program that retitles itself has its arguments there too.
			if word, _, _ := strings.Cut(name, " "); !yield(word) {
				return
			}
		}
		if strings.HasPrefix(strings.ToLower(file), "python") {
			for _, arg := range arguments(p.pid)[1:] {
				if !strings.HasPrefix(arg, "-") {
					yield(filepath.Base(arg))
					return
				}
			}
		}
	}
}

// All goes from the parent of this process upwards.
func All() iter.Seq[Process] {
	return func(yield func(Process) bool) {
		pid := os.Getppid()
		for range most {
			if pid <= 0 || !yield(Process{Path: file(pid), pid: pid}) {
				return
			}
			_, parent, ok := status(pid)
			if !ok {
				return
			}
			pid = parent
		}
	}
}
