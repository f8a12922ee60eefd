package browser

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// system asks the shell of Windows, which knows the browser and starts it.
func system([]string) []Program {
	return []Program{{"ShellExecute", func(page string, done chan<- error) error {
		file, err := windows.UTF16PtrFromString(page)
		if err != nil {
			return err
		}
		open, err := windows.UTF16PtrFromString("open")
		if err != nil {
			return err
		}
		return windows.ShellExecute(0, open, file, nil, nil, windows.SW_SHOWNORMAL)
	}}}
}

func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}
