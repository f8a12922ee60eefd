package fakeaws

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// source returns a config that the SDK reads only from the environment and the config file. The endpoints are set per
// service: the SDK makes the clients that fetch credentials before it reads AWS_ENDPOINT_URL.
func source(t *testing.T, s *Server, file string, env map[string]string) aws.Config {
	t.Helper()
	home := t.TempDir()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // restores it after the test
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"HOME": home, "USERPROFILE": home, "AWS_REGION": "us-east-1",
		"AWS_ENDPOINT_URL_STS": s.URL(), "AWS_ENDPOINT_URL_SSO": s.URL(),
		"AWS_ENDPOINT_URL_SSO_OIDC": s.URL(), "AWS_ENDPOINT_URL_IAM": s.URL(), "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	noError(t, os.MkdirAll(filepath.Join(home, ".aws", "sso", "cache"), 0o700))
	noError(t, os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(file), 0o600))
	cfg, err := awsconfig.LoadDefaultConfig(
		t.Context(),
		awsconfig.WithSharedConfigFiles([]string{filepath.Join(home, ".aws", "config")}),
	)
	noError(t, err)
	return cfg
}

func wants(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Fatalf("got %v, want %s", err, part)
		}
	}
}

func TestWebIdentity(t *testing.T) {
	s := start(t)
	const issuer = "oidc.example.com/id/1"
	r := s.AddRole(
		Role{
			Name: "pod", Trust: `{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/` + issuer + `"},
		"Condition": {"StringEquals": {
			"` + issuer + `:sub": "system:serviceaccount:a:b",
			"` + issuer + `:aud": "sts.amazonaws.com"}}}}`,
		},
	)
	token := s.AddWebIdentity(issuer, "system:serviceaccount:a:b")
	other := s.AddWebIdentity(issuer, "system:serviceaccount:a:c")
	foreign := s.AddWebIdentity("oidc.example.com/id/2", "system:serviceaccount:a:b")
	file := filepath.Join(t.TempDir(), "token")
	noError(t, os.WriteFile(file, []byte(token), 0o600))
	cfg := source(t, s, "", map[string]string{
		"AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": r.ARN, "AWS_ROLE_SESSION_NAME": "pod",
	})
	if who := identityOf(t, cfg); *who.Arn != "arn:aws:sts::123456789012:assumed-role/pod/pod" {
		t.Errorf("identity %s", *who.Arn)
	}
	if c := s.Calls()[0]; c.Service != "sts" || c.Action != "AssumeRoleWithWebIdentity" || c.AccessKeyID != "" ||
		c.Params["WebIdentityToken"] != "" || c.Params["RoleArn"] != r.ARN {
		t.Errorf("call %+v", c)
	}

	ask := func(token string, edit func(*sts.AssumeRoleWithWebIdentityInput)) error {
		in := &sts.AssumeRoleWithWebIdentityInput{
			RoleArn:          &r.ARN,
			RoleSessionName:  aws.String("pod"),
			WebIdentityToken: &token,
		}
		if edit != nil {
			edit(in)
		}
		out, err := stsClient(config(s, "unused", "unused", "")).AssumeRoleWithWebIdentity(t.Context(), in)
		if err == nil &&
			(*out.SubjectFromWebIdentityToken != "system:serviceaccount:a:b" || *out.Audience != "sts.amazonaws.com" ||
				*out.Provider != "arn:aws:iam::123456789012:oidc-provider/"+issuer) {
			t.Errorf("answer %+v", out)
		}
		return err
	}
	noError(t, ask(token, nil))
	wantError(t, ask("token", nil), 400, "InvalidIdentityToken",
		"The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	wantError(
		t,
		ask(token+"x", nil),
		400,
		"InvalidIdentityToken",
		"Couldn't retrieve verification key from your identity "+
			"provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
	)
	for _, no := range []string{other, foreign} {
		wantError(t, ask(no, nil), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	wantError(t, ask(token, func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleArn = aws.String(r.ARN + "x") }),
		403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	wantError(t, ask(token, func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = aws.Int32(3601) }),
		400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	s.Inject(Fault{Kind: Unavailable, Action: "AssumeRoleWithWebIdentity"})
	wants(t, ask(token, nil), "503", "ServiceUnavailable")
	s.Expire(token)
	wantError(t, ask(token, nil), 400, "ExpiredTokenException",
		`^Token expired: current date/time \d+ must be before the expiration date/time \d+$`)
}

func TestSSO(t *testing.T) {
	s := start(t)
	in := s.AddSSO(
		"ann@example.com",
		Role{Name: "Admin", MaxSession: 4 * time.Hour},
		Role{Name: "Admin", Account: "222222222222"},
	)
	const file = "[default]\nsso_session = work\nsso_account_id = 222222222222\nsso_role_name = ROLE\n" +
		"[sso-session work]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
	sum := sha1.Sum([]byte("work"))
	ask := func(file string, in SSO) (aws.Credentials, aws.Config, error) {
		cfg := source(t, s, file, nil)
		home, _ := os.UserHomeDir()
		noError(t, os.WriteFile(filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"),
			in.Cache("https://example.awsapps.com/start", "us-east-1"), 0o600))
		creds, err := cfg.Credentials.Retrieve(t.Context())
		return creds, cfg, err
	}
	admin := strings.Replace(file, "ROLE", "Admin", 1)
	creds, cfg, err := ask(admin, in)
	noError(t, err)
	if left := time.Until(creds.Expires); left < 59*time.Minute || left > time.Hour {
		t.Errorf("expires in %s", left)
	}
	arn := "arn:aws:sts::222222222222:assumed-role/" + in.Roles[1].Name + "/ann@example.com"
	if who := identityOf(t, cfg); *who.Arn != arn || !strings.HasPrefix(in.Roles[1].Name, "AWSReservedSSO_Admin_") {
		t.Errorf("identity %s", *who.Arn)
	}
	if c := s.Calls()[0]; c.Service != "sso" || c.Action != "GetRoleCredentials" ||
		c.Params["account_id"] != "222222222222" ||
		c.Params["role_name"] != "Admin" ||
		len(c.Params) != 2 ||
		c.Status != 200 {
		t.Errorf("call %+v", c)
	}
	_, _, err = ask(strings.Replace(file, "ROLE", "Nobody", 1), in)
	wants(t, err, "403", "ForbiddenException: No access")
	wrong := in
	wrong.AccessToken += "x"
	_, _, err = ask(admin, wrong)
	wants(t, err, "401", "UnauthorizedException: Session token not found or invalid")
	wrong.AccessToken = in.RefreshToken
	_, _, err = ask(admin, wrong)
	wants(t, err, "401", "UnauthorizedException: Session token not found or invalid")
	s.Expire(in.AccessToken)
	_, _, err = ask(admin, in)
	wants(t, err, "401", "UnauthorizedException: Session token not found or invalid")

	// After the expiration that the client has cached it refreshes the token.
	in.Expires = time.Now().Add(-time.Hour)
	s.ResetCalls()
	_, _, err = ask(admin, in)
	noError(t, err)
	c := s.Calls()[0]
	if c.Service != "ssooidc" || c.Action != "CreateToken" || c.Params["grantType"] != "refresh_token" ||
		c.Params["clientId"] != in.ClientID || len(c.Params) != 2 {
		t.Errorf("call %+v", c)
	}
	s.Inject(Fault{Kind: Throttle, Action: "CreateToken"})
	_, _, err = ask(admin, in)
	wants(t, err, "429", "TooManyRequestsException")
	wrong = in
	wrong.ClientSecret = "x"
	_, _, err = ask(admin, wrong)
	wants(t, err, "401", "InvalidClientException")
	s.Expire(in.RefreshToken)
	_, _, err = ask(admin, in)
	wants(t, err, "400", "InvalidGrantException")
}

func TestSigninToken(t *testing.T) {
	s := start(t)
	u := s.AddUser(User{Name: "alice", Policies: []string{Admin()}})
	d := s.AddDevice(u.ARN, Device{})
	r := s.AddRole(Role{Name: "admin", MaxSession: 2 * time.Hour})
	ask := func(method string, c aws.Credentials, extra url.Values) (int, string) {
		t.Helper()
		session, err := json.Marshal(map[string]string{
			"sessionId": c.AccessKeyID, "sessionKey": c.SecretAccessKey, "sessionToken": c.SessionToken,
		})
		noError(t, err)
		q := url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}
		for name, values := range extra {
			q[name] = values
		}
		at, body := s.URL()+"/federation", ""
		if method == http.MethodGet {
			at += "?" + q.Encode()
		} else {
			body = q.Encode()
		}
		req, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
		noError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return send(t, req)
	}
	credentialsOf := func(cfg aws.Config) aws.Credentials {
		c, err := cfg.Credentials.Retrieve(t.Context())
		noError(t, err)
		return c
	}
	refused := func(c aws.Credentials, extra url.Values) {
		t.Helper()
		if status, body := ask(http.MethodGet, c, extra); status != 400 ||
			!strings.Contains(body, "Invalid credentials parameter") {
			t.Errorf("got %d %s", status, body)
		}
	}
	role := sessionOf(
		s,
		assume(
			t,
			longTerm(s, u),
			r.ARN,
			func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) },
		).Credentials,
	)
	good := credentialsOf(role)
	var answer struct{ SigninToken string }
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		status, body := ask(method, good, url.Values{"SessionDuration": {"43200"}})
		noError(t, json.Unmarshal([]byte(body), &answer))
		all := s.SigninTokens()
		if got := all[len(all)-1]; status != 200 || got.Token != answer.SigninToken || got.Duration != 12*time.Hour ||
			got.ARN != "arn:aws:sts::123456789012:assumed-role/admin/work" {
			t.Errorf("%d %+v", status, got)
		}
	}
	if status, _ := ask(http.MethodGet, good, nil); status != 200 || s.SigninTokens()[2].Duration != 2*time.Hour {
		t.Errorf("%d %+v", status, s.SigninTokens())
	}
	calls := s.Calls()
	if c := calls[len(calls)-1]; c.Service != "signin" || c.Action != "getSigninToken" || len(c.Params) != 0 {
		t.Errorf("call %+v", c)
	}
	refused(credentialsOf(longTerm(s, u)), nil)
	refused(credentialsOf(sessionOf(s, login(t, s, u, d.Serial))), nil)
	for _, seconds := range []string{"899", "43201", "x"} {
		refused(good, url.Values{"SessionDuration": {seconds}})
	}
	wrong := good
	wrong.SessionToken += "x"
	refused(wrong, nil)
	refused(good, url.Values{"Session": {"{"}})

	chained := credentialsOf(sessionOf(s, assume(t, role, r.ARN, nil).Credentials))
	refused(chained, url.Values{"SessionDuration": {"900"}})
	if status, _ := ask(http.MethodGet, chained, nil); status != 200 {
		t.Errorf("chained: %d", status)
	}
	s.Inject(Fault{Kind: Portal, Action: "getSigninToken"})
	if status, body := ask(http.MethodGet, good, nil); status != 403 ||
		!strings.Contains(body, "Sign in to the network") {
		t.Errorf("portal: %d %s", status, body)
	}
	s.Advance(2 * time.Hour)
	refused(good, nil)
}

func TestMetadata(t *testing.T) {
	s := start(t)
	r := s.AddRole(Role{Name: "machine"})
	h := httptest.NewServer(s.Metadata(r.ARN))
	t.Cleanup(h.Close)
	cfg := source(t, s, "", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": h.URL})
	if who := identityOf(t, cfg); *who.Arn != "arn:aws:sts::123456789012:assumed-role/machine/i-0123456789abcdef0" {
		t.Errorf("identity %s", *who.Arn)
	}
	if s.Count("GetToken") != 1 || s.Count("ListCredentials") != 1 || s.Count("GetCredentials") != 1 ||
		s.Calls()[0].Service != "imds" {
		t.Errorf("calls %+v", s.Calls())
	}
	first, err := cfg.Credentials.Retrieve(t.Context())
	noError(t, err)

	ask := func(method, path string, header ...string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, nil)
		noError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		return send(t, req)
	}
	const creds = "/latest/meta-data/iam/security-credentials/"
	for _, ttl := range []string{"", "0", "21601", "x"} {
		if status, _ := ask("PUT", "/latest/api/token", metadataTTL, ttl); status != 400 {
			t.Errorf("ttl %q: %d", ttl, status)
		}
	}
	_, token := ask("PUT", "/latest/api/token", metadataTTL, "60")
	for path, want := range map[string]int{
		creds: 200, creds + "machine": 200, creds + "other": 404, "/latest/meta-data/": 404,
	} {
		if status, _ := ask("GET", path); status != 401 {
			t.Errorf("%s without a token: %d", path, status)
		}
		if status, _ := ask("GET", path, "X-Aws-Ec2-Metadata-Token", token); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if _, body := ask("GET", creds+"machine", "X-Aws-Ec2-Metadata-Token", token); !strings.Contains(
		body,
		first.AccessKeyID,
	) {
		t.Errorf("other credentials: %s", body)
	}
	s.Advance(time.Minute)
	if status, _ := ask("GET", creds, "X-Aws-Ec2-Metadata-Token", token); status != 401 {
		t.Errorf("an old token: %d", status)
	}
	s.Advance(machineSession - machineRenewal)
	_, token = ask("PUT", "/latest/api/token", metadataTTL, "60")
	if _, body := ask("GET", creds+"machine", "X-Aws-Ec2-Metadata-Token", token); strings.Contains(
		body,
		first.AccessKeyID,
	) {
		t.Error("credentials that are about to expire")
	}
}

func TestContainer(t *testing.T) {
	s := start(t)
	r := s.AddRole(Role{Name: "task", Policies: []string{}})
	h := httptest.NewServer(s.Container(r.ARN, "Bearer secret"))
	t.Cleanup(h.Close)
	env := map[string]string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": h.URL + "/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN":  "Bearer secret",
	}
	cfg := source(t, s, "", env)
	if who := identityOf(t, cfg); *who.Arn != "arn:aws:sts::123456789012:assumed-role/task/container" {
		t.Errorf("identity %s", *who.Arn)
	}
	_, err := iam.NewFromConfig(cfg).ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("x")})
	wantError(
		t,
		err,
		403,
		"AccessDenied",
		"^User: arn:aws:sts::123456789012:assumed-role/task/container is not authorized to perform: "+
			"iam:ListMFADevices .* because no ",
	)
	if c := s.Calls()[0]; c.Service != "container" || c.Action != "GetCredentials" || len(c.Params) != 0 {
		t.Errorf("call %+v", c)
	}
	env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Bearer other"
	_, err = source(t, s, "", env).Credentials.Retrieve(t.Context())
	wants(t, err, "AccessDenied: The authorization token is missing or wrong")
	res, err := http.Post(h.URL, "text/plain", strings.NewReader(""))
	noError(t, err)
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode != 401 {
		t.Errorf("no token: %d", res.StatusCode)
	}
}
