package msg

import "fmt"

// The policy. What is printed here goes to stdout and may meet any code page: ASCII only.

// PolicyHelp stands under the usage in policy --help.
const PolicyHelp = `Prints an IAM policy as JSON, to be put on a user or a group by an administrator:

  awsmfa policy > policy.json
  aws iam put-user-policy --user-name alice --policy-name mfa --policy-document file://policy.json

In Windows PowerShell 5.1, where > writes UTF-16, the first line is:

  awsmfa policy | Set-Content -Encoding ascii policy.json

It denies everything without MFA but what sets up the user's own MFA device, which must bear the user's name. It allows
nothing else: what users may do with MFA is for other policies to say.`

// PolicyIntroduction stands before the explanations of the statements.
func PolicyIntroduction(partition string) string {
	return fmt.Sprintf(`The policy for IAM users in partition %s, statement by statement. A deny beats every allow, also one in another policy.
"Without MFA" is a request signed with the access key itself, or with a session that was obtained without a code.
`, partition)
}

// PolicyStatement explains the statement that is called sid; it is "" when there is no such statement.
func PolicyStatement(number int, sid string) string {
	switch sid {
	case "OwnDevice":
		return fmt.Sprintf(`%d. %s (allow)
   The user may create (CreateVirtualMFADevice) and delete (DeleteVirtualMFADevice) the virtual MFA device that bears
   the user's own name, and no other. AWS deletes a device only after it was deactivated, so a stolen access key can
   clear away what an interrupted set-up left behind, but not the device in use.
`, number, sid)
	case "OwnUser":
		return fmt.Sprintf(`%d. %s (allow)
   The user may, for the own user only: enable a device (EnableMFADevice) and set its clock right
   (ResyncMFADevice), each with two codes from it; take it off again (DeactivateMFADevice; only with MFA, by statement
   4); list the own devices (ListMFADevices); see the own user (GetUser). The second resource is for users under a path.
`, number, sid)
	case "FindLeftoverDevice":
		return fmt.Sprintf(`%d. %s (allow)
   The user may list the virtual MFA devices of the account (ListVirtualMFADevices), to find a device that an
   interrupted set-up left behind. AWS cannot limit this to the own device: names of users and devices can be seen,
   secrets cannot.
`, number, sid)
	case "DenyAllElseWithoutMFA":
		return fmt.Sprintf(`%d. %s (deny)
   Without MFA every action of every service is denied, except the seven of the first day: CreateVirtualMFADevice,
   DeleteVirtualMFADevice, EnableMFADevice, ResyncMFADevice, ListMFADevices, GetUser, ListVirtualMFADevices. To obtain a
   session (GetSessionToken) needs no permission. DeactivateMFADevice is not among the seven: a stolen access key must
   not be able to replace the user's device by another.
`, number, sid)
	case "DenyOthersWithoutMFA":
		return fmt.Sprintf(`%d. %s (deny)
   Without MFA those actions of the first day that concern one device or one user (CreateVirtualMFADevice,
   DeleteVirtualMFADevice, EnableMFADevice, ResyncMFADevice, ListMFADevices, GetUser) are denied for any device and user
   but the own, even to an administrator whose other policies allow everything.
`, number, sid)
	}
	return ""
}

func PolicyNotPrinted(err error) error {
	return &Error{oldText: fmt.Sprintf("writing the policy: %s", innermost(err)), err: err}
}
