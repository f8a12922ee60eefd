package shells

func zsh() Shell {
	s := posix("zsh", "rzsh")
	s.init = initScript("zsh", "init.zsh")
	s.prompt = "prompt.zsh"
	return s
}
