package session

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/profile"
)

func request() Request {
	return Request{
		Keys:     profile.Keys{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: profile.NewSecret("the/secret")},
		Serial:   "arn:aws:iam::123456789012:mfa/alice",
		Duration: 12 * time.Hour,
		Endpoint: awsapi.Endpoint{URL: "https://sts.example"},
	}
}

// Each part of a request changes the cache key, and none can pass for another.
func TestCacheKey(t *testing.T) {
	changes := map[string]func(*Request){
		"nothing":                 func(*Request) {},
		"the key":                 func(r *Request) { r.Keys.AccessKeyID = "AKIAANOTHER" },
		"the device":              func(r *Request) { r.Serial = "GAHT12345678" },
		"the endpoint":            func(r *Request) { r.Endpoint.URL = "" },
		"the global endpoint":     func(r *Request) { r.Endpoint.Global = true },
		"a part run into another": func(r *Request) { r.Serial, r.Endpoint.URL = "", r.Endpoint.URL+r.Serial },
	}
	seen := map[string]string{}
	for what, change := range changes {
		r := request()
		change(&r)
		if before, ok := seen[r.CacheKey()]; ok {
			t.Errorf("%s and %s have one key", what, before)
		}
		seen[r.CacheKey()] = what
	}
	again, where := request(), request()
	again.Duration = time.Hour
	where.Keys = profile.Keys{ // the same pair, in the keyring
		AccessKeyID: request().Keys.AccessKeyID, Where: profile.Pos{File: "config", Line: 7}, Store: profile.InKeyring,
	}
	if again.CacheKey() != request().CacheKey() || where.CacheKey() != request().CacheKey() {
		t.Error("the same request has two keys")
	}
	if key := request().CacheKey(); strings.ContainsAny(key, "/\\:. ") || strings.Contains(key, "AKIA") {
		t.Errorf("%s is not a name for a file", key)
	}
	other := request()
	other.Serial, other.Duration = "", time.Hour
	if other.deviceKey() != request().deviceKey() {
		t.Error("two requests of one user have different user keys")
	}
}

// So do each setting of each role of the chain, except the profile's name, and the parts of an external source.
func TestRoleCacheKey(t *testing.T) {
	role := func() profile.Role { return profile.Role{Profile: "a", ARN: "arn:aws:iam::123456789012:role/a"} }
	others := map[string]any{
		"Profile": "b", "ARN": "b", "SessionName": "b", "ExternalID": "b", "SourceIdentity": "b", "Duration": time.Hour,
		"Tags": []profile.Tag{{Key: "b", Value: "c"}}, "TransitiveTags": []string{"b"},
	}
	external := func(change func(*awsapi.ExternalSource)) func(*Request) {
		return func(r *Request) {
			r.External = &awsapi.ExternalSource{Kind: profile.KindSSO, Getenv: func(string) string { return "" }}
			change(r.External)
		}
	}
	changes := map[string]func(*Request){
		"nothing":     func(*Request) {},
		"without MFA": func(r *Request) { r.NoMFA = true },
		"two":         func(r *Request) { r.Roles = append(r.Roles, role()) },
		"another two": func(r *Request) { r.Roles = append(r.Roles, role()); r.Roles[1].ARN = "b" },
		"turned":      func(r *Request) { r.Roles = append(r.Roles, role()); r.Roles[0].ARN = "b" },
		"a tag's end": func(r *Request) { r.Roles[0].Tags = []profile.Tag{{Key: "bc"}} },

		"a sign-in":        external(func(*awsapi.ExternalSource) {}),
		"another sign-in":  external(func(x *awsapi.ExternalSource) { x.SignIn = []byte("b") }),
		"another endpoint": external(func(x *awsapi.ExternalSource) { x.URL = map[string]string{"sso": "b"} }),
		"another source":   external(func(x *awsapi.ExternalSource) { x.Kind = profile.KindLogin }),
	}
	for field := range reflect.TypeFor[profile.Role]().Fields() {
		changes[field.Name] = func(r *Request) {
			reflect.ValueOf(&r.Roles[0]).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(others[field.Name]))
		}
	}
	seen := map[string]string{}
	for what, change := range changes {
		r := request()
		r.Roles = []profile.Role{role()}
		change(&r)
		if what == "Profile" || what == "Duration" {
			what = "nothing"
		}
		if before, ok := seen[r.CacheKey()]; ok && before != what {
			t.Errorf("%s and %s have one key", what, before)
		}
		seen[r.CacheKey()] = what
	}
	if len(seen) != len(changes)-2 {
		t.Errorf("%d changes have %d keys", len(changes), len(seen))
	}
}

// No verb prints a secret of a session or a request.
func TestPrinted(t *testing.T) {
	s := Session{Credentials: awsapi.Credentials{
		AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "the/secret", SessionToken: "the-token", Expiration: time.Now(),
	}}
	secrets := []string{"the/secret", "the-token", fmt.Sprintf("%x", "the/secret"), fmt.Sprintf("%X", "the-token")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		for _, v := range []any{s, &s, []Session{s}, map[string]Session{"s": s}, request(), struct{ S Session }{s}} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s of %T: %s", verb, v, text)
				}
			}
		}
	}
}

// A decoded session encodes to an equal one, and no text crashes the decoder.
func FuzzDecode(f *testing.F) {
	s := Session{
		Credentials: awsapi.Credentials{AccessKeyID: "A", SecretAccessKey: "B", SessionToken: "C"}, Duration: time.Hour,
	}
	s.Expiration, s.Obtained = time.Unix(1, 0), time.Unix(2, 3)
	f.Add(s.encode())
	s.KeyID = "D"
	f.Add(s.encode())
	f.Add([]byte(""))
	f.Add([]byte("\n\n\n\n\n\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := decode(text)
		if err != nil {
			return
		}
		again, err := decode(s.encode())
		if err != nil || again.AccessKeyID != s.AccessKeyID || again.SecretAccessKey != s.SecretAccessKey ||
			again.SessionToken != s.SessionToken || again.KeyID != s.KeyID ||
			!again.Expiration.Equal(s.Expiration.Truncate(time.Second)) || !again.Obtained.Equal(s.Obtained) {
			t.Errorf("%q decodes differently after encode: %v", text, err)
		}
	})
}
