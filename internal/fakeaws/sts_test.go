package fakeaws

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	wrongCode   = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
	wrongSerial = "MultiFactorAuthentication failed, unable to validate MFA code.  " +
		"Please verify your MFA serial number is valid and associated with this user."
	wantsBoth = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)

func TestGetSessionToken(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{Name: "phone", Path: "/team/"})
	if d.Serial != "arn:aws:iam::123456789012:mfa/team/phone" {
		t.Errorf("serial %s", d.Serial)
	}
	c := login(t, s, u, d.Serial)
	if !strings.HasPrefix(*c.AccessKeyId, "ASIA") || len(*c.AccessKeyId) != 20 || len(*c.SecretAccessKey) != 40 {
		t.Errorf("key %q %q", *c.AccessKeyId, *c.SecretAccessKey)
	}
	for _, char := range []string{"/", "+", "="} {
		if !strings.Contains(*c.SessionToken, char) {
			t.Errorf("no %q in the token", char)
		}
	}
	if left := time.Until(*c.Expiration); left < 12*time.Hour-time.Minute || left > 12*time.Hour {
		t.Errorf("expires in %s", left)
	}
	who, err := stsClient(sessionOf(s, c)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *who.Arn != u.ARN || *who.UserId != u.ID || *who.Account != DefaultAccount {
		t.Errorf("identity %v %v %v", *who.Arn, *who.UserId, *who.Account)
	}
	_, err = stsClient(sessionOf(s, c)).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	wantError(t, err, 403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
}

func TestSessionTokenRefusals(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	phone := s.AddDevice(u.ARN, Device{}).Serial
	key := s.AddDevice(u.ARN, Device{Kind: SecurityKey}).Serial
	spare := s.AddDevice(u.ARN, Device{Name: "spare", Unassigned: true}).Serial
	others := s.AddDevice(s.AddUser(User{Name: "bob"}).ARN, Device{}).Serial
	for name, tt := range map[string]struct {
		serial, code  string
		seconds       int32
		status        int
		error, detail string
	}{
		"wrong code":      {phone, "000000", 0, 403, "AccessDenied", wrongCode},
		"security key":    {key, "000000", 0, 403, "AccessDenied", wrongSerial},
		"unassigned":      {spare, s.CodeFor(spare), 0, 403, "AccessDenied", wrongSerial},
		"somebody else's": {others, s.CodeFor(others), 0, 403, "AccessDenied", wrongSerial},
		"user's ARN":      {u.ARN, s.CodeFor(phone), 0, 403, "AccessDenied", wrongSerial},
		"serial only":     {phone, "", 0, 403, "AccessDenied", wantsBoth},
		"code only":       {"", "123456", 0, 403, "AccessDenied", wantsBoth},
		"five digits": {
			phone, "12345", 0, 400, "ValidationError", "1 validation error detected: Value '12345' at 'tokenCode' " +
				"failed to satisfy constraint: Member must have length greater than or equal to 6",
		},
		"all wrong": {
			"alice's", "abcdef", 899, 400, "ValidationError", "4 validation errors detected: " +
				"Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than " +
				"or equal to 900; " +
				"Value 'alice's' at 'serialNumber' failed to satisfy constraint: Member must have length greater " +
				"than or equal to 9; " +
				`Value 'alice's' at 'serialNumber' failed to satisfy constraint: Member must satisfy regular ` +
				`expression pattern: [\w+=/:,.@-]*; ` +
				`Value 'abcdef' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression ` +
				`pattern: [\d]*`,
		},
		"too long": {
			"", "", 129601, 400, "ValidationError", "1 validation error detected: Value '129601' at " +
				"'durationSeconds' " +
				"failed to satisfy constraint: Member must have value less than or equal to 129600",
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := &sts.GetSessionTokenInput{}
			if tt.serial != "" {
				in.SerialNumber = &tt.serial
			}
			if tt.code != "" {
				in.TokenCode = &tt.code
			}
			if tt.seconds != 0 {
				in.DurationSeconds = &tt.seconds
			}
			_, err := stsClient(longTerm(s, u)).GetSessionToken(t.Context(), in)
			wantError(t, err, tt.status, tt.error, tt.detail)
		})
	}
}

func TestCodesAreCounted(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{Kind: Hardware, Serial: "GAHT12345678", Seed: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})
	give := func(code string) error {
		_, err := stsClient(longTerm(s, u)).GetSessionToken(t.Context(),
			&sts.GetSessionTokenInput{SerialNumber: &d.Serial, TokenCode: &code})
		return err
	}
	at := func(steps time.Duration) string { // relative to the start, whatever was advanced
		return Code(d.Seed, s.held.Add(steps*30*time.Second))
	}
	refused := func(code string) {
		t.Helper()
		wantError(t, give(code), 403, "AccessDenied", wrongCode)
	}
	refused(at(-2))
	refused(at(2))
	noError(t, give(at(-1))) // a late code
	refused(at(-1))
	noError(t, give(at(1))) // a fast clock
	refused(at(1))
	refused(at(0)) // never used, but older than one that was
	s.Advance(30 * time.Second)
	if s.CodeFor(d.Serial) != at(1) || s.NextCodeFor(d.Serial) != at(2) {
		t.Error("CodeFor does not follow Advance")
	}
	refused(at(1))
	fresh := s.FreshCode(d.Serial) // waits one step
	if fresh != at(2) || fresh != s.CodeFor(d.Serial) {
		t.Errorf("FreshCode %s", fresh)
	}
	noError(t, give(fresh))
	noError(t, give(s.FreshCode(d.Serial)))
	if s.CodeFor("nothing") != "" || s.FreshCode("nothing") != "" {
		t.Error("a code for no device")
	}
}

func TestSessionExpires(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	d := s.AddDevice(u.ARN, Device{})
	out, err := stsClient(longTerm(s, u)).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{
		SerialNumber: &d.Serial, TokenCode: aws.String(s.FreshCode(d.Serial)), DurationSeconds: aws.Int32(900),
	})
	noError(t, err)
	cfg := sessionOf(s, out.Credentials)
	s.Advance(900*time.Second - 1)
	_, err = stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	s.Advance(1)
	_, err = stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, 403, "ExpiredToken", "The security token included in the request is expired")
	_, err = iamClient(cfg).GetUser(t.Context(), &iam.GetUserInput{})
	wantError(t, err, 403, "ExpiredToken", "The security token included in the request is expired")
	cfg.Credentials = config(s, *out.Credentials.AccessKeyId, "secret", *out.Credentials.SessionToken).Credentials
	_, err = stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, 403, "SignatureDoesNotMatch", mismatch)
}

func TestRoot(t *testing.T) {
	s := start(t)
	root := s.AddUser(User{Root: true})
	d := s.AddDevice(root.ARN, Device{})
	if root.ARN != "arn:aws:iam::123456789012:root" || root.ID != DefaultAccount {
		t.Errorf("root %s %s", root.ARN, root.ID)
	}
	c := login(t, s, root, d.Serial)
	if left := time.Until(*c.Expiration); left > time.Hour {
		t.Errorf("a session of root of %s", left)
	}
	out, err := iamClient(longTerm(s, root)).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	noError(t, err)
	if len(out.MFADevices) != 1 || *out.MFADevices[0].SerialNumber != d.Serial {
		t.Errorf("devices %v", out.MFADevices)
	}
}

func TestIdentityNeedsNoPermission(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "nobody", Path: "/no/", Account: "999999999999", Policies: []string{
		`{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`,
	}})
	out, err := stsClient(longTerm(s, u)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *out.Arn != "arn:aws:iam::999999999999:user/no/nobody" || *out.Account != "999999999999" {
		t.Errorf("identity %s", *out.Arn)
	}
	login(t, s, u, "") // GetSessionToken cannot be denied either
}
