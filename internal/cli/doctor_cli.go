package cli

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"awsmfa/internal/msg"
)

// headers warns of the headers of the chain's profiles that the AWS CLI, or no AWS client, reads as they are meant.
func (d *doctor) headers() (found []check) {
	for _, p := range d.chain.Profiles() {
		for _, err := range p.UnreadByCLI() {
			found = append(found, warning(msg.Textf("profile"), err))
		}
		if err := p.WithoutPrefix(); err != nil {
			found = append(found, warning(msg.Textf("profile"), err))
		}
	}
	return found
}

// awsCLI checks which version of the AWS CLI is installed. It does not show what the CLI prints if it fails, which may
// be a line of the AWS files.
func awsCLI(ctx context.Context, environ []string) check {
	name := msg.Textf("AWS CLI")
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "aws", "--version")
	cmd.Env, cmd.WaitDelay = environ, time.Second
	out, err := cmd.CombinedOutput() // version 1 says it on stderr
	version, _, _ := strings.Cut(strings.TrimPrefix(string(out), "aws-cli/"), " ")
	var exit *exec.ExitError
	switch {
	case err == nil && strings.HasPrefix(string(out), "aws-cli/"):
		return passed(name, msg.Textf("the AWS CLI is installed, version %s", strings.TrimSpace(version)))
	case errors.As(err, &exit) && exit.ExitCode() != exitNotFound: // which a version manager's script has without one
		return warning(name, msg.Errorf("the AWS CLI is installed, but does not start: aws --version ended with "+
			"exit code %d", exit.ExitCode()).Hint("run that command to see why"))
	}
	return passed(name, msg.Textf("the AWS CLI is not installed; awsmfa does not need it"))
}
