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

// SelfManagedMFA returns the policy that many companies give their users: without MFA it allows only managing the
// user's own MFA device, which must have the user's name and, like the user, no path.
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

// AdminWithMFA returns a policy that allows everything with MFA.
func AdminWithMFA() string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}`
}

// Admin returns a policy that allows everything.
func Admin() string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`
}

type policy struct {
	Version, ID string
	Statement   statements
}

type statement struct {
	Sid, Effect       string
	Principal         *principals // of a trust policy only
	Action, NotAction strs
	Resource          strs
	NotResource       strs
	Condition         map[string]map[string]strs
}

// statements and strs are written as a list or as its only element.
type (
	statements []statement
	strs       []string
)

func (l *statements) UnmarshalJSON(b []byte) error { return oneOrMore(b, (*[]statement)(l)) }

// UnmarshalJSON also accepts true, false and numbers without quotes, as IAM does.
func (l *strs) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '[' && b[0] != '"' && b[0] != '{' {
		*l = strs{string(b)}
		return nil
	}
	return oneOrMore(b, (*[]string)(l))
}

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

// parsePolicy refuses everything that evaluate does not support: ignoring a condition would change the policy's
// meaning.
func parsePolicy(doc string) (policy, error) {
	var p policy
	if err := decodeStrictly([]byte(doc), &p); err != nil {
		return p, err
	}
	for _, st := range p.Statement {
		if st.Principal != nil || (len(st.Resource) == 0) == (len(st.NotResource) == 0) {
			return p, errors.New("a statement needs one of Resource and NotResource, and no Principal")
		}
		if err := errors.Join(st.check(), checkVariables(st.Resource), checkVariables(st.NotResource)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// check checks the rules that identity-based and trust policies share.
func (st statement) check() error {
	if st.Effect != "Allow" && st.Effect != "Deny" {
		return fmt.Errorf("effect %q", st.Effect)
	}
	if (len(st.Action) == 0) == (len(st.NotAction) == 0) {
		return errors.New("a statement needs one of Action and NotAction")
	}
	for op, keys := range st.Condition {
		for key, values := range keys {
			if err := errors.Join(checkCondition(op, key, values), checkVariables(values)); err != nil {
				return err
			}
		}
	}
	return nil
}

const usernameVariable = "${aws:username}"

func checkVariables(values []string) error {
	for _, v := range values {
		if strings.Contains(strings.ReplaceAll(v, usernameVariable, ""), "${") {
			return fmt.Errorf("a variable in %q is not understood", v)
		}
	}
	return nil
}

// access is the request that a policy evaluates. A key missing in keys is absent from the request's context.
type access struct {
	action, resource string
	keys             map[string]string // condition keys, as spelled in conditionKind
}

type verdict int

const (
	implicitDeny verdict = iota
	explicitDeny
	allow
)

// evaluate follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html for
// identity-based policies: a deny wins, and access that no statement allows is denied.
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

// applies ignores the principal of a trust policy.
func (st statement) applies(a access) bool {
	matchesAction := func(pattern string) bool {
		return wildcard(strings.ToLower(pattern), strings.ToLower(a.action))
	}
	if len(st.Action) > 0 && !slices.ContainsFunc(st.Action, matchesAction) ||
		len(st.NotAction) > 0 && slices.ContainsFunc(st.NotAction, matchesAction) {
		return false
	}
	matchesResource := func(pattern string) bool {
		pattern, ok := a.expand(pattern)
		return ok && wildcard(pattern, a.resource)
	}
	if len(st.Resource) > 0 && !slices.ContainsFunc(st.Resource, matchesResource) ||
		len(st.NotResource) > 0 && slices.ContainsFunc(st.NotResource, matchesResource) {
		return false
	}
	for op, keys := range st.Condition {
		for key, values := range keys {
			if !a.holds(op, key, values) {
				return false
			}
		}
	}
	return true
}

// expand inserts the user's name. The root user and roles have none, so a pattern with the variable matches nothing.
func (a access) expand(pattern string) (string, bool) {
	name, ok := a.keys["aws:username"]
	return strings.ReplaceAll(pattern, usernameVariable, name), ok || !strings.Contains(pattern, usernameVariable)
}

// conditionKind returns the type of a condition key's values: "Bool", "Numeric", "String", or "" for an unsupported
// key.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
func conditionKind(key string) string {
	switch key {
	case "aws:MultiFactorAuthPresent":
		return "Bool"
	case "aws:MultiFactorAuthAge":
		return "Numeric"
	case "aws:username", "aws:SourceIdentity", "sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity":
		return "String"
	}
	for _, prefix := range []string{"aws:RequestTag/", "aws:PrincipalTag/"} {
		if strings.HasPrefix(key, prefix) {
			return "String"
		}
	}
	if issuer, claim, _ := cutLast(key, ":"); strings.Contains(issuer, ".") && (claim == "sub" || claim == "aud") {
		return "String" // of a web identity
	}
	return ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func checkCondition(op, key string, values []string) error {
	plain, _ := strings.CutSuffix(op, "IfExists")
	switch kind := conditionKind(key); {
	case kind == "" || !strings.HasPrefix(plain, kind) || len(values) == 0:
		return fmt.Errorf("condition %s %s is not understood", op, key)
	case kind == "Numeric":
		for _, v := range values {
			if _, err := strconv.ParseInt(v, 10, 64); err != nil {
				return fmt.Errorf("condition %s %s: %w", op, key, err)
			}
		}
	case kind == "Bool" && (len(values) != 1 || values[0] != "true" && values[0] != "false"):
		return fmt.Errorf("condition %s %s: %q", op, key, values)
	}
	switch plain {
	case "Bool", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"StringEquals", "StringNotEquals", "StringLike", "StringNotLike":
		return nil
	}
	return fmt.Errorf("condition operator %s is not understood", op)
}

// holds evaluates one condition that checkCondition accepts. If the key is absent, a plain operator fails, and a
// negated one or one with IfExists holds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func (a access) holds(op, key string, values []string) bool {
	op, ifExists := strings.CutSuffix(op, "IfExists")
	op, negated := cutNot(op)
	given, present := a.keys[key]
	if !present {
		return ifExists || negated
	}
	return negated != slices.ContainsFunc(values, func(want string) bool {
		want, ok := a.expand(want)
		return ok && compare(op, given, want)
	})
}

func cutNot(op string) (string, bool) {
	kind, rest, negated := strings.Cut(op, "Not")
	return kind + rest, negated
}

func compare(op, given, want string) bool {
	switch op {
	case "Bool", "StringEquals":
		return given == want
	case "StringLike":
		return wildcard(want, given)
	}
	g, errGiven := strconv.ParseInt(given, 10, 64)
	w, errWant := strconv.ParseInt(want, 10, 64)
	if errGiven != nil || errWant != nil {
		return false
	}
	switch op {
	case "NumericLessThan":
		return g < w
	case "NumericLessThanEquals":
		return g <= w
	case "NumericGreaterThan":
		return g > w
	default:
		return g >= w
	}
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

// contextKeys returns the condition keys of the request's caller. Long-term keys have no MFA keys, nor have the
// sessions of roles, even of one assumed with a code: "The temporary credentials returned by AssumeRole do not include
// MFA information in the context".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
func (s *Server) contextKeys(c caller) map[string]string {
	keys := map[string]string{}
	if c.user.Name != "" {
		keys["aws:username"] = c.user.Name
	}
	switch t := c.session; {
	case t == nil:
	case t.role != nil:
		for _, tag := range t.tags {
			keys["aws:PrincipalTag/"+tag.key] = tag.value
		}
		if t.sourceIdentity != "" {
			keys["aws:SourceIdentity"] = t.sourceIdentity
		}
	default:
		keys["aws:MultiFactorAuthPresent"] = strconv.FormatBool(t.mfa)
		if t.mfa {
			keys["aws:MultiFactorAuthAge"] = strconv.FormatInt(int64(s.codeTime().Sub(t.issued)/time.Second), 10)
		}
	}
	return keys
}

// policies returns the caller's policies.
func (c caller) policies() []policy {
	if c.session != nil && c.session.role != nil {
		return c.session.role.policies
	}
	return c.user.policies
}

// authorize evaluates the caller's policies. The root user has none.
func (s *Server) authorize(req *request, action, resource string) *apiError {
	u := req.caller.user
	if u.Root {
		return nil
	}
	switch evaluate(req.caller.policies(), access{action, resource, s.contextKeys(req.caller)}) {
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
