package shells

func bash() Shell { return posix("bash", "rbash") }
