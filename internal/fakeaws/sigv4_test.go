package fakeaws

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	invalidToken = "The security token included in the request is invalid."
	mismatch     = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

func TestKeys(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Keys: []AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE"}, {}}})
	ask := func(id, secret, token string) error {
		_, err := stsClient(config(s, id, secret, token)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}
	first, second := u.Keys[0], u.Keys[1]
	noError(t, ask(first.ID, first.Secret, ""))
	noError(t, ask(second.ID, second.Secret, ""))
	wantError(t, ask("AKIANOBODYNOBODYNOBO", "secret", ""), 403, "InvalidClientTokenId", invalidToken)
	wantError(t, ask(first.ID, second.Secret, ""), 403, "SignatureDoesNotMatch", mismatch)
	wantError(t, ask(first.ID, first.Secret, "token"), 403, "InvalidClientTokenId", invalidToken)

	for _, status := range []KeyStatus{KeyInactive, KeyDeleted} {
		s.SetKeyStatus(first.ID, status)
		wantError(t, ask(first.ID, first.Secret, ""), 403, "InvalidClientTokenId", invalidToken)
	}
	noError(t, ask(second.ID, second.Secret, ""))
	s.SetKeyStatus(first.ID, KeyActive)
	noError(t, ask(first.ID, first.Secret, ""))

	c := login(t, s, u, "")
	noError(t, ask(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
	wantError(t, ask(*c.AccessKeyId, *c.SecretAccessKey, ""), 403, "InvalidClientTokenId", invalidToken)
	wantError(
		t,
		ask(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken+"x"),
		403,
		"InvalidClientTokenId",
		invalidToken,
	)
	wantError(t, ask(*c.AccessKeyId, "secret", *c.SessionToken), 403, "SignatureDoesNotMatch", mismatch)
}

func TestSkew(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	for _, tt := range []struct {
		skew    time.Duration
		message string
	}{
		{0, ""},
		{4 * time.Minute, ""},
		{-4 * time.Minute, ""},
		{
			6 * time.Minute,
			`^Signature expired: (\d{8}T\d{6}Z) is now earlier than (\d{8}T\d{6}Z) \((\d{8}T\d{6}Z) - 5 min\.\)$`,
		},
		{
			-6 * time.Minute,
			`^Signature not yet current: (\d{8}T\d{6}Z) is still later than (\d{8}T\d{6}Z) \((\d{8}T\d{6}Z) \+ 5 ` +
				`min\.\)$`,
		},
		{48 * time.Hour, `^Signature expired: `},
	} {
		s.SetSkew(tt.skew)
		_, err := stsClient(longTerm(s, u)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if tt.message == "" {
			noError(t, err)
		} else {
			wantError(t, err, 403, "SignatureDoesNotMatch", tt.message)
		}

		r := signed(t, s, u.Keys[0], "sts", "us-east-1", identity, time.Now(), nil)
		res, err := http.DefaultClient.Do(r)
		noError(t, err)
		_ = res.Body.Close()
		date, err := http.ParseTime(res.Header.Get("Date"))
		noError(t, err)
		if off := time.Until(date) - tt.skew; off < -time.Minute || off > time.Minute {
			t.Errorf("skew %s: Date is off by %s", tt.skew, off)
		}
	}
}

// TestSkewEdge tests the exact limit, which needs a stopped clock.
func TestSkewEdge(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	now := time.Date(2026, 3, 1, 0, 1, 0, 0, time.UTC)
	s.mu.Lock()
	s.now = func() time.Time { return now }
	s.mu.Unlock()
	for off, want := range map[time.Duration]string{
		-5 * time.Minute: "GetCallerIdentityResult",
		5 * time.Minute:  "GetCallerIdentityResult",
		-5*time.Minute - time.Second: "Signature expired: 20260228T235559Z is now earlier than 20260228T235600Z " +
			"(20260301T000100Z - 5 min.)",
		5*time.Minute + time.Second: "Signature not yet current: 20260301T000601Z is still later than " +
			"20260301T000600Z " +
			"(20260301T000100Z + 5 min.)",
	} {
		_, body := send(t, signed(t, s, u.Keys[0], "sts", "us-east-1", identity, now.Add(off), nil))
		if !strings.Contains(body, want) {
			t.Errorf("%s: %s", off, body)
		}
	}
}

func TestSignature(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice"})
	replace := func(old, by string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, by, 1))
		}
	}
	today := time.Now().UTC().Format("20060102")
	for name, tt := range map[string]struct {
		service, region, body string
		edit, after           func(*http.Request)
		status                int
		want                  string
	}{
		"right": {status: 200, want: "<Arn>" + u.ARN + "</Arn>"},
		"odd header value": {
			edit: func(r *http.Request) { r.Header.Set("X-Odd", "  a   b ") }, status: 200, want: u.ARN,
		},
		"unsigned": {
			after:  func(r *http.Request) { r.Header.Del("Authorization") },
			status: 403, want: "<Code>MissingAuthenticationToken</Code>",
		},
		"other algorithm": {
			after: replace("SHA256", "SHA512"), status: 400, want: "Unsupported AWS &#39;algorithm&#39;: " +
				"&#39;AWS4-HMAC-SHA512&#39;.",
		},
		"no credential": {
			after: replace("Credential=", "X="), status: 400,
			want: "Authorization header requires &#39;Credential&#39; parameter.",
		},
		"no date": {
			after:  func(r *http.Request) { r.Header.Del("X-Amz-Date") },
			status: 400, want: "<Code>IncompleteSignature</Code>",
		},
		"bad date": {
			after:  func(r *http.Request) { r.Header.Set("X-Amz-Date", "today") },
			status: 400, want: "Date must be in ISO-8601",
		},
		"short scope": {after: replace("/aws4_request", ""), status: 400, want: "exactly 5 slash-delimited elements"},
		"terminator":  {after: replace("aws4_request", "aws5_request"), status: 403, want: "valid terminator"},
		"other day": {
			after: replace("/"+today+"/", "/20200101/"), status: 403, want: "Date in Credential scope does not match",
		},
		"no such region": {
			region: "mars-north-1", status: 403,
			want: "Credential should be scoped to a valid region, not &#39;mars-north-1&#39;. ",
		},
		"other region": {
			after: replace("us-east-1", "us-west-2"), status: 403, want: "The request signature we calculated",
		},
		"other partition": {region: "cn-north-1", status: 403, want: "<Code>InvalidClientTokenId</Code>"},
		"service of another action": {
			service: "iam", status: 400, want: "Could not find operation GetCallerIdentity for version 2011-06-15",
		},
		"unknown service": {
			service: "ec2", status: 403, want: "Credential should be scoped to correct service: &#39;sts&#39;. ",
		},
		"unknown action": {
			body: "Action=AssumeWorld&Version=2011-06-15", status: 400,
			want: "Could not find operation AssumeWorld for version 2011-06-15",
		},
		"wrong version": {
			body: "Action=GetCallerIdentity&Version=2010-05-08", status: 400, want: "<Code>InvalidAction</Code>",
		},
		"no action":   {body: "Version=2011-06-15", status: 400, want: "<Code>MissingAction</Code>"},
		"given twice": {body: identity + "&Action=GetSessionToken", status: 400, want: "MalformedQueryString"},
		"no form": {
			edit:   func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
			status: 400, want: "MalformedQueryString",
		},
		"host not signed": {after: replace(";host;", ";"), status: 403, want: "Host"},
		"date not signed": {
			after: replace(";x-amz-date", ""), status: 403,
			want: "&#39;X-Amz-Date&#39; must be a &#39;SignedHeader&#39;",
		},
		"amz header added": {
			after:  func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "") },
			status: 403, want: "X-Amz-Security-Token",
		},
		"wrong hash": {
			edit:   func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexSHA256([]byte("x"))) },
			status: 403, want: "does not match what was computed",
		},
		"signed header changed": {
			after:  func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
			status: 403, want: "The request signature we calculated",
		},
		"body changed": {
			after: func(r *http.Request) {
				// of the same length, because the length is signed, too
				other := strings.Replace(identity, "GetCallerIdentity", "GetSessionToken", 1) + "&a"
				r.Body = io.NopCloser(strings.NewReader(other))
			},
			status: 403, want: "The request signature we calculated",
		},
		"a digit changed": {
			after: func(r *http.Request) {
				a := r.Header.Get("Authorization")
				last := byte('0')
				if a[len(a)-1] == '0' {
					last = '1'
				}
				r.Header.Set("Authorization", a[:len(a)-1]+string(last))
			},
			status: 403, want: "The request signature we calculated",
		},
	} {
		t.Run(name, func(t *testing.T) {
			service, region, body := "sts", "us-east-1", identity
			for _, o := range []struct{ value, to *string }{
				{&tt.service, &service}, {&tt.region, &region}, {&tt.body, &body},
			} {
				if *o.value != "" {
					*o.to = *o.value
				}
			}
			r := signed(t, s, u.Keys[0], service, region, body, time.Now(), tt.edit)
			if tt.after != nil {
				tt.after(r)
			}
			status, answer := send(t, r)
			if status != tt.status || !strings.Contains(answer, tt.want) {
				t.Errorf("got %d\n%s\nwant %d %s", status, answer, tt.status, tt.want)
			}
		})
	}
}

func TestPartitions(t *testing.T) {
	s := start(t)
	for partition, region := range map[string]string{
		"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1",
	} {
		u := s.AddUser(User{Name: "alice", Partition: partition})
		d := s.AddDevice(u.ARN, Device{})
		if want := "arn:" + partition + ":iam::123456789012:mfa/alice"; d.Serial != want {
			t.Errorf("serial %s, want %s", d.Serial, want)
		}
		cfg := longTerm(s, u)
		cfg.Region = region
		out, err := stsClient(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		noError(t, err)
		if *out.Arn != u.ARN {
			t.Errorf("arn %s", *out.Arn)
		}
		_, err = iamClient(cfg).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{})
		noError(t, err) // its policy is of its partition
	}
}
