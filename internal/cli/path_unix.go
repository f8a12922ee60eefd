//go:build !windows

package cli

func withoutBlanks(path string) string { return path }
