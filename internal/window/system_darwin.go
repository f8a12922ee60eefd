package window

// system returns osascript, except in a remote shell: the person does not sit at this screen.
func system(getenv func(string) string) []program {
	if getenv("SSH_CONNECTION") != "" {
		return nil
	}
	return []program{osascript()}
}
