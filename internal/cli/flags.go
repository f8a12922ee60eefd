package cli

import (
	"cmp"
	"context"
	"encoding"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"awsmfa/cache"
	"awsmfa/internal/awsapi"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// profileFlags choose the profile, and how long a call to AWS may take.
type profileFlags struct {
	Name    string `arg:"" optional:"" name:"profile"`
	Profile string `short:"p"`
	Timeout timeoutFlag

	unnamed bool `kong:"-"` // no flag and no variable names the profile
	offline bool `kong:"-"` // AWS is asked nothing, so the region does not matter
}

func (*profileFlags) help() flagHelp {
	return flagHelp{
		"<profile>": msg.Textf("The profile of the AWS config files. When it is left out: AWS_PROFILE, " +
			"AWS_DEFAULT_PROFILE, AWSMFA_PROFILE (what the last env set), then default."),
		"profile": msg.Textf("The profile, instead of the argument."),
		"timeout": msg.Textf("How long one call to AWS may take, with its retries (30s)."),
	}
}

// sessionFlags choose the session.
type sessionFlags struct {
	profileFlags

	Serial      string
	Code        codeFlag `short:"c"`
	CodeCommand string
	Ask         askFlag
	Duration    durationFlag `short:"d"`
	MinTTL      *ttlFlag     `name:"min-ttl"`
	NoMFA       bool         `name:"no-mfa"`
	Refresh     bool
	NoCache     bool
	Region      string

	// Kong would parse the tags of these, too.
	announce        bool          `kong:"-"` // say until when the session lasts, even if it was cached
	ask             askFlag       `kong:"-"` // Ask, else the setting
	client          *client       `kong:"-"` // that waits for the session; nil for most commands
	defaultSource   mfa.Source    `kong:"-"` // used if no flag or setting names another
	defaultDuration time.Duration `kong:"-"` // an MFA session's, if Duration is zero
	defaultMinTTL   time.Duration `kong:"-"` // how long it must last, if MinTTL is nil; 0 is defaultMinTTL
}

func (*sessionFlags) values() flagValues {
	return flagValues{"ask": plainValues([]string{string(askTerminal), string(askWindow)})}
}

func (f *sessionFlags) help() flagHelp {
	return mergeHelp(f.profileFlags.help(), flagHelp{
		"serial": msg.Textf("The MFA device: its ARN, or a hardware token's serial number. Else the profile's " +
			"mfa_serial, else found and remembered."),
		"code": msg.Textf("The six digits, instead of a question."),
		"code-command": msg.Textf("A command line that prints the code on its first line. Else AWSMFA_CODE_COMMAND, " +
			"then the profile's mfa_process."),
		"ask": msg.Textf("Where to ask for a code: terminal or window. Else AWSMFA_ASK, then the profile's " +
			"awsmfa_ask, then the terminal; credential-process asks in a window where there is no terminal."),
		"duration": msg.Textf("How long a new session lasts: 15m to 36h, such as 1h30m, or seconds. Else " +
			"AWSMFA_DURATION, the profile's awsmfa_duration, then 12h. A role's profile: 15m to 12h, else its " +
			"duration_seconds, then 1h."),
		"min-ttl": msg.Textf("Obtain a new session if the cached one lasts less than this (5m; credential-process " +
			"15m, exec --server 16m)."),
		"no-mfa":   msg.Textf("Ask for no code: for a user who has no MFA device, or roles that need none."),
		"refresh":  msg.Textf("Obtain a new session even if the cached one still lasts."),
		"no-cache": msg.Textf("Neither use a cached session nor cache the new one."),
		"region":   msg.Textf("The region to set, instead of AWS_REGION, AWS_DEFAULT_REGION and the profile's."),
	})
}

// The defaults of flags. A flag that was not given has its zero value.
const (
	defaultMinTTL  = 5 * time.Minute
	defaultTimeout = 30 * time.Second
)

// applyDefaults checks the flags, and fills those that were not given from the environment and the defaults.
func (f *profileFlags) applyDefaults(a *app) error {
	if f.Name != "" && f.Profile != "" && f.Name != f.Profile {
		return &usageError{
			msg.Errorf("two profiles are named, %q and %q", f.Name, f.Profile).
				Hint("name one, as the argument or with --profile"),
		}
	}
	a.namedBy = f.namedBy(a)
	named := cmp.Or(f.Name, f.Profile)
	f.unnamed = named == "" && a.namedBy == ""
	f.Name = cmp.Or(named, a.Getenv("AWS_PROFILE"), a.Getenv("AWS_DEFAULT_PROFILE"), a.Getenv(varProfile), "default")
	f.Timeout = cmp.Or(f.Timeout, timeoutFlag(defaultTimeout))
	a.profile = f.Name
	return nil
}

func (f *sessionFlags) applyDefaults(a *app) error {
	if err := f.profileFlags.applyDefaults(a); err != nil {
		return err
	}
	if err := checkRegion(f.Region); err != nil {
		return &usageError{err}
	}
	f.CodeCommand = cmp.Or(f.CodeCommand, a.Getenv("AWSMFA_CODE_COMMAND"))
	return f.applySettings(a, profile.Chain{})
}

// applySettings fills the flags that were not given from awsmfa's settings: a variable wins over the profile.
func (f *sessionFlags) applySettings(a *app, chain profile.Chain) error {
	duration := durationFlag(session.DefaultDuration)
	if err := a.setting(chain, "AWSMFA_DURATION", "awsmfa_duration", &duration); err != nil {
		return err
	}
	f.defaultDuration = time.Duration(duration)
	if f.ask = f.Ask; f.ask != "" {
		return nil
	}
	return a.setting(chain, "AWSMFA_ASK", "awsmfa_ask", &f.ask)
}

// setting reads one of awsmfa's settings into value, which stays as it is if neither the variable nor the profile, nor
// one of its sources, has it.
func (a *app) setting(chain profile.Chain, variable, key string, value encoding.TextUnmarshaler) error {
	if text := a.Getenv(variable); text != "" {
		if err := value.UnmarshalText([]byte(text)); err != nil {
			return &usageError{msg.Errorf("%s: %s", variable, err).Wrap(err)}
		}
		return nil
	}
	if text := chain.Get(key); text != "" {
		if err := value.UnmarshalText([]byte(text)); err != nil {
			return msg.Errorf("%s (%s): %s", key, chain.Where(key), err).Wrap(err)
		}
	}
	return nil
}

// read applies the defaults, and reads the profile.
func (f *profileFlags) read(a *app) (profile.Profile, error) {
	if err := f.applyDefaults(a); err != nil {
		return profile.Profile{}, err
	}
	return f.load(a)
}

func (f *sessionFlags) read(a *app) (profile.Profile, error) {
	if err := f.applyDefaults(a); err != nil {
		return profile.Profile{}, err
	}
	return f.load(a)
}

// load reads the profile, after applyDefaults.
func (f *profileFlags) load(a *app) (profile.Profile, error) {
	p, err := profile.Load(a.files(), f.Name)
	if hidden := a.filesHidden(); hidden != nil && profile.NotFound(err) {
		return p, hidden.Wrap(err)
	}
	switch user, by := a.underSudo(); {
	case user == "" || !profile.NotFound(err):
		return p, err
	case by == "sudo" && firstWord(a.Args[1:]) == "exec":
		variables := strings.Join(slices.Concat(sessionVars[:3], regionVars), ",")
		command := msg.Command("exec", f.Name, "--", "sudo", "--preserve-env="+variables).With("COMMAND")
		return p, msg.Errorf("%s", err).Wrap(err).
			Hint("sudo runs awsmfa as another user, without the AWS files of %s; type %s", user, command)
	default:
		return p, msg.Errorf("%s", err).Wrap(err).WithHint(runWithout(user, by))
	}
}

// underSudo returns the user who runs awsmfa through sudo or doas with the home, and so the AWS files, of another user;
// "" if nobody does. by is the program.
func (a *app) underSudo() (user, by string) {
	if user, by = a.Getenv("SUDO_USER"), "sudo"; user == "" {
		user, by = a.Getenv("DOAS_USER"), "doas"
	}
	if a.Home == "" || filepath.Base(a.Home) == user || a.Getenv("AWS_CONFIG_FILE") != "" {
		return "", ""
	}
	return user, by
}

// runWithout says what to do under sudo.
func runWithout(user, by string) msg.Text {
	return msg.Textf("%s runs awsmfa as another user, without the AWS files of %s; run it without %s", by, user, by)
}

func (a *app) files() profile.Files { return profile.FindFiles(a.Getenv, a.Home) }

// obtain returns the variables of the profile's session.
func (f *sessionFlags) obtain(a *app) ([]shells.Var, error) {
	p, err := f.read(a)
	if err != nil {
		return nil, err
	}
	s, err := f.session(a, p)
	if err != nil {
		return nil, err
	}
	return f.vars(a, p, s), nil
}

// vars returns the variables of a session of the profile, and prints their warnings.
func (f *sessionFlags) vars(a *app, p profile.Profile, s session.Session) []shells.Var {
	vars, warnings := a.setVars(p, s, f.Region)
	for _, text := range warnings {
		a.warn(text)
	}
	return vars
}

// session obtains the profile's session: the cached one, or a new one.
func (f *sessionFlags) session(a *app, p profile.Profile) (session.Session, error) {
	o, want, err := f.request(a, p)
	if err != nil {
		return session.Session{}, err
	}
	s, err := o.Retrieve(want)
	if err == nil {
		f.warnUnused(a, p, want, s)
	}
	return s, err
}

// warnUnused warns of flags that have no effect, because the session is not from a user's keys with MFA.
func (f *sessionFlags) warnUnused(a *app, p profile.Profile, want session.Request, s session.Session) {
	if want.External == nil || s.KeyID != "" {
		return
	}
	if f.Duration != 0 && len(want.Roles) == 0 {
		a.warn(msg.Errorf("--duration has no effect: the provider of the credentials of profile %q decides how long "+
			"they last", p.Name))
	}
	if f.Code != "" {
		a.warn(msg.Errorf("--code has no effect: AWS takes codes only with the keys of an IAM user, "+
			"and profile %q has other credentials", want.External.Profile.Name))
	}
}

// request returns the provider of the profile's session, and the request for it.
func (f *sessionFlags) request(a *app, p profile.Profile) (*session.Resolver, session.Request, error) {
	chain, err := p.Chain()
	if err != nil {
		return nil, session.Request{}, err
	}
	a.warnReturned(chain.Base)
	return f.requestFor(a, p, chain)
}

// requestFor is request for another chain of the profile.
func (f *sessionFlags) requestFor(
	a *app, p profile.Profile, chain profile.Chain,
) (*session.Resolver, session.Request, error) {
	var want session.Request
	want.Serial = cmp.Or(f.Serial, a.namedDevice(chain))
	if f.Serial == "" {
		want.SerialVariable = a.deviceVariable(chain)
	}
	if err := f.checkSerial(want, chain); err != nil {
		return nil, want, err
	}
	if err := checkProfileRegion(p); err != nil {
		return nil, want, err
	}
	want.NoMFA = f.NoMFA
	if err := f.applySettings(a, chain); err != nil {
		return nil, want, err
	}
	minTTL, err := f.durations(&want, chain)
	if err != nil {
		return nil, want, err
	}
	var reach awsapi.ClientOptions
	arn := want.Serial
	if n := len(want.Roles); n > 0 {
		arn = want.Roles[n-1].ARN
	}
	if reach, want.Endpoint, err = f.clientOptions(a, p, f.Region, arn); err != nil {
		return nil, want, err
	}
	reach.TakesRegion = f.client == nil
	if want.Keys, want.External, err = a.baseCredentials(p, chain, want.Endpoint); err != nil {
		return nil, want, err
	}
	reach.Stored = want.Keys.Store != ""
	want.NoMFA = want.NoMFA && want.TakesMFA() // else no code is asked for anyway
	o := &session.Resolver{
		Base:       chain.Base.Name,
		Cache:      a.cache(),
		NoCacheDir: a.cache().Path == "" && !f.NoCache,
		MinTTL:     minTTL,
		Refresh:    f.Refresh,
		Started:    time.Now(),
		Announce:   f.announce,
		Options:    reach,
		Secret: func(ctx context.Context, keys profile.Keys) (profile.Keys, error) {
			ctx, cancel := f.client.within(ctx)
			defer cancel()
			return a.withSecret(ctx, keys)
		},
		Code:          f.source(a, chain),
		Choose:        a.choose(p.Name, f.asker(a).choosing(p.Name)),
		ByClient:      f.client != nil,
		Interruptible: a.catchSignals,
		Warn:          func(e *msg.Error) { a.warn(e) },
		Say:           a.say,
	}
	if f.client != nil {
		o.WaitUntil = f.client.end
	}
	if f.NoCache {
		o.Cache = cache.Dir{}
	}
	return o, want, nil
}

// durations sets the durations in want, and returns how long a cached session must still last. For a role's profile,
// --duration is the role's.
func (f *sessionFlags) durations(want *session.Request, chain profile.Chain) (minTTL time.Duration, err error) {
	asked := time.Duration(f.Duration)
	want.Duration = cmp.Or(asked, f.defaultDuration)
	lasts := want.Duration
	if n := len(chain.Roles); n > 0 {
		if asked > profile.MaxRoleDuration {
			return 0, &usageError{
				msg.Errorf("profile %q is a role, whose session lasts 12h at most, not %s",
					chain.Roles[n-1].Profile, msg.Duration(asked)).
					Hint("AWSMFA_DURATION sets how long the MFA session lasts that roles are assumed with"),
			}
		}
		if want.Roles, err = session.Roles(chain, asked); err != nil {
			return 0, err
		}
		want.Duration, lasts = f.defaultDuration, want.Roles[n-1].Duration
	}
	minTTL = min(cmp.Or(f.defaultMinTTL, defaultMinTTL), lasts/3)
	if f.MinTTL != nil {
		minTTL = time.Duration(*f.MinTTL)
	}
	if minTTL >= lasts {
		return 0, &usageError{
			msg.Errorf("--min-ttl %s is not less than the session's duration, %s",
				msg.Duration(minTTL), msg.Duration(lasts)).
				Hint("lower --min-ttl or raise --duration"),
		}
	}
	return minTTL, nil
}

// cache returns the cache directory in the XDG cache directory. It returns none if that path is not absolute: the
// current directory may belong to another user.
func (a *app) cache() cache.Dir {
	if !filepath.IsAbs(xdg.CacheHome) || a.Home == "" && a.Getenv("XDG_CACHE_HOME") == "" {
		return cache.Dir{}
	}
	return cache.Dir{Path: filepath.Join(xdg.CacheHome, "awsmfa")}
}

// source returns the source of token codes: the flag, the command, or a question.
func (f *sessionFlags) source(a *app, chain profile.Chain) mfa.Source {
	if f.Code != "" {
		return mfa.Static(string(f.Code))
	}
	if command := cmp.Or(f.CodeCommand, chain.Get("mfa_process")); command != "" {
		run := mfa.Command(command, a.Environ, a.Stderr, a.say)
		return func(ctx context.Context, need mfa.CodeRequest) (string, error) {
			ctx, cancel := f.client.within(ctx)
			defer cancel()
			return run(ctx, need)
		}
	}
	if f.defaultSource != nil {
		return f.defaultSource
	}
	return f.asker(a).source()
}

func (f *sessionFlags) asker(a *app) asker { return asker{a, f.ask, f.client} }

// choose asks on the terminal for one of several devices. Without a terminal, the error lists them, and hint is its
// hint.
func (a *app) choose(
	profileName string, hint msg.Text,
) func(context.Context, []awsapi.Device) (awsapi.Device, error) {
	return func(ctx context.Context, devices []awsapi.Device) (awsapi.Device, error) {
		var serials []string
		for _, d := range devices {
			serials = append(serials, d.Serial)
		}
		tty, err := a.openTerminal()
		if err != nil {
			return awsapi.Device{}, severalDevices(profileName, serials).WithHint(hint)
		}
		defer tty.Close()
		question := a.text(whichDevice(profileName, serials))
		for {
			answer, err := tty.Ask(ctx, question)
			switch {
			case ctx.Err() != nil:
				return awsapi.Device{}, ctx.Err()
			case err != nil:
				return awsapi.Device{}, severalDevices(profileName, serials).WithHint(hint)
			}
			if n, err := strconv.Atoi(answer); err == nil && 1 <= n && n <= len(devices) {
				return devices[n-1], nil
			}
			question = a.text(msg.Textf("A number from 1 to %d, please: ", len(devices)))
		}
	}
}

// openTerminal opens the terminal for a question. Ctrl-Z would stop awsmfa while the shell waits for its output, and
// most shells cannot continue it then: it does nothing.
func (a *app) openTerminal() (*term.Terminal, error) {
	if a.evaluated {
		term.IgnoreStop()
	}
	return term.Open()
}

// namedDevice returns the serial number of the device that the profile names, else AWS_MFA_SERIAL, else "".
func (a *app) namedDevice(chain profile.Chain) string {
	return cmp.Or(chain.Get("mfa_serial"), a.Getenv(varDevice))
}

// deviceVariable returns the variable that names the device, "" if none does or the profile wins.
func (a *app) deviceVariable(chain profile.Chain) string {
	if chain.Get("mfa_serial") != "" || a.Getenv(varDevice) == "" {
		return ""
	}
	return varDevice
}

// checkSerial returns an error if the device's serial number is malformed.
func (f *sessionFlags) checkSerial(want session.Request, chain profile.Chain) error {
	switch {
	case want.Serial == "" || awsapi.IsSerial(want.Serial):
		return nil
	case f.Serial != "":
		return badSerial(want.Serial, "--serial")
	case want.SerialVariable != "":
		return badSerial(want.Serial, want.SerialVariable)
	}
	return badSerial(want.Serial, chain.Where("mfa_serial"))
}

// badSerial is the error for a malformed serial number; from is where it stands.
func badSerial(serial string, from any) error {
	err := msg.Errorf("%q cannot be an MFA device's serial number (%s)", serial, from)
	return err.Hint("it is arn:aws:iam::ACCOUNT:mfa/NAME, or the number printed on a hardware token, at least 9 "+
		"characters; %s shows the user's", msg.Command("device", "list"))
}

// codeFlag is a token code, checked before anything else happens.
type codeFlag string

func (c *codeFlag) UnmarshalText(text []byte) error {
	code, ok := mfa.ParseCode(string(text))
	if !ok {
		return msg.Errorf("a token code is six digits").
			Hint("type what the authenticator shows now; blanks between the digits are fine")
	}
	*c = codeFlag(code)
	return nil
}

// durationFlag is a session's duration, between AWS's limits.
type durationFlag time.Duration

func (d *durationFlag) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	if err == nil && (v < session.MinDuration || v > session.MaxDuration || v%time.Second != 0) {
		err = msg.Errorf("a session cannot last %s: AWS gives 15 minutes to 36 hours", string(text)).
			Hint("write 15m to 36h, or 900 to 129600 seconds")
	}
	*d = durationFlag(v)
	return err
}

type ttlFlag time.Duration

func (d *ttlFlag) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	*d = ttlFlag(v)
	return err
}

type timeoutFlag time.Duration

func (d *timeoutFlag) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	if err == nil && v <= 0 {
		err = msg.Errorf("%s: must be greater than 0", string(text)).Hint("write 30s, 2m, or a number of seconds")
	}
	*d = timeoutFlag(v)
	return err
}

// parseDuration reads 36h, 1h30m, 90m, or seconds, as the AWS CLI takes them.
func parseDuration(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, msg.Errorf("%q is not a duration", text).Hint("write 36h, 90m, 1h30m, or a number of seconds")
	}
	return d, nil
}
