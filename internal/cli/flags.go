package cli

import (
	"cmp"
	"context"
	"net/url"
	"path/filepath"
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
	Name    string      `arg:"" optional:"" name:"profile" help:"The profile of the AWS config files. When it is left out: AWS_PROFILE, AWS_DEFAULT_PROFILE, AWSMFA_PROFILE (what the last env set), then default."`
	Profile string      `short:"p" help:"The profile, instead of the argument." placeholder:"NAME"`
	Timeout timeoutFlag `help:"How long one question to AWS may take (30s)." placeholder:"30s"`
}

// sessionFlags say which session is wanted; env and exec have them alike.
type sessionFlags struct {
	profileFlags

	Serial      string       `help:"The MFA device: its ARN, or a hardware token's serial number. Else the profile's mfa_serial, else found and remembered." placeholder:"ARN"`
	Code        codeFlag     `short:"c" help:"The six digits, instead of a question." placeholder:"DIGITS"`
	CodeCommand string       `help:"A command line whose first output line is the code. Else AWSMFA_CODE_COMMAND, the profile's mfa_process." placeholder:"COMMAND"`
	Duration    durationFlag `short:"d" help:"How long a new session lasts: 15m to 36h, or seconds. Else AWSMFA_DURATION, 12h." placeholder:"12h"`
	MinTTL      *ttlFlag     `name:"min-ttl" help:"If a kept session has less than this left, a new one is obtained (5m)." placeholder:"5m"`
	Refresh     bool         `help:"Obtain a new session even if the kept one still lasts."`
	NoCache     bool         `help:"Neither look for a kept session nor keep the new one."`
	Region      string       `help:"The region to set, instead of the profile's." placeholder:"REGION"`

	program mfa.Source // used where nothing else is named
}

// What holds where no flag and no variable says otherwise. A flag that was not given is its zero value, so that the
// flags need no grammar to be read when there are none: see plain.
const (
	defaultMinTTL  = 5 * time.Minute
	defaultTimeout = 30 * time.Second
)

// settle checks the flags against one another and fills in what the environment and the defaults say.
func (f *profileFlags) settle(a *app) error {
	if f.Name != "" && f.Profile != "" && f.Name != f.Profile {
		return &usageError{msg.TwoProfiles(f.Name, f.Profile)}
	}
	f.Name = cmp.Or(f.Name, f.Profile, a.Getenv("AWS_PROFILE"), a.Getenv("AWS_DEFAULT_PROFILE"), a.Getenv(varProfile), "default")
	f.Timeout = cmp.Or(f.Timeout, timeoutFlag(defaultTimeout))
	return nil
}

func (f *sessionFlags) settle(a *app) error {
	if err := f.profileFlags.settle(a); err != nil {
		return err
	}
	if f.Region != "" && !isRegion(f.Region) {
		return &usageError{msg.BadRegion(f.Region)}
	}
	f.CodeCommand = cmp.Or(f.CodeCommand, a.Getenv("AWSMFA_CODE_COMMAND"))
	if text := a.Getenv("AWSMFA_DURATION"); f.Duration == 0 && text != "" {
		if err := f.Duration.UnmarshalText([]byte(text)); err != nil {
			return &usageError{msg.InVariable("AWSMFA_DURATION", err)}
		}
	}
	f.Duration = cmp.Or(f.Duration, durationFlag(session.DefaultDuration))
	if f.MinTTL == nil {
		ttl := ttlFlag(defaultMinTTL)
		f.MinTTL = &ttl
	}
	if time.Duration(*f.MinTTL) >= time.Duration(f.Duration) {
		return &usageError{msg.MinTTLTooLong(time.Duration(*f.MinTTL), time.Duration(f.Duration))}
	}
	return nil
}

// load reads the profile of settled flags.
func (f *profileFlags) load(a *app) (profile.Profile, error) {
	return profile.Load(a.files(), f.Name)
}

func (a *app) files() profile.Files { return profile.FindFiles(a.Getenv, a.Home) }

// reach is how AWS is reached for a profile, and which endpoint of STS is asked.
func (f *profileFlags) reach(a *app, p profile.Profile, region, serial string) (session.Reach, session.Endpoint, error) {
	sts, err := a.endpoint(p, "sts")
	if err != nil {
		return session.Reach{}, session.Endpoint{}, err
	}
	iam, err := a.endpoint(p, "iam")
	if err != nil {
		return session.Reach{}, session.Endpoint{}, err
	}
	where := cmp.Or(region, a.ownRegion(), p.Region, session.UsualRegion(serial))
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		_, err := url.Parse(a.Getenv(name))
		if err != nil { // HOST:PORT alone is a proxy too; with what is neither, Go would go without one
			_, err = url.Parse("http://" + a.Getenv(name))
		}
		if err != nil {
			return session.Reach{}, session.Endpoint{}, msg.BadProxy(name)
		}
	}
	a.trace("profile: %s, region %s, endpoint %s", p.Name, where, cmp.Or(sts, "AWS's own"))
	return session.Reach{
		Files:   a.files(),
		Profile: p.Name,
		Region:  where,
		IAM:     iam,
		Timeout: time.Duration(f.Timeout),
		AppID:   "awsmfa",
		Now:     time.Now,
		Trace:   a.trace,
	}, session.Endpoint{URL: sts, Global: a.legacy(p) && session.IsLegacyRegion(where)}, nil
}

// obtain is the straight line from the flags to the variables.
func (f *sessionFlags) obtain(a *app) ([]shells.Var, error) {
	if err := f.settle(a); err != nil {
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
	return setVars(p.Name, s, cmp.Or(f.Region, p.Region), a.Getenv), nil
}

// session obtains the profile's session.
func (f *sessionFlags) session(a *app, p profile.Profile) (session.Session, error) {
	keys, err := p.LongTermKeys()
	if err != nil {
		return session.Session{}, err
	}
	serial := cmp.Or(f.Serial, p.MFASerial)
	if serial != "" && !mfa.IsSerial(serial) {
		return session.Session{}, msg.BadSerial(serial)
	}
	reach, endpoint, err := f.reach(a, p, f.Region, serial)
	if err != nil {
		return session.Session{}, err
	}
	o := &session.Obtainer{
		Cache:         a.cache(),
		MinTTL:        time.Duration(*f.MinTTL),
		Refresh:       f.Refresh,
		Started:       time.Now(),
		Reach:         reach,
		Code:          f.source(a, p),
		Choose:        choose(p.Name),
		Interruptible: a.catchSignals,
		Warn:          a.warn,
		Waiting:       func() { a.say(msg.Waiting) },
	}
	if f.NoCache {
		o.Cache = cache.Dir{}
	}
	return o.Obtain(session.Request{
		Keys:     keys,
		Serial:   serial,
		Duration: time.Duration(f.Duration),
		Endpoint: endpoint,
	})
}

// cache is the directory under the XDG one; none where that hangs on the current directory, which may be anybody's.
func (a *app) cache() cache.Dir {
	if !filepath.IsAbs(xdg.CacheHome) || a.Home == "" && a.Getenv("XDG_CACHE_HOME") == "" {
		return cache.Dir{}
	}
	return cache.Dir{Path: filepath.Join(xdg.CacheHome, "awsmfa")}
}

// source is where the code comes from: the flag, the command, the terminal.
func (f *sessionFlags) source(a *app, p profile.Profile) mfa.Source {
	if f.Code != "" {
		return mfa.Given(string(f.Code))
	}
	if command := cmp.Or(f.CodeCommand, p.MFAProcess); command != "" {
		return mfa.Command(command, a.Environ, a.Stderr, a.say)
	}
	if f.program != nil {
		return f.program
	}
	return mfa.Terminal()
}

// choose asks on the terminal which of several devices is meant. With no terminal the error lists them.
func choose(profileName string) func(context.Context, []mfa.Device) (mfa.Device, error) {
	return func(ctx context.Context, devices []mfa.Device) (mfa.Device, error) {
		var serials []string
		for _, d := range devices {
			serials = append(serials, d.Serial)
		}
		tty, err := term.Open()
		if err != nil {
			return mfa.Device{}, msg.SeveralDevices(profileName, serials)
		}
		defer tty.Close()
		question := msg.WhichDevice(profileName, serials)
		for {
			answer, err := tty.Ask(ctx, question)
			switch {
			case ctx.Err() != nil:
				return mfa.Device{}, ctx.Err()
			case err != nil:
				return mfa.Device{}, msg.SeveralDevices(profileName, serials)
			}
			if n, err := strconv.Atoi(answer); err == nil && 1 <= n && n <= len(devices) {
				return devices[n-1], nil
			}
			question = msg.NoSuchChoice(len(devices))
		}
	}
}

// endpoint is the URL that settings name for a service, in the order that every AWS client looks: the service's own
// variable, the variable for all, the profile's services section, the profile itself. (AWS SDKs and Tools Reference
// Guide, "Service-specific endpoints".) A URL that is none is refused here, where it need not be shown to say so: it may
// hold a password.
func (a *app) endpoint(p profile.Profile, service string) (string, error) {
	ignore, _ := p.Get("ignore_configured_endpoint_urls")
	if strings.EqualFold(cmp.Or(a.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), ignore), "true") {
		return "", nil
	}
	variable := "AWS_ENDPOINT_URL_" + strings.ToUpper(service)
	from, text := variable, a.Getenv(variable)
	if text == "" {
		from, text = "AWS_ENDPOINT_URL", a.Getenv("AWS_ENDPOINT_URL")
	}
	if text == "" {
		from, text = "endpoint_url", p.ServiceEndpoint(service)
	}
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", msg.BadEndpoint(from, p.Name)
	}
	return text, nil
}

// ownRegion is the region that the user set: one that awsmfa set for another profile is not the user's.
func (a *app) ownRegion() string {
	for _, name := range regionVars {
		if r := a.Getenv(name); r != a.Getenv(varRegion) {
			return r
		}
	}
	return ""
}

// legacy says whether settings ask for the global endpoint of STS where a region has one.
func (a *app) legacy(p profile.Profile) bool {
	setting, _ := p.Get("sts_regional_endpoints")
	return strings.EqualFold(cmp.Or(a.Getenv("AWS_STS_REGIONAL_ENDPOINTS"), setting), "legacy")
}

// isRegion says whether a name can be a region's; which there are is AWS's to say.
func isRegion(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') })
}

// codeFlag is six digits, checked before anything else is done.
type codeFlag string

func (c *codeFlag) UnmarshalText(text []byte) error {
	code, ok := mfa.Clean(string(text))
	if !ok {
		return msg.NotSixDigits()
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
