//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak is ru_maxrss of getrusage(2): kibibytes, but bytes on macOS.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return usage.Maxrss
	}
	return usage.Maxrss * 1024
}
