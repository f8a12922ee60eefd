package shells

func bash() Shell {
	s := posix("bash", "rbash")
	s.init = initScript("init.bash")
	return s
}
