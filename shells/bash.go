package shells

func bash() Shell {
	s := posix("bash", "rbash")
	s.init = initScript("bash", "init.bash")
	s.prompt = "prompt.bash"
	return s
}
