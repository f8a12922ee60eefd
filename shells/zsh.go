package shells

func zsh() Shell { return posix("zsh", "rzsh") }
