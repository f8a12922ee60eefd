package cli

import (
	"errors"

	"awsmfa/internal/msg"
	"awsmfa/internal/session"
)

// open opens the endpoint in this process, which stays until the command has ended.
func (s *server) open(first session.Session) (url, token string, err error) {
	if err := s.listen(first); err != nil {
		return "", "", err
	}
	return s.endpoint.URL, s.endpoint.Token, nil
}

// run runs the command, and ends the endpoint with it. Ctrl-C cancels a question for a code by itself.
func (s *server) run(a *app, path string, argv, environ []string) error {
	defer s.close()
	err := runCommand(a, path, argv, environ)
	if code := errExit(0); errors.As(err, &code) && code != 0 && code < exitNotExecutable && !s.asked.Load() {
		a.say(msg.Textf("the command never asked for the session; if it cannot, run it without --server: %s",
			msg.Command("exec", s.Name, "--").With("COMMAND")))
	}
	return err
}

// runSidecar does nothing: only Unix needs a second process.
func (s *server) runSidecar(*app) (is bool, err error) { return false, nil }
