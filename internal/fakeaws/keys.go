package fakeaws

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxKeys is how many access keys a user may have, inactive ones too.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxKeys = 2

// keyLife is what IAM knows of a long-term key beside the pair itself.
type keyLife struct {
	number  int // in the order of creation
	created time.Time
	unheard int // so many requests are refused yet, for the servers that get them have not heard of the key

	lastUsed            time.Time // zero: never
	lastService, lastIn string
}

func (s *Server) newKeyLife() keyLife {
	return keyLife{number: len(s.keys), created: s.serverTime()}
}

// SetKeyLag has each key that CreateAccessKey makes from now on be unknown to the first n requests that are signed with
// it: IAM takes seconds to tell all of AWS of a change; negative is for ever.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
func (s *Server) SetKeyLag(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keyLag = n
}

// ForgetKey has AWS refuse the next n requests that are signed with a key, as if a server that gets them had not heard of
// it; negative is for ever. It panics when there is no such key.
func (s *Server) ForgetKey(id string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[id] == nil {
		panic(fmt.Sprintf("fakeaws: no key %s", id))
	}
	s.keys[id].unheard = n
}

// Keys returns the user's access keys, without those that are deleted, in the order of their creation.
func (s *Server) Keys(userARN string) []AccessKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []AccessKey
	for _, k := range s.userKeys(s.mustUser(userARN)) {
		all = append(all, k.AccessKey)
	}
	return all
}

// EndSessions ends every session of the user. AWS does not do so when the key that a session was had with is
// deactivated or deleted: "they are valid through the expiration period and cannot be revoked". A test that wants a
// client to be safe all the same has the sessions end then.
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

// heard says whether the server that got a request knows the key by now.
func (k *accessKey) heard() bool {
	if k.unheard > 0 {
		k.unheard--
		return false
	}
	return k.unheard == 0
}

// used notes that a request was signed with a long-term key. AWS takes a while to do so.
func (s *Server) used(c caller, a authorization) {
	if k := s.keys[c.keyID]; k != nil && c.session == nil {
		k.lastUsed, k.lastService, k.lastIn = s.serverTime(), a.service, a.region
	}
}

// keyOf finds the key that a request names, of the user that it names.
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

// CreateAccessKey shows the secret this once.
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
	k.unheard = s.keyLag
	type key struct {
		UserName        string `xml:",omitempty"`
		AccessKeyID     string `xml:"AccessKeyId"`
		Status          string
		SecretAccessKey string
		CreateDate      string
	}
	return struct{ AccessKey key }{key{u.Name, k.ID, k.Status.String(), k.Secret, timestamp(k.created)}}, nil
}

// A user has two keys at most, so that no list is ever cut, unless it is asked for one by one.
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

// A key that is nobody's is refused as one that may not be asked about.
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
		return nil, errAccessDenied(fmt.Sprintf("User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
			req.caller.user.ARN, req.param("AccessKeyId")))
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
		used = lastUsed{k.lastIn, k.lastService, timestamp(k.lastUsed)}
	}
	return struct {
		UserName          string
		AccessKeyLastUsed lastUsed
	}{k.user.Name, used}, nil
}
