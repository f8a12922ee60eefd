package fakeaws

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// DefaultAccount is the account of a User without one: that of AWS's own examples.
const DefaultAccount = "123456789012"

// maxDevices is the quota of enabled MFA devices per user.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxDevices = 8

// User describes an IAM user, or the root user of an account, to AddUser.
type User struct {
	Account   string // twelve digits; DefaultAccount when empty
	Partition string // "aws" when empty, or "aws-cn", "aws-us-gov", "aws-eusc"
	Name      string
	Path      string // "/" when empty
	Root      bool   // the account's root user, without policies; Name and Path are unused
	// Policies are JSON policy documents in IAM's format. nil means SelfManagedMFA and AdminWithMFA, for the usual user
	// of awsmfa. An empty slice allows nothing.
	Policies []string
	Keys     []AccessKey // one active key is made when empty

	ARN string // set by AddUser
	ID  string // set by AddUser: AIDA…, or the account for root
}

// KeyStatus is the status of an access key.
type KeyStatus int

// Inactive and deleted keys get the same error: InvalidClientTokenId.
const (
	KeyActive KeyStatus = iota
	KeyInactive
	KeyDeleted
)

// AccessKey is a long-term key. An empty ID or Secret is generated in AWS's format.
type AccessKey struct {
	ID     string // AKIA…, 20 characters
	Secret string // 40 characters
	Status KeyStatus
}

// DeviceKind is a kind of MFA device.
type DeviceKind int

// Only Virtual and Hardware devices show codes; a SecurityKey signs in to the console and does not work with STS.
const (
	Virtual DeviceKind = iota
	Hardware
	SecurityKey
)

// Device describes an MFA device to AddDevice.
type Device struct {
	Kind DeviceKind
	Name string // of a Virtual device or a SecurityKey; the user's name when empty
	Path string // of a Virtual device; "/" when empty
	// Serial of a Hardware device is like GAHT12345678, generated when empty; AddDevice sets that of the others.
	Serial     string
	Seed       string // Base32; generated when empty. A SecurityKey has none.
	Unassigned bool   // in the account, but not enabled for a user
	Owner      string // the user's ARN, "" when unassigned; set by AddDevice
}

type user struct {
	User
	policies []policy
	created  time.Time
}

type accessKey struct {
	AccessKey
	keyMetadata
	user *user
}

type session struct {
	AccessKey
	token   string
	user    *user     // of a role's session: without a name, with the session's own ARN
	mfa     bool      // never of a role's session
	issued  time.Time // by the code clock, as is expires
	expires time.Time

	role           *role // nil for a session of GetSessionToken
	tags           []tag // including transitive tags of calling sessions
	sourceIdentity string
	chained        bool // the role was assumed with another session
}

type device struct {
	kind       DeviceKind
	serial     string
	name, path string
	account    string // partition and account, as in an ARN: "aws:iam::123456789012"
	seed       []byte
	user       *user // nil while unassigned
	enabled    time.Time
	lastStep   int64 // the newest step whose code was accepted
	drift      int64 // the number of steps by which AWS considers the device ahead
}

// arnPrefix returns the beginning of every IAM ARN of the user's account.
func (u *user) arnPrefix() string { return fmt.Sprintf("arn:%s:iam::%s:", u.Partition, u.Account) }

func (u *user) sameAccount(d *device) bool { return d.account == u.arnPrefix() }

// AddUser adds a user and returns it with its ARN, ID and keys. It panics if the user exists or the evaluator does not
// support a policy: then the test is wrong.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Account == "" {
		u.Account = DefaultAccount
	}
	if u.Partition == "" {
		u.Partition = "aws"
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if u.Policies == nil {
		u.Policies = []string{SelfManagedMFA(u.Partition), AdminWithMFA()}
	}
	n := &user{User: u, created: s.serverTime(), policies: mustParsePolicies(u.Policies)}
	if u.Root {
		n.ARN, n.ID = n.arnPrefix()+"root", u.Account
	} else {
		n.ARN, n.ID = n.arnPrefix()+"user"+u.Path+u.Name, newID("AIDA")
	}
	if u.Name == "" && !u.Root || s.users[n.ARN] != nil {
		panic(fmt.Sprintf("fakeaws: user %q has no name, or exists already", n.ARN))
	}
	s.users[n.ARN] = n
	n.Keys = nil
	if len(u.Keys) == 0 {
		u.Keys = []AccessKey{{}}
	}
	for _, k := range u.Keys {
		n.Keys = append(n.Keys, s.addKey(n, k))
	}
	return n.User
}

// SetPolicies replaces the user's policies. It panics as AddUser does.
func (s *Server) SetPolicies(userARN string, policies ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustUser(userARN).policies = mustParsePolicies(policies)
}

// AddKey gives a user another key and returns it. It panics if the user is unknown or the key's ID exists.
func (s *Server) AddKey(userARN string, k AccessKey) AccessKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addKey(s.mustUser(userARN), k)
}

func (s *Server) addKey(u *user, k AccessKey) AccessKey {
	if k.ID == "" {
		k.ID = newID("AKIA")
	}
	if k.Secret == "" {
		k.Secret = newSecret()
	}
	if s.keys[k.ID] != nil {
		panic(fmt.Sprintf("fakeaws: key %s exists already", k.ID))
	}
	s.keys[k.ID] = &accessKey{AccessKey: k, keyMetadata: s.newKeyMetadata(), user: u}
	return k
}

// SetKeyStatus activates, deactivates or deletes a long-term key. It panics if there is no such key.
func (s *Server) SetKeyStatus(id string, status KeyStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[id]
	if k == nil {
		panic(fmt.Sprintf("fakeaws: no key %s", id))
	}
	k.Status = status
}

// AgeKey makes a key so much older. It panics if there is none.
func (s *Server) AgeKey(id string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[id]
	if k == nil {
		panic(fmt.Sprintf("fakeaws: no key %s", id))
	}
	k.created = k.created.Add(-by)
}

// AddDevice adds an MFA device, enabled for the user unless d.Unassigned, and returns it with its serial and seed. It
// panics if the user is unknown, the serial exists or the seed is not Base32.
func (s *Server) AddDevice(userARN string, d Device) Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(userARN)
	if d.Name == "" {
		d.Name = u.Name
		if u.Root {
			d.Name = "root-account-mfa-device"
		}
	}
	if d.Path == "" {
		d.Path = "/"
	}
	switch d.Kind {
	case Virtual:
		d.Serial = u.arnPrefix() + "mfa" + d.Path + d.Name
	case SecurityKey:
		d.Serial = u.arnPrefix() + "u2f/user/" + u.Name + "/" + d.Name + "-" + newID("")
	case Hardware:
		if d.Serial == "" {
			d.Serial = newID("GAHT")
		}
	}
	if s.device(d.Serial) != nil {
		panic(fmt.Sprintf("fakeaws: device %s exists already", d.Serial))
	}
	if d.Kind != SecurityKey && d.Seed == "" {
		d.Seed = base32.StdEncoding.EncodeToString(randomBytes(20))
	}
	seed, err := decodeSeed(d.Seed)
	if err != nil {
		panic(fmt.Sprintf("fakeaws: seed of %s: %v", d.Serial, err))
	}
	n := &device{
		kind: d.Kind, serial: d.Serial, name: d.Name, path: d.Path, account: u.arnPrefix(), seed: seed,
	}
	if !d.Unassigned {
		n.user, n.enabled = u, s.serverTime()
	}
	s.devices = append(s.devices, n)
	return n.public()
}

// Devices returns every MFA device of every account, in order of creation, so that a test sees the device of an
// abandoned attempt.
func (s *Server) Devices() []Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Device
	for _, d := range s.devices {
		all = append(all, d.public())
	}
	return all
}

// Deactivate takes a device from its user, as an administrator does with DeactivateMFADevice: a virtual device stays,
// unassigned. It panics if there is no such device.
func (s *Server) Deactivate(serial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.device(serial).deactivate()
}

// SetVirtualMFADeviceQuota limits how many virtual MFA devices an account may have, assigned or not: at the limit
// CreateVirtualMFADevice returns LimitExceeded. AWS's own limit is the account's number of users; 0 is no limit.
func (s *Server) SetVirtualMFADeviceQuota(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = n
}

func (d *device) public() Device {
	p := Device{
		Kind: d.kind, Name: d.name, Path: d.path, Serial: d.serial,
		Seed: base32.StdEncoding.EncodeToString(d.seed), Unassigned: d.user == nil,
	}
	if d.user != nil {
		p.Owner = d.user.ARN
	}
	return p
}

func (s *Server) mustUser(arn string) *user {
	u := s.users[arn]
	if u == nil {
		panic(fmt.Sprintf("fakeaws: no user %q", arn))
	}
	return u
}

func (s *Server) device(serial string) *device {
	for _, d := range s.devices {
		if d.serial == serial {
			return d
		}
	}
	return nil
}

// userDevices returns the devices enabled for u.
func (s *Server) userDevices(u *user) []*device {
	var own []*device
	for _, d := range s.devices {
		if d.user == u {
			own = append(own, d)
		}
	}
	return own
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, as documented
	return b
}

// newID returns an identifier in AWS's format: a four-letter prefix and 16 characters of the Base32 alphabet.
func newID(prefix string) string { return prefix + base32.StdEncoding.EncodeToString(randomBytes(10)) }

// newSecret returns a secret that contains "/" and "+", which reveal errors in shells, URLs and parsers.
func newSecret() string {
	for {
		if s := base64.StdEncoding.EncodeToString(randomBytes(30)); strings.Contains(s, "/") &&
			strings.Contains(s, "+") {
			return s
		}
	}
}

// newToken returns a token of the usual length that contains "/", "+" and "=".
func newToken() string {
	for {
		s := "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(randomBytes(298))
		if strings.Contains(s, "/") && strings.Contains(s, "+") {
			return s
		}
	}
}
