package cli

import (
	"encoding/json"
	"io"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/shells"
)

// processCmd is what AWS clients call.
type processCmd struct {
	sessionFlags
}

// processMinTTL is longer than elsewhere: botocore asks for new credentials from when these have 15 minutes left, and at
// every call until it gets some that have more (credentials.RefreshableCredentials).
const processMinTTL = 15 * time.Minute

func (*processCmd) Help() string { return msg.ProcessHelp }

func (c *processCmd) Run(a *app) error {
	c.defaultMinTTL = processMinTTL
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
