package cli_test

import "golang.org/x/sys/windows"

// isPage932 reports whether the system's ANSI code page is Japan's.
func isPage932() bool { return windows.GetACP() == 932 }
