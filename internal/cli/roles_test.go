package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" // the name that the AWS CLI keeps a token under
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"awsmfa/internal/fakeaws"
)

// role NAME [max=DURATION] [trust=mfa|FILE] [principal=ARN] [partition=NAME] adds a role that everyone in the account
// may assume, or only those that the trust policy names; NAME_ARN is its ARN.
func addRole(ts *testscript.TestScript, w *world, args []string) {
	r := fakeaws.Role{Name: arg(ts, args, 0, "")}
	for _, option := range args[1:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "max":
			r.MaxSession = duration(ts, value)
		case "trust":
			if r.Trust = fakeaws.TrustAccountWithMFA("aws", fakeaws.DefaultAccount); value != "mfa" {
				r.Trust = fill(ts.ReadFile(value), ts.Getenv)
			}
		case "principal":
			r.Trust = fmt.Sprintf(`{"Version": "2012-10-17", "Statement": {
				"Effect": "Allow",
				"Principal": {"AWS": %q},
				"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
			}}`, value)
		case "partition":
			r.Partition = value
		default:
			ts.Fatalf("no such option")
		}
	}
	ts.Setenv(strings.ReplaceAll(r.Name, "-", "_")+"_ARN", w.aws.AddRole(r).ARN)
}

// sso KEY ROLE [expired|refreshable|refreshable-revoked|revoked|utc|undated|untold] signs in a user who has the role,
// and writes the token where the AWS CLI caches it for KEY, the name of an sso-session or a start URL.
func signIn(ts *testscript.TestScript, w *world, args []string) {
	in := w.aws.AddSSO("alice", fakeaws.Role{Name: arg(ts, args, 1, "")})
	token := map[string]any{
		"startUrl": "https://example.awsapps.com/start", "region": "us-east-1",
		"accessToken": in.AccessToken, "expiresAt": in.Expires.UTC().Format(time.RFC3339),
	}
	switch arg(ts, args, 2, "fresh") {
	case "expired":
		token["expiresAt"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	case "refreshable", "refreshable-revoked":
		token["expiresAt"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		token["refreshToken"], token["clientId"], token["clientSecret"] = in.RefreshToken, in.ClientID, in.ClientSecret
		token["registrationExpiresAt"] = time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		if args[2] == "refreshable-revoked" {
			w.aws.Expire(in.RefreshToken)
		}
	case "revoked":
		w.aws.Expire(in.AccessToken)
	case "utc": // as older versions of the AWS CLI write it
		token["expiresAt"] = in.Expires.UTC().Format("2006-01-02T15:04:05UTC")
	case "undated":
		token["expiresAt"] = "hunter2"
	case "untold":
		delete(token, "accessToken")
	}
	text, err := json.Marshal(token)
	ts.Check(err)
	sum := sha1.Sum([]byte(arg(ts, args, 0, "")))
	dir := filepath.Join(w.home, ".aws", "sso", "cache")
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".json"), text, 0o600))
}

// login SESSION [expired|garbled] writes the token that aws login caches.
func logIn(ts *testscript.TestScript, w *world, args []string) {
	until := time.Now().Add(10 * time.Minute)
	if arg(ts, args, 1, "fresh") == "expired" {
		until = time.Now().Add(-time.Minute)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	der, err := x509.MarshalECPrivateKey(key)
	ts.Check(err)
	text, err := json.Marshal(map[string]any{
		"accessToken": map[string]any{
			"accessKeyId": "ASIALOGIN", "secretAccessKey": "login-secret", "sessionToken": "login-token",
			"accountId": fakeaws.DefaultAccount, "expiresAt": until.UTC().Format(time.RFC3339),
		},
		"tokenType": "aws_sigv4", "refreshToken": "login-refresh", "clientId": "arn:aws:signin:::devtools/same-device",
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	})
	ts.Check(err)
	if arg(ts, args, 1, "fresh") == "garbled" {
		text = []byte("hunter2")
	}
	sum := sha256.Sum256([]byte(arg(ts, args, 0, "")))
	dir := filepath.Join(w.home, ".aws", "login", "cache")
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".json"), text, 0o600))
}

// identity FILE ISSUER writes a web identity token.
func webIdentity(ts *testscript.TestScript, w *world, args []string) {
	token := w.aws.AddWebIdentity(arg(ts, args, 1, ""), "alice")
	if arg(ts, args, 2, "fresh") == "expired" {
		w.aws.Expire(token)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token), 0o600))
}

// machine instance|container ARN starts an endpoint with the role's credentials: an instance's at $METADATA, or a
// container's at $CONTAINER, for $CONTAINER_TOKEN.
func machine(ts *testscript.TestScript, w *world, args []string) {
	role := arg(ts, args, 1, "")
	switch arg(ts, args, 0, "") {
	case "instance":
		url, stop := serve(w.aws.Metadata(role))
		ts.Defer(stop)
		ts.Setenv("METADATA", url)
	case "container":
		url, stop := serve(w.aws.Container(role, "the container's token"))
		ts.Defer(stop)
		ts.Setenv("CONTAINER", url)
		ts.Setenv("CONTAINER_TOKEN", "the container's token")
	}
}

// called ACTION [NAME=VALUE|NAME=]... checks the parameters of the last request for ACTION; NAME= means that it had
// none.
func lastCall(ts *testscript.TestScript, w *world, args []string) {
	var last *fakeaws.Call
	for _, c := range w.aws.Calls() {
		if c.Action == arg(ts, args, 0, "") {
			last = &c
		}
	}
	if last == nil {
		ts.Fatalf("there was no such call")
	}
	for _, want := range args[1:] {
		name, value, _ := strings.Cut(want, "=")
		if got := last.Params[name]; got != value {
			ts.Fatalf("%s is %q", name, got)
		}
	}
}
