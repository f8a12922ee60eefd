//go:build !windows

package cli

import "golang.org/x/sys/unix"

func withoutBlanks(path string) string { return path }

// writable reports whether a file can be created in the directory.
func writable(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }
