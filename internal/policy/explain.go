package policy

import "awsmfa/internal/msg"

// Introduction is the text before the explanations of the statements.
func Introduction(partition string) msg.Text {
	return msg.Textf(`The policy for IAM users in partition %s, statement by statement. A deny wins over every allow,
even one in another policy. A request "without MFA" is signed with the access key itself, or with a session obtained
without a code.
`, partition)
}

// Explain explains a statement; number is its place in the policy. The text is empty if the statement is not one of
// ours.
func (s Statement) Explain(number int) msg.Text {
	switch s.Sid {
	case "OwnDevice":
		return msg.Textf(`%d. %s (allow)
   The user may create (CreateVirtualMFADevice) and delete (DeleteVirtualMFADevice) the virtual MFA device with the
   user's own name, and no other. AWS deletes a device only after it was deactivated, so a stolen access key can
   delete the leftover of an interrupted setup, but not the device in use.
`, number, s.Sid)
	case "OwnUser":
		return msg.Textf(`%d. %s (allow)
   The user may do this to the user itself only: enable a device (EnableMFADevice) and resynchronize it
   (ResyncMFADevice), each with two codes from it; deactivate it (DeactivateMFADevice; only with MFA, by statement 4);
   list its devices (ListMFADevices); read its own user (GetUser). The second resource is for users with a path.
`, number, s.Sid)
	case "FindLeftoverDevice":
		return msg.Textf(`%d. %s (allow)
   The user may list the virtual MFA devices of the account (ListVirtualMFADevices), to find the leftover of an
   interrupted setup. AWS cannot limit this to the user's own device: the user can see names of users and devices,
   but no secrets.
`, number, s.Sid)
	case "DenyAllElseWithoutMFA":
		return msg.Textf(`%d. %s (deny)
   Without MFA every action of every service is denied, except the seven that the setup needs: CreateVirtualMFADevice,
   DeleteVirtualMFADevice, EnableMFADevice, ResyncMFADevice, ListMFADevices, GetUser, ListVirtualMFADevices. Obtaining a
   session (GetSessionToken) needs no permission. DeactivateMFADevice is not among the seven: a stolen access key must
   not be able to replace the user's device.
`, number, s.Sid)
	case "DenyOthersWithoutMFA":
		return msg.Textf(`%d. %s (deny)
   Without MFA those of the seven actions that concern one device or one user (CreateVirtualMFADevice,
   DeleteVirtualMFADevice, EnableMFADevice, ResyncMFADevice, ListMFADevices, GetUser) are denied for every device and
   user but the user's own, even if other policies of the user allow everything.
`, number, s.Sid)
	}
	return msg.Text{}
}
