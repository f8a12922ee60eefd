package msg

func NoCache() error {
	return &Error{
		oldText: "there is no directory to keep sessions in: each call asks for a code",
		oldHint: "set HOME (on Windows LOCALAPPDATA), or XDG_CACHE_HOME to an absolute path",
	}
}
