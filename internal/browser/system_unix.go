//go:build unix

package browser

import (
	"runtime"
	"syscall"
)

// system is what opens web pages here. rundll32.exe and wslview stand for the browser of the Windows that this Linux
// runs in (WSL), whose loopback reaches ours.
func system(environ []string) []Program {
	if runtime.GOOS == "darwin" {
		return []Program{command(environ, "/usr/bin/open")}
	}
	return []Program{
		command(environ, "xdg-open"),
		command(environ, "x-www-browser"),
		command(environ, "rundll32.exe", "url.dll,FileProtocolHandler"),
		command(environ, "wslview"),
	}
}

func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
