package awsapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/smithy-go"

	"awsmfa/internal/bounded"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// ExternalSource is a credential source other than an IAM user's keys: a program, a sign-in, a web identity token, the
// container or the instance. The SDK's providers retrieve its credentials; awsmfa has no part in its MFA.
type ExternalSource struct {
	Profile profile.Profile
	Kind    profile.Kind
	Getenv  func(string) string
	Home    string   // the home directory, for ~ in settings and variables that name a file
	Environ []string // a program's environment
	Stderr  *os.File // a program's stderr
	// URL maps a service ("sso", "sso_oidc", "signin") to its configured endpoint, or "" for AWS's own.
	URL map[string]string
	// STS is the endpoint for AssumeRoleWithWebIdentity.
	STS Endpoint
	// Hidden are notices about the key pairs that this source overrides, printed when it is used.
	Hidden []msg.Text
	// SignIn is the content of the AWS CLI's sign-in file, as ReadSignIn read it.
	SignIn []byte
}

// processTimeout is how long a credential_process may run: it may ask the person.
const processTimeout = 5 * time.Minute

// MaxExternalDuration is the longest duration of a permission set's session (IAM Identity Center User Guide, "Set
// session duration").
const MaxExternalDuration = 12 * time.Hour

// CacheKeyParts returns the source's part of the cache key: only the settings that decide its credentials, so that all
// roles with the same source share its session, and the sign-in, which ends or is replaced while the settings stay.
func (x *ExternalSource) CacheKeyParts() (settings []string, signIn string) {
	get := func(key string) string { value, _ := x.Profile.Get(key); return value }
	settings = []string{fmt.Sprint(x.Kind)}
	switch x.Kind {
	case profile.KindSSO:
		s, _ := x.Profile.SSO() // provider reports the error
		settings = append(settings, s.Session, s.StartURL, s.Region, s.Account, s.Role, x.URL["sso"], x.URL["sso_oidc"])
	case profile.KindLogin:
		settings = append(settings, get("login_session"), x.URL["signin"])
	case profile.KindProcess:
		settings = append(settings, get("credential_process"))
	case profile.KindWebIdentity:
		settings = append(settings, get("web_identity_token_file"), get("role_arn"), get("role_session_name"))
	case profile.KindCredentialSource:
		settings = append(settings, get("credential_source"))
		for _, name := range []string{containerURL, containerPath, "AWS_EC2_METADATA_SERVICE_ENDPOINT"} {
			settings = append(settings, x.Getenv(name))
		}
		k, _ := x.environment() // empty for other credential sources
		settings = append(settings, k.AccessKeyID, k.SecretAccessKey.Reveal())
	case profile.KindNone, profile.KindRole, profile.KindSource: // a chain has none of these
	case profile.KindKeys:
		k, _ := x.Profile.KeyPair()
		settings = append(settings, k.AccessKeyID, k.SecretAccessKey.Reveal())
	}
	return settings, string(x.SignIn)
}

// ReadSignIn reads the AWS CLI's sign-in file, if the source is a sign-in. It is part of the cache key, so that a
// session from another person's sign-in, or from before a sign-out, is not used. (Botocore removes its own at a
// sign-out.)
func (x *ExternalSource) ReadSignIn() {
	if path, err := x.signInFile(); err == nil {
		x.SignIn, _ = bounded.ReadFile(path) // cachedSignIn reports the error
	}
}

// signInFile returns the path of the AWS CLI's sign-in file.
func (x *ExternalSource) signInFile() (string, error) {
	switch x.Kind {
	case profile.KindSSO:
		s, err := x.Profile.SSO()
		if err != nil {
			return "", err
		}
		return ssocreds.StandardCachedTokenFilepath(cmp.Or(s.Session, s.StartURL))
	case profile.KindLogin:
		name, _ := x.Profile.Get("login_session")
		dir := profile.ExpandHome(x.Getenv("AWS_LOGIN_CACHE_DIRECTORY"), x.Home)
		return logincreds.StandardCachedTokenFilepath(name, dir)
	default:
		return "", fs.ErrNotExist
	}
}

// environment returns the key pair in the variables, for credential_source = Environment.
func (x *ExternalSource) environment() (profile.Keys, error) {
	k := profile.Keys{
		AccessKeyID:     x.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: profile.NewSecret(x.Getenv("AWS_SECRET_ACCESS_KEY")),
		SessionToken:    profile.NewSecret(x.Getenv("AWS_SESSION_TOKEN")),
	}
	from, _ := x.Profile.Get("credential_source")
	if x.Kind != profile.KindCredentialSource || from != profile.FromEnvironment ||
		k.AccessKeyID == "" || k.SecretAccessKey.Reveal() == "" {
		return profile.Keys{}, msg.Errorf("profile %q takes its credentials from the environment (credential_source), "+
			"which has none", x.Profile.Name).
			Hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return k, nil
}

// External retrieves the source's credentials.
func (r ClientOptions) External(ctx context.Context, x ExternalSource) (Credentials, error) {
	c, err := r.newClient(ctx, "", "", "")
	if err != nil {
		return Credentials{}, err
	}
	c.aws.Credentials = aws.AnonymousCredentials{} // requests with a token are not signed
	provider, err := c.provider(x)
	if err != nil {
		return Credentials{}, err
	}
	limit := c.limited
	if x.Kind == profile.KindProcess { // it may ask the person
		limit = func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, processTimeout)
		}
	}
	limited, cancel := limit(ctx)
	defer cancel()
	got, err := provider.Retrieve(limited)
	switch {
	case ctx.Err() != nil:
		return Credentials{}, ctx.Err()
	case err != nil:
		return Credentials{}, c.explainExternal(x, err)
	}
	s := Credentials{
		AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken,
	}
	if got.CanExpire {
		s.Expiration = got.Expires.UTC().Truncate(time.Second)
		if x.Kind == profile.KindProcess && !s.Expiration.After(r.Now()) {
			name, pos := x.Profile.Name, x.Profile.Where("credential_process")
			return Credentials{}, msg.Errorf("the credential_process of profile %q (%s) printed credentials "+
				"that expired at %s", name, pos, s.Expiration.Format(time.RFC3339)).
				Hint("run it by itself; if they should not have expired yet, check this computer's clock")
		}
	}
	if err := c.checkExternal(x.Kind, s); err != nil {
		return Credentials{}, err
	}
	r.Trace("source: %v", s)
	return s, nil
}

// checkExternal is check for a source that may return a key pair with neither token nor expiration, such as a
// container.
func (c *Client) checkExternal(kind profile.Kind, s Credentials) error {
	if kind == profile.KindSSO || kind == profile.KindWebIdentity {
		return c.check(s)
	}
	if s.SessionToken == "" {
		s.SessionToken = "none"
	}
	if s.Expiration.IsZero() {
		s.Expiration = c.Now().Add(time.Second)
	}
	return c.check(s)
}

// provider returns the SDK's provider for the source. It does not let the SDK read the settings, which knows no
// included profiles.
func (c *Client) provider(x ExternalSource) (aws.CredentialsProvider, error) {
	get := func(key string) string { value, _ := x.Profile.Get(key); return value }
	switch x.Kind {
	case profile.KindSSO:
		return c.sso(x)
	case profile.KindProcess:
		return newProcess(x, get("credential_process")), nil
	case profile.KindWebIdentity:
		if get("role_arn") == "" {
			return nil, x.Profile.OrMisspelt(msg.Errorf("profile %q has web_identity_token_file (%s) and no role_arn",
				x.Profile.Name, x.Profile.Where("web_identity_token_file")).
				Hint("add the role that the token is for"), "role_arn")
		}
		file := tokenFile(profile.ExpandHome(get("web_identity_token_file"), x.Home))
		return stscreds.NewWebIdentityRoleProvider(c.sts(x.STS), get("role_arn"), file,
			func(o *stscreds.WebIdentityRoleOptions) {
				o.RoleSessionName = cmp.Or(get("role_session_name"), "awsmfa")
			}), nil
	case profile.KindLogin:
		path, err := x.checkLogin()
		if err != nil {
			return nil, err
		}
		client := signin.NewFromConfig(c.aws, func(o *signin.Options) {
			// The token is valid in the region of the sign-in, which is that of its own profile.
			o.Region, o.BaseEndpoint = cmp.Or(x.Profile.Region, c.Region), optional(x.URL["signin"])
		})
		return logincreds.New(client, path), nil
	case profile.KindCredentialSource:
		return c.credentialSource(x, get("credential_source"))
	case profile.KindNone, profile.KindRole, profile.KindSource: // a chain has none of these
	case profile.KindKeys:
	}
	k, err := x.Profile.KeyPair()
	if err != nil {
		return nil, err
	}
	return static(k), nil
}

// tokenFile is stscreds.IdentityTokenFile with a limit to its size, and an error that wraps *fs.PathError.
type tokenFile string

func (f tokenFile) GetIdentityToken() ([]byte, error) { return bounded.ReadFile(string(f)) }

func static(k profile.Keys) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey.Reveal(), k.SessionToken.Reveal())
}

// sso returns a provider that uses the AWS CLI's token.
func (c *Client) sso(x ExternalSource) (aws.CredentialsProvider, error) {
	s, err := x.Profile.SSO()
	if err != nil {
		return nil, err
	}
	portal := sso.NewFromConfig(c.aws, func(o *sso.Options) {
		o.Region, o.BaseEndpoint = s.Region, optional(x.URL["sso"])
	})
	oidc := ssooidc.NewFromConfig(c.aws, func(o *ssooidc.Options) {
		o.Region, o.BaseEndpoint = s.Region, optional(x.URL["sso_oidc"])
	})
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		token, err := x.ssoToken()
		if err != nil {
			return aws.Credentials{}, err
		}
		if !token.expires.After(c.ClientOptions.Now()) {
			if token.Access, err = x.renew(ctx, oidc, s); err != nil {
				return aws.Credentials{}, err
			}
		}
		return roleCredentials(ctx, portal, s, token.Access)
	}), nil
}

// renew has the SDK renew the token of an sso-session, and write it back. The older form has no refresh token.
func (x *ExternalSource) renew(ctx context.Context, oidc *ssooidc.Client, s profile.SSO) (access string, err error) {
	path, err := x.signInFile()
	if err != nil || s.Session == "" {
		return "", x.expired().Wrap(err)
	}
	token, err := ssocreds.NewSSOTokenProvider(oidc, path).RetrieveBearerToken(ctx)
	return token.Value, err
}

// roleCredentials returns the role's credentials for the token.
func roleCredentials(ctx context.Context, portal *sso.Client, s profile.SSO, access string) (aws.Credentials, error) {
	out, err := portal.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: aws.String(access), AccountId: aws.String(s.Account), RoleName: aws.String(s.Role),
	})
	if err != nil || out.RoleCredentials == nil {
		return aws.Credentials{}, err // checkExternal refuses empty ones
	}
	given := out.RoleCredentials
	return aws.Credentials{
		AccessKeyID: aws.ToString(given.AccessKeyId), SecretAccessKey: aws.ToString(given.SecretAccessKey),
		SessionToken: aws.ToString(given.SessionToken),
		CanExpire:    true, Expires: time.UnixMilli(given.Expiration).UTC(),
	}, nil
}

// newProcess returns the SDK's provider for a program, with a command of our own. It has the environment in Environ,
// where a variable detects a profile that calls itself, and no stdin, which belongs to the command that exec runs. On
// Windows it passes the line to cmd unchanged: the SDK breaks the quotes around a path with blanks (aws-sdk-go-v2,
// issue 3208).
func newProcess(x ExternalSource, command string) process {
	printed := &bounded.Output{}
	builder := processcreds.NewCommandBuilderFunc(func(ctx context.Context) (*exec.Cmd, error) {
		cmd := mfa.ShellCommand(ctx, command, x.Environ)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = x.Environ, nil, printed, x.Stderr
		cmd.WaitDelay = time.Second // a process that the program started may keep its stdout open
		return cmd, nil
	})
	provider := processcreds.NewProviderCommand(builder, func(o *processcreds.Options) { o.Timeout = processTimeout })
	return process{provider, printed}
}

// process is the SDK's provider for a program, with a limit to the program's output.
type process struct {
	*processcreds.Provider
	printed *bounded.Output
}

func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := p.Provider.Retrieve(ctx)
	if p.printed.Full() {
		return aws.Credentials{}, bounded.ErrTooLong // the write error may have ended the program
	}
	return got, err
}

// credentialSource returns the provider for credential_source.
func (c *Client) credentialSource(x ExternalSource, from string) (aws.CredentialsProvider, error) {
	switch from {
	case profile.FromEnvironment:
		k, err := x.environment()
		if err != nil {
			return nil, err
		}
		return static(k), nil
	case profile.FromInstance:
		return ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = c.imds() }), nil
	}
	endpoint, token, err := x.container()
	if err != nil {
		return nil, err
	}
	return endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.AuthorizationToken, o.HTTPClient = token, c.aws.HTTPClient
	}), nil
}

// imds returns a client for the instance metadata service. Outside of EC2 its address does not answer, so there is
// one try with a second's timeout, as in botocore, and no proxy.
func (c *Client) imds() *imds.Client {
	near := awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.Proxy, t.ResponseHeaderTimeout = nil, time.Second })
	return imds.NewFromConfig(c.aws, func(o *imds.Options) {
		o.HTTPClient, o.Retryer = c.traced(near), aws.NopRetryer{}
	})
}

// The variables with the address of a container's credentials.
const (
	containerURL  = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	containerPath = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
)

// container returns the endpoint of a container's credentials, and the token for it. As in every AWS client, a URL
// without TLS must be loopback or one of the addresses of ECS and EKS (AWS SDKs and Tools Reference Guide, "Container
// credential provider").
func (x *ExternalSource) container() (endpoint, token string, err error) {
	full := x.Getenv(containerURL)
	if path := x.Getenv(containerPath); path != "" {
		full = "http://169.254.170.2" + path
	}
	if full == "" {
		return "", "", msg.Errorf("profile %q takes its credentials from its container (credential_source), "+
			"and this is not one", x.Profile.Name).
			Hint("AWS sets AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI in a container")
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())) {
		return "", "", msg.Errorf("profile %q: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine",
			x.Profile.Name).
			Hint("AWS clients request credentials from no other address")
	}
	token = x.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := x.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		file = profile.ExpandHome(file, x.Home)
		text, err := bounded.ReadFile(file)
		if err != nil {
			return "", "", x.tokenUnreadable(file, err)
		}
		token = strings.TrimSpace(string(text))
	}
	return full, token, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	switch {
	case host == "localhost", ip != nil && ip.IsLoopback():
		return true
	}
	return host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23"
}

// tokenUnreadable is the error for a file with a token that cannot be read.
func (x *ExternalSource) tokenUnreadable(file string, err error) *msg.Error {
	return msg.Errorf("profile %q: the token in %s cannot be read: %s", x.Profile.Name, msg.Path(file), msg.Cause(err)).
		Hint("the system that runs this program has to write it there").
		Wrap(err)
}

// explainExternal turns an error of a provider into a message.
func (c *Client) explainExternal(x ExternalSource, err error) error {
	if message, ok := errors.AsType[*msg.Error](err); ok {
		return message
	}
	code, _ := errorCode(err)
	file, ofFile := errors.AsType[*fs.PathError](err)
	name := x.Profile.Name
	switch {
	case x.Kind == profile.KindProcess:
		return processFailed(x, err)
	case x.Kind == profile.KindCredentialSource:
		from, _ := x.Profile.Get("credential_source")
		var answered interface{ HTTPStatusCode() int }
		if code == "" && errors.As(err, &answered) { // the body is not an error of AWS's
			err = fmt.Errorf("HTTP status %d", answered.HTTPStatusCode())
		}
		err = withoutURL(err)
		return msg.Errorf("profile %q takes its credentials from this machine (credential_source = %s), "+
			"which gave none: %s", name, msg.Escaped(from), msg.Cause(err)).
			Hint("this works only where AWS gives the machine or the container a role").
			Wrap(err)
	case x.Kind == profile.KindWebIdentity && ofFile:
		return x.tokenUnreadable(file.Path, err)
	case code == "" && is[*smithy.OperationError](err): // there was no answer
		return c.Explain(err)
	case (x.Kind == profile.KindSSO || x.Kind == profile.KindLogin) && ofFile:
		return x.unreadable(file.Path, err) // while the SDK renewed it
	}
	var explained *msg.Error
	switch x.Kind {
	case profile.KindWebIdentity:
		return c.explain(err, refusal{profile: name})
	case profile.KindSSO:
		explained = x.explainSSO(code)
	case profile.KindLogin:
		explained = x.explainLogin(code, err)
	case profile.KindProcess, profile.KindCredentialSource: // explained above
	case profile.KindNone, profile.KindRole, profile.KindSource: // a chain has none of these
	case profile.KindKeys:
	}
	if explained != nil {
		return explained.Wrap(err)
	}
	return c.Explain(err)
}

// explainSSO returns nil for an error that has nothing to do with the sign-in.
func (x *ExternalSource) explainSSO(code string) *msg.Error {
	switch code {
	case "ForbiddenException", "ResourceNotFoundException":
		s, _ := x.Profile.SSO()
		return msg.Errorf("IAM Identity Center gives you no role %q in account %q (profile %q)",
			s.Role, s.Account, x.Profile.Name).
			Hint("check sso_account_id and sso_role_name, or ask for the permission set")
	case "", "UnauthorizedException", "InvalidGrantException", "ExpiredTokenException", "InvalidClientException":
		return x.expired()
	}
	return nil
}

// explainLogin returns nil for an error that has nothing to do with the sign-in.
func (x *ExternalSource) explainLogin(code string, err error) *msg.Error {
	switch {
	case strings.Contains(err.Error(), "insufficient permissions"): // the SDK's message
		return msg.Errorf("the console sign-in of profile %q cannot be renewed: "+
			"AWS denies its user signin:CreateOAuth2Token", x.Profile.Name).
			Hint("have the administrator allow it (AWS's policy SignInLocalDevelopmentAccess does)")
	case code == "":
		return x.expired()
	case code == "AccessDeniedException": // Explain takes it for none of AWS's: the SDK drops the response
		_, said := errorCode(err)
		f := refusal{service: signin.ServiceID, call: "CreateOAuth2Token", code: code, said: said}
		return x.signInAgain(f.refused())
	}
	return nil
}

// processFailed is the error for a program. It never shows nor wraps the program's output, which may be credentials.
func processFailed(x ExternalSource, err error) *msg.Error {
	name, pos := x.Profile.Name, x.Profile.Where("credential_process")
	var exit *exec.ExitError
	switch {
	case errors.Is(err, bounded.ErrTooLong):
		return msg.Errorf("the credential_process of profile %q (%s) printed more than credentials", name, pos).
			Hint("it must print JSON with Version 1, AccessKeyId and SecretAccessKey, and nothing else")
	case errors.As(err, &exit):
		return msg.Errorf("the credential_process of profile %q (%s) ended with exit code %d",
			name, pos, exit.ExitCode()).
			Hint("its own message is above; run it by itself to see more")
	case errors.Is(err, context.DeadlineExceeded):
		return msg.Errorf("the credential_process of profile %q (%s) did not end within %s",
			name, pos, msg.Duration(processTimeout)).
			Hint("run it by itself to see what it waits for")
	case errors.Is(err, exec.ErrWaitDelay):
		return msg.Errorf("the credential_process of profile %q (%s) has ended, "+
			"and a program that it started keeps its stdout open", name, pos).
			Hint("start that program with its output closed: every AWS client would wait for it")
	}
	const mustPrint = "it must print JSON with Version 1, AccessKeyId and SecretAccessKey"
	switch field := wrongField(err); field {
	case "":
		return msg.Errorf("the credential_process of profile %q (%s) did not print valid credentials: not JSON",
			name, pos).
			Hint(mustPrint)
	case "Version":
		return msg.Errorf("the credential_process of profile %q (%s) did not print valid credentials: "+
			"Version is not 1", name, pos).
			Hint(mustPrint)
	case "Expiration":
		return msg.Errorf("the credential_process of profile %q (%s) did not print valid credentials: "+
			"Expiration is not a date with a time zone", name, pos).
			Hint("write it like 2026-01-02T15:04:05Z; credentials that do not expire have no Expiration")
	default:
		return msg.Errorf("the credential_process of profile %q (%s) did not print valid credentials: "+
			"%s is missing or not text", name, pos, msg.Escaped(field)).
			Hint(mustPrint)
	}
}

// wrongField returns the field of a program's output that the SDK refused (processcreds, Retrieve), or "" if the
// output is not JSON.
func wrongField(err error) string {
	kind, isKind := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case is[*json.SyntaxError](err):
		return ""
	case is[*time.ParseError](err):
		return "Expiration"
	case isKind:
		return kind.Field
	}
	switch inner := errors.Unwrap(errors.Unwrap(err)); { // inside the SDK's two errors
	case inner != nil && strings.HasPrefix(inner.Error(), "Time.UnmarshalJSON"):
		return "Expiration"
	case inner != nil:
		return ""
	}
	for _, field := range []string{"AccessKeyId", "SecretAccessKey"} {
		if strings.Contains(err.Error(), "missing "+field) {
			return field
		}
	}
	return "Version"
}
