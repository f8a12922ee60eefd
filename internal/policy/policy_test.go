package policy_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"awsmfa/internal/fakeaws"
	"awsmfa/internal/partition"
	"awsmfa/internal/policy"
)

// The quotas do not count white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const userInlineQuota = 2048 // of all inline policies of one user; groups have 5,120, managed policies 6,144

func printed(t *testing.T, partition string) string {
	t.Helper()
	d, err := policy.New(partition)
	noError(t, err)
	text, err := d.JSON()
	noError(t, err)
	return text
}

func TestDocument(t *testing.T) {
	for _, name := range partition.Names() {
		text := printed(t, name)
		if text != printed(t, name) {
			t.Errorf("%s: printed twice, it differs", name)
		}
		var back policy.Document
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.DisallowUnknownFields()
		noError(t, decoder.Decode(&back))
		if size := len(strings.Join(strings.Fields(text), "")); size > userInlineQuota {
			t.Errorf("%s: %d characters, and a user's inline policies may have %d", name, size, userInlineQuota)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }) {
			t.Errorf("%s: not ASCII, which every code page and IAM take", name)
		}
		all, own := strings.Count(text, `"arn:`), strings.Count(text, `"arn:`+name+`:iam::*:`)
		if all != own || own == 0 {
			t.Errorf("%s: %d of %d ARNs are of this partition", name, own, all)
		}
		if back.Version != "2012-10-17" {
			t.Errorf("version %s has no ${aws:username}", back.Version)
		}
		seen := map[string]bool{}
		for _, s := range back.Statement {
			if seen[s.Sid] || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) {
				t.Errorf("%s: a Sid is letters and digits, and unique: %q", name, s.Sid)
			}
			seen[s.Sid] = true
		}
	}
	if d, err := policy.New("aws-mars"); err == nil {
		t.Errorf("an unknown partition: %v", d)
	}
}

// Each explanation names all actions of its statement, and its effect.
func TestEveryStatementIsExplained(t *testing.T) {
	d, err := policy.New("aws")
	noError(t, err)
	for i, s := range d.Statement {
		text := s.Explain(i + 1).String()
		if text == "" {
			t.Errorf("%s is not explained", s.Sid)
			continue
		}
		if !strings.Contains(text, "("+strings.ToLower(s.Effect)+")") {
			t.Errorf("%s is a %s, and its explanation does not say so", s.Sid, s.Effect)
		}
		for _, action := range slices.Concat(s.Action, s.NotAction) {
			if name := strings.TrimPrefix(action, "iam:"); !regexp.MustCompile(`\b` + name + `\b`).MatchString(text) {
				t.Errorf("%s: the explanation does not name %s", s.Sid, name)
			}
		}
	}
	if text := (policy.Statement{Sid: "NoSuch"}).Explain(1); !text.IsEmpty() {
		t.Errorf("an unknown statement is explained: %s", text)
	}
}

// world is an account with the user alice, who has the printed policy.
type world struct {
	*testing.T
	*fakeaws.Server
	alice     fakeaws.User
	partition string
}

func newWorld(t *testing.T, partition, path string, beside ...string) world {
	t.Helper()
	s := fakeaws.New()
	if _, err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Hold()
	policies := append([]string{printed(t, partition)}, beside...)
	alice := s.AddUser(fakeaws.User{Name: "alice", Path: path, Partition: partition, Policies: policies})
	return world{t, s, alice, partition}
}

// region is one of each partition, for signatures.
var region = map[string]string{
	"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1",
}

func (w world) arn(resource string) string {
	return "arn:" + w.partition + ":iam::" + fakeaws.DefaultAccount + ":" + resource
}

func (w world) config(id, secret, token string) aws.Config {
	return aws.Config{
		Region: region[w.partition], BaseEndpoint: aws.String(w.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, token),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// key calls with a user's access key alone, as a thief could.
func (w world) key(u fakeaws.User) caller {
	return w.caller(w.config(u.Keys[0].ID, u.Keys[0].Secret, ""))
}

// session calls with a session from GetSessionToken, with MFA when serial is not empty.
func (w world) session(u fakeaws.User, serial string) caller {
	w.Helper()
	in := &sts.GetSessionTokenInput{}
	if serial != "" {
		in.SerialNumber, in.TokenCode = &serial, aws.String(w.FreshCode(serial))
	}
	out, err := sts.NewFromConfig(w.config(u.Keys[0].ID, u.Keys[0].Secret, "")).GetSessionToken(w.Context(), in)
	noError(w.T, err)
	c := out.Credentials
	return w.caller(w.config(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
}

// caller calls IAM, and one action of another service, and returns the error.
type caller struct {
	world
	client *iam.Client
	aws.Config
}

func (w world) caller(c aws.Config) caller { return caller{w, iam.NewFromConfig(c), c} }

func (c caller) create(path, name string) error {
	_, err := c.client.CreateVirtualMFADevice(c.Context(),
		&iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name, Path: &path})
	return err
}

func (c caller) remove(serial string) error {
	_, err := c.client.DeleteVirtualMFADevice(c.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	return err
}

// enable passes the device's two codes: the creator of the device knows its seed.
func (c caller) enable(user, serial string) error {
	first, second := c.CodeFor(serial), c.NextCodeFor(serial)
	if first == "" {
		first, second = "000000", "000001"
	}
	_, err := c.client.EnableMFADevice(c.Context(), &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
	})
	return err
}

func (c caller) resync(user, serial string) error {
	c.Advance(5 * time.Minute) // past every code that was used
	first, second := c.CodeFor(serial), c.NextCodeFor(serial)
	_, err := c.client.ResyncMFADevice(c.Context(), &iam.ResyncMFADeviceInput{
		UserName: &user, SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
	})
	return err
}

func (c caller) deactivate(user, serial string) error {
	_, err := c.client.DeactivateMFADevice(c.Context(),
		&iam.DeactivateMFADeviceInput{UserName: &user, SerialNumber: &serial})
	return err
}

func (c caller) list(user string) error {
	_, err := c.client.ListMFADevices(c.Context(), &iam.ListMFADevicesInput{UserName: &user})
	return err
}

func (c caller) devices() string {
	c.Helper()
	out, err := c.client.ListMFADevices(c.Context(), &iam.ListMFADevicesInput{})
	noError(c.T, err)
	var serials []string
	for _, d := range out.MFADevices {
		serials = append(serials, *d.SerialNumber)
	}
	return strings.Join(serials, " ")
}

func (c caller) get(user string) error {
	_, err := c.client.GetUser(c.Context(), &iam.GetUserInput{UserName: &user})
	return err
}

func (c caller) listUnassigned() error {
	_, err := c.client.ListVirtualMFADevices(c.Context(),
		&iam.ListVirtualMFADevicesInput{AssignmentStatus: iamtypes.AssignmentStatusTypeUnassigned})
	return err
}

// work is a call to another service: lambda's ListFunctions, for which the module has no client.
func (c caller) work() int {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), http.MethodGet, c.URL()+"/2015-03-31/functions/", nil)
	noError(c.T, err)
	keys, err := c.Credentials.Retrieve(c.Context())
	noError(c.T, err)
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	noError(c.T, v4.NewSigner().SignHTTP(c.Context(), keys, r, empty, "lambda", c.Region, time.Now()))
	res, err := http.DefaultClient.Do(r)
	noError(c.T, err)
	noError(c.T, res.Body.Close())
	return res.StatusCode
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	implicitly = "because no identity-based policy allows"
	explicitly = "with an explicit deny"
)

// wantError checks AWS's error code, and words in its message.
func wantError(t *testing.T, err error, code, words string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), words) {
		t.Errorf("got %v, want %s: … %s …", err, code, words)
	}
}

// Setting up the first device with the access key alone, and the printed policy alone.
func TestFirstDay(t *testing.T) {
	for _, name := range partition.Names() {
		for _, path := range []string{"/", "/staff/", "/staff/tokyo/"} {
			t.Run(name+path, func(t *testing.T) {
				w := newWorld(t, name, path)
				key, serial := w.key(w.alice), w.arn("mfa/alice")

				noError(t, key.get("alice"))
				noError(t, key.list("alice"))
				noError(t, key.create("/", "alice")) // and the set-up is interrupted here
				wantError(t, key.create("/", "alice"), "EntityAlreadyExists", "")
				noError(t, key.listUnassigned())
				noError(t, key.remove(serial))
				noError(t, key.create("/", "alice"))
				noError(t, key.enable("alice", serial))
				noError(t, key.resync("alice", serial))
				if got := key.devices(); got != serial {
					t.Errorf("devices: %s", got)
				}
				session := w.session(w.alice, serial)
				noError(t, session.list("alice"))
				if status := session.work(); status != http.StatusForbidden {
					t.Errorf("this policy alone lets a session call another service: %d", status)
				}
			})
		}
	}
}

// Without MFA other policies do not count: alice's other policy allows everything.
func TestNothingElseWithoutMFA(t *testing.T) {
	for _, beside := range [][]string{nil, {fakeaws.Admin()}} {
		w := newWorld(t, "aws", "/", beside...)
		bob := w.AddUser(fakeaws.User{Name: "bob"})
		bobs := w.AddDevice(bob.ARN, fakeaws.Device{}).Serial
		w.AddUser(fakeaws.User{Name: "alice2"})
		w.AddUser(fakeaws.User{Name: "malice"})
		leftover := w.AddDevice(bob.ARN, fakeaws.Device{Name: "evil", Unassigned: true}).Serial
		key := w.key(w.alice)
		for _, name := range []string{"evil", "bob", "Alice", "alice2", "malice"} {
			wantError(t, key.create("/", name), "AccessDenied", explicitly)
		}
		for _, path := range []string{"/x/", "/alice/"} {
			wantError(t, key.create(path, "alice"), "AccessDenied", explicitly)
		}
		wantError(t, key.remove(leftover), "AccessDenied", explicitly)
		wantError(t, key.enable("bob", leftover), "AccessDenied", explicitly)
		wantError(t, key.resync("bob", bobs), "AccessDenied", explicitly)
		wantError(t, key.deactivate("bob", bobs), "AccessDenied", explicitly)
		wantError(t, key.list("bob"), "AccessDenied", explicitly)
		wantError(t, key.get("bob"), "AccessDenied", explicitly)
		wantError(t, key.get("alice2"), "AccessDenied", explicitly)
		wantError(t, key.get("malice"), "AccessDenied", explicitly)
		// A session without MFA has no more rights than the key.
		for _, c := range []caller{key, w.session(w.alice, "")} {
			if status := c.work(); status != http.StatusForbidden {
				t.Errorf("another service, without MFA: %d", status)
			}
		}
		wantError(t, w.session(w.alice, "").list("alice"), "InvalidClientTokenId", "")
	}
}

// What Duo and MWR found in AWS's examples: a key alone removed the device, or added another one.
func TestStolenKey(t *testing.T) {
	for _, path := range []string{"/", "/staff/"} {
		for _, beside := range [][]string{nil, {fakeaws.Admin()}} {
			w := newWorld(t, "aws", path, beside...)
			serial := w.AddDevice(w.alice.ARN, fakeaws.Device{}).Serial
			thief := w.key(w.alice)

			wantError(t, thief.deactivate("alice", serial), "AccessDenied", explicitly)
			wantError(t, thief.remove(serial), "DeleteConflict", "Must deactivate first")
			wantError(t, thief.create("/", "alice"), "EntityAlreadyExists", "")
			wantError(t, thief.enable("alice", serial), "EntityAlreadyExists", "already in use")
			for _, name := range []string{"evil", "Alice", "alice2", "malice"} {
				wantError(t, thief.create("/", name), "AccessDenied", explicitly)
			}
			wantError(t, thief.create("/x/", "alice"), "AccessDenied", explicitly)
			wantError(t, thief.create("/alice/", "x"), "AccessDenied", explicitly)
			if got := thief.devices(); got != serial {
				t.Errorf("devices now: %s", got)
			}
			if status := w.session(w.alice, serial).work(); (status == http.StatusOK) != (beside != nil) {
				t.Errorf("alice, with her code: %d", status)
			}
		}
	}
}

func TestWithMFA(t *testing.T) {
	for _, path := range []string{"/", "/staff/"} {
		for _, beside := range [][]string{nil, {fakeaws.Admin()}} {
			w := newWorld(t, "aws", path, beside...)
			bob := w.AddUser(fakeaws.User{Name: "bob"})
			bobs := w.AddDevice(bob.ARN, fakeaws.Device{}).Serial
			serial := w.AddDevice(w.alice.ARN, fakeaws.Device{}).Serial
			session := w.session(w.alice, serial)

			noError(t, session.get("alice"))
			noError(t, session.listUnassigned())
			noError(t, session.resync("alice", serial))
			noError(t, session.deactivate("alice", serial)) // the old phone
			noError(t, session.remove(serial))
			noError(t, session.create("/", "alice")) // the new one
			noError(t, session.enable("alice", serial))
			if got := session.devices(); got != serial {
				t.Errorf("devices: %s", got)
			}
			if beside != nil { // with MFA the policy denies nothing
				noError(t, session.create("/", "spare"))
				noError(t, session.list("bob"))
				if status := session.work(); status != http.StatusOK {
					t.Errorf("another service, with MFA: %d", status)
				}
				continue
			}
			wantError(t, session.create("/", "evil"), "AccessDenied", implicitly)
			wantError(t, session.list("bob"), "AccessDenied", implicitly)
			wantError(t, session.list("malice"), "AccessDenied", implicitly)
			wantError(t, session.deactivate("bob", bobs), "AccessDenied", implicitly)
		}
	}
}

// The phone is lost: an administrator deactivates its device, and the user sets up a new one, as on the first day.
func TestLostDevice(t *testing.T) {
	w := newWorld(t, "aws", "/staff/")
	serial := w.AddDevice(w.alice.ARN, fakeaws.Device{}).Serial
	admin := w.AddUser(fakeaws.User{Name: "admin", Policies: []string{fakeaws.Admin()}})
	noError(t, w.key(admin).deactivate("alice", serial))

	key := w.key(w.alice)
	wantError(t, key.create("/", "alice"), "EntityAlreadyExists", "")
	noError(t, key.remove(serial))
	noError(t, key.create("/", "alice"))
	noError(t, key.enable("alice", serial))
	noError(t, w.session(w.alice, serial).list("alice"))
}

// docs/policy.md, "What it cannot prevent": a policy knows for which user a device is enabled, but not which device.
// If AWS refuses one of these one day, fix the page.
func TestWhatItCannotPrevent(t *testing.T) {
	w := newWorld(t, "aws", "/")
	w.AddDevice(w.alice.ARN, fakeaws.Device{Name: "phone"}) // not the user's name, which is still free
	noError(t, w.key(w.alice).create("/", "alice"))
	noError(t, w.key(w.alice).enable("alice", w.arn("mfa/alice")))

	w = newWorld(t, "aws", "/")
	w.AddDevice(w.alice.ARN, fakeaws.Device{})
	bought := w.AddDevice(w.alice.ARN, fakeaws.Device{Kind: fakeaws.Hardware, Unassigned: true}).Serial
	noError(t, w.key(w.alice).enable("alice", bought))
}
