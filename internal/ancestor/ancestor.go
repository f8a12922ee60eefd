// Package ancestor lists the ancestors of this process, nearest first, and finds the shell that evaluates awsmfa's
// output, which need not be the login shell in $SHELL. It only uses information that the system gives to every process
// of the same user; without any, there are no ancestors.
package ancestor

import (
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"awsmfa/shells"
)

// maxAncestors limits All: another process may have got the ID of a parent that has ended, so that there is a cycle.
const maxAncestors = 24

// Shell returns the shell that runs this process, and the path of its program if known: an ancestor, else the login
// shell in $SHELL, else the system's usual one.
func Shell(getenv func(string) string) (s shells.Shell, path string) {
	for p := range all() {
		path := p.path
		for name := range p.names() {
			s, ok := shells.Lookup(name)
			if ok && !s.Data && (s.Name != "cmd" || runtime.GOOS == "windows") {
				return s, path
			}
			path = "" // the program is an interpreter, or several programs in one
		}
	}
	if login := getenv("SHELL"); login != "" {
		if s, ok := shells.Lookup(filepath.Base(login)); ok && !s.Data {
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

// Program returns the name of the nearest ancestor that is no shell, or "": a person would say that it runs this
// program. For a script that Python runs it is the script's. Above the shell in which a person types there is no such
// program, but a terminal.
func Program() string {
	for p := range all() {
		var name string
		isShell := false
		for n := range p.names() {
			s, ok := shells.Lookup(n)
			isShell = isShell || ok && !s.Data
			name = n
			if !strings.HasPrefix(strings.ToLower(filepath.Base(p.path)), "python") {
				break
			}
		}
		switch {
		case name != "" && !isShell:
			return strings.TrimSuffix(name, ".exe")
		case leadsSession(p.pid):
			return ""
		}
	}
	return ""
}

// process is a running program.
type process struct {
	// path is the program's file, or "" if unknown.
	path string
	pid  int
}

// names returns the program's possible names, the most reliable first: that of its file, that of the process (the
// file's name, cut to 15 characters on Linux and macOS; for a script on Linux, the script's), and, if the file is
// Python, that of the script that it runs, such as xonsh. Each is read only when needed.
func (p process) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		file := filepath.Base(p.path)
		if p.path != "" && !yield(file) {
			return
		}
		if name, _, ok := status(p.pid); ok {
			// A program that changes its title may have its arguments there, too.
			if word, _, _ := strings.Cut(name, " "); !yield(word) {
				return
			}
		}
		if strings.HasPrefix(strings.ToLower(file), "python") {
			if name := script(arguments(p.pid)[1:]); name != "" {
				yield(name)
			}
		}
	}
}

// script returns the name of the script or module that Python's arguments name, or "": behind -c is code, which may
// hold a secret (Python's "Command line and environment", 1.1.1).
func script(args []string) string {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case !strings.HasPrefix(arg, "-"):
			return filepath.Base(arg)
		case arg == "-m" && i+1 < len(args):
			return args[i+1]
		case arg == "-W", arg == "-X":
			i++
		case !strings.HasPrefix(arg, "--") && strings.Contains(arg, "c"):
			return ""
		}
	}
	return ""
}

// all returns the ancestors of this process, the parent first.
func all() iter.Seq[process] {
	return func(yield func(process) bool) {
		pid := os.Getppid()
		for range maxAncestors {
			if pid <= 0 || !yield(process{path: file(pid), pid: pid}) {
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
