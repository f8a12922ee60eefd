package cli

import (
	"strings"

	"golang.org/x/sys/windows"
)

// withoutBlanks is the short form (8.3) of an existing file's path, or path itself if it has no blank or the drive
// has no short names.
func withoutBlanks(path string) string {
	long, err := windows.UTF16PtrFromString(path)
	if err != nil || !strings.Contains(path, " ") {
		return path
	}
	var short [windows.MAX_LONG_PATH]uint16
	n, err := windows.GetShortPathName(long, &short[0], uint32(len(short)))
	if err != nil || int(n) >= len(short) {
		return path
	}
	return windows.UTF16ToString(short[:n])
}

// writable is about other systems only.
func writable(string) bool { return true }
