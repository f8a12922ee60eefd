package cli

import (
	"encoding/json"
	"io"
	"time"

	"awsmfa/shells"
)

// processCmd prints a session to an AWS client.
type processCmd struct {
	sessionFlags
}

// processMinTTL is longer than other commands': with 15 minutes left botocore asks for new credentials at every call
// (credentials.RefreshableCredentials).
const processMinTTL = 15 * time.Minute

func (*processCmd) Help() string {
	return `For credential_process in a profile of the config file; awsmfa config writes that profile:

  [profile prod-mfa]
  credential_process = awsmfa credential-process prod

Then every AWS client with the profile prod-mfa has prod's session:

  aws --profile prod-mfa s3 ls

It prints secrets, as JSON, for the client that runs it. If it needs a code, it asks on the terminal.`
}

func (c *processCmd) Run(a *app) error {
	c.defaultMinTTL, c.client = processMinTTL, newClient(a.Stdout)
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	p, err := c.load(a)
	if err != nil {
		return err
	}
	s, err := c.session(a, p)
	if err != nil {
		return err
	}
	if c.client.asked && c.client.parent.ended() {
		a.warn(gaveUp())
	}
	// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
	out := struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string     `json:",omitempty"`
		Expiration      *time.Time `json:",omitempty"`
	}{1, s.AccessKeyID, s.SecretAccessKey, s.SessionToken, nil}
	if !s.Expiration.IsZero() {
		end := s.Expiration.UTC()
		out.Expiration = &end
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(a.Stdout, shells.ASCII(string(text))+"\n"); err != nil {
		return notPrinted(err)
	}
	return nil
}
