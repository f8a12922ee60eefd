package window

// system returns osascript, except in a remote shell: the person does not sit at this screen.
func system(getenv func(string) string, environ []string) (ways []way, looked []string) {
	if getenv("SSH_CONNECTION") != "" {
		return nil, nil
	}
	return find(environ, osascript())
}
