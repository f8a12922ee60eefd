package fakeaws

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func create(t *testing.T, c *iam.Client, name string) (*iamtypes.VirtualMFADevice, error) {
	t.Helper()
	out, err := c.CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name})
	if err != nil {
		return nil, err
	}
	return out.VirtualMFADevice, nil
}

func enable(t *testing.T, c *iam.Client, user, serial, first, second string) error {
	t.Helper()
	_, err := c.EnableMFADevice(t.Context(), &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
	})
	return err
}

// TestDeviceLife creates, uses and removes a device, under the policy that denies everything else.
func TestDeviceLife(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	c := iamClient(longTerm(s, u))
	d, err := create(t, c, "alice")
	noError(t, err)
	serial := *d.SerialNumber
	if serial != "arn:aws:iam::123456789012:mfa/alice" || len(d.Base32StringSeed) != 64 {
		t.Errorf("device %s, seed of %d characters", serial, len(d.Base32StringSeed))
	}
	if _, err := png.Decode(bytes.NewReader(d.QRCodePNG)); err != nil {
		t.Error(err)
	}
	if now := Code(d.Base32StringSeed, s.held); now != s.CodeFor(serial) {
		t.Errorf("the seed shows %s, the device %s", now, s.CodeFor(serial))
	}
	_, err = create(t, c, "alice")
	wantError(t, err, 409, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")

	first, second := s.CodeFor(serial), s.NextCodeFor(serial)
	const invalid = "Authentication code for device is not valid."
	for _, pair := range [][2]string{{second, first}, {first, first}, {first, "000000"}, {"000000", second}} {
		wantError(t, enable(t, c, "alice", serial, pair[0], pair[1]), 403, "InvalidAuthenticationCode", invalid)
	}
	noError(t, enable(t, c, "alice", serial, first, second))
	wantError(
		t,
		enable(t, c, "alice", serial, first, second),
		409,
		"EntityAlreadyExists",
		"MFA Device is already in use.",
	)

	_, err = stsClient(longTerm(s, u)).GetSessionToken(t.Context(),
		&sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &second})
	wantError(t, err, 403, "AccessDenied", wrongCode) // enabling has used it
	login(t, s, u, serial)

	list, err := c.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("alice")})
	noError(t, err)
	if len(list.MFADevices) != 1 || *list.MFADevices[0].SerialNumber != serial ||
		*list.MFADevices[0].UserName != "alice" || time.Since(*list.MFADevices[0].EnableDate) > time.Minute {
		t.Errorf("devices %v", list.MFADevices)
	}
	_, err = c.DeleteVirtualMFADevice(t.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	wantError(t, err, 409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
	_, err = c.DeactivateMFADevice(
		t.Context(),
		&iam.DeactivateMFADeviceInput{UserName: aws.String("alice"), SerialNumber: &serial},
	)
	noError(t, err)
	_, err = c.DeactivateMFADevice(t.Context(), &iam.DeactivateMFADeviceInput{SerialNumber: &serial})
	wantError(t, err, 404, "NoSuchEntity", "MFA Device invalid for user.")
	if all := s.Devices(); len(all) != 1 || !all[0].Unassigned {
		t.Errorf("devices %v", all)
	}
	_, err = c.DeleteVirtualMFADevice(t.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	noError(t, err)
	_, err = c.DeleteVirtualMFADevice(t.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	wantError(t, err, 404, "NoSuchEntity", "VirtualMFADevice with serial number "+serial+" doesn't exist.")
	wantError(t, enable(t, c, "alice", serial, first, second), 404, "NoSuchEntity",
		"VirtualMFADevice with serial number "+serial+" doesn't exist.")
}

// TestOutOfStep: late codes enable a device whose correct codes AWS then refuses, until it is resynchronized.
func TestOutOfStep(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	c := iamClient(longTerm(s, u))
	serial := s.AddDevice(u.ARN, Device{Unassigned: true}).Serial
	first, second := s.CodeFor(serial), s.NextCodeFor(serial)
	s.Advance(5 * time.Minute)
	noError(t, enable(t, c, "alice", serial, first, second))
	give := func() error {
		_, err := stsClient(longTerm(s, u)).GetSessionToken(t.Context(),
			&sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: aws.String(s.CodeFor(serial))})
		return err
	}
	wantError(t, give(), 403, "AccessDenied", wrongCode)
	resync := &iam.ResyncMFADeviceInput{
		UserName: aws.String("alice"), SerialNumber: &serial,
		AuthenticationCode1: aws.String(s.CodeFor(serial)), AuthenticationCode2: aws.String(s.CodeFor(serial)),
	}
	_, err := c.ResyncMFADevice(t.Context(), resync)
	wantError(t, err, 403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
	resync.AuthenticationCode2 = aws.String(s.NextCodeFor(serial))
	_, err = c.ResyncMFADevice(t.Context(), resync)
	noError(t, err)
	s.Advance(time.Minute)
	noError(t, give())

	s.Advance(time.Hour)
	tooLate := s.AddDevice(u.ARN, Device{Name: "tablet", Unassigned: true}).Serial
	first, second = s.CodeFor(tooLate), s.NextCodeFor(tooLate)
	s.Advance(time.Hour)
	s.SetPolicies(u.ARN, Admin())
	wantError(t, enable(t, c, "alice", tooLate, first, second), 403, "InvalidAuthenticationCode",
		"Authentication code for device is not valid.")
}

func TestLimits(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	for i := range maxDevices {
		s.AddDevice(u.ARN, Device{Name: fmt.Sprint("phone", i)})
	}
	c := iamClient(longTerm(s, u))
	ninth, err := create(t, c, "ninth")
	noError(t, err)
	err = enable(t, c, "alice", *ninth.SerialNumber, s.CodeFor(*ninth.SerialNumber), s.NextCodeFor(*ninth.SerialNumber))
	wantError(t, err, 409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")
	s.SetVirtualMFADeviceQuota(9)
	_, err = create(t, c, "tenth")
	wantError(t, err, 409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerAccount: 9")
	_, err = create(t, c, "no spaces")
	wantError(
		t,
		err,
		400,
		"ValidationError",
		`^1 validation error detected: Value 'no spaces' at 'virtualMFADeviceName' `,
	)
}

func TestLists(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	s.AddDevice(s.AddUser(User{Name: "eve", Account: "666666666666"}).ARN, Device{}) // never seen below
	c := iamClient(longTerm(s, u))

	empty, err := c.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	noError(t, err)
	if len(empty.MFADevices) != 0 || empty.IsTruncated || empty.Marker != nil {
		t.Errorf("devices %+v", empty)
	}
	var want []string
	for i := range 5 {
		want = append(want, s.AddDevice(u.ARN, Device{Name: fmt.Sprint("phone", i)}).Serial)
	}
	want = append(want, s.AddDevice(u.ARN, Device{Kind: SecurityKey}).Serial)
	want = append(want, s.AddDevice(u.ARN, Device{Kind: Hardware, Serial: "GAHT12345678"}).Serial)
	spare := s.AddDevice(u.ARN, Device{Name: "spare", Unassigned: true}).Serial
	if !strings.HasPrefix(want[5], "arn:aws:iam::123456789012:u2f/user/alice/alice-") {
		t.Errorf("security key %s", want[5])
	}

	var got []string
	pages := iam.NewListMFADevicesPaginator(c, &iam.ListMFADevicesInput{MaxItems: aws.Int32(3)})
	n := 0
	for ; pages.HasMorePages(); n++ {
		p, err := pages.NextPage(t.Context())
		noError(t, err)
		for _, d := range p.MFADevices {
			got = append(got, *d.SerialNumber)
		}
	}
	if n != 3 || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%d pages of %v", n, got)
	}
	_, err = c.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{Marker: aws.String("bogus")})
	wantError(t, err, 400, "ValidationError", "Invalid Marker: bogus")
	_, err = c.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("zoe")})
	wantError(t, err, 404, "NoSuchEntity", "The user with name zoe cannot be found.")

	for status, count := range map[iamtypes.AssignmentStatusType]int{"": 6, "Any": 6, "Assigned": 5, "Unassigned": 1} {
		out, err := c.ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{AssignmentStatus: status})
		noError(t, err)
		if len(out.VirtualMFADevices) != count {
			t.Errorf("%q: %d devices", status, len(out.VirtualMFADevices))
		}
		for _, d := range out.VirtualMFADevices {
			if d.Base32StringSeed != nil || (*d.SerialNumber == spare) != (d.User == nil) {
				t.Errorf("%q: %+v", status, d)
			}
		}
	}
	_, err = c.ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{AssignmentStatus: "Lost"})
	wantError(t, err, 400, "ValidationError", "^1 validation error detected: Value 'Lost' at 'assignmentStatus' ")
	virtual := iam.NewListVirtualMFADevicesPaginator(c, &iam.ListVirtualMFADevicesInput{MaxItems: aws.Int32(4)})
	for n = 0; virtual.HasMorePages(); n++ {
		_, err := virtual.NextPage(t.Context())
		noError(t, err)
	}
	if n != 2 {
		t.Errorf("%d pages", n)
	}
}

func TestGetUser(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Path: "/staff/"})
	out, err := iamClient(longTerm(s, u)).GetUser(t.Context(), &iam.GetUserInput{})
	noError(t, err)
	if *out.User.UserName != "alice" || *out.User.Arn != u.ARN || *out.User.Path != "/staff/" ||
		*out.User.UserId != u.ID {
		t.Errorf("user %+v", out.User)
	}
	_, err = iamClient(longTerm(s, u)).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("zoe")})
	wantError(t, err, 404, "NoSuchEntity", "The user with name zoe cannot be found.")
}

func TestPolicy(t *testing.T) {
	s := start(t)
	alice := s.AddUser(User{Name: "alice"})
	s.AddUser(User{Name: "bob"})
	d := s.AddDevice(alice.ARN, Device{})
	only := s.AddUser(User{Name: "only", Policies: []string{SelfManagedMFA("aws")}})
	onlys := s.AddDevice(only.ARN, Device{})
	pathed := s.AddUser(User{Name: "carol", Path: "/staff/"})
	blank := s.AddUser(User{Name: "blank", Policies: []string{}})

	noMFA := iamClient(longTerm(s, alice))
	_, err := create(t, noMFA, "phone") // not the user's name
	wantError(t, err, 403, "AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "+
		"iam:CreateVirtualMFADevice on resource: arn:aws:iam::123456789012:mfa/phone "+
		"because no identity-based policy allows the iam:CreateVirtualMFADevice action")
	_, err = noMFA.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("bob")})
	wantError(t, err, 403, "AccessDenied", "^User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "+
		"iam:ListMFADevices on resource: arn:aws:iam::123456789012:user/bob because ")
	_, err = noMFA.ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{})
	noError(t, err)
	_, err = iamClient(longTerm(s, pathed)).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	wantError(t, err, 403, "AccessDenied", "^User: .*user/staff/carol because ")
	_, err = iamClient(longTerm(s, blank)).GetUser(t.Context(), &iam.GetUserInput{})
	wantError(t, err, 403, "AccessDenied", "^User: .* because no identity-based policy allows the iam:GetUser action$")

	withoutMFA := sessionOf(s, login(t, s, alice, ""))
	_, err = iamClient(withoutMFA).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	wantError(t, err, 403, "InvalidClientTokenId", invalidToken)

	withMFA := sessionOf(s, login(t, s, alice, d.Serial))
	_, err = create(t, iamClient(withMFA), "phone") // alice is admin, once she gave MFA
	noError(t, err)
	_, err = create(t, iamClient(sessionOf(s, login(t, s, only, onlys.Serial))), "other")
	wantError(t, err, 403, "AccessDenied", "^User: .* because no identity-based policy allows ")

	s.SetPolicies(alice.ARN, Admin(), `{"Statement": [{"Effect": "Deny", "Action": "iam:List*", "Resource": "*",
		"Condition": {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}}]}`)
	_, err = iamClient(withMFA).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	noError(t, err)
	s.Advance(2 * time.Hour) // the session is valid, but too old for the policy
	_, err = iamClient(withMFA).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
	wantError(t, err, 403, "AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "+
		"iam:ListMFADevices on resource: arn:aws:iam::123456789012:user/alice "+
		"with an explicit deny in an identity-based policy")
}

func TestWildcard(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true},
		{"*", "x", true},
		{"", "", true},
		{"", "x", false},
		{"a*c", "abbc", true},
		{"a*c", "abcd", false},
		{"a**", "a", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"ab*", "a", false},
		{"*:user/x", "arn:user/x", true},
	} {
		if got := wildcard(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.pattern, tt.s, got)
		}
	}
}
