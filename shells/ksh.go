package shells

// ksh is the KornShell: ksh93 and the ksh of the BSDs. mksh is separate.
func ksh() Shell {
	s := posix("ksh", "ksh93", "rksh", "pdksh", "oksh")
	s.init = initScript("ksh", "init.sh")
	return s
}
