package shells

func mksh() Shell { return posix("mksh", "lksh") }
