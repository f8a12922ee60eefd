package shells

func mksh() Shell {
	s := posix("mksh", "lksh")
	s.init = initScript("mksh", "init.sh")
	return s
}
