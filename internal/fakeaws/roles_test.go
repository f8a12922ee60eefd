package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// try assumes the role, with a request changed by edit, which may be nil.
func try(t *testing.T, cfg aws.Config, role string, edit func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("work")}
	if edit != nil {
		edit(in)
	}
	return stsClient(cfg).AssumeRole(t.Context(), in)
}

func assume(t *testing.T, cfg aws.Config, role string, edit func(*sts.AssumeRoleInput)) *sts.AssumeRoleOutput {
	t.Helper()
	out, err := try(t, cfg, role, edit)
	noError(t, err)
	return out
}

func identityOf(t *testing.T, cfg aws.Config) *sts.GetCallerIdentityOutput {
	t.Helper()
	out, err := stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	return out
}

func refusal(arn, action, role string) string {
	return "User: " + arn + " is not authorized to perform: " + action + " on resource: " + role
}

func TestAssumeRole(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	r := s.AddRole(Role{Name: "admin", Path: "/team/"})
	if r.ARN != "arn:aws:iam::123456789012:role/team/admin" || !strings.HasPrefix(r.ID, "AROA") {
		t.Errorf("role %s %s", r.ARN, r.ID)
	}
	out := assume(t, longTerm(s, u), r.ARN, nil)
	arn := "arn:aws:sts::123456789012:assumed-role/admin/work"
	if *out.AssumedRoleUser.Arn != arn || *out.AssumedRoleUser.AssumedRoleId != r.ID+":work" ||
		out.SourceIdentity != nil {
		t.Errorf("assumed %+v", out.AssumedRoleUser)
	}
	if left := time.Until(*out.Credentials.Expiration); left < 59*time.Minute || left > time.Hour {
		t.Errorf("expires in %s", left)
	}
	cfg := sessionOf(s, out.Credentials)
	if who := identityOf(t, cfg); *who.Arn != arn || *who.UserId != r.ID+":work" || *who.Account != DefaultAccount {
		t.Errorf("identity %s %s", *who.Arn, *who.UserId)
	}
	_, err := stsClient(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	wantError(t, err, 403, "AccessDenied", "Cannot call GetSessionToken with session credentials")

	_, err = iamClient(cfg).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("alice")})
	noError(t, err)
	_, err = iamClient(cfg).GetUser(t.Context(), &iam.GetUserInput{})
	wantError(t, err, 400, "ValidationError", "Must specify userName when calling with non-User credentials")
	s.Advance(time.Hour)
	_, err = stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, 403, "ExpiredToken", "The security token included in the request is expired")
}

// TestRolePolicies checks that the role's policies, not the user's, apply to a role's session.
func TestRolePolicies(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	for name, tt := range map[string]struct{ policy, want string }{
		"nothing": {
			`{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}`,
			"because no identity-based policy allows the iam:GetUser action",
		},
		"deny": {
			`{"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}`,
			"with an explicit deny in an identity-based policy",
		},
		"other": {
			`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::*:user/${aws:username}"}}`,
			"because no identity-based policy allows the iam:GetUser action",
		},
		// "The temporary credentials returned by AssumeRole do not include MFA information in the context"
		"mfa": {AdminWithMFA(), "because no identity-based policy allows the iam:GetUser action"},
	} {
		r := s.AddRole(Role{Name: name, Policies: []string{tt.policy}})
		cfg := sessionOf(s, assume(t, longTerm(s, u), r.ARN, nil).Credentials)
		_, err := iamClient(cfg).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("alice")})
		wantError(t, err, 403, "AccessDenied", refusal("arn:aws:sts::123456789012:assumed-role/"+name+"/work",
			"iam:GetUser", u.ARN)+" "+tt.want)
	}
}

// TestRoleWithoutMFAKeys checks that the condition keys for MFA are not false in a role's session, but absent.
func TestRoleWithoutMFAKeys(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	deny := func(operator string) string {
		return `{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
			"Condition": {"` + operator + `": {"aws:MultiFactorAuthPresent": false}}}}`
	}
	ask := func(name string, policies ...string) error {
		r := s.AddRole(Role{Name: name, Policies: policies})
		cfg := sessionOf(s, assume(t, longTerm(s, u), r.ARN, nil).Credentials)
		_, err := iamClient(cfg).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("alice")})
		return err
	}
	noError(t, ask("bool", Admin(), deny("Bool")))
	wantError(t, ask("if-exists", Admin(), deny("BoolIfExists")), 403, "AccessDenied", refusal(
		"arn:aws:sts::123456789012:assumed-role/if-exists/work",
		"iam:GetUser",
		u.ARN,
	)+" with an explicit deny in an identity-based policy")
}

func TestTrust(t *testing.T) {
	s := start(t)
	const other = "222222222222"
	statement := func(principal, rest string) string {
		return `{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ` + principal + rest + `}}`
	}
	condition := func(c string) string { return statement(`{"AWS": "123456789012"}`, `, "Condition": `+c) }
	mayAssume := `{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"}}`
	mayNot := `{"Statement": {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}}`
	externalID := func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("shop:7/x") }
	tags := func(in *sts.AssumeRoleInput) {
		in.Tags = []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
	}
	for name, tt := range map[string]struct {
		account, trust string // of the role; the caller's when empty
		policies       []string
		edit           func(*sts.AssumeRoleInput)
		refused        string // the denied action; "" if the role is assumed
	}{
		"account":                {policies: []string{mayAssume}},
		"account, no policy":     {policies: []string{}, refused: "sts:AssumeRole"},
		"account, explicit deny": {policies: []string{Admin(), mayNot}, refused: "sts:AssumeRole"},
		"by name, no policy": {
			trust: statement(`{"AWS": "arn:aws:iam::123456789012:user/USER"}`, ""), policies: []string{},
		},
		"by name, explicit deny": {
			trust: statement(`{"AWS": "arn:aws:iam::123456789012:user/USER"}`, ""), policies: []string{mayNot},
			refused: "sts:AssumeRole",
		},
		"another's name": {
			trust: statement(`{"AWS": "arn:aws:iam::123456789012:user/bob"}`, ""), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"everybody": {trust: statement(`"*"`, ""), policies: []string{}},
		"a service": {
			trust: statement(`{"Service": "ec2.amazonaws.com"}`, ""), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"across accounts": {
			account: other, trust: TrustAccount("aws", DefaultAccount), policies: []string{mayAssume},
		},
		"across, not trusted": {account: other, policies: []string{Admin()}, refused: "sts:AssumeRole"},
		"across, named, no policy": {
			account: other, trust: statement(`{"AWS": "arn:aws:iam::123456789012:user/USER"}`, ""),
			policies: []string{}, refused: "sts:AssumeRole",
		},
		"trust denies": {
			trust: `{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}, {"Effect": "Deny", ` +
				`"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}`,
			policies: []string{Admin()}, refused: "sts:AssumeRole",
		},
		"without MFA": {
			trust: TrustAccountWithMFA("aws", DefaultAccount), policies: []string{Admin()}, refused: "sts:AssumeRole",
		},
		"external id": {
			trust: condition(`{"StringEquals": {"sts:ExternalId": "shop:7/x"}}`), policies: []string{Admin()},
			edit: externalID,
		},
		"no external id": {
			trust: condition(`{"StringEquals": {"sts:ExternalId": "shop:7/x"}}`), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"another external id": {
			trust: condition(`{"StringEquals": {"sts:ExternalId": ["a1", "a2"]}}`), policies: []string{Admin()},
			edit: externalID, refused: "sts:AssumeRole",
		},
		"session name": {
			trust: condition(`{"StringLike": {"sts:RoleSessionName": "${aws:username}"}}`), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"the user's session name": {
			trust: condition(`{"StringLike": {"sts:RoleSessionName": "${aws:username}"}}`), policies: []string{Admin()},
			edit: func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("USER") },
		},
		"not this name": {
			trust: condition(`{"StringNotEquals": {"sts:RoleSessionName": "work"}}`), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"not an absent id": {
			trust: condition(`{"StringNotEquals": {"sts:ExternalId": "x1"}}`), policies: []string{Admin()},
		},
		"tags not trusted": {
			trust: statement(`{"AWS": "123456789012"}`, ""), policies: []string{Admin()}, edit: tags,
			refused: "sts:TagSession",
		},
		"tags not allowed": {policies: []string{mayAssume}, edit: tags, refused: "sts:TagSession"},
		"tags":             {policies: []string{Admin()}, edit: tags},
		"the right tag": {
			trust: strings.Replace(condition(`{"StringEquals": {"aws:RequestTag/team": "blue"}}`),
				`"sts:AssumeRole"`, `["sts:AssumeRole", "sts:TagSession"]`, 1),
			policies: []string{Admin()}, edit: tags,
		},
		"no tag": {
			trust: condition(`{"StringEquals": {"aws:RequestTag/team": "blue"}}`), policies: []string{Admin()},
			refused: "sts:AssumeRole",
		},
		"source identity": {
			policies: []string{Admin()},
			edit:     func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("alice") },
		},
		"source not trusted": {
			trust: statement(`{"AWS": "123456789012"}`, ""), policies: []string{Admin()},
			edit:    func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("alice") },
			refused: "sts:SetSourceIdentity",
		},
		"source identity forbidden": {
			trust: condition(`{"StringEqualsIfExists": {"sts:SourceIdentity": "USER"}}`), policies: []string{Admin()},
			edit: func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("bob") }, refused: "sts:AssumeRole",
		},
	} {
		t.Run(name, func(t *testing.T) {
			user := strings.Map(func(r rune) rune {
				if strings.ContainsRune(" ,'", r) {
					return '-'
				}
				return r
			}, name)
			u := s.AddUser(User{Name: user, Policies: tt.policies})
			r := s.AddRole(Role{Name: user, Account: tt.account})
			if tt.trust != "" {
				s.SetTrust(r.ARN, strings.ReplaceAll(tt.trust, "USER", user))
			}
			_, err := try(t, longTerm(s, u), r.ARN, func(in *sts.AssumeRoleInput) {
				if tt.edit != nil {
					tt.edit(in)
				}
				if *in.RoleSessionName == "USER" {
					in.RoleSessionName = &user
				}
			})
			if tt.refused == "" {
				noError(t, err)
			} else {
				wantError(t, err, 403, "AccessDenied", refusal(u.ARN, tt.refused, r.ARN))
			}
		})
	}
}

// TestRoleMFA checks that MFA counts in the call itself and in the calling session, but not in the role's session.
func TestRoleMFA(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"}) // needs MFA for everything
	d := s.AddDevice(u.ARN, Device{})
	first := s.AddRole(
		Role{Name: "first", Trust: TrustAccountWithMFA("aws", DefaultAccount), MaxSession: 12 * time.Hour},
	)
	second := s.AddRole(Role{Name: "second", Trust: TrustAccountWithMFA("aws", DefaultAccount)})
	young := s.AddRole(
		Role{Name: "young", Trust: `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"},
		"Action": "sts:AssumeRole", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": 900}}}}`},
	)
	withCode := func(code string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode, in.DurationSeconds = &d.Serial, &code, aws.Int32(43200)
		}
	}
	_, err := try(t, longTerm(s, u), first.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(u.ARN, "sts:AssumeRole", first.ARN))
	_, err = try(t, longTerm(s, u), first.ARN, withCode("000000"))
	wantError(t, err, 403, "AccessDenied", wrongCode)
	code := s.FreshCode(d.Serial)
	out := assume(t, longTerm(s, u), first.ARN, withCode(code))
	if left := time.Until(*out.Credentials.Expiration); left < 12*time.Hour-time.Minute {
		t.Errorf("expires in %s", left)
	}
	_, err = try(t, longTerm(s, u), first.ARN, withCode(code))
	wantError(t, err, 403, "AccessDenied", wrongCode)
	chained := "arn:aws:sts::123456789012:assumed-role/first/work"
	_, err = try(t, sessionOf(s, out.Credentials), second.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(chained, "sts:AssumeRole", second.ARN))
	_, err = try(t, sessionOf(s, out.Credentials), second.ARN, withCode(s.FreshCode(d.Serial)))
	wantError(t, err, 403, "AccessDenied", wrongSerial) // a role has no device

	session := sessionOf(s, login(t, s, u, d.Serial))
	for _, r := range []Role{first, second, young} {
		assume(t, session, r.ARN, nil)
	}
	s.Advance(15 * time.Minute)
	assume(t, session, first.ARN, nil)
	_, err = try(t, session, young.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(u.ARN, "sts:AssumeRole", young.ARN))

	plain := sessionOf(s, login(t, s, u, ""))
	_, err = try(t, plain, first.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(u.ARN, "sts:AssumeRole", first.ARN))
	identityOf(t, plain)
	_, err = iamClient(plain).GetUser(t.Context(), &iam.GetUserInput{})
	wantError(t, err, 403, "InvalidClientTokenId", invalidToken)
}

func TestAssumeRoleRefusals(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	r := s.AddRole(Role{Name: "admin", MaxSession: 2 * time.Hour})
	missing := strings.Replace(r.ARN, "admin", "missing", 1)
	seconds := func(n int32) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &n }
	}
	tagged := func(transitive string, keys ...string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			for _, k := range keys {
				in.Tags = append(in.Tags, ststypes.Tag{Key: &k, Value: aws.String("")})
			}
			if transitive != "" {
				in.TransitiveTagKeys = []string{transitive}
			}
		}
	}
	var many []string
	for i := range 51 {
		many = append(many, fmt.Sprint("k", i))
	}
	for name, tt := range map[string]struct {
		edit          func(*sts.AssumeRoleInput)
		status        int
		code, message string
	}{
		"no such role": {
			func(in *sts.AssumeRoleInput) { in.RoleArn = &missing }, 403, "AccessDenied",
			refusal(u.ARN, "sts:AssumeRole", missing),
		},
		"no role": {
			func(in *sts.AssumeRoleInput) { in.RoleArn = &u.ARN }, 400, "ValidationError", "Request ARN is invalid",
		},
		"too long": {
			seconds(7201), 400, "ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		},
		"far too long": {
			seconds(43201), 400, "ValidationError",
			"1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member " +
				"must have value less than or equal to 43200",
		},
		"too short": {
			seconds(899), 400, "ValidationError",
			"1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member " +
				"must have value greater than or equal to 900",
		},
		"names": {
			func(in *sts.AssumeRoleInput) {
				in.RoleArn, in.RoleSessionName, in.ExternalId = aws.String("admin"), aws.String("a b"), aws.String("x")
				in.SourceIdentity = aws.String("a/b")
			}, 400, "ValidationError", "4 validation errors detected: " +
				"Value 'admin' at 'roleArn' failed to satisfy constraint: Member must have length greater than or " +
				"equal to 20; " +
				`Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular ` +
				`expression pattern: [\w+=,.@-]*; ` +
				"Value 'x' at 'externalId' failed to satisfy constraint: Member must have length greater than or " +
				"equal to 2; " +
				`Value 'a/b' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular ` +
				`expression pattern: [\w+=,.@-]*`,
		},
		"session policy": {
			func(in *sts.AssumeRoleInput) { in.Policy = aws.String(Admin()) }, 400, "ValidationError",
			"1 validation error detected: Session policies are not understood here",
		},
		"serial only": {
			func(in *sts.AssumeRoleInput) { in.SerialNumber = aws.String("GAHT12345678") }, 403, "AccessDenied",
			wantsBoth,
		},
		"tag without": {
			tagged("cost", "team"), 400, "InvalidParameterValue",
			"The specified transitive tag key must be included in the requested tags.",
		},
		"tag twice": {
			tagged("", "team", "Team"), 400, "InvalidParameterValue",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"tag characters": {
			tagged("", "team", "a*"), 400, "ValidationError",
			`1 validation error detected: Value 'a*' at 'tags.2.member.key' failed to satisfy constraint: Member ` +
				`must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`,
		},
		"tags": {
			tagged("", many...), 400, "ValidationError",
			"^1 validation error detected: Value at 'tags' .* less than or equal to 50$",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := try(t, longTerm(s, u), r.ARN, tt.edit)
			wantError(t, err, tt.status, tt.code, tt.message)
		})
	}
	_, body := send(
		t,
		signed(t, s, u.Keys[0], "sts", "us-east-1", "Action=AssumeRole&Version=2011-06-15", time.Now(), nil),
	)
	for _, want := range []string{"roleArn&#39; failed to satisfy constraint: Member must not be " +
		"null", "2 validation errors"} {
		if !strings.Contains(body, want) {
			t.Errorf("nothing given: %s", body)
		}
	}
	root := s.AddUser(User{Root: true})
	_, err := try(t, longTerm(s, root), r.ARN, nil)
	wantError(t, err, 403, "AccessDenied", "Roles may not be assumed by root accounts.")
}

func TestRoleChain(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	const other = "222222222222"
	first := s.AddRole(Role{Name: "first", MaxSession: 12 * time.Hour})
	second := s.AddRole(
		Role{
			Name: "second", Account: other, MaxSession: 12 * time.Hour, Trust: `{"Statement": {"Effect":
		"Allow", "Principal": {"AWS": "` + first.ARN + `"}, "Action": "sts:*", "Condition": {"StringEquals":
		{
			"aws:PrincipalTag/team": "blue", "aws:RequestTag/team": "blue", "sts:SourceIdentity": "alice",
			"aws:SourceIdentity": "alice"}}}}`,
		},
	)
	_, err := try(t, longTerm(s, u), second.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(u.ARN, "sts:AssumeRole", second.ARN))

	one := assume(t, longTerm(s, u), first.ARN, func(in *sts.AssumeRoleInput) {
		in.Tags = []ststypes.Tag{
			{Key: aws.String("team"), Value: aws.String("blue")},
			{Key: aws.String("cost"), Value: aws.String("7")},
		}
		in.TransitiveTagKeys, in.SourceIdentity = []string{"Team"}, aws.String("alice")
	})
	if *one.SourceIdentity != "alice" {
		t.Errorf("source identity %v", one.SourceIdentity)
	}
	long := func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }
	const tooLong = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
	_, err = try(t, sessionOf(s, one.Credentials), second.ARN, long)
	wantError(t, err, 400, "ValidationError", tooLong)
	_, err = try(t, sessionOf(s, login(t, s, u, "")), first.ARN, long)
	wantError(t, err, 400, "ValidationError", tooLong)

	two := assume(t, sessionOf(s, one.Credentials), second.ARN, nil)
	if *two.AssumedRoleUser.Arn != "arn:aws:sts::222222222222:assumed-role/second/work" ||
		*two.SourceIdentity != "alice" {
		t.Errorf("second %v", two.AssumedRoleUser)
	}
	for _, tag := range s.sessions[*two.Credentials.AccessKeyId].tags {
		if tag.key != "team" || tag.value != "blue" || !tag.transitive {
			t.Errorf("tag %v", tag)
		}
	}
	_, err = try(
		t,
		sessionOf(s, one.Credentials),
		second.ARN,
		func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("bob") },
	)
	wantError(t, err, 400, "ValidationError", "The source identity is already set for this assume role session")
	_, err = try(t, sessionOf(s, one.Credentials), second.ARN, func(in *sts.AssumeRoleInput) {
		in.Tags = []ststypes.Tag{{Key: aws.String("TEAM"), Value: aws.String("red")}}
	})
	wantError(t, err, 400, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it "+
		"conflicts with a transitive tag key from the calling session.")
	// Inherited tags must be allowed, too.
	s.SetTrust(
		second.ARN,
		`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"]}}`,
	)
	_, err = try(t, sessionOf(s, one.Credentials), second.ARN, nil)
	wantError(t, err, 403, "AccessDenied",
		refusal("arn:aws:sts::123456789012:assumed-role/first/work", "sts:SetSourceIdentity", second.ARN))
	s.Advance(12 * time.Hour)
	_, err = try(t, sessionOf(s, one.Credentials), second.ARN, nil)
	wantError(t, err, 403, "ExpiredToken", "The security token included in the request is expired")
}

func TestRolePartition(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Partition: "aws-cn", Policies: []string{Admin()}})
	r := s.AddRole(Role{Name: "admin", Partition: "aws-cn"})
	cfg := longTerm(s, u)
	cfg.Region = "cn-north-1"
	out := assume(t, cfg, r.ARN, nil)
	if *out.AssumedRoleUser.Arn != "arn:aws-cn:sts::123456789012:assumed-role/admin/work" {
		t.Errorf("arn %s", *out.AssumedRoleUser.Arn)
	}
	elsewhere := s.AddRole(
		Role{Name: "admin", Trust: `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}`},
	)
	_, err := try(t, cfg, elsewhere.ARN, nil)
	wantError(t, err, 403, "AccessDenied", refusal(u.ARN, "sts:AssumeRole", elsewhere.ARN))
}

func TestRoleCalls(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	d := s.AddDevice(u.ARN, Device{})
	r := s.AddRole(Role{Name: "admin"})
	assume(t, longTerm(s, u), r.ARN, func(in *sts.AssumeRoleInput) {
		in.SerialNumber, in.TokenCode = &d.Serial, aws.String(s.FreshCode(d.Serial))
	})
	c := s.Calls()[0]
	if c.Service != "sts" || c.Action != "AssumeRole" || c.Params["RoleArn"] != r.ARN || c.Params["TokenCode"] != "" ||
		c.Params["RoleSessionName"] != "work" || c.Status != http.StatusOK {
		t.Errorf("call %+v", c)
	}
	s.Inject(Fault{Kind: Throttle, Action: "AssumeRole"})
	_, err := try(t, longTerm(s, u), r.ARN, nil)
	wantError(t, err, 400, "Throttling", "Rate exceeded")
}

func TestRolePanics(t *testing.T) {
	s := New()
	s.AddRole(Role{Name: "admin"})
	trust := func(statement string) func() {
		return func() { s.AddRole(Role{Name: "x", Trust: `{"Statement": ` + statement + `}`}) }
	}
	for name, f := range map[string]func(){
		"same role":     func() { s.AddRole(Role{Name: "admin"}) },
		"no name":       func() { s.AddRole(Role{}) },
		"too long":      func() { s.AddRole(Role{Name: "x", MaxSession: 13 * time.Hour}) },
		"no such role":  func() { s.SetTrust("arn:aws:iam::123456789012:role/x", TrustAccount("aws", DefaultAccount)) },
		"no principal":  trust(`{"Effect": "Allow", "Action": "sts:AssumeRole"}`),
		"a resource":    trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Resource": "*"}`),
		"odd principal": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "alice"}}`),
		"unknown kind": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"CanonicalUser": ` +
			`"x"}}`),
		"unknown key": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": ` +
			`{"StringEquals": {"aws:SourceVpc": "x"}}}`),
		"wrong operator": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": ` +
			`{"Bool": {"sts:ExternalId": "x"}}}`),
		"other operator": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": ` +
			`{"StringEqualsIgnoreCase": {"sts:ExternalId": "x"}}}`),
		"no number": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": ` +
			`{"NumericLessThan": {"aws:MultiFactorAuthAge": "x"}}}`),
		"unknown varible": trust(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Condition": ` +
			`{"StringLike": {"sts:RoleSessionName": "${aws:userid}"}}}`),
		"no such token": func() { s.Expire("x") },
		"no machine":    func() { s.Metadata("arn:aws:iam::123456789012:role/x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestConcurrentRoleCode checks that a code for a role is accepted only once.
func TestConcurrentRoleCode(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{})
	r := s.AddRole(Role{Name: "admin"})
	code := s.CodeFor(d.Serial)
	client := stsClient(longTerm(s, u))
	results := make(chan error)
	for i := range 8 {
		go func() {
			if i%2 == 0 {
				_, err := client.GetSessionToken(
					context.Background(),
					&sts.GetSessionTokenInput{SerialNumber: &d.Serial, TokenCode: &code},
				)
				results <- err
				return
			}
			_, err := client.AssumeRole(context.Background(), &sts.AssumeRoleInput{
				RoleArn: &r.ARN, RoleSessionName: aws.String("work"), SerialNumber: &d.Serial, TokenCode: &code,
			})
			results <- err
		}()
	}
	ok := 0
	for range 8 {
		if <-results == nil {
			ok++
		}
	}
	if ok != 1 {
		t.Errorf("%d callers were let in", ok)
	}
}
