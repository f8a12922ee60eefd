// Package policy writes the IAM policy that awsmfa's users live under: nothing is allowed without MFA but to set up the
// own MFA device. docs/policy.md tells each decision and where AWS's published examples differ. It knows ARNs and JSON
// and nothing else: it never talks to AWS and never prints; what a statement means in words is said in package msg.
package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Document is an IAM policy, in the order in which it is printed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of a Document. Its Sid is what package msg knows it by.
type Statement struct {
	Sid         string
	Effect      string
	Action      []string  `json:",omitempty"`
	NotAction   []string  `json:",omitempty"`
	Resource    []string  `json:",omitempty"`
	NotResource []string  `json:",omitempty"`
	Condition   Condition `json:",omitempty"`
}

// Condition is operator, then key, then value.
type Condition map[string]map[string]string

// The actions that concern the user's own MFA device, by the resource that AWS asks the policy about.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
const (
	create     = "iam:CreateVirtualMFADevice" // of a device
	remove     = "iam:DeleteVirtualMFADevice" // of a device
	enable     = "iam:EnableMFADevice"        // of a user, whatever the device
	resync     = "iam:ResyncMFADevice"        // of a user
	deactivate = "iam:DeactivateMFADevice"    // of a user
	list       = "iam:ListMFADevices"         // of a user
	get        = "iam:GetUser"                // of a user
	listAll    = "iam:ListVirtualMFADevices"  // of no resource that could be named: only "*" will do
)

// Partitions are the parts of AWS that share no account, in the order in which they are offered.
func Partitions() []string { return []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc"} }

// New builds the policy for the users of one partition. It fails for a partition that is not one of Partitions: ARNs of
// another match nothing, and a policy of such ARNs would lock its users out.
func New(partition string) (Document, error) {
	if !slices.Contains(Partitions(), partition) {
		return Document{}, fmt.Errorf("partition %q is none of %s", partition, strings.Join(Partitions(), ", "))
	}
	// IAM acts in the caller's account only, so "*" for the account reaches no other and saves writing the number. No
	// user's or device's name holds a slash, so user/*/NAME is this user under any path and nobody else; of a device
	// there is no such second form, or a key alone could enrol a second one under a path.
	iam := "arn:" + partition + ":iam::*:"
	device := []string{iam + "mfa/${aws:username}"}
	user := []string{iam + "user/${aws:username}", iam + "user/*/${aws:username}"}

	// With IfExists also where the key is absent, and it is absent with long-term keys: Bool would let those pass.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
	withoutMFA := Condition{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
	// What the first day needs. Not deactivate: with it a stolen key would trade the user's device for its own.
	firstDay := []string{create, remove, enable, resync, list, get}

	return Document{
		Version: "2012-10-17", // with an earlier one, ${aws:username} would be a name like any other
		Statement: []Statement{
			{Sid: "OwnDevice", Effect: "Allow", Action: []string{create, remove}, Resource: device},
			{Sid: "OwnUser", Effect: "Allow", Action: []string{enable, resync, deactivate, list, get}, Resource: user},
			{Sid: "FindLeftoverDevice", Effect: "Allow", Action: []string{listAll}, Resource: []string{"*"}},
			{
				Sid: "DenyAllElseWithoutMFA", Effect: "Deny",
				NotAction: slices.Concat(firstDay, []string{listAll}), Resource: []string{"*"}, Condition: withoutMFA,
			},
			// The exemptions above are by action, on anything: an Allow beside this policy, such as an administrator's,
			// would let a key without MFA create and enable a device of any name.
			{
				Sid: "DenyOthersWithoutMFA", Effect: "Deny",
				Action: firstDay, NotResource: slices.Concat(device, user), Condition: withoutMFA,
			},
		},
	}, nil
}

// JSON is the document as IAM takes it: ASCII, indented, the same bytes each time, ending in a newline.
func (d Document) JSON() (string, error) {
	b, err := json.MarshalIndent(d, "", "  ")
	return string(b) + "\n", err
}
