package fakeaws

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SelfManagedMFA is the policy that many companies give their users: nothing is allowed without MFA but to manage
// the own MFA device, which must bear the user's name and lie, like the user, under no path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_users-self-manage-mfa-and-creds.html
func SelfManagedMFA(partition string) string {
	return strings.ReplaceAll(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Sid": "AllowIndividualUserToManageTheirOwnMFA",
			"Effect": "Allow",
			"Action": [
				"iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:DeactivateMFADevice",
				"iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"
			],
			"Resource": ["arn:PARTITION:iam::*:mfa/${aws:username}", "arn:PARTITION:iam::*:user/${aws:username}"]
		}, {
			"Sid": "AllowIndividualUserToViewTheirOwnMFA",
			"Effect": "Allow",
			"Action": ["iam:ListVirtualMFADevices", "iam:GetUser"],
			"Resource": ["arn:PARTITION:iam::*:user/${aws:username}", "*"]
		}, {
			"Sid": "BlockMostAccessUnlessSignedInWithMFA",
			"Effect": "Deny",
			"NotAction": [
				"iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:DeactivateMFADevice",
				"iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices",
				"iam:GetUser", "iam:ChangePassword"
			],
			"Resource": "*",
			"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
		}]
	}`, "PARTITION", partition)
}

// AdminWithMFA is a policy that allows everything, once MFA was given.
func AdminWithMFA() string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}`
}

// Admin is a policy that allows everything.
func Admin() string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`
}

type policy struct {
	Version   string
	Statement statements
}

type statement struct {
	Sid, Effect       string
	Action, NotAction strs
	Resource          strs
	NotResource       strs
	Condition         map[string]map[string]strs
}

// statements and strs may be written as a list or as its only element.
type (
	statements []statement
	strs       []string
)

func (l *statements) UnmarshalJSON(b []byte) error { return oneOrMore(b, (*[]statement)(l)) }
func (l *strs) UnmarshalJSON(b []byte) error       { return oneOrMore(b, (*[]string)(l)) }

func oneOrMore[T any](b []byte, list *[]T) error {
	if len(b) > 0 && b[0] == '[' {
		return decodeStrictly(b, list)
	}
	var one T
	if err := decodeStrictly(b, &one); err != nil {
		return err
	}
	*list = []T{one}
	return nil
}

func decodeStrictly(b []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

func mustParsePolicies(docs []string) []policy {
	var all []policy
	for _, doc := range docs {
		p, err := parsePolicy(doc)
		if err != nil {
			panic(fmt.Sprintf("fakeaws: policy %s: %v", doc, err))
		}
		all = append(all, p)
	}
	return all
}

// parsePolicy refuses what allowed would not heed: a condition passed over is a policy that means something else.
func parsePolicy(doc string) (policy, error) {
	var p policy
	if err := decodeStrictly([]byte(doc), &p); err != nil {
		return p, err
	}
	for _, st := range p.Statement {
		if st.Effect != "Allow" && st.Effect != "Deny" {
			return p, fmt.Errorf("effect %q", st.Effect)
		}
		if (len(st.Action) == 0) == (len(st.NotAction) == 0) || (len(st.Resource) == 0) == (len(st.NotResource) == 0) {
			return p, errors.New("a statement needs one of Resource and NotResource, and one of Action and NotAction")
		}
		for op, keys := range st.Condition {
			for key, values := range keys {
				if len(values) != 1 {
					return p, fmt.Errorf("condition %s %s: one value is understood", op, key)
				}
				if _, err := holds(op, key, values[0], access{}); err != nil {
					return p, err
				}
			}
		}
	}
	return p, nil
}

// access is a question to a policy.
type access struct {
	action, resource string
	username         string
	session          *session // nil: long-term keys, of which the MFA condition keys are absent
	now              time.Time
}

type verdict int

const (
	implicitDeny verdict = iota
	explicitDeny
	allow
)

// evaluate follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html for
// identity-based policies: a deny wins, and what no statement allows is denied.
func evaluate(policies []policy, a access) verdict {
	result := implicitDeny
	for _, p := range policies {
		for _, st := range p.Statement {
			if !st.applies(a) {
				continue
			}
			if st.Effect == "Deny" {
				return explicitDeny
			}
			result = allow
		}
	}
	return result
}

func (st statement) applies(a access) bool {
	matchesAction := func(pattern string) bool {
		return wildcard(strings.ToLower(pattern), strings.ToLower(a.action))
	}
	if len(st.Action) > 0 && !slices.ContainsFunc(st.Action, matchesAction) ||
		len(st.NotAction) > 0 && slices.ContainsFunc(st.NotAction, matchesAction) {
		return false
	}
	matchesResource := func(pattern string) bool {
		if strings.Contains(pattern, "${aws:username}") && a.username == "" {
			return false // the root user and roles have no such variable, and a pattern with it matches nothing
		}
		return wildcard(strings.ReplaceAll(pattern, "${aws:username}", a.username), a.resource)
	}
	if len(st.Resource) > 0 && !slices.ContainsFunc(st.Resource, matchesResource) ||
		len(st.NotResource) > 0 && slices.ContainsFunc(st.NotResource, matchesResource) {
		return false
	}
	for op, keys := range st.Condition {
		for key, values := range keys {
			if ok, err := holds(op, key, values[0], a); err != nil || !ok {
				return false
			}
		}
	}
	return true
}

// holds evaluates one condition on how the caller signed in. The keys are absent with long-term keys: then a plain
// operator fails and one with IfExists holds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func holds(op, key, want string, a access) (bool, error) {
	op, ifExists := strings.CutSuffix(op, "IfExists")
	switch {
	case op == "Bool" && key == "aws:MultiFactorAuthPresent":
		w, err := strconv.ParseBool(want)
		if err != nil {
			return false, fmt.Errorf("condition %s %s: %w", op, key, err)
		}
		if a.session == nil {
			return ifExists, nil
		}
		return a.session.mfa == w, nil
	case (op == "NumericLessThan" || op == "NumericGreaterThan") && key == "aws:MultiFactorAuthAge":
		w, err := strconv.ParseInt(want, 10, 64)
		if err != nil {
			return false, fmt.Errorf("condition %s %s: %w", op, key, err)
		}
		if a.session == nil || !a.session.mfa {
			return ifExists, nil
		}
		age := int64(a.now.Sub(a.session.issued) / time.Second)
		return op == "NumericLessThan" && age < w || op == "NumericGreaterThan" && age > w, nil
	}
	return false, fmt.Errorf("condition %s %s is not understood", op, key)
}

// wildcard matches "*" with anything and "?" with any one character.
func wildcard(pattern, s string) bool {
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '*' {
			rest := pattern[i+1:]
			for j := i; j <= len(s); j++ {
				if wildcard(rest, s[j:]) {
					return true
				}
			}
			return false
		}
		if i >= len(s) || pattern[i] != '?' && pattern[i] != s[i] {
			return false
		}
	}
	return len(pattern) == len(s)
}

// authorize asks the caller's policies. Nothing binds the root user.
func (s *Server) authorize(req *request, action, resource string) *apiError {
	u := req.caller.user
	if u.Root {
		return nil
	}
	a := access{action: action, resource: resource, username: u.Name, session: req.caller.session, now: s.codeTime()}
	switch evaluate(u.policies, a) {
	case allow:
		return nil
	case explicitDeny:
		return errAccessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s "+
			"with an explicit deny in an identity-based policy", u.ARN, action, resource))
	default:
		return errAccessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s "+
			"because no identity-based policy allows the %s action", u.ARN, action, resource, action))
	}
}
