package shells

// ksh is the KornShell, ksh93 and the ksh of the BSDs; mksh has a name of its own.
func ksh() Shell { return posix("ksh", "ksh93", "rksh", "pdksh", "oksh") }
