// Package policy builds and explains an IAM policy for awsmfa's users: without MFA it allows a user to set up the
// user's own MFA device, and nothing else. docs/policy.md has the reason for each decision, and the differences from
// AWS's published examples. The package never calls AWS and never prints.
package policy

import (
	"encoding/json"
	"slices"

	"awsmfa/internal/msg"
	"awsmfa/internal/partition"
)

// Document is an IAM policy, in the order in which it is printed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of a Document.
type Statement struct {
	Sid         string
	Effect      string
	Action      []string  `json:",omitempty"`
	NotAction   []string  `json:",omitempty"`
	Resource    []string  `json:",omitempty"`
	NotResource []string  `json:",omitempty"`
	Condition   Condition `json:",omitempty"`
}

// Condition maps an operator to a key to a value.
type Condition map[string]map[string]string

// The actions that concern the user's own MFA device, with the resource that AWS checks.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
const (
	create     = "iam:CreateVirtualMFADevice" // of a device
	remove     = "iam:DeleteVirtualMFADevice" // of a device
	enable     = "iam:EnableMFADevice"        // of a user, whatever the device
	resync     = "iam:ResyncMFADevice"        // of a user
	deactivate = "iam:DeactivateMFADevice"    // of a user
	list       = "iam:ListMFADevices"         // of a user
	get        = "iam:GetUser"                // of a user
	listAll    = "iam:ListVirtualMFADevices"  // of no resource: only "*" works
)

// New builds the policy for the users of the partition with a name, which must be one of partition.Names: ARNs of
// another would match nothing, and the policy would lock its users out.
func New(name string) (Document, error) {
	if !slices.Contains(partition.Names(), name) {
		return Document{}, msg.Errorf("there is no policy for partition %q", name).
			Hint("the partitions are %s", msg.List(partition.Names()))
	}
	// IAM acts in the caller's account only, so "*" for the account reaches no other and the number need not be
	// known. No user's or device's name has a slash, so user/*/NAME is this user with any path and nobody else; for a
	// device there is no such second form, or a key alone could enable a second one with a path.
	iam := "arn:" + name + ":iam::*:"
	device := []string{iam + "mfa/${aws:username}"}
	user := []string{iam + "user/${aws:username}", iam + "user/*/${aws:username}"}

	// With long-term keys the condition key is absent: BoolIfExists denies them, too, but Bool would not. See
	// aws:MultiFactorAuthPresent in
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
	withoutMFA := Condition{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
	// Not deactivate: with it a stolen key could replace the user's device.
	setup := []string{create, remove, enable, resync, list, get}

	return Document{
		Version: "2012-10-17", // in an earlier version ${aws:username} is no variable
		Statement: []Statement{
			{Sid: "OwnDevice", Effect: "Allow", Action: []string{create, remove}, Resource: device},
			{Sid: "OwnUser", Effect: "Allow", Action: []string{enable, resync, deactivate, list, get}, Resource: user},
			{Sid: "FindLeftoverDevice", Effect: "Allow", Action: []string{listAll}, Resource: []string{"*"}},
			{
				Sid: "DenyAllElseWithoutMFA", Effect: "Deny",
				NotAction: slices.Concat(setup, []string{listAll}), Resource: []string{"*"}, Condition: withoutMFA,
			},
			// The statement above exempts actions on all resources: with an Allow in another policy, such as an
			// administrator's, a key without MFA could create and enable a device of any name.
			{
				Sid: "DenyOthersWithoutMFA", Effect: "Deny",
				Action: setup, NotResource: slices.Concat(device, user), Condition: withoutMFA,
			},
		},
	}, nil
}

// JSON returns the document for IAM: in ASCII, indented, always the same bytes, with a newline at the end.
func (d Document) JSON() (string, error) {
	b, err := json.MarshalIndent(d, "", "  ")
	return string(b) + "\n", err
}
