package cli

import (
	"awsmfa/internal/msg"
	"awsmfa/internal/partition"
	"awsmfa/internal/policy"
	"awsmfa/shells"
)

type policyCmd struct {
	Partition string `default:"aws"`
	Explain   bool
}

func (*policyCmd) help() flagHelp {
	return flagHelp{
		"partition": msg.Textf("For the users of this partition of AWS: %s.", msg.List(partition.Names())),
		"explain":   msg.Textf("Explain each statement, instead of printing the JSON."),
	}
}

func (*policyCmd) values() flagValues { return flagValues{"partition": plainValues(partition.Names())} }

func (*policyCmd) Help() string {
	return `Prints an IAM policy as JSON, for an administrator to attach to a user or a group:

  awsmfa policy > policy.json
  aws iam put-user-policy --user-name alice --policy-name mfa --policy-document file://policy.json

In Windows PowerShell 5.1, where > writes UTF-16, the first line is:

  awsmfa policy | Set-Content -Encoding ascii policy.json

Without MFA it denies everything except setting up the user's own MFA device, which must have the user's name. It allows
nothing else: other policies must allow what users may do with MFA.`
}

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
		printer := a.printerFor(a.Stdout)
		text = printer.Text(policy.Introduction(c.Partition))
		for i, s := range document.Statement {
			text += "\n" + printer.Text(s.Explain(i+1))
		}
	}
	return a.print(text)
}
