package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"awsmfa/cache"
	"awsmfa/internal/mfa"
	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
	"awsmfa/internal/session"
	"awsmfa/internal/term"
	"awsmfa/shells"
)

type doctorCmd struct {
	profileFlags
	JSON bool `name:"json" help:"Print one JSON object instead of lines."`
}

// Help is Kong's hook for what stands under the usage.
func (*doctorCmd) Help() string { return msg.DoctorHelp }

// Run looks at all that a session needs, and changes nothing.
func (c *doctorCmd) Run(a *app) error {
	namedBy := c.namedBy(a)
	if err := c.applyDefaults(a); err != nil {
		return err
	}
	ctx, stop := a.catchSignals()
	defer stop()
	d := &doctor{app: a, flags: sessionFlags{profileFlags: c.profileFlags}, namedBy: namedBy}
	checks := d.examine(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, c := range checks { // names and AWS's answers stand in them
		checks[i].Text, checks[i].Fix = a.printable(msg.Foreign(a.spell(c.Text))), a.printable(msg.Foreign(a.spell(c.Fix)))
	}
	text, healthy := a.report(checks), !anyFailed(checks)
	if c.JSON {
		text = reportJSON(c.Name, checks, healthy)
	}
	if _, err := io.WriteString(term.Text(a.Stdout), text); err != nil {
		return msg.ReportNotPrinted(err)
	}
	if !healthy {
		return errExit(exitError)
	}
	return nil
}

// namedBy is the variable that settle will take the profile's name from, "" where the command line has it.
func (f *profileFlags) namedBy(a *app) string {
	if f.Name != "" || f.Profile != "" {
		return ""
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", varProfile} {
		if a.Getenv(variable) != "" {
			return variable
		}
	}
	return ""
}

// check is what came of one look. Fix says what to do about it.
type check struct {
	Name   string `json:"name"`
	Status status `json:"status"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"`
}

type status string

const (
	isOK      status = "ok"
	isWarning status = "warning" // works, for now or by luck
	isError   status = "error"
	isSkipped status = "skipped"
)

func passed(name, text string) check { return check{Name: name, Status: isOK, Text: text} }

func warning(name string, err error) check { return finding(name, isWarning, err) }

func failed(name string, err error) check { return finding(name, isError, err) }

// skipped is for a check that makes no sense before another is right.
func skipped(name, waitsFor string) check {
	return check{Name: name, Status: isSkipped, Text: msg.NotChecked(waitsFor)}
}

// notNeeded is for a check of what a user's own keys need, and this profile does not.
func notNeeded(name string) check { return check{Name: name, Status: isSkipped, Text: msg.NotNeeded} }

func finding(name string, s status, err error) check {
	return check{Name: name, Status: s, Text: err.Error(), Fix: msg.HintOf(err)}
}

func anyFailed(checks []check) bool {
	for _, c := range checks {
		if c.Status == isError {
			return true
		}
	}
	return false
}

// report is the checks for a person, a line each.
func (a *app) report(checks []check) string {
	marks, arrow := map[status]string{isOK: "✓", isWarning: "!", isError: "✗", isSkipped: "–"}, "→"
	// To anything but a console, bytes go to whatever reads them, on Windows in a code page that is hardly UTF-8.
	if !a.drawsSymbols() || runtime.GOOS == "windows" && !term.IsTerminal(a.Stdout) {
		marks, arrow = map[status]string{isOK: "+", isWarning: "!", isError: "x", isSkipped: "-"}, "->"
	}
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%s %-*s  %s", marks[c.Status], width, c.Name, c.Text)
		if c.Fix != "" {
			fmt.Fprintf(&b, " %s %s", arrow, c.Fix)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// reportJSON is the checks for a program.
func reportJSON(profileName string, checks []check, healthy bool) string {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(struct {
		Profile string  `json:"profile"`
		Checks  []check `json:"checks"`
		OK      bool    `json:"ok"`
	}{profileName, checks, healthy})
	if err != nil {
		panic(err) // strings are always encoded
	}
	return shells.ASCII(text.String())
}

// doctor is one examination. Each check leaves behind what later ones build on; what is nil was not to be had.
type doctor struct {
	*app
	flags    sessionFlags
	flagsErr error // what the variables that stand for flags say that they cannot
	namedBy  string

	profile       *profile.Profile
	chain         profile.Chain // with the profile's keys, or with outside
	keys          *profile.Keys
	external      bool // the credentials are not a user's own
	clientOptions *session.ClientOptions
	endpoint      session.Endpoint
	client        *session.Client // when AWS answered
	who           session.Identity
	whoErr        error
	line          string // what is typed for a session
}

// examine makes all checks, each after those it builds on.
func (d *doctor) examine(ctx context.Context) []check {
	d.flagsErr = d.flags.applyDefaults(d.app)
	p, loadErr := d.flags.load(d.app)
	if loadErr == nil {
		d.profile = &p
	}
	checks := []check{
		d.configFile(),
		d.file("credentials file", "AWS_SHARED_CREDENTIALS_FILE", d.files().Credentials, 0o077),
		d.profileThere(loadErr),
		d.credentials(),
	}
	checks = append(checks, d.ignoredSources()...)
	if len(d.chain.Roles) > 0 {
		checks = append(checks, d.roles())
	}
	checks = append(checks,
		d.network(ctx),
		d.clock(),
		d.identity(),
		d.device(ctx),
		d.cacheDirectory(),
		d.session(ctx),
		d.shell(),
	)
	checks = append(checks, d.variables()...)
	return append(checks, passed("AWS CLI", msg.AWSCLI(awsVersion(ctx, d.Environ))))
}

// configFile looks at the config file, which others may read unless keys stand in it. Whoever can write it can have
// programs run: credential_process, mfa_process.
func (d *doctor) configFile() check {
	path, loose := d.files().Config, fs.FileMode(0o022)
	if d.profile != nil && d.profile.Where("aws_secret_access_key").File == path {
		loose = 0o077
	}
	return d.file("config file", "AWS_CONFIG_FILE", path, loose)
}

// file looks at a file that variable can name, and that should have none of the permissions loose.
func (d *doctor) file(name, variable, path string, loose fs.FileMode) check {
	if path == "" {
		return check{Name: name, Status: isSkipped, Text: msg.NoFileNamed(variable)}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && slices.Contains(d.files().Renamed(), path):
		return warning(name, msg.FileRenamed(path))
	case errors.Is(err, fs.ErrNotExist) && d.Getenv(variable) != "":
		return warning(name, msg.NamedFileNotThere(variable, path))
	case errors.Is(err, fs.ErrNotExist):
		return passed(name, msg.FileNotThere(path))
	case err != nil:
		return failed(name, msg.FileNotReadable(path, err))
	case info.IsDir():
		return failed(name, msg.FileIsDirectory(path))
	case !info.Mode().IsRegular(): // opening a pipe would wait, or take what it holds
		return passed(name, msg.FileIs(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return failed(name, msg.FileNotReadable(path, err))
	}
	defer f.Close()
	if err := profile.CheckEncoding(path); err != nil {
		return warning(name, err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&loose != 0 {
		return warning(name, msg.OpenToOthers(path, mode))
	}
	return passed(name, msg.FileIs(path))
}

func (d *doctor) profileThere(err error) check {
	if err != nil {
		return failed("profile", err)
	}
	if misspelt := d.profile.Misspelt(); len(misspelt) > 0 {
		m := misspelt[0]
		return warning("profile", msg.SettingMisspelt(d.profile.Name, m.Meant, m.Key, m.File, m.Line))
	}
	return passed("profile", msg.ProfileIs(d.profile.Name, d.namedBy, d.profile.Region))
}

// credentials are what everything begins with: a user's keys, or what comes from elsewhere.
func (d *doctor) credentials() (c check) {
	const name = "keys"
	if d.profile == nil {
		return skipped(name, "profile")
	}
	var err error
	if d.chain, err = d.profile.Chain(); err != nil {
		return failed(name, err)
	}
	keys, outside, err := d.baseCredentials(*d.profile, d.chain, session.Endpoint{})
	switch {
	case err != nil:
		return failed(name, err)
	case outside != nil:
		d.external = true
		setting := kindKey(d.chain.Base, d.chain.Kind)
		if (session.Request{External: outside}).TakesMFA() {
			return passed(name, msg.FromProgram(d.chain.Base.Name, setting))
		}
		return passed(name, msg.FromElsewhere(d.chain.Base.Name, setting))
	}
	d.keys = &keys
	for _, key := range []string{"aws_session_token", "aws_security_token"} { // beside the pair it would be an error
		if at := d.chain.Base.Where(key); at.Line != 0 {
			return warning(name, msg.TokenBesideKeys(key, at.File, at.Line))
		}
	}
	return passed(name, msg.KeyIs(keys.AccessKeyID, keys.Where.File, keys.Where.Line))
}

// ignoredSources names each two settings that both say where credentials come from, so that one of them does not count.
func (d *doctor) ignoredSources() (found []check) {
	for _, c := range d.chain.Conflicts() {
		found = append(found, warning("keys", ignoredSource(c)))
	}
	return found
}

// kindKey is the setting that says where the profile's credentials come from.
func kindKey(p profile.Profile, kind profile.Kind) string {
	switch kind {
	case profile.KindSSO:
		if at := p.Where("sso_session"); at.Line != 0 {
			return "sso_session"
		}
		return "sso_start_url"
	case profile.KindProcess:
		return "credential_process"
	case profile.KindWebIdentity:
		return "web_identity_token_file"
	case profile.KindLogin:
		return "login_session"
	case profile.KindCredentialSource:
		return "credential_source"
	default:
		return "aws_session_token"
	}
}

// roles names those that are assumed. Whether AWS allows it shows when it is asked.
func (d *doctor) roles() check {
	const name = "roles"
	switch {
	case d.keys == nil && !d.external:
		return skipped(name, "keys")
	case d.flagsErr == nil:
		if _, _, err := d.flags.request(d.app, *d.profile); err != nil {
			return failed(name, err)
		}
	}
	var arns []string
	for _, r := range d.chain.Roles {
		arns = append(arns, r.ARN)
	}
	return passed(name, msg.RolesAre(d.chain.Base.Name, arns))
}

// network asks AWS who the keys are, and is right when AWS itself answers, whatever it says.
func (d *doctor) network(ctx context.Context) check {
	const name = "network"
	switch {
	case d.external:
		return notNeeded(name)
	case d.keys == nil:
		return skipped(name, "keys")
	}
	reach, endpoint, err := d.flags.clientOptions(d.app, *d.profile, "", d.chain.Get("mfa_serial"))
	if err != nil {
		return failed(name, err)
	}
	d.clientOptions, d.endpoint = &reach, endpoint
	client, err := reach.NewClient(ctx, *d.keys)
	if err != nil {
		return failed(name, err)
	}
	d.who, d.whoErr = client.Identity(ctx, endpoint)
	if d.whoErr != nil && !session.Answered(d.whoErr) {
		return failed(name, d.whoErr)
	}
	d.client = client
	return passed(name, msg.Answers(cmp.Or(origin(endpoint.URL), "AWS")))
}

// From a minute on a clock is worth setting; at five, AWS's services begin to refuse signatures.
const (
	clockLoose = time.Minute
	clockWrong = 5 * time.Minute
)

func (d *doctor) clock() check {
	const name = "clock"
	switch {
	case d.external:
		return notNeeded(name)
	case d.client == nil:
		return skipped(name, "network")
	}
	switch ahead := d.client.Ahead(); {
	case ahead.Abs() >= clockWrong:
		return failed(name, msg.ClockApart(ahead))
	case ahead.Abs() >= clockLoose:
		return warning(name, msg.ClockApart(ahead))
	}
	return passed(name, msg.ClockRight)
}

func (d *doctor) identity() check {
	const name = "identity"
	switch {
	case d.external:
		return notNeeded(name)
	case d.client == nil:
		return skipped(name, "network")
	case d.whoErr != nil:
		return failed(name, d.whoErr)
	case d.who.User == "":
		return failed(name, msg.NotAUser(d.who.ARN))
	}
	return passed(name, d.who.ARN)
}

// device holds the device that the profile names, or that is remembered, against those that AWS lists, which are enabled
// all.
func (d *doctor) device(ctx context.Context) check {
	const name = "device"
	switch {
	case d.external:
		return notNeeded(name)
	case d.who.User == "":
		return skipped(name, "identity")
	}
	named := d.chain.Get("mfa_serial")
	switch {
	case named != "" && !mfa.IsSerial(named):
		at := d.chain.Where("mfa_serial")
		return failed(name, msg.BadSerial(named, at.File, at.Line))
	case mfa.Device{Serial: named}.IsSecurityKey():
		return failed(name, mfa.UnusableKey(named))
	}
	_, known, _ := d.cachedSession(*d.profile, func(string, string) {})
	x := &account{Client: d.client, app: d.app, profile: *d.profile, who: d.who}
	devices, err := x.devices(ctx)
	switch {
	case err != nil && known != "":
		return warning(name, msg.DevicesNotListed(known, err))
	case err != nil:
		notListed := mfa.NotListed(d.profile.Name, err)
		if session.Answered(err) {
			notListed = notListed.Hint(mfa.NameDevice)
		}
		return failed(name, notListed)
	}
	var usable []mfa.Device
	var serials, keys []string
	for _, device := range devices {
		if device.IsSecurityKey() {
			keys = append(keys, device.Serial)
			continue
		}
		usable, serials = append(usable, device), append(serials, device.Serial)
		switch device.Serial {
		case named:
			return passed(name, msg.DeviceIs(named, msg.Kind(device.Kind()), device.Enabled, ""))
		case known:
			return passed(name, msg.DeviceIs(known, msg.Kind(device.Kind()), device.Enabled, msg.DeviceRemembered))
		}
	}
	switch {
	case len(usable) == 0 && len(keys) > 0:
		return failed(name, mfa.OnlySecurityKeys(d.profile.Name, keys))
	case len(usable) == 0:
		return failed(name, mfa.NoDevice(d.profile.Name, nil))
	case named != "":
		at := d.chain.Where("mfa_serial")
		return failed(name, msg.SerialNotYours(named, at.File, at.Line, serials))
	case known != "":
		return warning(name, msg.RememberedGone(known))
	case len(usable) > 1:
		return warning(name, severalDevices(d.profile.Name, serials))
	}
	return passed(name, msg.DeviceIs(serials[0], msg.Kind(usable[0].Kind()), usable[0].Enabled, msg.DeviceToBeFound))
}

func (d *doctor) cacheDirectory() check {
	const name = "cache"
	dir := d.cache()
	if dir.Path == "" {
		return warning(name, msg.NoCache())
	}
	var unusable *cache.Unusable
	if err := dir.Check(); errors.As(err, &unusable) {
		if unusable.Reason == cache.Loose {
			return warning(name, msg.CacheLoose(dir.Path, unusable.Err))
		}
		return failed(name, msg.CacheUnusable(dir.Path, unusable.Err))
	}
	if _, err := os.Stat(dir.Path); err != nil {
		return passed(name, msg.CacheToBeMade(dir.Path))
	}
	return passed(name, msg.CacheIs(dir.Path))
}

// session looks for the kept session that env would use. What is asked of others than a person is asked of them: but a
// program might ask a person in its turn, and is left alone.
func (d *doctor) session(ctx context.Context) check {
	const name = "session"
	switch {
	case d.flagsErr != nil:
		return failed(name, d.flagsErr)
	case d.keys == nil && !d.external:
		return skipped(name, "keys")
	case d.keys != nil && d.clientOptions == nil:
		return skipped(name, "network")
	}
	unusable := ""
	s, _, found := d.cachedSession(*d.profile, func(why, _ string) { unusable = why })
	switch {
	case found:
		return passed(name, msg.SessionKept(s.AccessKeyID, time.Until(s.Expiration)))
	case unusable != "" && !d.external:
		return warning(name, msg.SessionNotUsed(unusable))
	case d.roleAvailable():
		return passed(name, msg.RoleToBeHad)
	case d.external && d.chain.Kind == profile.KindProcess:
		return check{Name: name, Status: isSkipped, Text: msg.ProcessNotRun(d.profile.Name)}
	case d.external:
		return d.externalSource(ctx)
	}
	return passed(name, msg.NoSessionKept(d.flags.defaultDuration))
}

// roleAvailable says that the MFA session is kept which the role is assumed with.
func (d *doctor) roleAvailable() bool {
	o, want, err := d.flags.request(d.app, *d.profile)
	if err != nil || len(want.Roles) == 0 || !want.TakesMFA() {
		return false
	}
	want.Roles = nil
	_, _, found := o.Cached(want)
	return found
}

// externalSource obtains what is to be had without asking a person.
func (d *doctor) externalSource(ctx context.Context) check {
	const name = "session"
	o, want, err := d.flags.request(d.app, *d.profile)
	if err != nil {
		return failed(name, err)
	}
	o.Cache, o.Interruptible = cache.Dir{}, func() (context.Context, func()) { return ctx, func() {} }
	o.Code = func(context.Context, mfa.CodeRequest) (string, error) { return "", errWouldAsk }
	o.Choose = func(context.Context, []mfa.Device) (mfa.Device, error) { return mfa.Device{}, errWouldAsk }
	s, err := o.Retrieve(want)
	switch {
	case errors.Is(err, errWouldAsk):
		return passed(name, msg.NoSessionKept(d.flags.defaultDuration))
	case err != nil:
		return failed(name, err)
	}
	return passed(name, msg.SessionToBeHad(s.AccessKeyID))
}

var errWouldAsk = errors.New("a person would be asked")

// cachedSession looks into the cache for what env would find there for a profile: a session, and the device it knows. warn is
// told why a file there is not used.
func (d *doctor) cachedSession(p profile.Profile, warn func(text, hint string)) (s session.Session, serial string, found bool) {
	if d.flagsErr != nil {
		return session.Session{}, p.MFASerial, false
	}
	o, want, err := d.flags.request(d.app, p)
	if err != nil {
		return session.Session{}, p.MFASerial, false
	}
	o.Cache, o.Warn = d.cache(), warn
	return o.Cached(want)
}

func (d *doctor) shell() check {
	const name = "shell"
	d.line = "awsmfa env " + d.flags.Name
	s, err := d.chooseShell("")
	if err != nil {
		return failed(name, err)
	}
	if s.Data {
		return warning(name, msg.ShellIsData(s.Name))
	}
	line, err := d.lineFor(s, "env", d.flags.Name)
	if err != nil {
		return warning(name, err)
	}
	d.line = line
	return passed(name, msg.ShellIs(s.Name, d.Getenv("AWSMFA_SHELL") != "", line))
}
