package shells

// sh is the POSIX shell: dash, the ash of BusyBox, and any other program called sh.
func sh() Shell { return posix("sh", "dash", "ash", "busybox") }
