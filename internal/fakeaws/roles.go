package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxRoleSession     = 43200
	defaultRoleSession = 3600
	maxChainedSession  = 3600
	maxTags            = 50
)

// Role describes an IAM role to AddRole.
type Role struct {
	Account   string // twelve digits; DefaultAccount when empty
	Partition string // "aws" when empty
	Name      string
	Path      string // "/" when empty
	// Trust is the JSON trust policy; TrustAccount of its own account when empty.
	Trust      string
	Policies   []string      // as in User; Admin when nil, and an empty slice allows nothing
	MaxSession time.Duration // an hour when 0; AWS allows 1 to 12 hours

	ARN string // set by AddRole
	ID  string // set by AddRole: AROA…
}

type role struct {
	Role
	trust    policy
	policies []policy
}

// AddRole adds a role and returns it with its ARN and ID. It panics if the role exists or the evaluator does not
// support a policy: then the test is wrong.
func (s *Server) AddRole(r Role) Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addRole(r)
}

func (s *Server) addRole(r Role) Role {
	if r.Account == "" {
		r.Account = DefaultAccount
	}
	if r.Partition == "" {
		r.Partition = "aws"
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if r.Trust == "" {
		r.Trust = TrustAccount(r.Partition, r.Account)
	}
	if r.Policies == nil {
		r.Policies = []string{Admin()}
	}
	if r.MaxSession == 0 {
		r.MaxSession = defaultRoleSession * time.Second
	}
	r.ARN, r.ID = fmt.Sprintf("arn:%s:iam::%s:role%s%s", r.Partition, r.Account, r.Path, r.Name), newID("AROA")
	if r.Name == "" || s.roles[r.ARN] != nil {
		panic(fmt.Sprintf("fakeaws: role %q has no name, or exists already", r.ARN))
	}
	if r.MaxSession < time.Hour || r.MaxSession > maxRoleSession*time.Second {
		panic(fmt.Sprintf("fakeaws: no role lasts up to %s", r.MaxSession))
	}
	s.roles[r.ARN] = &role{Role: r, trust: mustParseTrust(r.Trust), policies: mustParsePolicies(r.Policies)}
	return r
}

// SetTrust replaces the role's trust policy. It panics as AddRole does. Existing sessions stay valid, as on AWS.
func (s *Server) SetTrust(roleARN, trust string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRole(roleARN)
	r.Trust, r.trust = trust, mustParseTrust(trust)
}

func (s *Server) mustRole(arn string) *role {
	r := s.roles[arn]
	if r == nil {
		panic(fmt.Sprintf("fakeaws: no role %q", arn))
	}
	return r
}

type tag struct {
	key, value string
	transitive bool
}

const (
	patternRoleARN     = `arn:[a-z-]+:iam::\d{12}:role/.*[^/]`
	patternARN         = `[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`
	patternSessionName = `[\w+=,.@-]*`
	patternExternalID  = `[\w+=,.@:\/-]*`
	patternTag         = `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`
)

// assumeRole follows https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. The code is checked
// before the policies, which may require it: a call that they deny has used the code.
func (s *Server) assumeRole(req *request) (any, *apiError) {
	seconds, tags, err := validateAssumeRole(req)
	if err != nil {
		return nil, err
	}
	c := req.caller
	if c.user.Root {
		return nil, errAccessDenied("Roles may not be assumed by root accounts.")
	}
	mfa, err := s.checkMFA(req, c.user)
	if err != nil {
		return nil, err
	}
	source := req.param("SourceIdentity")
	if t := c.session; t != nil && t.role != nil {
		if tags, err = t.inheritTags(tags); err != nil {
			return nil, err
		}
		if source != "" && t.sourceIdentity != "" && source != t.sourceIdentity {
			return nil, errValidation("The source identity is already set for this assume role session")
		}
		if source == "" {
			source = t.sourceIdentity
		}
	}
	r, err := s.authorizeAssume(req, mfa, tags, source)
	if err != nil {
		return nil, err
	}
	lifetime := time.Duration(seconds) * time.Second
	if c.session != nil && seconds > maxChainedSession {
		return nil, errValidation(
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if lifetime > r.MaxSession {
		return nil, errTooLong()
	}
	t := s.newRoleSession(r, req.param("RoleSessionName"), lifetime)
	t.tags, t.sourceIdentity, t.chained = tags, source, c.session != nil
	return s.assumeRoleResult(t), nil
}

func validateAssumeRole(req *request) (seconds int, tags []tag, err *apiError) {
	v := validation{req: req}
	seconds = validateRoleSession(&v)
	v.text("ExternalId", 2, 1224, patternExternalID)
	v.text("SerialNumber", 9, 256, `[\w+=/:,.@-]*`)
	v.text("TokenCode", 6, 6, `[\d]*`)
	v.text("SourceIdentity", 2, 64, patternSessionName)
	if req.has("Policy") || req.has("PolicyArns.member.1.arn") {
		// Ignoring a session policy would allow the session more than AWS does.
		v.problems = append(v.problems, "Session policies are not understood here")
	}
	tags, err = v.tags()
	if err := v.err(); err != nil {
		return 0, nil, err
	}
	return seconds, tags, err
}

// validateRoleSession validates the parameters that all ways to assume a role share.
func validateRoleSession(v *validation) (seconds int) {
	v.required("RoleArn")
	v.text("RoleArn", 20, 2048, patternARN)
	v.required("RoleSessionName")
	v.text("RoleSessionName", 2, 64, patternSessionName)
	return v.number("DurationSeconds", minSession, maxRoleSession, defaultRoleSession)
}

// authorizeAssume evaluates the policies of caller and role. A missing role and a denied one get the same error, so
// that nobody learns which roles exist.
func (s *Server) authorizeAssume(req *request, mfa bool, tags []tag, source string) (*role, *apiError) {
	arn := req.param("RoleArn")
	if !matches(patternRoleARN, arn) {
		return nil, errValidation("Request ARN is invalid")
	}
	keys := s.contextKeys(req.caller)
	if mfa {
		keys["aws:MultiFactorAuthPresent"], keys["aws:MultiFactorAuthAge"] = "true", "0"
	}
	keys["sts:RoleSessionName"] = req.param("RoleSessionName")
	if req.has("ExternalId") {
		keys["sts:ExternalId"] = req.param("ExternalId")
	}
	if source != "" {
		keys["sts:SourceIdentity"] = source
	}
	for _, t := range tags {
		keys["aws:RequestTag/"+t.key] = t.value
	}
	actions := []string{"sts:AssumeRole"}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	r := s.roles[arn]
	for _, action := range actions {
		if r == nil || !r.allowsAssume(req.caller, access{action, arn, keys}) {
			return nil, errAccessDenied(fmt.Sprintf(
				"User: %s is not authorized to perform: %s on resource: %s", req.caller.user.ARN, action, arn))
		}
	}
	return r, nil
}

// allowsAssume requires the trust policy and the caller's own policies to allow; within an account, a trust policy that
// names the caller is enough. A deny on either side wins.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func (r *role) allowsAssume(c caller, a access) bool {
	own := evaluate(c.policies(), a)
	switch by := allows(r.trust, a, c.matchPrincipals); {
	case by == notTrusted || by == denied || own == explicitDeny || c.user.Partition != r.Partition:
		return false
	case own == allow:
		return true
	default:
		return by == trustsPrincipal && c.user.Account == r.Account
	}
}

// newRoleSession returns a session whose principal has the role's account, the session's own ARN, and no name.
func (s *Server) newRoleSession(r *role, name string, lifetime time.Duration) *session {
	principal := &user{User: User{
		Account: r.Account, Partition: r.Partition, ID: r.ID + ":" + name,
		ARN: fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", r.Partition, r.Account, r.Name, name),
	}}
	t := s.newSession(principal, lifetime)
	t.role = r
	return t
}

type assumedRoleXML struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	Arn           string
}

func (s *Server) assumeRoleResult(t *session) any {
	return struct {
		Credentials     credentialsXML
		AssumedRoleUser assumedRoleXML
		SourceIdentity  string `xml:",omitempty"`
	}{s.credentials(t), assumedRoleXML{t.user.ID, t.user.ARN}, t.sourceIdentity}
}

// tags reads Tags.member.N and TransitiveTagKeys.member.N.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
func (v *validation) tags() ([]tag, *apiError) {
	var tags []tag
	seen := map[string]int{}
	for i := 1; ; i++ {
		member := "Tags.member." + strconv.Itoa(i)
		if !v.req.has(member+".Key") && !v.req.has(member+".Value") {
			break
		}
		v.required(member + ".Key")
		v.required(member + ".Value")
		v.text(member+".Key", 1, 128, patternTag)
		v.text(member+".Value", 0, 256, patternTag)
		key := v.req.param(member + ".Key")
		if _, twice := seen[strings.ToLower(key)]; twice {
			return nil, errInvalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[strings.ToLower(key)] = len(tags)
		tags = append(tags, tag{key: key, value: v.req.param(member + ".Value")})
	}
	if len(tags) > maxTags {
		v.problems = append(v.problems, fmt.Sprintf(
			"Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags))
	}
	for i := 1; v.req.has("TransitiveTagKeys.member." + strconv.Itoa(i)); i++ {
		at, ok := seen[strings.ToLower(v.req.param("TransitiveTagKeys.member."+strconv.Itoa(i)))]
		if !ok {
			return nil, errInvalidParameter("The specified transitive tag key must be included in the requested tags.")
		}
		tags[at].transitive = true
	}
	return tags, nil
}

// inheritTags adds the calling session's transitive tags, which cannot be set again.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
func (t *session) inheritTags(tags []tag) ([]tag, *apiError) {
	for _, old := range t.tags {
		if !old.transitive {
			continue
		}
		if slices.ContainsFunc(tags, func(n tag) bool { return strings.EqualFold(n.key, old.key) }) {
			return nil, errInvalidParameter(
				"One of the specified transitive tag keys can't be set because it conflicts " +
					"with a transitive tag key from the calling session.",
			)
		}
		tags = append(tags, old)
	}
	return tags, nil
}
