package cli

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

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
	Destination string `placeholder:"PAGE"`
}

func (c *consoleCmd) help() flagHelp {
	return mergeHelp(c.sessionFlags.help(), flagHelp{
		"open": msg.Textf("Open the link in a browser and print nothing."),
		"destination": msg.Textf("Where it leads: a service's short name, such as lambda, or a page's URL. Else the console's " +
			"home, in the profile's region."),
	})
}

func (*consoleCmd) Help() string {
	return `Prints a link that signs a browser in to the AWS console as the profile's role. It works for 15 minutes, and whoever has
it is signed in: show it to nobody. The browser stays signed in for as long as the role's session lasts.

  awsmfa console developer --open
  awsmfa console developer --open --destination lambda
  awsmfa console developer --destination 'https://eu-central-1.console.aws.amazon.com/s3/buckets/logs'

AWS signs in sessions of roles only. For a user's own session there is the console's own sign-in, with password and MFA.`
}

// The browser's time: from when on its slowness is mentioned, and how long it is waited for.
const (
	browserPatience = 3 * time.Second
	browserTimeout  = time.Minute
)

func (c *consoleCmd) Run(a *app) error {
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	p, err := c.load(a)
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
	if c.Open { // before a code is asked for
		if programs, err = browser.Find(a.Getenv("BROWSER"), a.Environ); err != nil {
			return err
		}
	}
	s, err := c.signedIn(a, p, to)
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
		defer time.AfterFunc(browserPatience, func() { a.say(msg.Textf("waiting for the browser; Ctrl-C cancels")) }).Stop()
		return browser.Show(ctx, programs, link, browserTimeout, a.trace)
	}
	if _, err := io.WriteString(a.Stdout, link+"\n"); err != nil {
		return msg.Errorf("writing the link: %s", msg.Cause(err)).Wrap(err)
	}
	return nil
}

// where is the console that the profile's role works in. A user's own keys are refused before anybody is asked for a
// code.
func (c *consoleCmd) where(a *app, p profile.Profile) (console.Console, error) {
	region := regionFor(c.Region, p, a.Getenv)
	chain, err := p.Chain()
	if err != nil {
		return console.Console{}, err
	}
	if n := len(chain.Roles); n > 0 {
		return console.New(chain.Roles[n-1].ARN, region)
	}
	to, err := console.New(chain.Get("mfa_serial"), region) // a user's device is of the user's partition
	if err != nil {
		return to, err
	}
	if _, err := chain.Base.LongTermKeys(); chain.Kind == profile.KindKeys && err == nil {
		return to, c.forUser(p, to)
	}
	return to, nil
}

// signedIn obtains the session. Where a program turns out to give a user's own keys, they are refused before anybody is
// asked for a code, too.
func (c *consoleCmd) signedIn(a *app, p profile.Profile, to console.Console) (session.Session, error) {
	o, want, err := c.request(a, p)
	if err != nil {
		return session.Session{}, err
	}
	if len(want.Roles) == 0 {
		o.Code = func(context.Context, mfa.CodeRequest) (string, error) { return "", c.forUser(p, to) }
	}
	s, err := o.Retrieve(want)
	switch {
	case err != nil:
		return session.Session{}, err
	case s.SessionToken == "", s.KeyID != "" && len(want.Roles) == 0:
		return session.Session{}, c.forUser(p, to)
	}
	c.warnOfDuration(a, p, want, s)
	return s, nil
}

func (c *consoleCmd) forUser(p profile.Profile, to console.Console) error {
	signIn, err := to.Destination("")
	if err != nil {
		return err
	}
	return msg.Errorf("profile %q gives a session of an IAM user; AWS signs in to its console with sessions of roles only", p.Name).
		Hint(`sign in at %s with the user's password and MFA, or add a profile for a role and name that one:
  [profile %s]
  role_arn = arn:%s:iam::ACCOUNT:role/ROLE
  source_profile = %s`, signIn, p.Name+"-role", to.Partition, p.Name)
}

// signinToken asks the federation endpoint for the token that stands for the session.
func (c *consoleCmd) signinToken(ctx context.Context, a *app, p profile.Profile, s session.Session, method, federation string) (string, error) {
	reach, _, err := c.clientOptions(a, p, c.Region, "")
	if err != nil {
		return "", err
	}
	client, err := reach.NewSessionClient(ctx, s)
	if err != nil {
		return "", err
	}
	question, err := console.TokenRequest(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	if err != nil {
		return "", err
	}
	status, answer, err := client.Federate(ctx, method, federation, question)
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
		return "", msg.Errorf("the session of profile %q has ended by AWS's clock, so AWS does not sign in with it", p.Name).
			Hint("obtain a new one with --refresh, and set this computer's clock")
	case status == http.StatusBadRequest:
		return "", msg.Errorf("AWS does not sign in to its console with the session of profile %q (%s: HTTP status %d)", p.Name, host, status).
			Hint("AWS takes sessions of roles of the same partition only: check the profile's credentials and region; " +
				"--refresh obtains a new session")
	case status >= http.StatusInternalServerError:
		return "", msg.Errorf("%s answers with an error of its own (HTTP status %d)", host, status).
			Hint("try again in a minute, or in another region with --region; see https://health.aws.amazon.com")
	}
	return "", msg.NotAWS(host, status, nil)
}
