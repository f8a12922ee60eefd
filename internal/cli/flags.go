package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"awsmfa/cache"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

// profileFlags say which profile is meant, and how AWS is reached for it.
type profileFlags struct {
	Name    string      `arg:"" optional:"" name:"profile"`
	Profile string      `short:"p" placeholder:"NAME"`
	Timeout timeoutFlag `placeholder:"TIME"`
}

func (*profileFlags) help() flagHelp {
	return flagHelp{
		"<profile>": msg.Textf("The profile of the AWS config files. When it is left out: AWS_PROFILE, AWS_DEFAULT_PROFILE, " +
			"AWSMFA_PROFILE (what the last env set), then default."),
		"profile": msg.Textf("The profile, instead of the argument."),
		"timeout": msg.Textf("How long one call to AWS may take, with its retries (30s)."),
	}
}

// sessionFlags say which session is wanted; env and exec have them alike.
type sessionFlags struct {
	profileFlags

	Serial      string       `placeholder:"ARN"`
	Code        codeFlag     `short:"c" placeholder:"DIGITS"`
	CodeCommand string       `placeholder:"COMMAND"`
	Duration    durationFlag `short:"d" placeholder:"TIME"`
	MinTTL      *ttlFlag     `name:"min-ttl" placeholder:"TIME"`
	NoMFA       bool         `name:"no-mfa"`
	Refresh     bool
	NoCache     bool
	Region      string `placeholder:"REGION"`

	defaultSource   mfa.Source    // used where nothing else is named
	defaultDuration time.Duration // how long an MFA session lasts if Duration says nothing of it
	defaultMinTTL   time.Duration // what a kept session must have left if MinTTL says nothing of it; 0 is defaultMinTTL
}

func (c *sessionFlags) help() flagHelp {
	return mergeHelp(c.profileFlags.help(), flagHelp{
		"serial": msg.Textf("The MFA device: its ARN, or a hardware token's serial number. Else the profile's mfa_serial, " +
			"else found and remembered."),
		"code": msg.Textf("The six digits, instead of a question."),
		"code-command": msg.Textf("A command line that prints the code on its first line. Else AWSMFA_CODE_COMMAND, then the " +
			"profile's mfa_process."),
		"duration": msg.Textf("How long a new session lasts: 15m to 36h, or seconds. Else AWSMFA_DURATION, then 12h. A " +
			"role's profile: 15m to 12h, else its duration_seconds, then 1h."),
		"min-ttl": msg.Textf("Obtain a new session if the cached one lasts less than this (5m; credential-process 15m, " +
			"exec --server 16m)."),
		"no-mfa":   msg.Textf("Ask for no code: for a user who has no MFA device, or roles that need none."),
		"refresh":  msg.Textf("Obtain a new session even if the cached one still lasts."),
		"no-cache": msg.Textf("Neither use a cached session nor cache the new one."),
		"region":   msg.Textf("The region to set, instead of AWS_REGION, AWS_DEFAULT_REGION and the profile's."),
	})
}

// What holds where no flag and no variable says otherwise. A flag that was not given is its zero value, so that the
// flags need no grammar to be read when there are none: see plain.
const (
	defaultMinTTL  = 5 * time.Minute
	defaultTimeout = 30 * time.Second
)

// applyDefaults checks the flags against one another and fills in what the environment and the defaults say.
func (f *profileFlags) applyDefaults(a *app) error {
	if f.Name != "" && f.Profile != "" && f.Name != f.Profile {
		return &usageError{msg.TwoProfiles(f.Name, f.Profile)}
	}
	a.namedBy = f.namedBy(a)
	f.Name = cmp.Or(f.Name, f.Profile, a.Getenv("AWS_PROFILE"), a.Getenv("AWS_DEFAULT_PROFILE"), a.Getenv(varProfile), "default")
	f.Timeout = cmp.Or(f.Timeout, timeoutFlag(defaultTimeout))
	a.profile = f.Name
	return nil
}

func (f *sessionFlags) applyDefaults(a *app) error {
	if err := f.profileFlags.applyDefaults(a); err != nil {
		return err
	}
	if f.Region != "" && !isRegion(f.Region) {
		return &usageError{msg.BadRegion(f.Region)}
	}
	f.CodeCommand = cmp.Or(f.CodeCommand, a.Getenv("AWSMFA_CODE_COMMAND"))
	usual := durationFlag(session.DefaultDuration)
	if text := a.Getenv("AWSMFA_DURATION"); text != "" {
		if err := usual.UnmarshalText([]byte(text)); err != nil {
			return &usageError{msg.InVariable("AWSMFA_DURATION", err)}
		}
	}
	f.defaultDuration = time.Duration(usual)
	return nil
}

// load reads the profile of settled flags.
func (f *profileFlags) load(a *app) (profile.Profile, error) {
	p, err := profile.Load(a.files(), f.Name)
	if profile.NotFound(err) && a.underSudo() {
		err = msg.UnderSudo(err, f.Name, a.Getenv("SUDO_USER"), slices.Concat(sessionVars[:3], regionVars))
	}
	return p, err
}

// underSudo says whether sudo has put root's home, which has no AWS files, in the place of the user's.
func (a *app) underSudo() bool {
	user := a.Getenv("SUDO_USER")
	if user == "" || a.Home == "" || filepath.Base(a.Home) == user {
		return false
	}
	_, err := os.Stat(filepath.Join(a.Home, ".aws"))
	return errors.Is(err, fs.ErrNotExist)
}

func (a *app) files() profile.Files { return profile.FindFiles(a.Getenv, a.Home) }

// obtain is the straight line from the flags to the variables.
func (f *sessionFlags) obtain(a *app) ([]shells.Var, error) {
	if err := f.applyDefaults(a); err != nil {
		return nil, err
	}
	p, err := f.load(a)
	if err != nil {
		return nil, err
	}
	s, err := f.session(a, p)
	if err != nil {
		return nil, err
	}
	return f.vars(a, p, s), nil
}

// vars puts a session of the profile's into an environment.
func (f *sessionFlags) vars(a *app, p profile.Profile, s session.Session) []shells.Var {
	vars, warnings := a.setVars(p, s, f.Region)
	for _, text := range warnings {
		a.warn(text)
	}
	return vars
}

// session obtains the profile's session.
func (f *sessionFlags) session(a *app, p profile.Profile) (session.Session, error) {
	o, want, err := f.request(a, p)
	if err != nil {
		return session.Session{}, err
	}
	s, err := o.Retrieve(want)
	if err == nil {
		f.warnOfDuration(a, p, want, s)
	}
	return s, err
}

// warnOfDuration says that --duration has no effect on a session that somebody else gave out.
func (f *sessionFlags) warnOfDuration(a *app, p profile.Profile, want session.Request, s session.Session) {
	if f.Duration != 0 && len(want.Roles) == 0 && want.External != nil && s.KeyID == "" {
		a.warn(msg.DurationNotOurs(p.Name))
	}
}

// request is what obtains the profile's session, and what is to be asked for.
func (f *sessionFlags) request(a *app, p profile.Profile) (*session.Provider, session.Request, error) {
	chain, err := p.Chain()
	if err != nil {
		return nil, session.Request{}, err
	}
	return f.requestFor(a, p, chain)
}

// requestFor is request for a chain of the profile's.
func (f *sessionFlags) requestFor(a *app, p profile.Profile, chain profile.Chain) (*session.Provider, session.Request, error) {
	var want session.Request
	want.Serial = cmp.Or(f.Serial, chain.Get("mfa_serial"))
	if want.Serial != "" && !mfa.IsSerial(want.Serial) {
		at := profile.Pos{}
		if f.Serial == "" {
			at = chain.Where("mfa_serial")
		}
		return nil, want, msg.BadSerial(want.Serial, at.File, at.Line)
	}
	if !isRegion(p.Region) {
		at := p.Where("region")
		return nil, want, msg.ProfileBadSetting(p.Name, "region", "a region's name", at.File, at.Line)
	}
	want.NoMFA = f.NoMFA
	minTTL, err := f.durations(&want, chain)
	if err != nil {
		return nil, want, err
	}
	var reach session.ClientOptions
	arn := want.Serial
	if n := len(want.Roles); n > 0 {
		arn = want.Roles[n-1].ARN
	}
	if reach, want.Endpoint, err = f.clientOptions(a, p, f.Region, arn); err != nil {
		return nil, want, err
	}
	if want.Keys, want.External, err = a.baseCredentials(p, chain, want.Endpoint); err != nil {
		return nil, want, err
	}
	want.NoMFA = want.NoMFA && want.TakesMFA() // else no code is asked for anyway
	o := &session.Provider{
		Cache:         a.cache(),
		NoCacheDir:    a.cache().Path == "" && !f.NoCache,
		MinTTL:        minTTL,
		Refresh:       f.Refresh,
		Started:       time.Now(),
		Options:       reach,
		Code:          f.source(a, chain),
		Choose:        a.choose(p.Name),
		Interruptible: a.catchSignals,
		Warn:          a.warnWith,
		Say:           a.say,
	}
	if f.NoCache {
		o.Cache = cache.Dir{}
	}
	return o, want, nil
}

// durations fills in how long what is wanted lasts, and returns how much of it a kept session must have left. For a role
// the flag is about the role.
func (f *sessionFlags) durations(want *session.Request, chain profile.Chain) (minTTL time.Duration, err error) {
	asked := time.Duration(f.Duration)
	want.Duration = cmp.Or(asked, f.defaultDuration)
	lasts := want.Duration
	if n := len(chain.Roles); n > 0 {
		if asked > profile.MaxRoleDuration {
			return 0, &usageError{msg.RoleDurationOutOfRange(chain.Roles[n-1].Profile, asked)}
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
		return 0, &usageError{msg.MinTTLTooLong(minTTL, lasts)}
	}
	return minTTL, nil
}

// cache is the directory under the XDG one; none where that hangs on the current directory, which may be anybody's.
func (a *app) cache() cache.Dir {
	if !filepath.IsAbs(xdg.CacheHome) || a.Home == "" && a.Getenv("XDG_CACHE_HOME") == "" {
		return cache.Dir{}
	}
	return cache.Dir{Path: filepath.Join(xdg.CacheHome, "awsmfa")}
}

// source is where the code comes from: the flag, the command, the terminal.
func (f *sessionFlags) source(a *app, chain profile.Chain) mfa.Source {
	if f.Code != "" {
		return mfa.Static(string(f.Code))
	}
	if command := cmp.Or(f.CodeCommand, chain.Get("mfa_process")); command != "" {
		return mfa.Command(command, a.Environ, a.Stderr, func(t msg.Text) { a.say(t) })
	}
	if f.defaultSource != nil {
		return f.defaultSource
	}
	return a.askCode()
}

// choose asks on the terminal which of several devices is meant. With no terminal the error lists them.
func (a *app) choose(profileName string) func(context.Context, []mfa.Device) (mfa.Device, error) {
	return func(ctx context.Context, devices []mfa.Device) (mfa.Device, error) {
		var serials []string
		for _, d := range devices {
			serials = append(serials, d.Serial)
		}
		tty, err := term.Open()
		if err != nil {
			return mfa.Device{}, severalDevices(profileName, serials)
		}
		defer tty.Close()
		question := a.text(whichDevice(profileName, serials))
		for {
			answer, err := tty.Ask(ctx, question)
			switch {
			case ctx.Err() != nil:
				return mfa.Device{}, ctx.Err()
			case err != nil:
				return mfa.Device{}, severalDevices(profileName, serials)
			}
			if n, err := strconv.Atoi(answer); err == nil && 1 <= n && n <= len(devices) {
				return devices[n-1], nil
			}
			question = a.text(msg.Textf("A number from 1 to %d, please: ", len(devices)))
		}
	}
}

// isRegion says whether a name can be a region's; which there are is AWS's to say.
func isRegion(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') })
}

// codeFlag is six digits, checked before anything else is done.
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

// durationFlag is a session's duration, between the limits that AWS has for it.
type durationFlag time.Duration

func (d *durationFlag) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	if err == nil && (v < session.MinDuration || v > session.MaxDuration || v%time.Second != 0) {
		err = msg.DurationOutOfRange(string(text))
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
		err = msg.NotPositive(string(text))
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
		return 0, msg.NotDuration(text)
	}
	return d, nil
}
