package cli

import (
	"path/filepath"
	"runtime"

	"awsmfa/internal/ancestor"
	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// chooseShell is the shell whose statements are printed: the one named (--shell), else AWSMFA_SHELL, else the one that
// runs us, else $SHELL, else the system's usual one.
func (a *app) chooseShell(named string) (shells.Shell, error) {
	if named == "" {
		named = a.Getenv("AWSMFA_SHELL")
	}
	if named != "" {
		s, err := shells.Lookup(named)
		if err != nil {
			return shells.Shell{}, &usageError{msg.UnknownShell(named, shellNames())}
		}
		return s, nil
	}
	s, _ := a.runningShell()
	return s, nil
}

// runningShell finds the shell that runs us, and its file where that is known. $SHELL is only the login shell: it is
// asked when no ancestor is a shell.
func (a *app) runningShell() (s shells.Shell, path string) {
	for p := range ancestor.All() {
		for i, name := range p.Names() {
			s, err := shells.Lookup(name)
			if err != nil || s.Data || (s.Name == "cmd" && runtime.GOOS != "windows") {
				continue
			}
			if i > 0 { // the file is an interpreter's, or one program under many names
				return s, ""
			}
			return s, p.Path
		}
	}
	if login := a.Getenv("SHELL"); login != "" {
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

func shellNames() []string {
	var names []string
	for _, s := range shells.All() {
		names = append(names, s.Name)
	}
	return names
}
