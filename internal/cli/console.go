package cli

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"awsmfa/internal/awsapi"
	"awsmfa/internal/browser"
	"awsmfa/internal/console"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
)

type consoleCmd struct {
	sessionFlags

	Open        bool
	Destination string
}

func (c *consoleCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"open": msg.Textf("Open the link in a browser, and print nothing."),
		"destination": msg.Textf("The page: a service's short name, such as lambda, or a console URL. Default: " +
			"the console's home, in the profile's region."),
	})
}

func (*consoleCmd) Help() string {
	return `Prints a link that signs a browser in to the AWS console as the profile's role. Keep it secret: for 15
minutes it signs in anyone. The browser stays signed in until the role's session ends.

  awsmfa console developer --open
  awsmfa console developer --open --destination lambda
  awsmfa console developer --destination 'https://eu-central-1.console.aws.amazon.com/s3/buckets/logs'

AWS signs in only sessions of roles. An IAM user signs in to the console with password and MFA.`
}

const (
	browserNotice  = 3 * time.Second // then awsmfa says that it waits
	browserTimeout = time.Minute

	identityTimeout = 3 * time.Second // to find out whose keys cannot sign in
)

func (c *consoleCmd) Run(a *app) error {
	p, err := c.read(a)
	if err != nil {
		return err
	}
	to, err := c.where(a, p)
	if err != nil {
		return err
	}
	destination, err := to.Destination(c.Destination)
	if err != nil {
		return &usageError{err}
	}
	signIn, err := a.endpoint(p, "signin")
	if err != nil {
		return err
	}
	var programs []browser.Program
	if c.Open { // before the question for a code
		if programs, err = browser.Find(a.Getenv("BROWSER"), a.Environ); err != nil {
			return err
		}
	}
	s, err := c.roleSession(a, p, to)
	if err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	federation := console.FederationURL(cmp.Or(signIn, to.SignInURL()))
	token, err := c.signinToken(ctx, a, p, s, to.Method(), federation)
	if err != nil {
		return err
	}
	link := console.Link(federation, token, destination)
	if c.Open {
		notice := func() { a.say(msg.Textf("waiting for the browser; Ctrl-C cancels")) }
		defer time.AfterFunc(browserNotice, notice).Stop()
		return browser.Show(ctx, programs, link, browserTimeout, a.trace)
	}
	return a.print(link + "\n")
}

// where is the console of the role's partition and region. It refuses a user's own keys before any question for a code.
func (c *consoleCmd) where(a *app, p profile.Profile) (console.Console, error) {
	if err := a.checkOwnRegion(c.Region); err != nil {
		return console.Console{}, err
	}
	region := a.region(c.Region, p)
	chain, err := p.Chain()
	if err != nil {
		return console.Console{}, err
	}
	if n := len(chain.Roles); n > 0 {
		return console.New(chain.Roles[n-1].ARN, region)
	}
	to, err := console.New(a.namedDevice(chain), region) // the device is in the user's partition
	if err != nil {
		return to, err
	}
	if _, err := chain.Base.LongTermKeys(); chain.Kind == profile.KindKeys && err == nil {
		return to, c.forUser(a, p, to)
	}
	return to, nil
}

// roleSession obtains the session. It refuses a user's own keys from a program, too, before any question for a code.
func (c *consoleCmd) roleSession(a *app, p profile.Profile, to console.Console) (session.Session, error) {
	o, want, err := c.request(a, p)
	if err != nil {
		return session.Session{}, err
	}
	if len(want.Roles) == 0 {
		o.Code = func(context.Context, mfa.CodeRequest) (string, error) { return "", c.forUser(a, p, to) }
	}
	s, err := o.Retrieve(want)
	switch {
	case err != nil:
		return session.Session{}, err
	case s.SessionToken == "", s.KeyID != "" && len(want.Roles) == 0:
		return session.Session{}, c.forUser(a, p, to)
	}
	c.warnUnused(a, p, want, s)
	return s, nil
}

// forUser is the error for a session of an IAM user, or of the root user, whom a profile for a role would not help.
func (c *consoleCmd) forUser(a *app, p profile.Profile, to console.Console) error {
	ctx, stop := a.catchSignals()
	defer stop()
	flags := c.profileFlags
	flags.Timeout = min(flags.Timeout, timeoutFlag(identityTimeout))
	if _, err := flags.account(ctx, a, p, c.Region); awsapi.IsRoot(err) {
		return err
	}
	signIn, err := to.Destination("")
	if err != nil {
		return err
	}
	return msg.Errorf("profile %q has an IAM user's session; only sessions of roles sign in to the console", p.Name).
		Hint(`sign in at %s with the user's password and MFA, or add a profile for a role, and name it here:
  [profile %s]
  role_arn = arn:%s:iam::ACCOUNT:role/ROLE
  source_profile = %s`, signIn, p.Name+"-role", to.Partition.Name, p.Name)
}

// signinToken gets a sign-in token for the session from the federation endpoint.
func (c *consoleCmd) signinToken(
	ctx context.Context, a *app, p profile.Profile, s session.Session, method, federation string,
) (string, error) {
	options, _, err := c.clientOptions(a, p, c.Region, "") // no ARN: the URL decides which host is asked
	if err != nil {
		return "", err
	}
	client, err := options.NewSessionClient(ctx, s.Credentials)
	if err != nil {
		return "", err
	}
	request, err := console.TokenRequest(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	if err != nil {
		return "", err
	}
	status, answer, err := client.Federate(ctx, method, federation, request)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", client.Explain(err)
	}
	token := console.ParseToken(answer)
	host := federation
	if u, err := url.Parse(federation); err == nil {
		host = u.Host
	}
	switch {
	case status == http.StatusOK && token != "":
		return token, nil
	case status == http.StatusBadRequest && !s.Expiration.IsZero() && client.Now().After(s.Expiration):
		return "", msg.Errorf("by AWS's clock the session of profile %q has ended, so it does not sign in", p.Name).
			Hint("obtain a new one with --refresh, and set this computer's clock")
	case status == http.StatusBadRequest:
		return "", msg.Errorf("AWS refused the session of profile %q for its console (%s: HTTP status %d)",
			p.Name, host, status).
			Hint("AWS accepts only sessions of roles of the same partition: " +
				"check the profile's credentials and region; --refresh obtains a new session")
	case status >= http.StatusInternalServerError:
		return "", msg.Errorf("%s answered with an internal error (HTTP status %d)", host, status).
			Hint("try again in a minute, or in another region with --region; see https://health.aws.amazon.com")
	}
	return "", client.NotAWS(host, status, nil)
}
