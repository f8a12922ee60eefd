package cli

// attend runs the command and returns its exit code, as become does here without a server, too. Ctrl-C ends the question
// for a code by itself.
func attend(a *app, path string, argv, environ []string, _ func()) error {
	return become(a, path, argv, environ)
}
