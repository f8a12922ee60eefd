//go:build !windows

package cli_test

// isPage932 reports whether the system's ANSI code page is Japan's.
func isPage932() bool { return false }
