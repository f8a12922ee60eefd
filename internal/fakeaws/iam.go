package fakeaws

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strconv"
	"strings"
	"time"
)

func iamService() service {
	return service{name: "iam", version: iamVersion, actions: map[string]action{
		"CreateAccessKey":        (*Server).createAccessKey,
		"CreateVirtualMFADevice": (*Server).createVirtualMFADevice,
		"DeactivateMFADevice":    (*Server).deactivateMFADevice,
		"DeleteAccessKey":        (*Server).deleteAccessKey,
		"DeleteVirtualMFADevice": (*Server).deleteVirtualMFADevice,
		"EnableMFADevice":        (*Server).enableMFADevice,
		"GetAccessKeyLastUsed":   (*Server).getAccessKeyLastUsed,
		"GetUser":                (*Server).getUser,
		"ListAccessKeys":         (*Server).listAccessKeys,
		"ListMFADevices":         (*Server).listMFADevices,
		"ListVirtualMFADevices":  (*Server).listVirtualMFADevices,
		"ResyncMFADevice":        (*Server).resyncMFADevice,
		"UpdateAccessKey":        (*Server).updateAccessKey,
	}}
}

const (
	patternName   = `[\w+=,.@-]+`
	patternSerial = `[\w+=/:,.@-]+`
)

type userXML struct {
	Path       string
	UserName   string `xml:",omitempty"` // the root user has none
	UserID     string `xml:"UserId"`
	Arn        string
	CreateDate string
}

type mfaDeviceXML struct {
	UserName     string `xml:",omitempty"`
	SerialNumber string
	EnableDate   string
}

type virtualMFADeviceXML struct {
	SerialNumber     string
	Base32StringSeed string   `xml:",omitempty"`
	QRCodePNG        string   `xml:",omitempty"`
	User             *userXML `xml:",omitempty"`
	EnableDate       string   `xml:",omitempty"`
}

type page struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

func (u *user) xml() *userXML {
	return &userXML{Path: u.Path, UserName: u.Name, UserID: u.ID, Arn: u.ARN, CreateDate: timestamp(u.created)}
}

// target returns the user in UserName, or the caller without one. The policy is evaluated first, for the given name: a
// denied caller must not learn which users exist.
func (s *Server) target(req *request, action string) (*user, *apiError) {
	caller := req.caller.user
	name := req.param("UserName")
	if name == "" && req.caller.session != nil && req.caller.session.role != nil {
		return nil, errValidation("Must specify userName when calling with non-User credentials")
	}
	if name == "" || name == caller.Name {
		return caller, s.authorize(req, action, caller.ARN)
	}
	var named *user
	arn := caller.arnPrefix() + "user/" + name
	for _, u := range s.users {
		if u.Name == name && u.Account == caller.Account && u.Partition == caller.Partition {
			named, arn = u, u.ARN
		}
	}
	if err := s.authorize(req, action, arn); err != nil {
		return nil, err
	}
	if named == nil {
		return nil, errNoSuchEntity(fmt.Sprintf("The user with name %s cannot be found.", name))
	}
	return named, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
func (s *Server) getUser(req *request) (any, *apiError) {
	v := validation{req: req}
	v.text("UserName", 1, 128, patternName)
	if err := v.err(); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:GetUser")
	if err != nil {
		return nil, err
	}
	return struct{ User *userXML }{u.xml()}, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html
func (s *Server) listMFADevices(req *request) (any, *apiError) {
	v := validation{req: req}
	v.text("UserName", 1, 128, patternName)
	limit := v.number("MaxItems", 1, 1000, 100)
	if err := v.err(); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:ListMFADevices")
	if err != nil {
		return nil, err
	}
	list, next, err := paginate(req, s.userDevices(u), limit)
	if err != nil {
		return nil, err
	}
	var members []mfaDeviceXML
	for _, d := range list {
		members = append(members, mfaDeviceXML{u.Name, d.serial, timestamp(d.enabled)})
	}
	return struct {
		MFADevices struct {
			Member []mfaDeviceXML `xml:"member"`
		}
		page
	}{struct {
		Member []mfaDeviceXML `xml:"member"`
	}{members}, next}, nil
}

// ListVirtualMFADevices never shows a seed.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html
func (s *Server) listVirtualMFADevices(req *request) (any, *apiError) {
	v := validation{req: req}
	limit := v.number("MaxItems", 1, 1000, 100)
	status := req.param("AssignmentStatus")
	if !slices.Contains([]string{"", "Any", "Assigned", "Unassigned"}, status) {
		v.fail("AssignmentStatus", "Member must satisfy enum value set: [Any, Unassigned, Assigned]")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	caller := req.caller.user
	if err := s.authorize(req, "iam:ListVirtualMFADevices", caller.arnPrefix()+"mfa/"); err != nil {
		return nil, err
	}
	var listed []*device
	for _, d := range s.devices {
		if d.kind != Virtual || !caller.sameAccount(d) ||
			status == "Assigned" && d.user == nil || status == "Unassigned" && d.user != nil {
			continue
		}
		listed = append(listed, d)
	}
	list, next, err := paginate(req, listed, limit)
	if err != nil {
		return nil, err
	}
	var members []virtualMFADeviceXML
	for _, d := range list {
		m := virtualMFADeviceXML{SerialNumber: d.serial}
		if d.user != nil {
			m.User, m.EnableDate = d.user.xml(), timestamp(d.enabled)
		}
		members = append(members, m)
	}
	return struct {
		VirtualMFADevices struct {
			Member []virtualMFADeviceXML `xml:"member"`
		}
		page
	}{struct {
		Member []virtualMFADeviceXML `xml:"member"`
	}{members}, next}, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
func (s *Server) createVirtualMFADevice(req *request) (any, *apiError) {
	v := validation{req: req}
	v.required("VirtualMFADeviceName")
	v.text("VirtualMFADeviceName", 1, 226, patternName)
	v.text("Path", 1, 512, `(\x{002F})|(\x{002F}[\x{0021}-\x{007E}]+\x{002F})`)
	if err := v.err(); err != nil {
		return nil, err
	}
	caller := req.caller.user
	path := req.param("Path")
	if path == "" {
		path = "/"
	}
	d := &device{
		kind: Virtual, name: req.param("VirtualMFADeviceName"), path: path, account: caller.arnPrefix(),
		seed: randomBytes(40), // 64 characters of Base32, as on AWS
	}
	d.serial = caller.arnPrefix() + "mfa" + path + d.name
	if err := s.authorize(req, "iam:CreateVirtualMFADevice", d.serial); err != nil {
		return nil, err
	}
	if s.device(d.serial) != nil {
		return nil, errConflict("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
	}
	if s.quota > 0 && s.countVirtual(caller) >= s.quota {
		return nil, errConflict(
			"LimitExceeded",
			fmt.Sprintf("Cannot exceed quota for MFADevicesPerAccount: %d", s.quota),
		)
	}
	s.devices = append(s.devices, d)
	// A blob is Base64 in XML, even if it is text: the Base32 of the seed.
	seed := base32.StdEncoding.EncodeToString(d.seed)
	return struct{ VirtualMFADevice virtualMFADeviceXML }{virtualMFADeviceXML{
		SerialNumber:     d.serial,
		Base32StringSeed: base64.StdEncoding.EncodeToString([]byte(seed)),
		QRCodePNG:        base64.StdEncoding.EncodeToString(blankPNG()),
	}}, nil
}

func (s *Server) countVirtual(u *user) int {
	n := 0
	for _, d := range s.devices {
		if d.kind == Virtual && u.sameAccount(d) {
			n++
		}
	}
	return n
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
func (s *Server) enableMFADevice(req *request) (any, *apiError) {
	if err := validateCodes(req); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:EnableMFADevice")
	if err != nil {
		return nil, err
	}
	serial := req.param("SerialNumber")
	d := s.device(serial)
	if d == nil || !u.sameAccount(d) {
		return nil, errNoSuchEntity(fmt.Sprintf("VirtualMFADevice with serial number %s doesn't exist.", serial))
	}
	if d.user != nil {
		return nil, errConflict("EntityAlreadyExists", "MFA Device is already in use.")
	}
	if len(s.userDevices(u)) >= maxDevices {
		return nil, errConflict(
			"LimitExceeded",
			fmt.Sprintf("Cannot exceed quota for MFADevicesPerUser: %d", maxDevices),
		)
	}
	if !d.synchronize(req.param("AuthenticationCode1"), req.param("AuthenticationCode2"), s.codeTime()) {
		return nil, errInvalidAuthenticationCode()
	}
	d.user, d.enabled = u, s.serverTime()
	return nil, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResyncMFADevice.html
func (s *Server) resyncMFADevice(req *request) (any, *apiError) {
	if err := validateCodes(req); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:ResyncMFADevice")
	if err != nil {
		return nil, err
	}
	d, err := s.deviceOf(u, req)
	if err != nil {
		return nil, err
	}
	if !d.synchronize(req.param("AuthenticationCode1"), req.param("AuthenticationCode2"), s.codeTime()) {
		return nil, errInvalidAuthenticationCode()
	}
	return nil, nil
}

// A deactivated virtual device stays, unassigned; only its deletion frees the name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html
func (s *Server) deactivateMFADevice(req *request) (any, *apiError) {
	v := validation{req: req}
	v.text("UserName", 1, 128, patternName)
	v.required("SerialNumber")
	v.text("SerialNumber", 9, 256, patternSerial)
	if err := v.err(); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:DeactivateMFADevice")
	if err != nil {
		return nil, err
	}
	d, err := s.deviceOf(u, req)
	if err != nil {
		return nil, err
	}
	d.deactivate()
	return nil, nil
}

func (d *device) deactivate() { d.user, d.enabled, d.drift = nil, time.Time{}, 0 }

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html
func (s *Server) deleteVirtualMFADevice(req *request) (any, *apiError) {
	v := validation{req: req}
	v.required("SerialNumber")
	v.text("SerialNumber", 9, 256, patternSerial)
	if err := v.err(); err != nil {
		return nil, err
	}
	serial := req.param("SerialNumber")
	if err := s.authorize(req, "iam:DeleteVirtualMFADevice", serial); err != nil {
		return nil, err
	}
	d := s.device(serial)
	if d == nil || d.kind != Virtual || !req.caller.user.sameAccount(d) {
		return nil, errNoSuchEntity(fmt.Sprintf("VirtualMFADevice with serial number %s doesn't exist.", serial))
	}
	if d.user != nil {
		return nil, errConflict("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
	}
	s.devices = slices.DeleteFunc(s.devices, func(o *device) bool { return o == d })
	return nil, nil
}

func validateCodes(req *request) *apiError {
	v := validation{req: req}
	v.required("UserName")
	v.text("UserName", 1, 128, patternName)
	v.required("SerialNumber")
	v.text("SerialNumber", 9, 256, patternSerial)
	for _, name := range []string{"AuthenticationCode1", "AuthenticationCode2"} {
		v.required(name)
		v.text(name, 6, 6, `[\d]+`)
	}
	return v.err()
}

func (s *Server) deviceOf(u *user, req *request) (*device, *apiError) {
	d := s.device(req.param("SerialNumber"))
	if d == nil || d.user != u {
		return nil, errNoSuchEntity("MFA Device invalid for user.")
	}
	return d, nil
}

// paginate truncates a list as IAM does. The marker is opaque to clients and valid only for the same action.
func paginate(req *request, all []*device, limit int) ([]*device, page, *apiError) {
	from := 0
	if req.has("Marker") {
		raw, err := base64.StdEncoding.DecodeString(req.param("Marker"))
		at, ours := strings.CutPrefix(string(raw), req.action+":")
		if from, _ = strconv.Atoi(at); err != nil || !ours || from < 1 || from > len(all) {
			return nil, page{}, errValidation("Invalid Marker: " + req.param("Marker"))
		}
	}
	rest := all[from:]
	if len(rest) <= limit {
		return rest, page{}, nil
	}
	marker := base64.StdEncoding.EncodeToString([]byte(req.action + ":" + strconv.Itoa(from+limit)))
	return rest[:limit], page{IsTruncated: true, Marker: marker}, nil
}

// blankPNG is an image, but not a QR code: clients make one from the seed.
func blankPNG() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 29, 29))); err != nil {
		panic("fakeaws: " + err.Error())
	}
	return b.Bytes()
}
