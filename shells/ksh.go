package shells

// ksh is the KornShell: ksh93 and the ksh of the BSDs. mksh is separate.
func ksh() Shell { return posix("ksh", "ksh93", "rksh", "pdksh", "oksh") }
