package cli

import (
	"io"

	"awsmfa/internal/msg"
	"awsmfa/internal/policy"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

type policyCmd struct {
	Partition string `enum:"aws,aws-cn,aws-us-gov,aws-eusc" default:"aws" placeholder:"NAME"`
	Explain   bool
}

func (*policyCmd) help() flagHelp {
	return flagHelp{
		"partition": msg.Textf("For the users of this partition of AWS: aws, aws-cn, aws-us-gov or aws-eusc."),
		"explain":   msg.Textf("Say in words what each statement does, instead of the JSON."),
	}
}

func (*policyCmd) Help() string { return msg.PolicyHelp }

// Run prints a policy, which is data for IAM and never for a shell to evaluate.
func (c *policyCmd) Run(a *app) error {
	document, err := policy.New(c.Partition)
	if err != nil {
		return &usageError{err}
	}
	text, err := document.JSON()
	if err != nil {
		return err
	}
	text = shells.ASCII(text)
	if c.Explain {
		text = msg.PolicyIntroduction(c.Partition)
		for i, s := range document.Statement {
			text += "\n" + msg.PolicyStatement(i+1, s.Sid)
		}
	}
	if _, err := io.WriteString(term.Text(a.Stdout), text); err != nil {
		return msg.PolicyNotPrinted(err)
	}
	return nil
}
