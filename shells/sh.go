package shells

// sh is the POSIX shell: dash, the ash of BusyBox, and any other program called sh.
func sh() Shell {
	s := posix("sh", "dash", "ash", "busybox")
	s.init = initScript("sh", "init.sh")
	return s
}
