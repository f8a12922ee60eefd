package shells

// sh is the shell of POSIX: dash, the ash of BusyBox, and whatever else is called sh.
func sh() Shell { return posix("sh", "dash", "ash", "busybox") }
