package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/serve"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// server is exec --server: instead of a session the command is given the address of an endpoint, which has one as often
// as it asks.
type server struct {
	*execCmd
	a *app

	provider *session.Provider // one for all, since it knows by heart what cannot be kept
	want     session.Request   // what it was last asked for

	endpoint *serve.Endpoint
	renewer  serve.Renewer
	asked    atomic.Bool // whether the command ever asked
	hidden   string      // the directory of the AWS files that the command is given; "" when it sees the user's

	failed   error // what came of the last renewal, nil when all went well
	failedAt time.Time
	toldAt   time.Time
}

const (
	// serverMinTTL is from when botocore asks for new credentials, at every call until it gets some that last longer
	// (credentials.RefreshableCredentials: 15 minutes), and a minute more, so that it never gets such in the first
	// place. The Go SDK and the one for JavaScript ask from 5 minutes.
	serverMinTTL = 16 * time.Minute

	// afterFailure is how long nobody is asked again: clients try three or four times within seconds, and whoever has
	// pressed Ctrl-D means it.
	afterFailure = 10 * time.Second

	// betweenTold is the time between two lines on stderr about renewals that failed.
	betweenTold = time.Minute
)

// The variables of the endpoint. With varNoMetadata, a client that does not know it does not go on to the machine's
// role without a word.
const (
	varEndpoint = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	varToken    = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

	varNoMetadata = "AWS_EC2_METADATA_DISABLED"
)

// obtain is sessionFlags.obtain for a command that asks an endpoint. There is a session before there is a command, so
// that the question for a code comes first.
func (s *server) obtain(a *app) ([]shells.Var, error) {
	s.a, s.defaultMinTTL = a, serverMinTTL
	if err := s.applyDefaults(a); err != nil {
		return nil, err
	}
	p, err := s.load(a)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(p, a.catchSignals); err != nil {
		return nil, err
	}
	first, err := s.provider.Retrieve(s.want)
	if err != nil {
		return nil, err
	}
	s.warnOfDuration(a, p, s.want, first)

	vars, warnings := a.setVars(p, session.Session{}, s.Region)
	vars = slices.DeleteFunc(vars, func(v shells.Var) bool { return slices.Contains(sessionVars, v.Name) })
	vars = append(vars, unset(append(sessionVars, besideEndpointVars...)...)...)
	if own, err := profile.Load(a.files(), "default"); err == nil && own.Kind() != profile.KindNone {
		files, err := s.hideFiles(own, p)
		if err != nil {
			return nil, err
		}
		a.say(msg.ServerHidesFiles())
		vars = append(vars, files...)
		if p.Region == "" { // nothing else can say it any more
			vars = append(vars, setRegion(own, s.Region, a.Getenv)...)
		}
		warnings = nil // the hidden config file has the profile's settings, and no endpoints of [default]
	}
	for _, text := range warnings {
		a.warn(text)
	}
	url, token, err := s.open(first)
	if err != nil {
		os.RemoveAll(s.hidden)
		return nil, msg.ServerNotOpened(err)
	}
	return append(vars,
		shells.Var{Name: varNoMetadata, Value: "true"},
		shells.Var{Name: varEndpoint, Value: url},
		shells.Var{Name: varToken, Value: token},
	), nil
}

// listen opens the endpoint in this process. A code that was given counts once.
func (s *server) listen(first session.Session) (err error) {
	s.Code = ""
	s.renewer = serve.Renewer{
		Renew: s.renew, Held: credentials(first), Unanswered: errors.New(msg.ServerSays(msg.ServerUnanswered(s.Name))),
	}
	s.endpoint, err = serve.Listen(s.get)
	return err
}

// get is what the endpoint answers with.
func (s *server) get(ctx context.Context) (serve.Credentials, error) {
	s.asked.Store(true)
	return s.renewer.Get(ctx)
}

// close ends the endpoint, and takes back a question that stands unanswered.
func (s *server) close() {
	s.endpoint.Close()
	s.renewer.Close()
	os.RemoveAll(s.hidden)
}

// prepare has the obtainer ready for what the profile stands for now: the files may change while the command runs.
func (s *server) prepare(p profile.Profile, interruptible func() (context.Context, func())) error {
	o, want, err := s.request(s.a, p)
	if err != nil {
		return err
	}
	if s.provider == nil || want.CacheKey() != s.want.CacheKey() {
		s.provider = o
	}
	s.want, s.provider.Code, s.provider.Interruptible = want, o.Code, interruptible
	return nil
}

// renew returns a session that has more than --min-ttl left: the kept one, which another awsmfa may have renewed, or a
// new one.
func (s *server) renew(ctx context.Context, asking func()) (serve.Credentials, error) {
	s.defaultSource = s.terminal(asking)
	got, err := s.retry(ctx)
	if err == nil {
		s.failed = nil
		return credentials(got), nil
	}
	if errors.Is(err, context.Canceled) {
		err = context.Cause(ctx)
	}
	if err != s.failed { //nolint:errorlint // the very one
		s.notRenewed(err)
	}
	return serve.Credentials{}, errors.New(s.a.printable(msg.ServerSays(s.failed)))
}

// credentials are a session as clients are given it.
func credentials(s session.Session) serve.Credentials {
	return serve.Credentials{
		AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken, Expiration: s.Expiration,
	}
}

// notRenewed puts into words why there is no new session, for the person and for clients.
func (s *server) notRenewed(err error) {
	interrupted := errors.Is(err, context.Canceled)
	switch {
	case interrupted: // whoever pressed Ctrl-C knows
		err = msg.ServerNotRenewed(s.Name, errors.New(msg.Interrupted))
	case errors.Is(err, term.ErrNone), errors.Is(err, term.ErrBackground), errors.Is(err, syscall.EIO):
		err = msg.ServerCannotAsk(s.Name, s.otherTerminal(), err)
	default:
		err = msg.ServerNotRenewed(s.Name, err)
	}
	s.failed, s.failedAt = err, time.Now()
	if !interrupted && time.Since(s.toldAt) > betweenTold {
		s.toldAt = time.Now()
		s.a.tell("error: " + msg.ServerSays(err))
	}
}

// retry obtains the session. Soon after a failure it only looks whether somebody else has.
func (s *server) retry(ctx context.Context) (session.Session, error) {
	p, err := s.load(s.a)
	if err != nil {
		return session.Session{}, err
	}
	if err := s.prepare(p, func() (context.Context, func()) { return ctx, func() {} }); err != nil {
		return session.Session{}, err
	}
	if s.failed != nil && time.Since(s.failedAt) < afterFailure {
		if got, _, ok := s.provider.Cached(s.want); ok {
			return got, nil
		}
		return session.Session{}, s.failed
	}
	return s.provider.Retrieve(s.want)
}

// terminal is app.askCode in the midst of what the command shows, so it says first what the code is for. It calls
// asking before it waits. A shell at its prompt has the terminal for itself, and so has a program that reads key by
// key.
func (s *server) terminal(asking func()) mfa.Source {
	ask := s.a.askCode()
	return func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if tty, err := term.Open(); err == nil && need.Refused == nil {
			defer tty.Close()
			if len(s.Command) == 0 || tty.ReadsKeys() {
				return "", term.ErrBackground
			}
			tty.Say(msg.ServerAsks(need.Profile))
			asking()
		}
		return ask(ctx, need)
	}
}

// otherTerminal is what to type where there is a terminal, so that the same session is kept anew; "" when none is
// kept, or that cannot be typed.
func (s *server) otherTerminal() string {
	if s.NoCache || s.provider.Cache.Path == "" {
		return ""
	}
	line := []string{"exec", s.Name, "--refresh"}
	if s.Serial != "" {
		line = append(line, "--serial", s.Serial)
	}
	if s.Duration != 0 {
		line = append(line, "--duration", time.Duration(s.Duration).String())
	}
	line = append(line, "--", programName(s.a.Args[0]), "--version")
	text, err := s.a.commandLine(s.a.typingShell(), line...)
	if err != nil {
		return ""
	}
	return text
}

// hideFiles gives the command AWS files of its own. Every AWS client looks for the default profile's credentials in the
// user's before it asks an endpoint (botocore, create_credential_resolver; Go SDK, resolveCredsFromProfile; SDK for
// JavaScript, defaultProvider). What else the default profile says stays, but what the profile in use says of it wins.
func (s *server) hideFiles(own, p profile.Profile) (vars []shells.Var, err error) {
	if s.hidden, err = os.MkdirTemp("", "awsmfa-server-"); err != nil {
		return nil, msg.ServerFilesNotHidden(err)
	}
	text := hiddenConfig(own, p)
	for _, file := range []struct{ variable, name, text string }{
		{"AWS_CONFIG_FILE", "config", text},
		{"AWS_SHARED_CREDENTIALS_FILE", "credentials", ""},
	} {
		path := filepath.Join(s.hidden, file.name)
		if err := os.WriteFile(path, profile.ForCLI(file.text), 0o600); err != nil {
			os.RemoveAll(s.hidden)
			return nil, msg.ServerFilesNotHidden(err)
		}
		vars = append(vars, shells.Var{Name: file.variable, Value: path})
	}
	// Version 2 of the SDK for JavaScript heeds AWS_SHARED_CREDENTIALS_FILE only with this (lib/util.js).
	return append(vars, shells.Var{Name: "AWS_SDK_LOAD_CONFIG", Value: "1"}), nil
}

// hiddenConfig is the config file that the command sees: the profile's settings but those about credentials and the
// region, which is in a variable, and what [default] says beyond them. A section that says nothing is not written:
// the Serverless framework would look for keys in it.
func hiddenConfig(own, p profile.Profile) string {
	var lines []string
	for _, of := range []profile.Profile{p, own} {
		for _, key := range of.Keys() {
			_, said := p.Get(key)
			if key == "region" || slices.Contains(credentialSettings, key) ||
				of.Name != p.Name && (said || slices.Contains(endpointSettings, key)) {
				continue
			}
			set, _ := of.Setting(key)
			if of.Name != p.Name {
				set.Below = slices.DeleteFunc(set.Below, func(below profile.Setting) bool {
					return slices.Contains(endpointSettings, key+"."+below.Key)
				})
			}
			lines = append(lines, set.Lines()...)
		}
	}
	if len(lines) == 0 {
		return ""
	}
	lines = append([]string{"[default]"}, lines...)
	if name, services := p.Services(); len(services) > 0 {
		lines = append(lines, "[services "+name+"]")
		for _, service := range services {
			lines = append(lines, service.Lines()...)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
