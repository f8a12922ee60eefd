package session

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

// ExternalSource is where a chain begins that does not begin with a user's long-term keys: another program, a sign-in, the
// machine. What these give, the SDK fetches; MFA, if any, is their affair.
type ExternalSource struct {
	Profile profile.Profile
	Kind    profile.Kind
	Getenv  func(string) string
	Home    string   // what ~ stands for in settings and variables that name a file
	Environ []string // what a program inherits
	Stderr  *os.File // what a program may complain on
	// URL is the endpoint that settings name for a service ("sso", "sso_oidc", "signin"), or "" for AWS's own.
	URL map[string]string
	// STS is where a web identity token is shown.
	STS Endpoint
	// Hidden says of each key pair that it is passed over for this; it is said when this is asked.
	Hidden []string
	// SignIn is what the AWS CLI keeps of a sign-in, as ReadSignIn found it.
	SignIn []byte
}

// maxExternal is the longest that a permission set's session can last (IAM Identity Center User Guide, "Set session
// duration").
const maxExternal = 12 * time.Hour

// keyParts tell one such beginning from another, for the name that a session is kept under: what decides, and nothing else, so
// that all roles with one beginning share it.
func (x *ExternalSource) keyParts() []string {
	get := func(key string) string { value, _ := x.Profile.Get(key); return value }
	parts := []string{fmt.Sprint(x.Kind)}
	switch x.Kind {
	case profile.KindSSO:
		s, _ := x.Profile.SSO() // what is wrong with it is said by whoever needs it
		return append(parts, s.Session, s.StartURL, s.Region, s.Account, s.Role, string(x.SignIn), x.URL["sso"], x.URL["sso_oidc"])
	case profile.KindLogin:
		return append(parts, get("login_session"), string(x.SignIn), x.URL["signin"])
	case profile.KindProcess:
		return append(parts, get("credential_process"))
	case profile.KindWebIdentity:
		return append(parts, get("web_identity_token_file"), get("role_arn"), get("role_session_name"))
	case profile.KindCredentialSource:
		parts = append(parts, get("credential_source"))
		for _, name := range []string{containerURL, containerPath, "AWS_EC2_METADATA_SERVICE_ENDPOINT"} {
			parts = append(parts, x.Getenv(name))
		}
		k, _ := x.environment() // nothing, where that is not what it begins with
		return append(parts, k.AccessKeyID, k.SecretAccessKey.Reveal())
	default:
		k, _ := x.Profile.KeyPair()
		return append(parts, k.AccessKeyID, k.SecretAccessKey.Reveal())
	}
}

// ReadSignIn looks what the AWS CLI keeps of a sign-in, if that is what it begins with: a session that was had with
// another person's, or before signing out, is not the one that is wanted now. (Botocore removes its own at a sign-out.)
func (x *ExternalSource) ReadSignIn() {
	if path, err := x.signInFile(); err == nil {
		x.SignIn, _ = bounded.ReadFile(path) // that it cannot be read is said by whoever needs it
	}
}

// signInFile is where the AWS CLI keeps a sign-in.
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
		return logincreds.StandardCachedTokenFilepath(name, profile.ExpandHome(x.Getenv("AWS_LOGIN_CACHE_DIRECTORY"), x.Home))
	default:
		return "", fs.ErrNotExist
	}
}

// environment is the key pair that the variables hold, for credential_source = Environment.
func (x *ExternalSource) environment() (profile.Keys, error) {
	k := profile.Keys{
		AccessKeyID:     x.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: profile.NewSecret(x.Getenv("AWS_SECRET_ACCESS_KEY")),
		SessionToken:    profile.NewSecret(x.Getenv("AWS_SESSION_TOKEN")),
	}
	from, _ := x.Profile.Get("credential_source")
	if x.Kind != profile.KindCredentialSource || from != profile.FromEnvironment || k.AccessKeyID == "" || k.SecretAccessKey.Reveal() == "" {
		return profile.Keys{}, msg.NothingInEnvironment(x.Profile.Name)
	}
	return k, nil
}

// external fetches the credentials.
func (r ClientOptions) external(ctx context.Context, x ExternalSource) (Session, error) {
	c, err := r.newClient(ctx, "", "", "")
	if err != nil {
		return Session{}, err
	}
	c.aws.Credentials = aws.AnonymousCredentials{} // whoever has a token needs no signature
	provider, err := c.provider(x)
	if err != nil {
		return Session{}, err
	}
	limit := c.Call
	if x.Kind == profile.KindProcess { // there may be a person to answer its questions
		limit = func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, lockTimeout)
		}
	}
	limited, cancel := limit(ctx)
	defer cancel()
	got, err := provider.Retrieve(limited)
	switch {
	case ctx.Err() != nil:
		return Session{}, ctx.Err()
	case err != nil:
		return Session{}, c.explainExternal(x, err)
	}
	s := Session{
		AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken, Obtained: r.Now(),
	}
	if got.CanExpire {
		s.Expiration = got.Expires.UTC().Truncate(time.Second)
		if x.Kind == profile.KindProcess && !s.Expiration.After(r.Now()) {
			at := x.Profile.Where("credential_process")
			return Session{}, msg.ProcessStale(x.Profile.Name, s.Expiration, at.File, at.Line)
		}
	}
	if err := c.checkExternal(x.Kind, s); err != nil {
		return Session{}, err
	}
	r.Trace("outside: %v", s)
	return s, nil
}

// checkExternal is check for what need not be a session of AWS's: a container may give a pair that has neither token nor
// end.
func (c *Client) checkExternal(kind profile.Kind, s Session) error {
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

// provider is the SDK's for what the profile has. The settings are ours to read: an included profile's count too.
func (c *Client) provider(x ExternalSource) (aws.CredentialsProvider, error) {
	get := func(key string) string { value, _ := x.Profile.Get(key); return value }
	switch x.Kind {
	case profile.KindSSO:
		return c.sso(x)
	case profile.KindProcess:
		return newProcess(x, get("credential_process")), nil
	case profile.KindWebIdentity:
		if get("role_arn") == "" {
			at := x.Profile.Where("web_identity_token_file")
			return nil, x.Profile.OrMisspelt(msg.WebIdentityNeedsRole(x.Profile.Name, at.File, at.Line), "role_arn")
		}
		return stscreds.NewWebIdentityRoleProvider(c.sts(x.STS), get("role_arn"), tokenFile(profile.ExpandHome(get("web_identity_token_file"), x.Home)),
			func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = get("role_session_name") }), nil
	case profile.KindLogin:
		path, err := x.checkLogin()
		if err != nil {
			return nil, err
		}
		client := signin.NewFromConfig(c.aws, func(o *signin.Options) { o.BaseEndpoint = optional(x.URL["signin"]) })
		return logincreds.New(client, path), nil
	case profile.KindCredentialSource:
		return c.credentialSource(x, get("credential_source"))
	default:
		k, err := x.Profile.KeyPair()
		if err != nil {
			return nil, err
		}
		return static(k), nil
	}
}

// tokenFile is stscreds.IdentityTokenFile, with an error that can be told from others.
type tokenFile string

func (f tokenFile) GetIdentityToken() ([]byte, error) { return bounded.ReadFile(string(f)) }

func static(k profile.Keys) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey.Reveal(), k.SessionToken.Reveal())
}

// sso shows the token that the AWS CLI keeps.
func (c *Client) sso(x ExternalSource) (aws.CredentialsProvider, error) {
	s, err := x.Profile.SSO()
	if err != nil {
		return nil, err
	}
	portal := sso.NewFromConfig(c.aws, func(o *sso.Options) { o.Region, o.BaseEndpoint = s.Region, optional(x.URL["sso"]) })
	oidc := ssooidc.NewFromConfig(c.aws, func(o *ssooidc.Options) { o.Region, o.BaseEndpoint = s.Region, optional(x.URL["sso_oidc"]) })
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

// renew has the SDK renew the token of an sso-session, and write it back. The older form has nothing to renew it with.
func (x *ExternalSource) renew(ctx context.Context, oidc *ssooidc.Client, s profile.SSO) (access string, err error) {
	path, err := x.signInFile()
	if err != nil || s.Session == "" {
		return "", x.expired(err)
	}
	token, err := ssocreds.NewSSOTokenProvider(oidc, path).RetrieveBearerToken(ctx)
	return token.Value, err
}

// roleCredentials gets the role's credentials for the token.
func roleCredentials(ctx context.Context, portal *sso.Client, s profile.SSO, access string) (aws.Credentials, error) {
	out, err := portal.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: aws.String(access), AccountId: aws.String(s.Account), RoleName: aws.String(s.Role),
	})
	if err != nil || out.RoleCredentials == nil {
		return aws.Credentials{}, err // without any, checkExternal says so
	}
	given := out.RoleCredentials
	return aws.Credentials{
		AccessKeyID: aws.ToString(given.AccessKeyId), SecretAccessKey: aws.ToString(given.SecretAccessKey),
		SessionToken: aws.ToString(given.SessionToken), CanExpire: true, Expires: time.UnixMilli(given.Expiration).UTC(),
	}, nil
}

// newProcess runs the program as the SDK does, but with what this program was given: the variable that lets a profile that
// calls itself be known is in Environ, and stdin is not ours to give away. And on Windows, where the SDK's own command
// spoils the quotes about a path with blanks (aws-sdk-go-v2, issue 3208), cmd is handed the line as it is.
func newProcess(x ExternalSource, command string) process {
	printed := &bounded.Output{}
	builder := processcreds.NewCommandBuilderFunc(func(ctx context.Context) (*exec.Cmd, error) {
		cmd := mfa.ShellCommand(ctx, command, x.Environ)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = x.Environ, nil, printed, x.Stderr
		cmd.WaitDelay = time.Second // what the program started may hold its stdout open
		return cmd, nil
	})
	return process{processcreds.NewProviderCommand(builder, func(o *processcreds.Options) { o.Timeout = lockTimeout }), printed}
}

// process is the SDK's provider for a program, which reads no more of it than fits into printed.
type process struct {
	*processcreds.Provider
	printed *bounded.Output
}

func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := p.Provider.Retrieve(ctx)
	if p.printed.Full() {
		return aws.Credentials{}, bounded.ErrTooLong // and the program died of it
	}
	return got, err
}

// credentialSource is for credential_source.
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
	return endpointcreds.New(endpoint, func(o *endpointcreds.Options) { o.AuthorizationToken, o.HTTPClient = token, c.aws.HTTPClient }), nil
}

// imds asks the instance metadata service. Where there is none, its address leads nowhere: one try, in a second, has to
// tell, as in botocore. No proxy is asked for what only this machine can know.
func (c *Client) imds() *imds.Client {
	near := awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.Proxy, t.ResponseHeaderTimeout = nil, time.Second })
	return imds.NewFromConfig(c.aws, func(o *imds.Options) {
		o.HTTPClient, o.Retryer = c.traced(near), aws.NopRetryer{}
	})
}

// The variables that say where a container asks.
const (
	containerURL  = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	containerPath = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
)

// container is where a container asks for its role's credentials, and the token to show there. A URL without TLS is
// taken only of this machine's own and of the addresses that ECS and EKS answer at, as every AWS client does (AWS SDKs
// and Tools Reference Guide, "Container credential provider").
func (x *ExternalSource) container() (endpoint, token string, err error) {
	full := x.Getenv(containerURL)
	if path := x.Getenv(containerPath); path != "" {
		full = "http://169.254.170.2" + path
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())) {
		return "", "", msg.NoContainer(x.Profile.Name, full != "")
	}
	token = x.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := x.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		file = profile.ExpandHome(file, x.Home)
		text, err := bounded.ReadFile(file)
		if err != nil {
			return "", "", msg.TokenUnreadable(x.Profile.Name, file, err)
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

// explainExternal puts into words why there are no credentials.
func (c *Client) explainExternal(x ExternalSource, err error) error {
	var (
		told      *msg.Error
		api       smithy.APIError
		operation *smithy.OperationError
		file      *fs.PathError
	)
	code, said := "", ""
	if errors.As(err, &api) {
		code, said = api.ErrorCode(), api.ErrorMessage()
	}
	name := x.Profile.Name
	switch {
	case errors.As(err, &told):
		return told
	case x.Kind == profile.KindProcess:
		return processFailed(x, err)
	case x.Kind == profile.KindCredentialSource:
		from, _ := x.Profile.Get("credential_source")
		var answered interface{ HTTPStatusCode() int }
		if code == "" && errors.As(err, &answered) { // what it said is no error of AWS's
			err = fmt.Errorf("HTTP status %d", answered.HTTPStatusCode())
		}
		return msg.NothingAround(name, from, withoutURL(err))
	case x.Kind == profile.KindWebIdentity && errors.As(err, &file):
		return msg.TokenUnreadable(name, file.Path, err)
	case code == "" && errors.As(err, &operation): // there was no answer
		return c.Explain(err)
	case (x.Kind == profile.KindSSO || x.Kind == profile.KindLogin) && errors.As(err, &file): // what was renewed
		return x.unreadable(file.Path, msg.SignInNotReadable(err))
	case x.Kind == profile.KindWebIdentity && (code == "ExpiredTokenException" || code == "InvalidIdentityToken" || code == "IDPRejectedClaim"):
		return msg.WebIdentityRefused(name, said, err)
	case x.Kind == profile.KindWebIdentity && isAccessDenied(err):
		return msg.WebIdentityDenied(name, said, err)
	case x.Kind == profile.KindSSO && (code == "ForbiddenException" || code == "ResourceNotFoundException"):
		s, _ := x.Profile.SSO()
		return msg.SSODenied(name, s.Account, s.Role, err)
	case x.Kind == profile.KindSSO && (code == "" || code == "UnauthorizedException" || code == "InvalidGrantException" || code == "ExpiredTokenException"):
		return msg.SSOExpired(name, err)
	case x.Kind == profile.KindLogin && strings.Contains(err.Error(), "insufficient permissions"): // the SDK's words
		return msg.LoginDenied(name, err)
	case x.Kind == profile.KindLogin && code == "":
		return msg.LoginExpired(name, err)
	}
	return c.Explain(err)
}

// processFailed says so of a program. What it printed is never shown, not underneath either: it may be credentials.
func processFailed(x ExternalSource, err error) error {
	at := x.Profile.Where("credential_process")
	var exit *exec.ExitError
	switch {
	case errors.Is(err, bounded.ErrTooLong):
		return msg.ProcessTooMuch(x.Profile.Name, at.File, at.Line)
	case errors.As(err, &exit):
		return msg.ProcessFailed(x.Profile.Name, exit.ExitCode(), at.File, at.Line)
	case errors.Is(err, context.DeadlineExceeded):
		return msg.ProcessTooSlow(x.Profile.Name, lockTimeout, at.File, at.Line)
	case errors.Is(err, exec.ErrWaitDelay):
		return msg.ProcessHangs(x.Profile.Name, at.File, at.Line)
	}
	return msg.ProcessGarbled(x.Profile.Name, wrongField(err), at.File, at.Line)
}

// wrongField is the field of what a program printed that made the SDK refuse it (processcreds, Retrieve); "" where it is no
// JSON at all.
func wrongField(err error) string {
	var (
		date *time.ParseError
		kind *json.UnmarshalTypeError
		text *json.SyntaxError
	)
	switch {
	case errors.As(err, &text):
		return ""
	case errors.As(err, &date):
		return "Expiration"
	case errors.As(err, &kind):
		return kind.Field
	}
	switch under := errors.Unwrap(errors.Unwrap(err)); { // the SDK's words are about it
	case under != nil && strings.HasPrefix(under.Error(), "Time.UnmarshalJSON"):
		return "Expiration"
	case under != nil:
		return ""
	}
	for _, field := range []string{"AccessKeyId", "SecretAccessKey"} {
		if strings.Contains(err.Error(), "missing "+field) {
			return field
		}
	}
	return "Version"
}
