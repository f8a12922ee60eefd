package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"awsmfa/internal/bounded"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/serve"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// server is exec --server: the command gets no session, but the address of an endpoint that always has one.
type server struct {
	*execCmd
	a *app

	provider *session.Resolver // the same for all requests: it holds sessions that cannot be cached
	want     session.Request   // the last one

	endpoint *serve.Endpoint
	renewer  serve.Renewer
	asked    atomic.Bool // whether the command ever asked
	hidden   string      // the directory of the command's AWS files; "" when it sees the user's

	failed     error // the last renewal's
	failedAt   time.Time
	reportedAt time.Time
}

const (
	// serverMinTTL is a minute more than botocore's limit: with 15 minutes left it asks for new credentials at every
	// call (credentials.RefreshableCredentials). The Go SDK's and the JavaScript SDK's limit is 5 minutes.
	serverMinTTL = 16 * time.Minute

	// retryAfter is the pause after a failure, in which no code is asked for: clients try three or four times within
	// seconds, and somebody may have pressed Ctrl-D.
	retryAfter = 10 * time.Second

	// reportAfter is the time between two lines on stderr about failed renewals.
	reportAfter = time.Minute
)

// The variables of the endpoint. varNoMetadata keeps a client that does not know them from using the machine's role
// instead.
const (
	varEndpoint = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	varToken    = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

	varNoMetadata = "AWS_EC2_METADATA_DISABLED"
	varBotoConfig = "BOTO_CONFIG"
)

// hiddenPrefix begins the name of the directory with the command's own AWS files.
const hiddenPrefix = "awsmfa-server-"

// filesHidden is the error for a command that needs the user's own AWS files, where exec --server has hidden them; nil
// elsewhere.
func (a *app) filesHidden() *msg.Error {
	dir := filepath.Base(filepath.Dir(a.Getenv("AWS_CONFIG_FILE")))
	if !strings.HasPrefix(dir, hiddenPrefix) {
		return nil
	}
	return msg.Errorf("your AWS files are hidden from this command by exec --server").Hint("type exit first")
}

// obtain is sessionFlags.obtain for a command that asks an endpoint. It obtains a session first, so that it asks for a
// code before the command starts.
func (s *server) obtain(a *app) ([]shells.Var, error) {
	s.a, s.defaultMinTTL = a, serverMinTTL
	p, err := s.read(a)
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
	s.warnUnused(a, p, s.want, first)

	vars, warnings := a.setVars(p, session.Session{}, s.Region)
	vars = slices.DeleteFunc(vars, func(v shells.Var) bool { return slices.Contains(sessionVars, v.Name) })
	vars = append(vars, unset(append(sessionVars, besideEndpointVars...)...)...)
	vars = append(vars, a.hideBotoConfig()...)
	if own, err := profile.Load(a.files(), "default"); err == nil && own.Kind() != profile.KindNone {
		files, err := s.hideFiles(own, p)
		if err != nil {
			return nil, err
		}
		a.say(msg.Textf(`profile "default" has credentials of its own, which AWS clients would use instead of these: ` +
			"your AWS files are hidden from the command"))
		vars = append(vars, files...)
		if p.Region == "" { // the command does not see it in the files any more
			vars = append(vars, a.setRegion(s.Region, own)...)
		}
		warnings = nil // the hidden config file has the profile's settings, and no endpoints of [default]
	}
	for _, text := range warnings {
		a.warn(text)
	}
	url, token, err := s.open(first)
	if err != nil {
		os.RemoveAll(s.hidden)
		return nil, msg.Errorf("opening the credential endpoint: %s", msg.Cause(err)).Wrap(err)
	}
	return append(vars,
		shells.Var{Name: varNoMetadata, Value: "true"},
		shells.Var{Name: varEndpoint, Value: url},
		shells.Var{Name: varToken, Value: token},
	), nil
}

// listen opens the endpoint in this process. A code on the command line counts once.
func (s *server) listen(first session.Session) (err error) {
	s.Code = ""
	unanswered := msg.Errorf("the session of profile %q has ended, and there is no new one yet", s.Name).
		Hint("answer the question for a code on awsmfa's terminal")
	s.renewer = serve.Renewer{
		Renew: s.renew, Cached: credentials(first), Unanswered: errors.New(s.a.oneLine(unanswered)),
	}
	s.endpoint, err = serve.Listen(s.get)
	return err
}

// get is the endpoint's answer.
func (s *server) get(ctx context.Context) (serve.Credentials, error) {
	s.asked.Store(true)
	return s.renewer.Get(ctx)
}

// close ends the endpoint, and cancels an unanswered question.
func (s *server) close() {
	s.endpoint.Close()
	s.renewer.Close()
	os.RemoveAll(s.hidden)
}

// prepare makes the provider for the profile as it is now: the files may change while the command runs.
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

// renew returns a session that has more than --min-ttl left: the cached one, which another awsmfa may have renewed, or
// a new one.
func (s *server) renew(ctx context.Context, asking func()) (serve.Credentials, error) {
	s.defaultSource = s.question(asking)
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
	return serve.Credentials{}, errors.New(s.a.printable(s.a.oneLine(s.failed)))
}

func credentials(s session.Session) serve.Credentials {
	return serve.Credentials{
		AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey,
		SessionToken: s.SessionToken, Expiration: s.Expiration,
	}
}

// notRenewed explains why there is no new session, to the person and to clients.
func (s *server) notRenewed(err error) {
	canceled := errors.Is(err, context.Canceled)
	switch {
	case canceled:
		err = msg.Errorf("renewing the session of profile %q was interrupted", s.Name) // renew tests for Canceled
	case errors.Is(err, term.ErrNone), errors.Is(err, term.ErrBackground), errors.Is(err, syscall.EIO):
		err = s.cannotAsk(err)
	default:
		err = msg.Errorf("renewing the session of profile %q: %s", s.Name, err).Wrap(err)
	}
	s.failed, s.failedAt = err, time.Now()
	if !canceled && time.Since(s.reportedAt) > reportAfter { // somebody who pressed Ctrl-C knows
		s.reportedAt = time.Now()
		s.a.sayError(s.a.oneLine(err))
	}
}

// cannotAsk is the error for a code that cannot be asked for beside the command.
func (s *server) cannotAsk(err error) *msg.Error {
	e := msg.Errorf("the MFA session of profile %q has ended or is about to, "+
		"and awsmfa cannot ask for a code beside this command", s.Name).Wrap(err)
	if line := s.otherTerminal(); line != nil {
		return e.Hint("type in another terminal: %s", line)
	}
	return e.Hint("end the command and run it again, or name a program that prints codes: " +
		"--code-command, AWSMFA_CODE_COMMAND or the profile's mfa_process")
}

// oneLine is an error with its hint.
func (a *app) oneLine(err error) string {
	text := a.printer().Error(err)
	if hint := a.printer().Hint(err); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// retry obtains the session. Soon after a failure it only looks whether another awsmfa has.
func (s *server) retry(ctx context.Context) (session.Session, error) {
	p, err := s.load(s.a)
	if err != nil {
		return session.Session{}, err
	}
	if err := s.prepare(p, func() (context.Context, func()) { return ctx, func() {} }); err != nil {
		return session.Session{}, err
	}
	if s.failed != nil && time.Since(s.failedAt) < retryAfter {
		if got, _, ok := s.provider.Cached(s.want); ok {
			return got, nil
		}
		return session.Session{}, s.failed
	}
	return s.provider.Retrieve(s.want)
}

// question asks for a code in the midst of the command's output, so it first explains what the code is for. It calls
// asking before it waits. A shell at its prompt needs the terminal for itself, and so does a program that reads key
// by key; a window does not disturb them.
func (s *server) question(asking func()) mfa.Source {
	var ask mfa.Source
	return func(ctx context.Context, need mfa.CodeRequest) (string, error) {
		if ask == nil { // not before: the profile may say where to ask
			ask = s.asker(s.a).source()
		}
		if s.ask == askWindow {
			asking()
		} else if tty, err := term.Open(); err == nil && need.Refused == nil {
			defer tty.Close()
			if len(s.Command) == 0 || tty.ReadsKeys() {
				return "", term.ErrBackground
			}
			tty.Say("\nawsmfa: " + s.a.text(msg.Textf("the session of profile %q has ended or is about to; "+
				"the command runs on, and needs a new one", need.Profile)) + "\n")
			asking()
		}
		return ask(ctx, need)
	}
}

// otherTerminal is the command that caches a new session of the same kind; nil when there is no cache, or when the
// shell cannot express it.
func (s *server) otherTerminal() fmt.Stringer {
	if s.NoCache || s.provider.Cache.Path == "" {
		return nil
	}
	line := []string{"exec", s.Name, "--refresh"}
	if s.Serial != "" {
		line = append(line, "--serial", s.Serial)
	}
	if s.Duration != 0 {
		line = append(line, "--duration", time.Duration(s.Duration).String())
	}
	line = append(line, "--", programName(s.a.Args[0]), "--version")
	if _, err := s.a.commandLine(s.a.typingShell(), line...); err != nil {
		return nil
	}
	return msg.Command(line...)
}

// hideFiles gives the command AWS files of its own, because every AWS client uses the default profile's credentials
// before it asks an endpoint (botocore, create_credential_resolver; Go SDK, resolveCredsFromProfile; SDK for
// JavaScript, defaultProvider). They have the default profile's other settings, except where the profile in use has
// its own.
func (s *server) hideFiles(own, p profile.Profile) (vars []shells.Var, err error) {
	if s.hidden, err = os.MkdirTemp("", hiddenPrefix); err != nil {
		return nil, filesNotHidden(err)
	}
	text := hiddenConfig(own, p)
	for _, file := range []struct{ variable, name, text string }{
		{"AWS_CONFIG_FILE", "config", text},
		{"AWS_SHARED_CREDENTIALS_FILE", "credentials", ""},
	} {
		path := filepath.Join(s.hidden, file.name)
		if err := os.WriteFile(path, profile.ForCLI(file.text), 0o600); err != nil {
			os.RemoveAll(s.hidden)
			return nil, filesNotHidden(err)
		}
		vars = append(vars, shells.Var{Name: file.variable, Value: path})
	}
	// Version 2 of the SDK for JavaScript uses AWS_SHARED_CREDENTIALS_FILE only with this (lib/util.js).
	return append(vars, shells.Var{Name: "AWS_SDK_LOAD_CONFIG", Value: "1"}), nil
}

// hideBotoConfig hides the config file of the old boto from the command if it has keys: botocore prefers those to an
// endpoint (credentials.py, BotoProvider).
func (a *app) hideBotoConfig() []shells.Var {
	files := []string{"/etc/boto.cfg", filepath.Join(a.Home, ".boto")}
	if own := a.Getenv(varBotoConfig); own != "" {
		files = []string{own}
	}
	for _, file := range files {
		if text, err := bounded.ReadFile(file); err == nil && bytes.Contains(text, []byte("aws_access_key_id")) {
			a.say(msg.Textf("%s has keys, which AWS clients in Python would use instead of these: "+
				"it is hidden from the command", msg.Path(file)))
			return []shells.Var{{Name: varBotoConfig, Value: os.DevNull}}
		}
	}
	return nil
}

func filesNotHidden(err error) *msg.Error {
	return msg.Errorf("writing the command's AWS files: %s", err).Wrap(err).
		Hint("name a directory for temporary files with TMPDIR (on Windows TMP)")
}

// hiddenConfig is the config file that the command sees: the profile's settings and the other settings of [default],
// without those about credentials and the region, which is in a variable. An empty section is not written: the
// Serverless framework would look for keys in it.
func hiddenConfig(own, p profile.Profile) string {
	var lines []string
	for _, of := range []profile.Profile{p, own} {
		for _, key := range of.Keys() {
			_, said := p.Get(key)
			if key == "region" || slices.Contains(credentialSettings, key) ||
				of.Name != p.Name && (said || isEndpointSetting(key)) {
				continue
			}
			set, _ := of.Setting(key)
			if of.Name != p.Name {
				set.Below = slices.DeleteFunc(set.Below, func(below profile.Setting) bool {
					return isEndpointSetting(key + "." + below.Key)
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
