package cli

import (
	"encoding/json"
	"time"

	"awsmfa/internal/msg"
	"awsmfa/internal/session"
	"awsmfa/shells"
)

// processCmd prints a session to an AWS client.
type processCmd struct {
	sessionFlags
	Format formatFlag
}

func (c *processCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"format": msg.Textf("The format: process, for credential_process, or sts, which is that of aws sts " +
			"get-session-token (process)."),
	})
}

func (c *processCmd) values() flagValues {
	values := c.sessionFlags.values()
	values["format"] = plainValues([]string{string(formatProcess), string(formatSTS)})
	return values
}

// formatFlag is a format of credentials; "" is formatProcess.
type formatFlag string

const (
	formatProcess formatFlag = "process"
	formatSTS     formatFlag = "sts"
)

func (f *formatFlag) UnmarshalText(text []byte) error {
	switch *f = formatFlag(text); *f {
	case formatProcess, formatSTS:
		return nil
	}
	return msg.Errorf("there is no format %q", string(text)).
		Hint("write %s or %s", string(formatProcess), string(formatSTS))
}

// processMinTTL is longer than other commands': with 15 minutes left botocore asks for new credentials at every call
// (credentials.RefreshableCredentials).
const processMinTTL = 15 * time.Minute

func (*processCmd) Help() string {
	return `For credential_process in a profile of the config file; awsmfa config writes that profile:

  [profile prod-mfa]
  credential_process = awsmfa credential-process prod

Then AWS clients with the profile prod-mfa have prod's session:

  aws --profile prod-mfa s3 ls

It prints secrets, as JSON, for the client that runs it. If it needs a code, it asks on the terminal, or in a window
where there is none.

--format sts is for programs that read what aws sts get-session-token prints, such as Claude Code.`
}

func (c *processCmd) Run(a *app) error {
	c.defaultMinTTL, c.client = processMinTTL, newClient(a.Stdout, a.isCalled())
	p, err := c.read(a)
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
	text, err := json.Marshal(processOutput(s, c.Format))
	if err != nil {
		return err
	}
	return a.print(shells.ASCII(string(text)) + "\n")
}

// processOutput is the session as credential_process prints it, or as the AWS CLI prints the answer of STS.
//
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func processOutput(s session.Session, format formatFlag) any {
	type credentials struct {
		Version         int    `json:",omitempty"`
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string     `json:",omitempty"`
		Expiration      *time.Time `json:",omitempty"`
	}
	out := credentials{1, s.AccessKeyID, s.SecretAccessKey, s.SessionToken, nil}
	if !s.Expiration.IsZero() {
		end := s.Expiration.UTC()
		out.Expiration = &end
	}
	if format != formatSTS {
		return out
	}
	out.Version = 0
	return struct{ Credentials credentials }{out}
}
