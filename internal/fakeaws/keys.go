package fakeaws

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxKeys is the quota of access keys per user, including inactive ones.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxKeys = 2

// keyMetadata is what IAM stores about a long-term key, apart from the pair itself.
type keyMetadata struct {
	number     int // in the order of creation
	created    time.Time
	unknownFor int // requests still to be refused as if their server did not know the key; negative for ever

	lastUsed                time.Time // zero: never
	lastService, lastRegion string
}

func (s *Server) newKeyMetadata() keyMetadata {
	return keyMetadata{number: len(s.keys), created: s.serverTime()}
}

// SetKeyLag makes AWS refuse the first n requests with each key that CreateAccessKey creates from now on; negative is
// for ever. IAM's changes take seconds to reach all of AWS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
func (s *Server) SetKeyLag(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keyLag = n
}

// ForgetKey makes AWS refuse the next n requests with a key, as if their server did not know it; negative is for ever.
// It panics if there is no such key.
func (s *Server) ForgetKey(id string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[id] == nil {
		panic(fmt.Sprintf("fakeaws: no key %s", id))
	}
	s.keys[id].unknownFor = n
}

// Keys returns the user's access keys, without deleted ones, in the order of their creation.
func (s *Server) Keys(userARN string) []AccessKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []AccessKey
	for _, k := range s.userKeys(s.mustUser(userARN)) {
		all = append(all, k.AccessKey)
	}
	return all
}

// EndSessions ends every session of the user. AWS does not do this when a session's key is deactivated or deleted:
// "they are valid through the expiration period and cannot be revoked". It is for tests of clients that must be safe
// all the same.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access.html
func (s *Server) EndSessions(userARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(userARN)
	maps.DeleteFunc(s.sessions, func(_ string, t *session) bool { return t.user == u })
}

func (s *Server) userKeys(u *user) []*accessKey {
	var own []*accessKey
	for _, k := range s.keys {
		if k.user == u && k.Status != KeyDeleted {
			own = append(own, k)
		}
	}
	slices.SortFunc(own, func(a, b *accessKey) int { return cmp.Compare(a.number, b.number) })
	return own
}

// isKnown reports whether the server of a request knows the key by now.
func (k *accessKey) isKnown() bool {
	if k.unknownFor > 0 {
		k.unknownFor--
		return false
	}
	return k.unknownFor == 0
}

// recordUse records the use of a long-term key. AWS does so with a delay.
func (s *Server) recordUse(c caller, a authorization) {
	if k := s.keys[c.keyID]; k != nil && c.session == nil {
		k.lastUsed, k.lastService, k.lastRegion = s.serverTime(), a.service, a.region
	}
}

// keyOf returns the key in the request, if it belongs to the user in the request.
func (s *Server) keyOf(req *request, action string) (*accessKey, *apiError) {
	u, err := s.target(req, action)
	if err != nil {
		return nil, err
	}
	id := req.param("AccessKeyId")
	if k := s.keys[id]; k != nil && k.user == u && k.Status != KeyDeleted {
		return k, nil
	}
	return nil, errNoSuchEntity(fmt.Sprintf("The Access Key with id %s cannot be found.", id))
}

func validateKeyID(req *request) *validation {
	v := &validation{req: req}
	v.text("UserName", 1, 128, patternName)
	v.required("AccessKeyId")
	v.text("AccessKeyId", 16, 128, `[\w]+`)
	return v
}

func (k KeyStatus) String() string {
	return [...]string{"Active", "Inactive", "Deleted"}[k]
}

// createAccessKey shows the secret only here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
func (s *Server) createAccessKey(req *request) (any, *apiError) {
	v := validation{req: req}
	v.text("UserName", 1, 128, patternName)
	if err := v.err(); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:CreateAccessKey")
	if err != nil {
		return nil, err
	}
	if len(s.userKeys(u)) >= maxKeys {
		return nil, errConflict("LimitExceeded", fmt.Sprintf("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys))
	}
	k := s.keys[s.addKey(u, AccessKey{}).ID]
	k.unknownFor = s.keyLag
	type key struct {
		UserName        string `xml:",omitempty"`
		AccessKeyID     string `xml:"AccessKeyId"`
		Status          string
		SecretAccessKey string
		CreateDate      string
	}
	return struct{ AccessKey key }{key{u.Name, k.ID, k.Status.String(), k.Secret, timestamp(k.created)}}, nil
}

// A user has two keys at most, so a list is truncated only with MaxItems=1.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
func (s *Server) listAccessKeys(req *request) (any, *apiError) {
	v := validation{req: req}
	v.text("UserName", 1, 128, patternName)
	limit := v.number("MaxItems", 1, 1000, 100)
	if err := v.err(); err != nil {
		return nil, err
	}
	u, err := s.target(req, "iam:ListAccessKeys")
	if err != nil {
		return nil, err
	}
	all := s.userKeys(u)
	if marker := req.param("Marker"); marker != "" {
		after, ours := strings.CutPrefix(marker, "after:")
		i := slices.IndexFunc(all, func(k *accessKey) bool { return k.ID == after })
		if !ours || i < 0 {
			return nil, errValidation("Invalid Marker: " + marker)
		}
		all = all[i+1:]
	}
	var next page
	if len(all) > limit {
		all = all[:limit]
		next = page{IsTruncated: true, Marker: "after:" + all[limit-1].ID}
	}
	type metadata struct {
		UserName    string `xml:",omitempty"`
		AccessKeyID string `xml:"AccessKeyId"`
		Status      string
		CreateDate  string
	}
	type members struct {
		Member []metadata `xml:"member"`
	}
	var list members
	for _, k := range all {
		list.Member = append(list.Member, metadata{u.Name, k.ID, k.Status.String(), timestamp(k.created)})
	}
	return struct {
		AccessKeyMetadata members
		page
	}{list, next}, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
func (s *Server) updateAccessKey(req *request) (any, *apiError) {
	v := validateKeyID(req)
	v.required("Status")
	status := req.param("Status")
	if req.has("Status") && status != "Active" && status != "Inactive" {
		v.fail("Status", "Member must satisfy enum value set: [Active, Inactive]")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	k, err := s.keyOf(req, "iam:UpdateAccessKey")
	if err != nil {
		return nil, err
	}
	k.Status = KeyActive
	if status == "Inactive" {
		k.Status = KeyInactive
	}
	return nil, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
func (s *Server) deleteAccessKey(req *request) (any, *apiError) {
	if err := validateKeyID(req).err(); err != nil {
		return nil, err
	}
	k, err := s.keyOf(req, "iam:DeleteAccessKey")
	if err != nil {
		return nil, err
	}
	k.Status = KeyDeleted
	return nil, nil
}

// An unknown key and a key that the caller may not ask about get the same error.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
func (s *Server) getAccessKeyLastUsed(req *request) (any, *apiError) {
	v := validation{req: req}
	v.required("AccessKeyId")
	v.text("AccessKeyId", 16, 128, `[\w]+`)
	if err := v.err(); err != nil {
		return nil, err
	}
	k := s.keys[req.param("AccessKeyId")]
	if k == nil || k.Status == KeyDeleted {
		return nil, errAccessDenied(
			fmt.Sprintf("User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
				req.caller.user.ARN, req.param("AccessKeyId")),
		)
	}
	if err := s.authorize(req, "iam:GetAccessKeyLastUsed", k.user.ARN); err != nil {
		return nil, err
	}
	type lastUsed struct {
		Region, ServiceName string
		LastUsedDate        string `xml:",omitempty"`
	}
	used := lastUsed{Region: "N/A", ServiceName: "N/A"}
	if !k.lastUsed.IsZero() {
		used = lastUsed{k.lastRegion, k.lastService, timestamp(k.lastUsed)}
	}
	return struct {
		UserName          string
		AccessKeyLastUsed lastUsed
	}{k.user.Name, used}, nil
}
