package shells

func zsh() Shell {
	s := posix("zsh", "rzsh")
	s.init = initScript("init.zsh")
	return s
}
